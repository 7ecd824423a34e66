"""`bisect-engine`: find the release of an engine that made the difference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.arguments import LogsOption, OnlyOption, SuiteArgument, refuse_unknown_metrics
from bench.language import english

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.domain import Suite
    from bench.regression.bisect import StepEvidence


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bisect-engine")(bisect_engine)


def bisect_engine(
    suite: SuiteArgument,
    package: Annotated[str, typer.Option(help="The engine's package: pywhispercpp", show_default=False)],
    good: Annotated[str, typer.Option(help="A release known to be good.", show_default=False)],
    bad: Annotated[str, typer.Option(help="A release known to be bad.", show_default=False)],
    engine: Annotated[
        str | None, typer.Option(help="The engine's name in the suite; the package's by default.")
    ] = None,
    releases: Annotated[
        str | None,
        typer.Option(help="The releases to try, oldest first, separated by commas; pip is asked by default."),
    ] = None,
    only: OnlyOption = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="Judge this metric alone. May be repeated.")
    ] = None,
    blocks: Annotated[int | None, typer.Option(min=1, help="Blocks of a first look at a release.")] = None,
    most_blocks: Annotated[
        int, typer.Option(min=1, help="Blocks after which a release without a verdict is skipped.")
    ] = 30,
    reports: Annotated[Path, typer.Option(help="Folder for the runs.")] = Path("reports"),
    logs: LogsOption = Path("logs"),
) -> None:
    """Walk an engine's releases between a good and a bad one, each interleaved with the good one."""
    from bench.config import load_suite
    from bench.regression.bisect import Probe, bisect_releases, releases_between
    from bench.session import select

    asked = select(load_suite(suite), only or [], blocks, source=suite)
    known = [version.strip() for version in releases.split(",")] if releases else []
    walked = releases_between(package, good, bad, known)
    tolerances = _tolerances(asked, metric or [])
    typer.echo(f"{len(walked)} releases from {good} to {bad}: {', '.join(walked)}")

    def probe(release: str) -> Probe:
        evidence = _measure_release(
            asked,
            pins={"good": f"{package}=={good}", "probe": f"{package}=={release}"},
            engine=engine or package,
            tolerances=tolerances,
            most_blocks=most_blocks,
            reports=reports,
            logs=logs,
            source=suite,
        )
        _print_evidence(release, evidence)
        return evidence.probe if evidence else Probe.SKIP

    found = bisect_releases(walked, probe)
    if len(found.suspects) == 1:
        typer.echo(f"{package} {found.suspects[0]} is the first bad release; {found.last_good} is good.")
    else:
        typer.echo(
            f"One of {package} {', '.join(found.suspects)}; {found.last_good} is good, the rest was skipped."
        )


def _tolerances(suite: Suite, metrics: list[str]) -> dict[str, float]:
    from bench.regression.compare import DEFAULT_TOLERANCE
    from bench.regression.gate import DEFAULT_TOLERANCES

    refuse_unknown_metrics(metrics)
    allowed = dict(suite.tolerances or DEFAULT_TOLERANCES)
    return {name: allowed.get(name, DEFAULT_TOLERANCE) for name in metrics} if metrics else allowed


def _measure_release(
    suite: Suite,
    *,
    pins: Mapping[str, str],
    engine: str,
    tolerances: Mapping[str, float],
    most_blocks: int,
    reports: Path,
    logs: Path,
    source: Path,
) -> StepEvidence | None:
    """Measure a release against the good one, once more with more blocks where that settles it.

    None where the release cannot be installed here.
    """
    import dataclasses

    from bench.commands.measure import measured
    from bench.commands.trust import require_trust
    from bench.environments import ensure_environments
    from bench.errors import EngineMissing
    from bench.journal import read_run
    from bench.regression.bisect import Probe, crossed, weigh

    asked = crossed(suite, {name: (pin,) for name, pin in pins.items()}, engine=engine)
    require_trust(asked, source)
    try:
        ensure_environments(asked.environments)
    except EngineMissing as error:
        typer.secho(error.message, fg="yellow", err=True)
        return None
    while True:
        folders = measured(asked, source=source, out=reports, logs=logs)
        evidence = weigh(read_run(folders.run), "good", tolerances)
        needed = evidence.blocks_needed
        if evidence.probe is not Probe.SKIP or needed is None or asked.protocol.blocks >= most_blocks:
            return evidence
        more = min(most_blocks, max(needed, asked.protocol.blocks + 1))
        asked = dataclasses.replace(asked, protocol=dataclasses.replace(asked.protocol, blocks=more))


def _print_evidence(release: str, evidence: StepEvidence | None) -> None:
    from bench.regression.texts import comparison_cells
    from bench.text.safe import one_line

    if evidence is None:
        typer.echo(f"{release}: skipped, it cannot be installed here")
        return
    typer.echo(f"{release}: {evidence.probe}")
    for fact in evidence.facts:
        typer.echo(one_line(f"  {fact.breach}  {fact.case}: {english(fact.message)}"))
    for row in evidence.rows:
        typer.echo(one_line("  " + "  ".join(comparison_cells(row))))
