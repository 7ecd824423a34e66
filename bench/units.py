"""Base units.

Values are put into base units where they are made (seconds, bytes, counts); scaling to
milliseconds, MB or thousands happens in `bench.text` alone.
"""

from __future__ import annotations

from enum import StrEnum


class Unit(StrEnum):
    """A base unit; its value is what the journal holds."""

    SECONDS = "s"
    BYTES = "B"
    COUNT = "count"
    RATIO = "ratio"
    PER_SECOND = "1/s"
    JOULES = "J"


class Better(StrEnum):
    """Which direction of a metric its users want."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"
