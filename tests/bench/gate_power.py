"""How often the nightly gate cries wolf, and how small a change it catches: measured, not claimed.

    python tests/bench/gate_power.py RUN [RUN ...] [--sites 200] [--seed 1] [--write docs/nightly.md]

Nights are resampled from real recorded trials.  A night takes one of the recorded runs at random
and draws its blocks with replacement in stretches of neighbours, all cases of a block together,
so that what neighbouring blocks and cases share stays shared.  To that comes a difference between
nights of a given size, half of it common to all cases: recorded runs of one day cannot tell what
nights differ by, so the table sweeps it.  Seeds are fixed: the same runs give the same table.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.journal import read_run
from bench.metrics import METRICS
from bench.regression.series import DEFAULT_RULE, Line, SeriesRule, SeriesVerdict, judge_lines
from bench.results import results_of
from bench.statistics import Verdict, compare_paired, judge, summarize
from bench.statistics.nights import NightFigure
from bench.units import Better

# A recorded run: {(case, metric): the value of each block, in order}.
Recorded = Mapping[tuple[str, str], Sequence[float]]
Drawn = Mapping[tuple[str, str], NightFigure]
GATED = ("transcribe_seconds", "load_seconds", "peak_rss_bytes")
STRETCH = 2  # neighbouring blocks drawn together
NIGHT_NOISES = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a simulated site does every night."""

    blocks: int = 10
    reference_nights: int = 5
    quiet_nights: int = 30
    tolerance: float = 0.05
    night_noise: float = 0.0
    rule: SeriesRule = DEFAULT_RULE


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Shares of simulated sites, series and nights.  `noise` is the gate's own estimate (median)."""

    sites: int
    series: int
    night_alarms: float
    series_alarms: float
    inconclusive: float
    caught: Mapping[float, float]
    noise: float
    catchable: float


def recorded_runs(paths: Sequence[Path], metrics: Sequence[str] = GATED) -> list[Recorded]:
    """The block values of real runs; series that are not there in every run are left out."""
    runs: list[dict[tuple[str, str], list[float]]] = []
    for path in paths:
        found: dict[tuple[str, str], list[float]] = {}
        for case in results_of([read_run(path)]).cases:
            for metric in metrics:
                values = [value for _, value in case.values.get(metric, ())]
                if len(values) > 1 and min(values) > 0:
                    found[case.case.id, metric] = values
        runs.append(found)
    shared = set.intersection(*(set(run) for run in runs))
    if not shared:
        raise SystemExit("these runs share no series of two blocks or more: give finished runs of one suite")
    return [{key: run[key] for key in sorted(shared)} for run in runs]


def simulate(runs: Sequence[Recorded], setting: Setting, *, sites: int, seed: int) -> Rates:
    """Quiet nights for the alarms, then a lasting change of one series for the power, site by site."""
    keys = list(runs[0])
    changes = (1.05, 1.10, 1.20)
    alarmed_nights = alarmed_series = open_series = 0
    caught = dict.fromkeys(changes, 0)
    noises: list[float] = []
    catchables: list[float] = []
    targets = [key for key in keys if key[1] == "transcribe_seconds"] or keys
    for site in range(sites):
        random_ = random.Random(f"{seed}/{site}")
        total = setting.reference_nights + setting.quiet_nights + 3
        nights = [draw_night(runs, setting, random_) for _ in range(total)]
        reference, after = nights[: setting.reference_nights], nights[setting.reference_nights :]
        for count in range(1, setting.quiet_nights + 1):
            verdicts = [one.verdict for one in judged_night(reference, after[:count], setting)]
            wrong = verdicts.count(Verdict.WORSE)
            alarmed_series += wrong
            alarmed_nights += wrong > 0
            open_series += verdicts.count(Verdict.INCONCLUSIVE)
        target = random_.choice(targets)
        for change in changes:
            caught[change] += is_caught(target, change, reference, after, setting)
        verdict = judged_night(reference, after[: setting.quiet_nights], setting)[keys.index(target)]
        noises.append(verdict.noise or 0.0)
        catchables.append(verdict.catchable or math.inf)
    judged = sites * setting.quiet_nights
    return Rates(
        sites=sites,
        series=len(keys),
        night_alarms=alarmed_nights / judged,
        series_alarms=alarmed_series / judged / len(keys),
        inconclusive=open_series / judged / len(keys),
        caught={change: count / sites for change, count in caught.items()},
        noise=median(noises),
        catchable=median(catchables),
    )


