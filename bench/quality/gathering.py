"""Figures of a quality pass, gathered hearing by hearing: numbers are kept, texts and tokens are not."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.domain import Quality, Reason, Status
from bench.quality.align import word_errors
from bench.quality.calibration import ConfidenceColumns
from bench.quality.counts import ErrorCounts, PairedCounts, TokenSums
from bench.quality.forced import ForcedDivergence, TokenColumns
from bench.quality.hearings import Placed, UtteranceHearing
from bench.quality.normalizer import normalizer
from bench.quality.passed import Flips, Floor, Passed
from bench.reasons import reason
from bench.statistics import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.quality.utterances import UtteranceRecord

FLOOR_FACTOR: Final = 1.0  # a mean not above the floor's is no loss that this pass can measure
NOBODY: Final = -1  # the number of a speaker who is not named


class Speakers:
    """Numbers of speakers, by name."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def number(self, name: str | None) -> int:
        """The speaker's; NOBODY where none is named."""
        return self._known.setdefault(name, len(self._known)) if name else NOBODY


class NumberTable:
    """Rows of whole numbers, so many in each, the first of them the place by which they are put in order."""

    def __init__(self, width: int) -> None:
        self._width, self._cells = width, array("q")

    def __len__(self) -> int:
        return len(self._cells) // self._width

    def add(self, *row: int) -> None:
        """Append a row."""
        self._cells.extend(row)

    def columns(self) -> tuple[NDArray[np.int64], ...]:
        """The columns, rows in order, each an array of its own."""
        import numpy as np

        rows = np.array(self._cells).reshape(-1, self._width)
        order = np.argsort(rows[:, 0], kind="stable")
        return tuple(rows[order, at] for at in range(self._width))


