"""The nightly gate beside Apache Otava and a plain threshold, on steps of known size in resampled nights.

    pip install apache-otava
    python tests/bench/gate_rivals.py RUN [RUN ...] [--sites 60] [--seed 1]

Every rule sees the same nights of one series of transcription times, made as in gate_power.py: five nights of
reference, thirty quiet ones, then a lasting step.  A false alarm is a quiet night on which a rule reports a
slowdown that it did not report the night before; the delay counts the nights from the step to its first report,
and a step not reported within seven nights is missed.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from gate_power import Drawn, Recorded, Setting, draw_night, judged_night, recorded_runs

from bench.statistics import Verdict
from bench.statistics.nights import NightFigure

LATEST = 7  # nights after a step in which it has to be found
Key = tuple[str, str]
# Whether a rule reports a slowdown of the series on the last of the nights.
Rule = Callable[[Sequence[Drawn], Sequence[Drawn], Key, Setting], bool]


def ours(reference: Sequence[Drawn], after: Sequence[Drawn], key: Key, setting: Setting) -> bool:
    """The gate of this project: a frozen reference, noise estimated between nights, Student's quantile."""
    place = list(reference[0]).index(key)
    return judged_night(reference, after, setting)[place].verdict is Verdict.WORSE


def threshold(reference: Sequence[Drawn], after: Sequence[Drawn], key: Key, setting: Setting) -> bool:
    """The night's median against the reference's, by the tolerance alone."""
    return after[-1][key].median > median(night[key].median for night in reference) * (1 + setting.tolerance)


def otava(reference: Sequence[Drawn], after: Sequence[Drawn], key: Key, setting: Setting) -> bool:
    """Otava's change points of all nights (its defaults, and the tolerance as smallest magnitude).

    Reported while the newest change point is a rise that is no older than the nights a step has.
    """
    from otava.analysis import compute_change_points  # type: ignore[import-not-found]  # not among our packages

    values = [night[key].median for night in (*reference, *after)]
    points, _ = compute_change_points(
        values, window_len=50, max_pvalue=0.001, min_magnitude=setting.tolerance
    )
    if not points:
        return False
    newest = points[-1]
    rise = newest.stats.mean_2 > newest.stats.mean_1
    return bool(rise and newest.index >= len(values) - LATEST)


RULES: dict[str, Rule] = {"this gate": ours, "threshold": threshold, "Otava 0.8": otava}


def stepped(night: Drawn, key: Key, factor: float) -> Drawn:
    """The night with one series slower."""
    old = night[key]
    low, high = old.low or old.median, old.high or old.median
    slower = NightFigure(
        median=old.median * factor, low=low * factor, high=high * factor, mad=old.mad * factor, n=old.n
    )
    return {**night, key: slower}


def try_rule(
    rule: Rule, runs: Sequence[Recorded], setting: Setting, *, sites: int, seed: int
) -> tuple[float, dict[float, tuple[float, float | None]]]:
    """False alarms a quiet night, and by the step's size the share missed and the median delay."""
    keys = [key for key in runs[0] if key[1] == "transcribe_seconds"]
    alarms = 0
    delays: dict[float, list[int | None]] = {change: [] for change in (1.05, 1.10, 1.20)}
    for site in range(sites):
        chosen = random.Random(f"{seed}/{site}")
        key = chosen.choice(keys)
        total = setting.reference_nights + setting.quiet_nights + LATEST
        nights = [draw_night(runs, setting, chosen) for _ in range(total)]
        reference, after = nights[: setting.reference_nights], nights[setting.reference_nights :]
        before = False
        for count in range(1, setting.quiet_nights + 1):
            now = rule(reference, after[:count], key, setting)
            alarms += now and not before
            before = now
        for change, found in delays.items():
            slower = [
                stepped(night, key, change) if index >= setting.quiet_nights else night
                for index, night in enumerate(after)
            ]
            caught = (
                late
                for late in range(1, LATEST + 1)
                if rule(reference, slower[: setting.quiet_nights + late], key, setting)
            )
            found.append(next(caught, None))
    powers = {
        change: (
            sum(late is None for late in found) / sites,
            median([late for late in found if late is not None]) if any(found) else None,
        )
        for change, found in delays.items()
    }
    return alarms / sites / setting.quiet_nights, powers


def main() -> None:
    """Print the table of docs/nightly.md."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--sites", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    runs = recorded_runs(options.runs)
    known = {
        name: rule for name, rule in RULES.items() if rule is not otava or importlib.util.find_spec("otava")
    }
    print("| night noise | rule | false alarms a night | +5 % missed, delay | +10 % | +20 % |")
    print("|--:|---|--:|--:|--:|--:|")
    for noise in (0.0, 0.01, 0.02, 0.03):
        for name, rule in known.items():
            setting = Setting(night_noise=noise)
            false, powers = try_rule(rule, runs, setting, sites=options.sites, seed=options.seed)
            cells = [
                f"{missed:.0%}, {'-' if delay is None else f'{delay:g}'}" for missed, delay in powers.values()
            ]
            print(f"| {noise:.0%} | {name} | {false:.2%} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