def draw_night(runs: Sequence[Recorded], setting: Setting, random_: random.Random) -> Drawn:
    """One night of all series."""
    run = random_.choice(runs)
    length = min(len(values) for values in run.values())
    drawn = _stretches(length, setting.blocks, random_)
    own = setting.night_noise / math.sqrt(2)
    common = random_.gauss(0, own)
    night: dict[tuple[str, str], NightFigure] = {}
    for key, values in run.items():
        # memory does not differ from night to night as time does
        factor = math.exp(common + random_.gauss(0, own)) if METRICS[key[1]].unit == "s" else 1.0
        sample = [values[index] * factor for index in drawn]
        found = summarize(sample)
        assert found is not None
        night[key] = NightFigure(
            median=found.median, low=found.low, high=found.high, mad=found.mad, n=found.n
        )
    return night


def _stretches(length: int, count: int, random_: random.Random) -> list[int]:
    """Indexes of `count` blocks out of `length`, drawn with replacement, `STRETCH` neighbours at a time."""
    drawn: list[int] = []
    while len(drawn) < count:
        start = random_.randrange(length)
        drawn += [(start + step) % length for step in range(STRETCH)]
    return drawn[:count]


def judged_night(
    reference: Sequence[Drawn], nights: Sequence[Drawn], setting: Setting
) -> tuple[SeriesVerdict, ...]:
    """The gate's verdicts on the last of the nights, all series together, in the order of their keys."""
    lines = [
        Line(
            case=case,
            metric=metric,
            better=METRICS[metric].better,
            tolerance=setting.tolerance,
            reference=tuple(night[case, metric] for night in reference),
            nights=tuple(night[case, metric] for night in nights),
        )
        for case, metric in reference[0]
    ]
    return judge_lines(lines, setting.rule)


def is_caught(
    target: tuple[str, str],
    change: float,
    reference: Sequence[Drawn],
    after: Sequence[Drawn],
    setting: Setting,
) -> bool:
    """Whether a lasting change of one series fails one of the first three nights it is there."""
    slower = [
        {**night, target: _scaled(night[target], change)} if index >= setting.quiet_nights else night
        for index, night in enumerate(after)
    ]
    place = list(reference[0]).index(target)
    return any(
        judged_night(reference, slower[: setting.quiet_nights + nights], setting)[place].verdict
        is Verdict.WORSE
        for nights in (1, 2, 3)
    )


def _scaled(figure: NightFigure, ratio: float) -> NightFigure:
    assert figure.low is not None
    assert figure.high is not None
    return NightFigure(
        median=figure.median * ratio,
        low=figure.low * ratio,
        high=figure.high * ratio,
        mad=figure.mad * ratio,
        n=figure.n,
    )


def interleaved(
    runs: Sequence[Recorded], change: float, *, blocks: int, tolerance: float, draws: int, seed: int
) -> dict[Verdict, float]:
    """Verdicts of the comparison within one night, as shares of the draws.

    Real per-block ratios of two cases of a run, centred on their median, so that only their noise is
    left; resampled like nights, and multiplied by the change.
    """
    random_ = random.Random(f"{seed}/{change}")
    noises = [_centred_ratios(run, *pair) for run in runs for pair in _pairs(run)]
    found: dict[Verdict, int] = {}
    for _ in range(draws):
        noise = random_.choice(noises)
        ratios = [noise[index] * change for index in _stretches(len(noise), blocks, random_)]
        verdict = judge(compare_paired((ratio, 1.0) for ratio in ratios), Better.LOWER, tolerance)
        found[verdict] = found.get(verdict, 0) + 1
    return {verdict: count / draws for verdict, count in found.items()}


