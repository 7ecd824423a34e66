"""The view: what a report says, free of language and of format; what templates are given.

A template walks a `View` and hands every cell, phrase and note to filters, which know the language
and the target.  Custom templates rely on these names: docs/report.md lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bench.domain import Reason
from bench.report.cells import Cell, Figure, Link, Phrase, Text
from bench.results import CaseKey

# ----------------------------------------------------------------------- tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its heading is a phrase, or data such as a machine's name."""

    heading: Cell
    note: int | None = None
    numeric: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row; `key` is the case's, for links within the page, and `label` its short name."""

    cells: tuple[Cell, ...]
    key: CaseKey | None = None
    label: str = ""
    quantization: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; `scope` says of what it is a part (a machine, a clip), where there are several.

    The first `heads` cells of a row are its heading; `sortable` says whether another order of the
    rows tells something.  `absent` are the columns left out because no row has a value, `alike` those
    whose figures do not differ, with one figure for all.
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    scope: tuple[Cell, ...] = ()
    heads: int = 1
    sortable: bool = True
    absent: tuple[Cell, ...] = ()
    alike: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A footnote: a message, or a reason."""

    number: int
    phrase: Phrase | None = None
    reason: Reason | None = None


# --------------------------------------------------------------------- sections


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A finding: its kind is the heading it stands under, `evidence` the rows it rests on."""

    kind: str
    parts: tuple[Cell, ...]
    evidence: tuple[CaseKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A recommendation for a scenario."""

    scenario: Phrase
    parts: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictBox:
    """What stands on top: a few lines that answer, and one row for each variant."""

    lines: tuple[tuple[Cell, ...], ...]
    table: Table | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An engine that does not support what it was asked to run, and why."""

    engine: str
    subject: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCommand:
    """How to repeat a case."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """Links of one subject: the logs of a case, blocks rising; the records of a run."""

    label: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine and the runs made on it."""

    key: str
    label: str
    platform: str
    facts: Table
    warnings: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentHost:
    """A host that was asked for figures and gave none, and why."""

    label: str
    reason: Reason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardWord:
    """A word of a transcript and when it begins, None where the engine does not tell."""

    text: str
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a word diff: `kind` is equal, substitute, delete or insert.

    `seconds` is where to play the clip from to hear it, None where nothing tells.
    """

    kind: str
    said: str
    heard: tuple[HeardWord, ...]
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What a case heard beside what was said; `against` says what it is held against."""

    key: CaseKey
    label: str
    quantization: str
    clip: str
    against: Phrase
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedWord:
    """A word of a transcript; `nats` is how far a variant's distribution is there, where that is worth a mark."""

    text: str
    nats: Figure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An utterance that tells what a variant loses.

    `wrong` says what became of it, `said` what was said (None: unknown); `anchored` is the transcript of
    the baseline, `anchor`, with its words of largest divergence marked, `heard` the variant's own.  `path` is where
    the recording was, `recording` the same as the journal has it.
    """

    label: str
    quantization: str
    utterance: str
    wrong: tuple[Cell, ...]
    said: str | None
    anchor: str
    anchored: tuple[MarkedWord, ...]
    heard: str
    path: str | None
    sha256: str | None
    recording: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """The examples of one model, corpus and condition, variant by variant."""

    scope: tuple[Cell, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A clip to listen to; `path` is where its file was, if it is there still and has that hash."""

    clip: str
    title: str
    path: str | None
    sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything a report says.  Plain data only: a template can do nothing with it but show it."""

    title: Mapping[str, str]
    name: str
    provenance: tuple[Text, ...]
    first_day: date | None
    last_day: date | None
    synthetic: bool
    verdict: VerdictBox
    gathered: bool
    overall: tuple[Table, ...]
    pooled: tuple[Table, ...]
    machines: tuple[Machine, ...]
    absent_hosts: Table | None
    by_machine: Table | None
    parameters: Table
    weights: Table | None
    performance: tuple[Table, ...]
    memory: tuple[Table, ...]
    phases: tuple[Table, ...]
    cpu: tuple[Table, ...]
    stages: tuple[Table, ...]
    more: tuple[Table, ...]
    quality: tuple[Table, ...]
    further: tuple[Table, ...]
    examples: tuple[Examples, ...]
    side_by_side: tuple[Table, ...]
    digest: tuple[Table, ...]
    findings: tuple[Sentence, ...]
    advice: tuple[Advice, ...]
    refusals: tuple[Refusal, ...]
    failures: Table | None
    loops: tuple[Sentence, ...]
    disturbances: Table | None
    opened: Table | None
    warnings: tuple[Cell, ...]
    commands: tuple[CaseCommand, ...]
    logs: tuple[Logs, ...]
    journals: tuple[Logs, ...]
    diffs: tuple[Diff, ...]
    sounds: tuple[Sound, ...]
    notes: tuple[Note, ...]
