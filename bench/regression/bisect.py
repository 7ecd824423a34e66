"""The release of an engine that made the difference, between a good and a bad one.

Every release tried is measured interleaved with the good one, in the same blocks of one run, so
that nights, neighbours and warmth cancel.
"""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.domain import Case, Suite
from bench.errors import EngineMissing, SuiteError
from bench.journal import RunData
from bench.regression.compare import CaseComparison
from bench.regression.exact import Fact
from bench.regression.gate import FAILING
from bench.regression.interleaved import compare_environments, environment_facts
from bench.statistics import Verdict


class Probe(StrEnum):
    """What a release turned out to be."""

    GOOD = "good"
    BAD = "bad"
    SKIP = "skip"  # cannot be installed, or inconclusive


@dataclass(frozen=True, slots=True, kw_only=True)
class Bisection:
    """The answer: the first bad release lies after `last_good`, among `suspects`, the oldest first.

    One suspect is the culprit; more than one where releases between had to be skipped.  `tried`
    has every probe in the order it was made.
    """

    last_good: str
    suspects: tuple[str, ...]
    tried: tuple[tuple[str, Probe], ...]


def bisect_releases(releases: Sequence[str], probe: Callable[[str], Probe]) -> Bisection:
    """Walk the releases, the good one first and the bad one last, with as few probes as it takes.

    The bad end is probed first: SuiteError where it is not bad, for then there is nothing to find.
    """
    if len(releases) < 2:
        raise SuiteError("There is no release between.", hint="Give a good release and another, bad one.")
    tried: dict[str, Probe] = {releases[-1]: probe(releases[-1])}
    if tried[releases[-1]] is not Probe.BAD:
        raise SuiteError(
            f"{releases[-1]} is not shown to be bad against {releases[0]}: {tried[releases[-1]]}.",
            hint="Measure more blocks, or name the metric and cases in which it is.",
        )
    good, bad = 0, len(releases) - 1
    while True:
        open_ = [index for index in range(good + 1, bad) if releases[index] not in tried]
        if not open_:
            break
        middle = (good + bad) / 2
        index = min(open_, key=lambda index: abs(index - middle))
        found = tried[releases[index]] = probe(releases[index])
        if found is Probe.GOOD:
            good = index
        elif found is Probe.BAD:
            bad = index
    return Bisection(
        last_good=releases[good], suspects=tuple(releases[good + 1 : bad + 1]), tried=tuple(tried.items())
    )


def releases_between(package: str, good: str, bad: str, known: Sequence[str] = ()) -> tuple[str, ...]:
    """The releases from good to bad in their order, either way round.

    `known` are the package's releases from the oldest to the newest; by default pip is asked.
    """
    listed = tuple(known) or _pip_releases(package)
    missing = [version for version in (good, bad) if version not in listed]
    if missing:
        raise SuiteError(
            f"{package} has no release {' and no release '.join(missing)}.",
            hint=f"Releases known: {', '.join(listed)}. Others can be given with --releases, oldest first.",
        )
    first, last = listed.index(good), listed.index(bad)
    return listed[first : last + 1] if first <= last else listed[last : first + 1][::-1]


def _pip_releases(package: str) -> tuple[str, ...]:
    argv = [sys.executable, "-m", "pip", "--disable-pip-version-check", "index", "versions", package]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)  # no shell, own argv
    found = re.search(r"^Available versions: (.+)$", done.stdout, re.MULTILINE)
    if done.returncode or not found:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise EngineMissing(
            f"pip cannot list the releases of {package}: {said[-1] if said else 'no message'}",
            hint="Give them with --releases, separated by commas, oldest first.",
        )
    return tuple(version.strip() for version in reversed(found.group(1).split(",")))


def crossed(suite: Suite, environments: Mapping[str, Sequence[str]], *, engine: str | None = None) -> Suite:
    """The suite with each case once in each of the environments, named CASE+ENVIRONMENT.

    `engine` keeps the cases of one engine.  Baselines fall away: here releases are compared.
    """
    cases = [case for case in suite.cases if engine is None or case.variant.engine == engine]
    if not cases:
        raise SuiteError(
            f"{suite.name}: no case runs on {engine}.", hint="Name one of its engines with --engine."
        )
    return dataclasses.replace(
        suite,
        cases=tuple(_in_environment(case, name) for case in cases for name in environments),
        models={name: model for name, model in suite.models.items() if any(c.model == name for c in cases)},
        clips={name: clip for name, clip in suite.clips.items() if any(c.clip == name for c in cases)},
        environments={name: tuple(pins) for name, pins in environments.items()},
        builds={},
    )


def _in_environment(case: Case, environment: str) -> Case:
    variant = dataclasses.replace(
        case.variant, name=f"{case.variant.name}+{environment}", environment=environment
    )
    return dataclasses.replace(case, id=f"{case.id}+{environment}", variant=variant, baseline=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEvidence:
    """Why a release was found good or bad: its rows against the good release, and exact breaches."""

    probe: Probe
    rows: tuple[CaseComparison, ...]
    facts: tuple[Fact, ...]

    @property
    def blocks_needed(self) -> int | None:
        """The blocks that would settle every inconclusive row; None where none is inconclusive."""
        return max((row.needed for row in self.rows if row.needed is not None), default=None)


def weigh(run: RunData, reference: str, tolerances: Mapping[str, float]) -> StepEvidence:
    """The gate's verdict on a run of `crossed` cases: exact first, then the tolerances.

    A release that is worse in any case and metric, or breaks an exact gate, is bad.
    """
    rows = compare_environments(run, reference, tolerances)
    facts = environment_facts(run, reference)
    verdicts: Iterable[Verdict] = {row.verdict for row in rows}
    if facts or FAILING & set(verdicts):
        probe = Probe.BAD
    elif not rows or Verdict.INCONCLUSIVE in verdicts:
        probe = Probe.SKIP
    else:
        probe = Probe.GOOD
    return StepEvidence(probe=probe, rows=rows, facts=facts)
