"""What a finding is: a claim of a rule, the figures it rests on, and how firmly they carry it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bench.report.cells import Phrase
from bench.report.view import Sentence
from bench.results import CaseKey

if TYPE_CHECKING:
    from bench.report.findings.families import Scene


class Kind(StrEnum):
    """The heading a finding stands under, in the order of the report."""

    SPEED = "speed"
    MEMORY = "memory"
    SIZE = "size"
    QUALITY = "quality"
    LONG = "long"
    TRUST = "trust"


class Strength(StrEnum):
    """How firmly figures carry a claim."""

    EXACT = "exact"  # nothing was sampled: file sizes, equal texts, a status
    SHOWN = "shown"  # an interval from enough blocks or utterances
    OBSERVED = "observed"  # too few for an interval: it was so, once or a few times
    JUDGED = "judged"  # an author's judgement, published without the figures behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A row that a finding rests on: the key of its `CaseResult`, the name of the report's table."""

    case: CaseKey
    table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One sentence of the report, free of language.

    `rule` is the id of the rule; `subjects` are the keys of the cases it speaks of, `runs` how
    many trials a case stand behind it where the strength is OBSERVED.
    """

    rule: str
    kind: Kind
    phrase: Phrase
    subjects: tuple[CaseKey, ...]
    evidence: tuple[Evidence, ...]
    strength: Strength
    runs: int = 0

    def sentence(self) -> Sentence:
        """The finding as the view's sentence, its strength said behind it where it is not plain."""
        rows = dict.fromkeys(each.case for each in self.evidence)
        parts = (self.phrase, *how_firmly(self.strength, self.runs))
        return Sentence(kind=self.kind, parts=parts, evidence=tuple(rows))


def how_firmly(strength: Strength, runs: int) -> tuple[Phrase, ...]:
    """The words that qualify a claim: none for what is exact or shown."""
    if strength is Strength.OBSERVED and runs:
        return (Phrase(message="finding.observed", count=runs),)
    if strength is Strength.JUDGED:
        return (Phrase(message="finding.judged"),)
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: its id, kind, and the function that finds what it finds.

    `why` says what it is for, in a line for the docs.
    """

    id: str
    kind: Kind
    why: str
    find: Callable[[Scene], Iterable[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """From which change of a quantity on a finding speaks of it, as a ratio (0.03 = 3 %).

    `shown` holds for changes with an interval; `observed`, wider, for those without: a single run
    on a quiet machine is easily off by several per cent.  `disturbable` quantities are not spoken
    of at all where there is no interval and something disturbed the machine.
    """

    shown: float
    observed: float
    disturbable: bool = False


TIME: Final = Tolerance(shown=0.03, observed=0.10, disturbable=True)
MEMORY: Final = Tolerance(shown=0.02, observed=0.05)

SAME_WER: Final = 0.005  # a WER difference whose interval lies within half a point is none that matters
LIKELY_WORSE: Final = 0.05  # an estimated loss beyond it is nothing to ship on, settled or not
DOMINATED: Final = 0.5  # weights below half of the peak: something else dominates memory
UNEXPLAINED_WALL: Final = 0.10  # share of the wall time that load and transcription leave unexplained ...
UNEXPLAINED_SECONDS: Final = 1.0  # ... and no less than this: a process takes a moment to end
LONG_SECONDS: Final = 120.0  # a recording long enough for the absence of loops to be worth saying
DISTURBED_SHARE: Final = 0.5  # of a case's trials
SLOW_CORES_SHARE: Final = 0.1  # of a case's processor time; helper threads alone take less
MOST_BLOCKS: Final = 100  # nobody runs more; an estimate beyond it is far off by itself
