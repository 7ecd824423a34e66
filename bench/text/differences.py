"""Two texts side by side as a person reads a difference: what went, what came, and the words around."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

CONTEXT_WORDS: Final = 3  # words shown on either side of a difference
SHOWN_DIFFERENCES: Final = 8


def word_differences(was: str, now: str) -> list[str]:
    """The places where two texts differ, a line each: `... context [-was-] {+now+} context ...`."""
    old, new = was.split(), now.split()
    lines: list[str] = []
    changes = list(_changes(old, new))
    for old_from, old_to, new_from, new_to in changes[:SHOWN_DIFFERENCES]:
        before = old[max(0, old_from - CONTEXT_WORDS) : old_from]
        after = old[old_to : old_to + CONTEXT_WORDS]
        removed = ["[-" + " ".join(old[old_from:old_to]) + "-]"] if old_to > old_from else []
        added = ["{+" + " ".join(new[new_from:new_to]) + "+}"] if new_to > new_from else []
        lines.append(" ".join(["...", *before, *removed, *added, *after, "..."]))
    if len(changes) > SHOWN_DIFFERENCES:
        lines.append(f"and {len(changes) - SHOWN_DIFFERENCES} more")
    return lines


def count_differences(was: str, now: str) -> int:
    """In how many places two texts differ."""
    return sum(1 for _ in _changes(was.split(), now.split()))


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    from difflib import SequenceMatcher

    for kind, old_from, old_to, new_from, new_to in SequenceMatcher(
        a=old, b=new, autojunk=False
    ).get_opcodes():
        if kind != "equal":
            yield old_from, old_to, new_from, new_to