class RowGatherer:
    """One variant on one corpus under one condition; `place` is the first of its records'."""

    def __init__(
        self, first: UtteranceRecord, settings: Quality, baseline: str | None, speakers: Speakers
    ) -> None:
        self.first, self.baseline, self.place = first, baseline, -1
        self.held = baseline is not None and baseline != first.variant
        self.way = normalizer(settings.normalizer, first.language)
        self.tokens = TokenColumns()
        self._numbers = speakers
        self._confidences = ConfidenceColumns(self.way)
        self._times = array("d")  # place, processor seconds, seconds of speech heard
        self._scored = NumberTable(5)  # place, words, errors, speaker, hearing
        self._paired = NumberTable(
            8
        )  # place, words, errors, theirs, speaker, hearing, utterance, place of the baseline's
        self._compared = NumberTable(4)  # place of the baseline's, utterance, tokens, number of the sum
        self._nats = array("d")
        self._speakers: set[str | None] = set()
        self._counts = _RowCounts()
        self._reason: Reason | None = None

    def add(self, hearing: UtteranceHearing, placed: Placed, base: Placed | None) -> None:
        """A record, and the baseline's of the same hearing where the baseline heard it."""
        place, record = placed
        self.place = place if self.place < 0 else min(place, self.place)
        self._reason = self._reason or record.divergence_reason
        heard = record.status is Status.OK
        self._times.extend((place, record.cpu_seconds or 0.0, record.seconds if heard else 0.0))
        if not heard:
            self._counts.failed += 1
            return
        self._counts.heard += 1
        self._counts.empty += not (record.text or "").strip()
        self._counts.truncated += record.truncated
        self._speakers.add(record.speaker)
        self._confidences.add(place, record)
        if record.reference is not None:
            self._score(hearing, placed, base)
        if self.held and base is not None:
            self._compare(hearing, placed, base)

    def _score(self, hearing: UtteranceHearing, placed: Placed, base: Placed | None) -> None:
        place, record = placed
        said = self.way.words(record.reference or "")
        errors, right = word_errors(said, self.way.words(record.text or ""))
        speaker = self._numbers.number(record.speaker)
        self._scored.add(place, len(said), errors, speaker, hearing.number)
        if not (self.held and base is not None and said):
            return
        theirs, before = word_errors(said, self.way.words(base[1].text or ""))
        self._paired.add(
            place, len(said), errors, theirs, speaker, hearing.number, hearing.utterance, base[0]
        )
        self._flip(before, right)

    def _flip(self, before: bytes, after: bytes) -> None:
        self._counts.words += len(before)
        if before != after:
            self._counts.mended += sum(new > old for old, new in zip(before, after, strict=True))
            self._counts.broken += sum(old > new for old, new in zip(before, after, strict=True))

    def _compare(self, hearing: UtteranceHearing, placed: Placed, base: Placed) -> None:
        (place, mine), (theirs, leader) = placed, base
        self._counts.compared += 1
        self._counts.same_texts += leader.text == mine.text
        self.tokens.add(place, leader, mine)
        if mine.kl:
            self._compared.add(theirs, hearing.utterance, len(mine.kl), len(self._nats))
            self._nats.append(sum(mine.kl))

    def row(self, divergence: ForcedDivergence | None, floors: Sequence[Floor]) -> Passed:
        """What was gathered; `divergence` is what `tokens` says, `floors` those of the model and corpus."""
        first, counts = self.first, self._counts
        scored, paired = self._scored_counts(), self._paired_counts()
        cpu_seconds, seconds = self._summed_times()
        return Passed(
            model=first.model,
            variant=first.variant,
            quantization=first.quantization,
            engine=first.engine,
            baseline=self.baseline,
            corpus=first.corpus,
            condition=first.condition,
            language=first.language,
            heard=counts.heard,
            failed=counts.failed,
            seconds=seconds,
            speakers=len(self._speakers - {None, ""}),
            normalizer=self.way.name,
            scored=scored,
            paired=paired,
            tokens=self._token_sums(),
            compared=counts.compared,
            wer=scored.interval() if len(scored) else None,
            difference=paired.difference() if len(paired) else None,
            kept=paired.kept,
            flips=Flips(words=counts.words, mended=counts.mended, broken=counts.broken)
            if counts.words
            else None,
            divergence=divergence,
            reason=None if divergence else self._why(),
            measurable=_measurable(divergence, floors),
            calibration=self._confidences.calibration(),
            same_texts=counts.same_texts,
            empty=counts.empty,
            truncated=counts.truncated,
            cpu_seconds=cpu_seconds,
            weights_bytes=first.weights_bytes if (first.weights_bytes or 0) > 0 else None,
        )

    def _units(self, speakers: NDArray[np.int64], hearings: NDArray[np.int64]) -> NDArray[np.int64]:
        """The independent units: the speakers where there are several, else the utterances."""
        import numpy as np

        own = NOBODY - 1 - hearings
        return np.where(speakers == NOBODY, own, speakers) if len(self._speakers) > 1 else own

    def _scored_counts(self) -> ErrorCounts:
        _, words, errors, speakers, hearings = self._scored.columns()
        return ErrorCounts(words=words, errors=errors, units=self._units(speakers, hearings))

    def _paired_counts(self) -> PairedCounts:
        _, words, mine, theirs, speakers, hearings, utterances, places = self._paired.columns()
        return PairedCounts(
            words=words,
            mine=mine,
            theirs=theirs,
            units=self._units(speakers, hearings),
            utterances=utterances,
            speakers=speakers,
            places=places,
        )

    def _token_sums(self) -> TokenSums:
        import numpy as np

        places, utterances, tokens, numbers = self._compared.columns()
        return TokenSums(
            utterances=utterances, places=places, nats=np.array(self._nats)[numbers], tokens=tokens
        )

    def _summed_times(self) -> tuple[float, float]:
        """Processor seconds, and seconds of speech: summed in the order of the places."""
        import numpy as np

        rows = np.array(self._times).reshape(-1, 3)
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        return sum(rows[:, 1].tolist()), sum(rows[:, 2].tolist())

    def _why(self) -> Reason | None:
        return self._reason or (reason("divergence.not_both") if self.held else None)


@dataclass(slots=True)
class _RowCounts:
    """What is counted."""

    heard: int = 0
    failed: int = 0
    compared: int = 0
    same_texts: int = 0
    empty: int = 0
    truncated: int = 0
    words: int = 0
    mended: int = 0
    broken: int = 0


def _measurable(divergence: ForcedDivergence | None, floors: Sequence[Floor]) -> bool | None:
    """Whether the mean lies above the floor's: both are seen with their intervals, and touching is no loss."""
    if divergence is None or not floors:
        return None
    highest = max(_upper(floor.divergence.mean) for floor in floors)
    return _lower(divergence.mean) > FLOOR_FACTOR * highest


def _upper(found: Interval) -> float:
    return max(value for value in (found.high, found.value, 0.0) if value is not None)


def _lower(found: Interval) -> float:
    return min(value for value in (found.low, found.value) if value is not None)