def _pairs(run: Recorded) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    keys = [key for key in run if key[1] == "transcribe_seconds"]
    return [(a, b) for number, a in enumerate(keys) for b in keys[number + 1 :] if len(run[a]) == len(run[b])]


def _centred_ratios(run: Recorded, a: tuple[str, str], b: tuple[str, str]) -> list[float]:
    ratios = [x / y for x, y in zip(run[a], run[b], strict=True)]
    middle = median(ratios)
    return [ratio / middle for ratio in ratios]


def interleaved_table(runs: Sequence[Recorded], *, draws: int, seed: int) -> str:
    """The second Markdown table of docs/nightly.md."""
    head = "| change | blocks | worse | same | inconclusive | better |\n|--:|--:|--:|--:|--:|--:|\n"
    lines = []
    for change in (1.0, 1.05, 1.10, 1.20):
        for blocks in (10, 20, 40):
            shares = interleaved(runs, change, blocks=blocks, tolerance=0.05, draws=draws, seed=seed)
            order = (Verdict.WORSE, Verdict.SAME, Verdict.INCONCLUSIVE, Verdict.BETTER)
            cells = [f"{100 * (change - 1):+.0f} %", str(blocks)]
            cells += [f"{100 * shares.get(verdict, 0.0):.1f} %" for verdict in order]
            lines.append("| " + " | ".join(cells) + " |")
    return head + "\n".join(lines) + "\n"


def table(runs: Sequence[Recorded], *, sites: int, seed: int) -> str:
    """The Markdown table of docs/nightly.md."""
    head = (
        "| tolerance | added night noise | noise of a night | nights with a false alarm | series-nights with one "
        "| inconclusive | +5 % caught | +10 % caught | +20 % caught | smallest catchable |\n"
        "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
    )
    lines = []
    for tolerance in (0.03, 0.05):
        for noise in NIGHT_NOISES:
            setting = Setting(night_noise=noise, tolerance=tolerance)
            rates = simulate(runs, setting, sites=sites, seed=seed)
            cells = [
                f"{100 * tolerance:g} %",
                f"{100 * noise:g} %",
                f"{100 * rates.noise:.1f} %",
                f"{100 * rates.night_alarms:.2f} %",
                f"{100 * rates.series_alarms:.3f} %",
                f"{100 * rates.inconclusive:.0f} %",
                *(f"{100 * share:.0f} %" for share in rates.caught.values()),
                f"+{100 * (rates.catchable - 1):.1f} %",
            ]
            lines.append("| " + " | ".join(cells) + " |")
    return head + "\n".join(lines) + "\n"


START, END = "<!-- measured: tests/bench/gate_power.py -->", "<!-- end of measured -->"


def chapter(paths: Sequence[Path], *, sites: int, seed: int) -> str:
    """Both tables with what they were made from, as docs/nightly.md holds them."""
    runs = recorded_runs(paths)
    suites = sorted({read_run(path).suite.name for path in paths})
    cpus = sorted({read_run(path).host.cpu for path in paths})
    blocks = min(len(values) for run in runs for values in run.values())
    source = (
        f"From {len(runs)} recorded run{'s' if len(runs) != 1 else ''} of {', '.join(suites)} on {', '.join(cpus)}: "
        f"{len(runs[0])} series of at least {blocks} blocks; {sites} simulated machines, seed {seed}."
    )
    nights = table(runs, sites=sites, seed=seed)
    return f"{source}\n\n{nights}\n{interleaved_table(runs, draws=20 * sites, seed=seed)}"


def write_into(page: Path, text: str) -> None:
    """Put the chapter between the marks of the page."""
    whole = page.read_text(encoding="utf-8")
    head, rest = whole.split(START, 1)
    tail = rest.split(END, 1)[1]
    page.write_text(f"{head}{START}\n\n{text}\n{END}{tail}", encoding="utf-8")


def main() -> None:
    """Print the tables for the runs given, or write them into the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="replace the tables of docs/nightly.md")
    options = parser.parse_args()
    text = chapter(options.runs, sites=options.sites, seed=options.seed)
    if options.write:
        write_into(options.write, text)
    else:
        print(text)


if __name__ == "__main__":
    main()
