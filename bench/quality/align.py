"""Word alignment: which words of the reference became which words of the hypothesis.

The alignment is jiwer's, a minimal edit distance over normalized words.  Several alignments may
be minimal; counts do not depend on which one is taken, the pairing of words may.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.quality.lexer import Token
    from bench.quality.normalizer import Normalizer


class Edit(StrEnum):
    """What happened to a stretch of words."""

    EQUAL = "equal"
    SUBSTITUTE = "substitute"
    DELETE = "delete"
    INSERT = "insert"


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of the alignment: half-open ranges of word indexes on both sides."""

    edit: Edit
    reference_start: int
    reference_end: int
    hypothesis_start: int
    hypothesis_end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of the alignment in the words as they were written, for showing.

    `reference_at` and `hypothesis_at` are the indexes of the first whitespace-separated word.
    """

    edit: Edit
    reference: tuple[str, ...]
    hypothesis: tuple[str, ...]
    reference_at: int
    hypothesis_at: int


@lru_cache(maxsize=4096)
def align(reference: tuple[str, ...], hypothesis: tuple[str, ...]) -> tuple[Step, ...]:
    """Align two sequences of words; either may be empty."""
    if reference == hypothesis:
        whole = len(reference)
        return (Step(Edit.EQUAL, 0, whole, 0, whole),) if whole else ()
    import jiwer

    output = jiwer.process_words(" ".join(reference), " ".join(hypothesis))
    return tuple(
        Step(Edit(chunk.type), chunk.ref_start_idx, chunk.ref_end_idx, chunk.hyp_start_idx, chunk.hyp_end_idx)
        for chunk in output.alignments[0]
    )


@lru_cache(maxsize=4096)
def word_errors(reference: tuple[str, ...], hypothesis: tuple[str, ...]) -> tuple[int, bytes]:
    """Word errors of all three kinds; and of each word of the reference 1 where it was heard, else 0."""
    errors, right = 0, bytearray(len(reference))
    for step in align(reference, hypothesis):
        tall = step.reference_end - step.reference_start
        if step.edit is Edit.EQUAL:
            right[step.reference_start : step.reference_end] = b"\1" * tall
        else:
            errors += max(tall, step.hypothesis_end - step.hypothesis_start)
    return errors, bytes(right)


@lru_cache(maxsize=4096)
def alignment(reference: str, hypothesis: str, normalizer: Normalizer) -> tuple[Passage, ...]:
    """The difference of two texts in their own words, for a word diff.

    Compared are normalized words, shown are the written ones: a passage is EQUAL where they differ
    in case or punctuation alone.  Every written word of both texts is in exactly one passage, in
    order; where a word became several ("50%") and part of it differs, the whole word differs.
    """
    ours, theirs = normalizer.tokens(reference), normalizer.tokens(hypothesis)
    steps = align(normalizer.words(reference), normalizer.words(hypothesis))
    left, right = _Written(reference.split(), ours), _Written(hypothesis.split(), theirs)
    passages: list[Passage] = []
    for edit, group in groupby(_whole_words(steps, ours, theirs), key=lambda each: each[0]):
        *_, (_, reference_upto, hypothesis_upto) = group
        passage = _passage(edit, left, reference_upto, right, hypothesis_upto)
        if passage:
            passages.append(passage)
    if not steps:  # neither text has a word; what was written beside words is no difference
        passage = _passage(Edit.EQUAL, left, 0, right, 0)
        return (passage,) if passage else ()
    return tuple(passages)


class _Written:
    """The written words of one text, handed out in order up to a normalized word."""

    def __init__(self, words: Sequence[str], tokens: Sequence[Token]) -> None:
        self.words, self.tokens, self.at = tuple(words), tokens, 0

    def upto(self, token: int) -> tuple[int, tuple[str, ...]]:
        """Where the next words start, and the words before the next normalized word `token`.

        A word without any normalized word, such as a lone dash, goes with the word before it.
        """
        end = self.tokens[token].first if token < len(self.tokens) else len(self.words)
        start, self.at = self.at, max(self.at, end)
        return start, self.words[start : self.at]


def _single_words(steps: Sequence[Step]) -> Iterator[tuple[Edit, int, int]]:
    """Each word's edit, with the ends on both sides."""
    for step in steps:
        wide = step.hypothesis_end - step.hypothesis_start
        tall = step.reference_end - step.reference_start
        for at in range(1, max(wide, tall) + 1):
            yield step.edit, step.reference_start + min(at, tall), step.hypothesis_start + min(at, wide)


def _whole_words(
    steps: Sequence[Step], ours: Sequence[Token], theirs: Sequence[Token]
) -> Iterator[tuple[Edit, int, int]]:
    """Edits of written words: single words joined until no written word is cut on either side."""
    edits: set[Edit] = set()
    for edit, reference_end, hypothesis_end in _single_words(steps):
        edits.add(edit)
        if _inside(ours, reference_end) or _inside(theirs, hypothesis_end):
            continue
        yield edits.pop() if len(edits) == 1 else Edit.SUBSTITUTE, reference_end, hypothesis_end
        edits = set()


def _inside(tokens: Sequence[Token], at: int) -> bool:
    """Whether the boundary before token `at` cuts a written word."""
    return 0 < at < len(tokens) and tokens[at].first <= tokens[at - 1].last


def _passage(
    edit: Edit, left: _Written, reference_upto: int, right: _Written, hypothesis_upto: int
) -> Passage | None:
    reference_at, reference = left.upto(reference_upto)
    hypothesis_at, hypothesis = right.upto(hypothesis_upto)
    if not reference and not hypothesis:
        return None
    if edit is not Edit.EQUAL:
        edit = Edit.INSERT if not reference else Edit.DELETE if not hypothesis else Edit.SUBSTITUTE
    return Passage(
        edit=edit,
        reference=reference,
        hypothesis=hypothesis,
        reference_at=reference_at,
        hypothesis_at=hypothesis_at,
    )
