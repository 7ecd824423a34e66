"""What the quality pass writes: one JSON line an utterance and variant, in `utterances.jsonl`.

The lines hold scalars a token and no distributions.  Schema history: 1, the first; `audio_sha256`, `blank` and `weights_bytes`
came later, and a line without them reads as one that does not tell.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from bench import jsonlines
from bench.domain import Reason, Status

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SCHEMA: Final = 1
UTTERANCES: Final = "utterances.jsonl"
UTTERANCES_PARQUET: Final = "utterances.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class UtteranceRecord:
    """What one variant heard of one utterance under one condition.

    `words` are (text, tokens, probability) of the variant's own greedy transcript.  `floor` names the
    setting in which the baseline was heard again, None for a variant proper.  Of the baseline `tokens`
    are its own transcript, the end of text included; `logp` and `entropy` are in nats, one a token.  Of a
    variant that was forced to follow it `logp` and `kl` are one a token of the *baseline's* transcript,
    and `changed` are the places where its first choice is another one, namely `changed_to`.
    Of a CTC model a token is a frame's, and `blank` is the one that says nothing.
    `divergence_reason` says why there is no divergence where there is none.  `weights` is the
    beginning of the hash over its files, `weights_bytes` their size; `cpu_seconds` is what hearing it cost.  `audio` is where the
    recording was that the children were given, `audio_sha256` its hash.
    """

    corpus: str
    condition: str
    utterance: str
    language: str
    seconds: float
    model: str
    variant: str
    quantization: str
    engine: str
    host: str
    status: Status
    reason: Reason | None = None
    engine_version: str | None = None
    speaker: str | None = None
    reference: str | None = None
    audio: str | None = None
    audio_sha256: str | None = None
    weights: str = ""
    weights_bytes: int | None = None
    baseline: str | None = None
    floor: str | None = None
    text: str | None = None
    words: tuple[tuple[str, int, float], ...] = ()
    truncated: bool = False
    windows: int = 1
    tokens: tuple[int, ...] = ()
    logp: tuple[float, ...] = ()
    entropy: tuple[float, ...] = ()
    kl: tuple[float, ...] = ()
    changed: tuple[int, ...] = ()
    changed_to: tuple[int, ...] = ()
    blank: int | None = None
    divergence_reason: Reason | None = None
    cpu_seconds: float | None = None

    @property
    def identity(self) -> tuple[str, str, str]:
        """Whose record it is: corpus, condition, utterance.  Two utterances of one text stay two."""
        return self.corpus, self.condition, self.utterance

    @property
    def key(self) -> tuple[str, str, str, str, str, str | None]:
        """What there is one record of."""
        return (*self.identity, self.model, self.variant, self.floor)


@cache
def _adapter() -> TypeAdapter[UtteranceRecord]:
    from pydantic import TypeAdapter

    return TypeAdapter(UtteranceRecord)


def encode_utterance(record: UtteranceRecord) -> bytes:
    """One line, newline included; fields at their defaults are left out."""
    return jsonlines.encode(SCHEMA, _adapter().dump_python(record, mode="json", exclude_defaults=True))


_OF_KEY: Final = ("corpus", "condition", "utterance", "model", "variant", "status")
HeardKey = tuple[str, str, str, str, str, str | None]


def heard_keys(run: Path, but: Collection[Status]) -> tuple[set[HeardKey], set[tuple[str, str, str]]]:
    """The keys of a run's records, without those whose last one has a status of `but`; and (model, variant, weights).

    Read one after another: a million records need not fit into memory.
    """
    keys: set[HeardKey] = set()
    weights: set[tuple[str, str, str]] = set()
    marks = jsonlines.each_line(
        run / UTTERANCES, SCHEMA, _mark, refuse_foreign=True, warn=lambda _: None, name=UTTERANCES
    )
    for key, status, own in marks:
        (keys.discard if status in but else keys.add)(key)
        if own:
            weights.add((*key[3:5], own))
    return keys, weights


def _mark(data: dict[str, Any]) -> tuple[HeardKey, Status, str]:
    if missing := [name for name in _OF_KEY if name not in data]:
        raise ValueError(f"has no {missing[0]}")
    names = [sys.intern(str(data[name])) for name in _OF_KEY[:-1]]
    corpus, condition, utterance, model, variant = names
    key = (corpus, condition, utterance, model, variant, data.get("floor"))
    return key, Status(data["status"]), sys.intern(str(data.get("weights", "")))


def utterance_places(run: Path, warn: Callable[[str], object]) -> Iterator[tuple[int, UtteranceRecord]]:
    """Every record of a run's quality pass with the byte at which its line begins; later ones supersede those of their key.

    Raises JournalError for a foreign schema.
    """
    return jsonlines.placed_lines(
        run / UTTERANCES,
        SCHEMA,
        _adapter().validate_python,
        refuse_foreign=True,
        warn=warn,
        name=UTTERANCES,
    )


class LinesAgain:
    """Records by the places that `utterance_places` told: a context that holds the file open."""

    def __init__(self, run: Path) -> None:
        self._file = (run / UTTERANCES).open("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def at(self, begins: int) -> UtteranceRecord:
        """The record whose line begins there."""
        self._file.seek(begins)
        line = self._file.readline()
        try:
            return _adapter().validate_json(line)  # the schema beside it is passed over
        except ValueError:  # halves of surrogate pairs, which `json` lets pass
            return _adapter().validate_python(jsonlines.decode(line, SCHEMA))


def read_utterances(run: Path) -> tuple[tuple[UtteranceRecord, ...], tuple[str, ...]]:
    """The records of a run's quality pass, the last of each key, and warnings for what is no record.

    A run without a quality pass has none.  Raises JournalError for a foreign schema.
    """
    records, warnings = jsonlines.read_lines(
        run / UTTERANCES, SCHEMA, _adapter().validate_python, refuse_foreign=True, name=UTTERANCES
    )
    return tuple({record.key: record for record in records}.values()), tuple(warnings)
