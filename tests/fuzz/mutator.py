"""Seeded mutations of bytes, of JSON lines and of YAML: the same seed is the same file."""

from __future__ import annotations

import json
import random
from typing import Any

HOSTILE_TEXT = (
    "",
    " ",
    "../../x",
    "/etc/passwd",
    "//evil.example/x",
    "a\x00b",
    "\ud800",
    "\ufffe",
    "\u2028",
    "\u202e",
    "=1+1",
    "\r=1+1",
    "\x1b[31m",
    "\x1b]0;t\x07",
    "{{ 7 * 7 }}",
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "x" * 5000,
    "слово " * 2000,
    "7" * 4500,
    "1e309",
    "nan",
    "2026-11-29",
    "2026-11-29T00:00:00",
    "9999-12-31T23:59:59+14:00",
    "😀\u0301" * 50,
)
HOSTILE_NUMBERS = (0, -1, 1, 2**31, 2**63, 2**64, 10**30, -(10**30), 1e308, 1e-308, -0.0, 0.1)
HOSTILE_OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [[]], {"": None}, [None] * 50)
NOT_JSON = ("NaN", "Infinity", "-Infinity", "1e999", "[" * 3000, '{"a":' * 3000, "9" * 5000)


def bytes_of(seed: int, raw: bytes) -> bytes:
    """The bytes with one to eight changes."""
    chance = random.Random(seed)
    data = bytearray(raw)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        if not data:
            return bytes(chance.randbytes(20))
        at = chance.randrange(len(data))
        span = chance.choice((1, 1, 2, 4, 8, 64, 1024))
        match chance.randrange(9):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at : at + span] = chance.randbytes(span)
            case 2:
                del data[at : at + span]
            case 3:
                data[at:at] = data[at : at + span] * chance.choice((1, 2, 50))
            case 4:
                del data[at:]
            case 5:
                data[at : at + span] = chance.choice((b"\x00", b"\xff", b"\x7f", b"\x80")) * span
            case 6:
                other = chance.randrange(len(data))
                data[at : at + span] = data[other : other + span]
            case 7:
                number = chance.choice((0, 1, 2**16, 2**31 - 1, 2**32 - 1, 2**63, 2**64 - 1))
                data[at : at + 8] = number.to_bytes(8, chance.choice(("little", "big")))
            case 8:
                data[at:at] = chance.choice(HOSTILE_TEXT).encode("utf-8", "surrogatepass")
    return bytes(data)


def json_line(seed: int, raw: bytes) -> bytes:
    """JSON lines with values of one line, anywhere in its depth, replaced by hostile ones."""
    chance = random.Random(seed)
    lines = raw.split(b"\n")
    number = chance.randrange(max(1, len(lines) - 1))
    data = json.loads(lines[number])
    marks: dict[str, str] = {}
    for _ in range(chance.choice((1, 1, 2, 5))):
        _spoil(chance, data, marks)
    text = json.dumps(data, ensure_ascii=True)
    for mark, words in marks.items():
        text = text.replace(f'"{mark}"', words)
    lines[number] = text.encode()
    if not chance.randrange(6):
        lines.insert(chance.randrange(len(lines)), chance.choice(lines))
    return b"\n".join(lines)


def _spoil(chance: random.Random, data: Any, marks: dict[str, str]) -> None:
    places = list(_places(data))
    if not places:
        return
    holder, key = chance.choice(places)
    match chance.randrange(7):
        case 0 | 1:
            holder[key] = chance.choice(HOSTILE_TEXT)
        case 2 | 3:
            holder[key] = chance.choice(HOSTILE_NUMBERS)
        case 4:
            holder[key] = chance.choice(HOSTILE_OTHERS)
        case 5:
            mark = f"MARK{len(marks)}"
            marks[mark] = chance.choice(NOT_JSON)
            holder[key] = mark
        case 6:
            if isinstance(holder, dict):
                holder[chance.choice(HOSTILE_TEXT)] = holder.pop(key)
            else:
                del holder[key]


def _places(data: Any) -> Any:
    if isinstance(data, dict | list):
        for key in list(data) if isinstance(data, dict) else range(len(data)):
            yield data, key
            yield from _places(data[key])


def mutated(seed: int, raw: bytes, *, lines: bool = False) -> bytes:
    """A mutation of the kind that suits the file, or of its bytes."""
    if lines and seed % 3:
        try:
            return json_line(seed, raw)
        except (ValueError, RecursionError):
            pass
    return bytes_of(seed, raw)
