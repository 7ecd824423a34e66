"""Figures as short text for comparisons, gates and trends: scaled from base units, rounded."""

from __future__ import annotations

from typing import Final

from bench.metrics import METRICS
from bench.units import Unit

_STEPS: Final[dict[Unit, tuple[tuple[float, str], ...]]] = {
    Unit.SECONDS: ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")),
    Unit.BYTES: ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")),
    Unit.COUNT: ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")),
}


def value_text(metric: str, value: float) -> str:
    """`4.31 s`, `249 MB`, `1.20 G`: three significant digits, decimal prefixes."""
    unit = METRICS[metric].unit
    scale, suffix = _scale(unit, value)
    return f"{_three(value / scale)} {suffix}".rstrip()


def change_text(ratio: float) -> str:
    """A ratio as the change it is: `+12.3 %`, `-4.0 %`; from a factor of 2 on, `x3.1`."""
    if ratio >= 2:
        return f"x{_three(ratio)}"
    return f"{100 * (ratio - 1):+.1f} %"


def interval_text(ratio: float, low: float | None, high: float | None) -> str:
    """`+12.3 % (+8.1 to +16.4)`."""
    if low is None or high is None:
        return change_text(ratio)
    return f"{change_text(ratio)} ({_bare(low)} to {_bare(high)})"


def _bare(ratio: float) -> str:
    return change_text(ratio).removesuffix(" %")


def _scale(unit: Unit, value: float) -> tuple[float, str]:
    steps = _STEPS.get(unit)
    if not steps:
        return 1.0, "" if unit is Unit.RATIO else str(unit)
    return next(((scale, suffix) for scale, suffix in steps if abs(value) >= scale), steps[-1])


def _three(value: float) -> str:
    magnitude = abs(value)
    if magnitude >= 100 or value == 0:
        return f"{value:.0f}"
    if magnitude >= 10:
        return f"{value:.1f}"
    if magnitude >= 1:
        return f"{value:.2f}"
    return f"{value:.3g}"
