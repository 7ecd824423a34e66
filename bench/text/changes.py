"""Changes as short text for comparisons, gates and trends."""

from __future__ import annotations


def change_text(ratio: float) -> str:
    """A ratio as the change it is: `+12.3 %`, `-4.0 %`; from a factor of 2 on, `x3.1`."""
    if ratio >= 2:
        return f"x{ratio:.0f}" if ratio >= 100 else f"x{ratio:.1f}" if ratio >= 10 else f"x{ratio:.2f}"
    return f"{100 * (ratio - 1):+.1f} %"


def interval_text(ratio: float, low: float | None, high: float | None) -> str:
    """`+12.3 % (+8.1 to +16.4)`."""
    if low is None or high is None:
        return change_text(ratio)
    return f"{change_text(ratio)} ({_bare(low)} to {_bare(high)})"


def _bare(ratio: float) -> str:
    return change_text(ratio).removesuffix(" %")
