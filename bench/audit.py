"""What this machine can tell apart: one case measured as several, which truly differ by nothing.

Whatever difference such an A/A run shows is the machine's own error.  An audit is kept per machine with its
date, and a run copies the newest one beside its records, so that a report re-rendered anywhere knows what the
machine of its run could resolve.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench import jsonlines
from bench.domain import Record, Status, Suite
from bench.errors import SuiteError
from bench.resolution import IN_RUN, Audit, Resolution, encode, read_newest
from bench.results.trials import by_case, settled
from bench.statistics.comparison import Comparison, compare_paired
from bench.statistics.levels import FEWEST_TO_CLAIM, POWER

if TYPE_CHECKING:
    from bench.domain import Case

FOLDER: Final = "audits"


def audited_suite(suite: Suite, *, copies: int) -> Suite:
    """The suite with its first baseline case alone, standing in every block as several.

    SuiteError where the suite has no case.
    """
    if not suite.cases:
        raise SuiteError(
            f"{suite.name}: has no case to audit the machine with.", hint="Choose another suite."
        )
    chosen = next((case for case in suite.cases if case.is_baseline), suite.cases[0])
    cases = [_copy(chosen, number) for number in range(1, copies + 1)]
    return dataclasses.replace(
        suite,
        name=f"{suite.name}-audit",
        title={language: f"{title}: A/A" for language, title in suite.title.items()},
        cases=tuple(dataclasses.replace(case, baseline=cases[0].id) for case in cases),
        models={chosen.model: suite.models[chosen.model]},
        clips={chosen.clip: suite.clips[chosen.clip]},
    )


def _copy(case: Case, number: int) -> Case:
    variant = dataclasses.replace(case.variant, name=f"{case.variant.name}-{number}")
    return dataclasses.replace(case, id=f"{case.model}.{variant.name}.{case.clip}", variant=variant)


def resolutions(records: Iterable[Record]) -> tuple[Resolution, ...]:
    """What each metric's paired ratios resolve, from the trials of cases that truly differ by nothing."""
    trials = {
        case: {record.block: record for record in own if record.status is Status.OK}
        for case, own in by_case(settled(records)).items()
    }
    names = sorted(
        {name for own in trials.values() for record in own.values() for name in record.measurements}
    )
    found = [_resolution(name, list(trials.values())) for name in names]
    return tuple(each for each in found if each is not None)


def _resolution(metric: str, cases: Sequence[Mapping[int, Record]]) -> Resolution | None:
    comparisons = [
        compared
        for mine, theirs in itertools.combinations(cases, 2)
        if (compared := _compared(metric, mine, theirs)) is not None
    ]
    edges = sorted(edge for compared in comparisons for edge in _edges(compared))
    if not edges:
        return None
    errors = sorted(abs((compared.ratio or 1.0) - 1) for compared in comparisons)
    return Resolution(
        metric=metric,
        blocks=min(compared.n for compared in comparisons),
        pairs=len(comparisons),
        resolvable=max(0.0, math.expm1(edges[math.ceil(POWER * len(edges)) - 1])),
        error=errors[len(errors) // 2],
        worst=errors[-1],
        false_alarms=sum(compared.excludes_one for compared in comparisons) / len(comparisons),
    )


def _compared(metric: str, mine: Mapping[int, Record], theirs: Mapping[int, Record]) -> Comparison | None:
    pairs = [
        (mine[block].value(metric), theirs[block].value(metric)) for block in sorted(mine.keys() & theirs)
    ]
    found = compare_paired((a, b) for a, b in pairs if a is not None and b is not None)
    return None if found.ratio is None or found.n < FEWEST_TO_CLAIM else found


def _edges(compared: Comparison) -> tuple[float, ...]:
    """How large a true difference, up or down, this pair's scatter would just have shown (in logarithms)."""
    if compared.low is None or compared.high is None:
        return ()
    return -math.log(compared.low), math.log(compared.high)


def carry(reports: Path, host: str, run: Path) -> None:
    """Give a new run the newest audit of its machine."""
    if audit := read_newest(audit_file(reports, host)):
        jsonlines.replace_lines(run / IN_RUN, [encode(audit)])


def audit_file(reports: Path, host: str) -> Path:
    """Where a machine's audits are kept."""
    return reports / FOLDER / f"{host}.jsonl"


def keep(audit: Audit, reports: Path) -> Path:
    """Add an audit to its machine's; the file."""
    file = audit_file(reports, audit.host)
    jsonlines.append_line(file, encode(audit))
    return file
