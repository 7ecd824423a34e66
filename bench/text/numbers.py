"""Figures as a reader sees them: base units scaled, decimals by kind, thousands apart.

The decimal mark is a point in every language, as in engines' own output, and thousands are set
apart by a narrow no-break space.  MB and GB are decimal: 10^6 and 10^9 bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from typing import Final

THOUSANDS: Final = "\u202f"
NO_BREAK: Final = "\u00a0"
MINUS: Final = "\u2013"
RANGE: Final = "\u2013"
TIMES: Final = "\u00d7"

Word = Callable[[str], str]
"""The word of a message id in the report's language."""


class Quantity(StrEnum):
    """How a figure in base units is written."""

    SECONDS = "seconds"  # 6.84 s
    RTF = "rtf"  # 0.114
    RTFX = "rtfx"  # the inverse: 8.8, 142
    SIZE = "size"  # a file: 743 MB, 1.2 GB
    MEMORY = "memory"  # always MB: 1 932 MB
    COUNT = "count"  # 23 198
    BILLIONS = "billions"  # 51.5B
    PERCENT = "percent"  # a ratio: 8.2%
    SHARE = "share"  # a threshold, whole: 25%
    POINTS = "points"  # a difference of ratios, signed, in percentage points: +0.4 pp
    SAVING = "saving"  # a ratio of change, signed and whole: -46%
    TIMES = "times"  # a ratio to a baseline: 1.02x
    JOULES = "joules"
    RATE = "rate"  # a second
    NATS = "nats"  # a divergence, two significant digits: 0.0011
    CORRELATION = "correlation"  # three decimals


_SIGNED: Final = frozenset({Quantity.SAVING, Quantity.POINTS})


def grouped(value: float, decimals: int) -> str:
    """A number with so many decimals and its thousands set apart; never a negative zero."""
    text = f"{abs(value):,.{decimals}f}".replace(",", THOUSANDS)
    negative = value < 0 and any(digit in text for digit in "123456789")
    return MINUS + text if negative else text


def scale(value: float, quantity: Quantity) -> tuple[float, int, str]:
    """Divisor, decimals and the unit's message id ("" for none) that suit the value."""
    value = float(value)
    size = abs(value)
    match quantity:
        case Quantity.SECONDS:
            return 1, _decimals(size, 2), "unit.second"
        case Quantity.RTF:
            return 1, _decimals(size, 3), ""
        case Quantity.RTFX:
            return 1, 1 if size < 99.95 else 0, ""
        case Quantity.SIZE if size >= 999.5e6:
            return 1e9, 1, "unit.gigabyte"
        case Quantity.SIZE | Quantity.MEMORY:
            return 1e6, 0 if size >= 99.5e6 else 1, "unit.megabyte"
        case Quantity.BILLIONS:
            return 1e9, _decimals(size / 1e9, 1), "unit.billion"
        case Quantity.PERCENT:
            return 0.01, 1, "unit.percent"
        case Quantity.SAVING | Quantity.SHARE:
            return 0.01, 0, "unit.percent"
        case Quantity.POINTS:
            return 0.01, 1, "unit.points"
        case Quantity.TIMES:
            return 1, _decimals(size, 2), "unit.times"
        case Quantity.JOULES:
            return 1, 1, "unit.joule"
        case Quantity.RATE:
            return 1, 1, "unit.per_second"
        case Quantity.NATS:
            return 1, _decimals(size, 2), ""
        case Quantity.CORRELATION:
            return 1, 3, ""
        case Quantity.COUNT:
            return 1, 0 if size >= 100 or value.is_integer() else 1, ""


def number(value: float, quantity: Quantity, word: Word) -> str:
    """A value in base units as text with its unit: `6.84 s`, `51.5B`, `+3%`."""
    divisor, decimals, unit = scale(value, quantity)
    text = grouped(value / divisor, decimals)
    if quantity in _SIGNED and text.strip("0.") and value > 0:
        text = "+" + text
    return text + _suffix(unit, word)


def interval(low: float, high: float, like: float, quantity: Quantity) -> str:
    """An interval in the scale of the value beside it, without the unit: `6.80-6.91`.

    Empty where both ends are written as the value is: there is nothing to tell.
    """
    divisor, decimals, _ = scale(like, quantity)
    parts = [grouped(low / divisor, decimals), grouped(high / divisor, decimals)]
    if {*parts} == {grouped(like / divisor, decimals)}:
        return ""
    if quantity in _SIGNED:
        parts = [f"+{part}" if part[0] != MINUS and part.strip("0.") else part for part in parts]
    apart = f"{NO_BREAK}…{NO_BREAK}" if low < 0 or quantity in _SIGNED else RANGE
    return apart.join(parts)


def clock(seconds: float) -> str:
    """A moment within a clip: `0:07.3`."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    return f"{minutes}:{rest // 10:02d}.{rest % 10}"


def _suffix(unit: str, word: Word) -> str:
    if not unit:
        return ""
    close = unit in {"unit.billion", "unit.percent", "unit.times"}
    return word(unit) if close else NO_BREAK + word(unit)


def _decimals(size: float, usual: int) -> int:
    """As many decimals as usual, or two significant digits for what would vanish."""
    if size == 0 or size >= 10 ** (1 - usual):
        return usual
    return min(9, 1 - math.floor(math.log10(size)))
