"""`doctor`: what this machine can measure, what disturbs it, and what can be done about that."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.domain import Reason
from bench.language import english


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(
    test: Annotated[
        bool,
        typer.Option(
            "--self-test", help="Check the instruments against work of known cost, and print what to report."
        ),
    ] = False,
    remedies: Annotated[
        bool,
        typer.Option(
            "--remedies",
            help="Measure how much times scatter here and what each remedy gains (about a minute).",
        ),
    ] = False,
) -> None:
    """Show what this machine can measure, and what disturbs it now."""
    from rich.table import Table

    from bench import host
    from bench.assets.speech.recordings import speech_ways
    from bench.commands.terminal import wide_console

    if test:
        _self_test()
    if remedies:
        _try_remedies()
        return
    machine = host.describe()
    console = wide_console()
    console.print(f"{machine.cpu}, {machine.cores} cores, {machine.memory_bytes / 1e9:.1f} GB; {machine.os}")
    table = Table("metric", "instrument", title="what this machine can measure")
    for instrument in host.instruments():
        told = instrument.source if instrument.reason is None else f"no: {english(instrument.reason)}"
        table.add_row(instrument.metric, told)
    console.print(table)
    table = Table("speech", "here", title="where recordings come from")
    for way, missing in speech_ways():
        table.add_row(way, "yes" if missing is None else f"no: {missing}")
    console.print(table)
    for warning in (*machine.warnings, *_disturbances(seconds=1.0)):
        console.print(f"! {english(warning)}", style="yellow", markup=False)


def _self_test() -> None:
    """One line a check, then the machine: as a whole what to send to the authors.  Exit code 1 if one failed."""
    import json
    import platform

    from bench import __version__, host
    from bench.selftest import self_test

    typer.echo("== asr-quant-bench self-test: copy from here")
    failed = 0
    for check in self_test():
        verdict = "no instrument" if check.ok is None else "ok" if check.ok else "FAILED"
        failed += check.ok is False
        typer.echo(f"{verdict:13} {check.name}: expected {check.expected}; found {check.found}")
    machine = host.describe()
    about = {"version": __version__, "os": machine.os, "cpu": machine.cpu, "gpu": machine.gpu}
    about |= {"python": platform.python_version(), **machine.facts}
    typer.echo(json.dumps(about, ensure_ascii=False, default=str))
    typer.echo(f"== to here: {failed} failed" if failed else "== to here: none failed")
    raise typer.Exit(1 if failed else 0)


def _try_remedies() -> None:
    """The machine's scatter as it is and under each remedy, and what to write where one helps."""
    from rich.progress import track
    from rich.table import Table

    from bench.commands.terminal import wide_console
    from bench.remedies import ROUNDS, judged, known_remedies, try_remedies, usable_cores

    tried = known_remedies(usable_cores())
    times = list(track(try_remedies(tried), description="trying remedies", total=ROUNDS))[-1]
    found = judged(tried, times)
    table = Table("machine", "scatter", "seconds", "", title=f"known work in {ROUNDS} rounds")
    for each in found:
        said = "" if each.gains is None else f"helps: {each.remedy.advice}" if each.gains else "no gain shown"
        table.add_row(each.remedy.name, f"{each.scatter:.1%}", f"{each.median_seconds:.2f}", said)
    console = wide_console()
    console.print(table)
    for warning in _disturbances(seconds=1.0):
        console.print(f"! {english(warning)}", style="yellow", markup=False)
    if not any(each.gains for each in found):
        console.print(
            "None of them is shown to help now: end other programs, plug the power in, let it cool, and measure again."
        )


def _disturbances(seconds: float) -> tuple[Reason, ...]:
    """What disturbs the machine while nothing of ours runs."""
    import time

    from bench import host

    probe = host.conditions_start(())
    time.sleep(seconds)
    return probe.finish().disturbances
