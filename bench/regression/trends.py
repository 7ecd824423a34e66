"""Lines over nights: one a case and metric, for the terminal and the dashboard."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench.metrics import METRICS
from bench.regression.baselines import Reference
from bench.regression.night import Night
from bench.statistics import changepoints
from bench.statistics.changepoints import Change
from bench.statistics.nights import NightFigure

_BARS: Final = "▁▂▃▄▅▆▇█"
GAP: Final = "·"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A metric of a case over all nights; None where a night has none.

    `references` are (index of the first night it applied to, value): the levels held to.
    """

    case: str
    metric: str
    figures: tuple[NightFigure | None, ...]
    changes: tuple[Change, ...] = ()
    references: tuple[tuple[int, float], ...] = ()

    @property
    def values(self) -> list[float | None]:
        """The medians, night by night."""
        return [figure.median if figure else None for figure in self.figures]

    @property
    def last(self) -> float | None:
        """The latest night's median, where it has one."""
        return self.values[-1] if self.figures else None


def collect_trends(
    nights: Sequence[Night], references: Sequence[Reference] = (), metrics: Collection[str] = ()
) -> list[Trend]:
    """All lines of a history; `metrics` limits them.  Change points only where ruptures is there."""
    annotate = changepoints.available()
    held = [(_first_after(nights, reference.accepted_at), reference) for reference in references]
    cases = dict.fromkeys(case for night in nights for case in night.cases)
    trends: list[Trend] = []
    for case in cases:
        found = [night.cases.get(case) for night in nights]
        names = dict.fromkeys(name for one in found if one for name in one.figures if name in METRICS)
        for metric in (name for name in METRICS if name in names and (not metrics or name in metrics)):
            figures = tuple(one.figures.get(metric) if one else None for one in found)
            values = [figure.median if figure else None for figure in figures]
            trends.append(
                Trend(
                    case=case,
                    metric=metric,
                    figures=figures,
                    changes=changepoints.find_changes(values) if annotate else (),
                    references=_levels(held, case, metric),
                )
            )
    return trends


def _first_after(nights: Sequence[Night], moment: str) -> int:
    from datetime import datetime

    at = datetime.fromisoformat(moment)
    later = (index for index, night in enumerate(nights) if datetime.fromisoformat(night.started_at) > at)
    return next(later, len(nights))


def _levels(held: Sequence[tuple[int, Reference]], case: str, metric: str) -> tuple[tuple[int, float], ...]:
    from statistics import median

    levels: list[tuple[int, float]] = []
    for index, reference in held:
        figures = reference.figures(case, metric)
        if figures:
            levels.append((index, median(figure.median for figure in figures)))
    return tuple(levels)


def sparkline(values: Sequence[float | None], width: int = 40) -> str:
    """The last `width` values as bars between their own minimum and maximum; a gap is a dot."""
    shown = list(values)[-width:]
    known = [value for value in shown if value is not None]
    if not known:
        return GAP * len(shown)
    low, span = min(known), max(known) - min(known)
    return "".join(
        GAP if value is None else _BARS[round(7 * (value - low) / span) if span else 3] for value in shown
    )


def version_changes(nights: Sequence[Night]) -> list[tuple[int, str]]:
    """Nights at which an engine's version or a weights file became another one, and what."""
    seen: dict[tuple[str, str], str] = {}
    found: dict[tuple[int, str], int] = {}
    for index, night in enumerate(nights):
        for case, one in night.cases.items():
            facts = {f"engine {one.state.engine}": one.state.engine_version or "?"}
            facts |= {f"weights {one.model} {one.quantization}": _short(one.state.weights)}
            facts |= {"backend": ", ".join(one.state.backends) or "?"}
            for what, now in facts.items():
                before = seen.get((case, what))
                if before is not None and now not in (before, "?") and before != "?":
                    text = f"{what}: {before} -> {now}"
                    found[index, text] = found.get((index, text), 0) + 1
                seen[case, what] = now
    return [(index, text) for index, text in found]


def _short(weights: Mapping[str, str]) -> str:
    return "+".join(sha[:8] for _, sha in sorted(weights.items())) or "?"
