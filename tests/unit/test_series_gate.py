"""The statistical gate: nights against a frozen reference."""

from __future__ import annotations

import math
import random

import pytest
from nights import figure

from bench.regression.series import Line, SeriesRule, SeriesVerdict, common_shift, judge_lines
from bench.statistics import Verdict
from bench.statistics.nights import (
    ASSUMED_NOISE,
    NightFigure,
    Noise,
    own_noise,
    settled_noise,
)
from bench.statistics.student import student_quantile
from bench.units import Better, Unit


def nights(level: float, count: int, *, noise: float = 0.01, seed: object = 0) -> tuple[NightFigure, ...]:
    random_ = random.Random(f"{seed}/{level}")
    return tuple(figure(level * math.exp(random_.gauss(0, noise))) for _ in range(count))


def line(
    reference: tuple[NightFigure, ...],
    after: tuple[NightFigure, ...],
    *,
    case: str = "a",
    better: Better = Better.LOWER,
    tolerance: float = 0.05,
) -> Line:
    return Line(
        case=case,
        metric="transcribe_seconds",
        better=better,
        tolerance=tolerance,
        reference=reference,
        nights=after,
    )


def judged(*lines: Line) -> list[SeriesVerdict]:
    return list(judge_lines(lines))


def test_quiet_nights_are_the_same() -> None:
    (found,) = judged(line(nights(4, 5), nights(4, 30, seed=1)))
    assert found.verdict is Verdict.SAME
    assert found.noise == pytest.approx(0.01, rel=0.6)


def test_a_large_change_fails_the_morning_after() -> None:
    (found,) = judged(line(nights(4, 5), (*nights(4, 10, seed=1), figure(5.2))))
    assert found.verdict is Verdict.WORSE
    assert found.window == 1
    assert found.ratio == pytest.approx(1.3, rel=0.03)


def test_a_smaller_lasting_change_fails_once_it_fills_the_longer_window() -> None:
    quiet = nights(4, 20, noise=0.02, seed=1)
    slower = (figure(4 * 1.06),) * 3
    reference = (figure(4.0),) * 5
    verdicts = [judged(line(reference, (*quiet, *slower[:n])))[0].verdict for n in (1, 3)]
    assert verdicts == [Verdict.SAME, Verdict.WORSE]


def test_one_bad_night_passes_by_when_the_next_is_good() -> None:
    (found,) = judged(line(nights(4, 5), (*nights(4, 10, seed=1), figure(5.2), figure(4.0))))
    assert found.verdict is Verdict.SAME


def test_a_change_for_the_better_is_no_failure() -> None:
    (found,) = judged(line(nights(4, 5), (*nights(4, 10, seed=1), *nights(3, 3))))
    assert found.verdict is Verdict.BETTER


def test_the_unit_knows_which_direction_is_better() -> None:
    (found,) = judged(line(nights(40, 5), (*nights(40, 10, seed=1), figure(30.0)), better=Better.HIGHER))
    assert found.verdict is Verdict.WORSE


def test_a_shift_that_is_certain_but_within_the_tolerance_is_the_same() -> None:
    (found,) = judged(line(nights(4, 5, noise=0.001), nights(4 * 1.02, 30, noise=0.001)))
    assert found.verdict is Verdict.SAME


def test_nights_that_differ_more_than_the_tolerance_are_inconclusive_and_say_what_they_catch() -> None:
    (found,) = judged(line(nights(4, 5, noise=0.08), nights(4, 20, noise=0.08, seed=3)))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.catchable is not None
    assert found.catchable > 1.2


def test_a_reference_of_one_night_takes_the_noise_as_assumed() -> None:
    (found,) = judged(line(nights(4, 1), (figure(4.01),)))
    assert found.noise == pytest.approx(ASSUMED_NOISE[Unit.SECONDS])


def test_what_never_varied_is_the_same_however_few_the_nights() -> None:
    (found,) = judged(line((figure(4.0),), (figure(4.0),), tolerance=0.001))
    assert found.verdict is Verdict.SAME


def test_a_tolerance_of_nothing_forbids_any_change() -> None:
    sizes = [line((figure(4.0),), (figure(size),), tolerance=0.0) for size in (3.9, 4.0, 4.1)]
    assert [one.verdict for one in judged(*sizes)] == [Verdict.BETTER, Verdict.SAME, Verdict.WORSE]


def test_the_change_under_judgement_does_not_raise_the_noise() -> None:
    quiet = nights(4, 12, seed=1)
    before = judged(line(nights(4, 5), quiet))[0].noise
    after = judged(line(nights(4, 5), (*quiet, *nights(8, 3))))[0].noise
    assert before is not None
    assert after == pytest.approx(before, rel=0.35)


def test_a_lasting_change_long_ago_hardly_raises_the_noise() -> None:
    noise = own_noise((*nights(4, 20, seed=1), *nights(5, 20, seed=2))).deviation
    assert noise == pytest.approx(0.01, rel=0.4)


def test_the_trimmed_noise_is_unbiased_for_normal_nights() -> None:
    found = [own_noise(nights(4, 60, noise=0.03, seed=seed)).deviation for seed in range(60)]
    assert sum(found) / len(found) == pytest.approx(0.03, rel=0.05)


def test_few_nights_borrow_from_the_other_cases() -> None:
    others = [Noise(deviation=0.05, freedom=2.0)] * 4
    borrowed = settled_noise(Noise(deviation=0.01, freedom=2.0), others, 0.0, assumed=0.02)
    assert 0.03 < borrowed.deviation < 0.05
    assert borrowed.freedom == 12


def test_noise_is_never_below_the_spread_within_the_nights() -> None:
    assert settled_noise(Noise(deviation=0.0, freedom=50), [], 0.07, assumed=0.02).deviation == pytest.approx(
        0.07
    )


def test_more_series_make_each_harder_to_alarm() -> None:
    one = line(nights(4, 5), (*nights(4, 10, seed=1), figure(4.4)))
    many = [line(nights(4, 5, seed=n), nights(4, 11, seed=100 + n), case=f"c{n}") for n in range(200)]
    alone, among = judged(one)[0], judged(one, *many)[0]
    assert alone.high is not None
    assert among.high is not None
    assert among.high > alone.high


def test_false_alarms_of_a_quiet_suite_stay_below_one_percent_of_nights() -> None:
    """40 suites of 12 series, 15 nights each, nights differing by 2 %."""
    alarms = 0
    for suite in range(40):
        lines = [
            (nights(4, 5, noise=0.02, seed=f"{suite}r{n}"), nights(4, 15, noise=0.02, seed=f"{suite}n{n}"))
            for n in range(12)
        ]
        for count in range(1, 16):
            found = judged(*(line(r, after[:count], case=str(n)) for n, (r, after) in enumerate(lines)))
            alarms += any(one.verdict is Verdict.WORSE for one in found)
    assert alarms <= 6


@pytest.mark.parametrize(
    ("freedom", "probability", "tabulated"),
    [
        (4, 0.9, 1.533),
        (4, 0.99, 3.747),
        (4, 0.999, 7.173),
        (5, 0.9, 1.476),
        (5, 0.99, 3.365),
        (5, 0.999, 5.893),
        (12, 0.9, 1.356),
        (12, 0.99, 2.681),
        (12, 0.999, 3.930),
        (40, 0.99, 2.423),
        (40, 0.999, 3.307),
    ],
)
def test_the_quantile_is_that_of_students_tables(freedom: int, probability: float, tabulated: float) -> None:
    assert student_quantile(probability, freedom) == pytest.approx(tabulated, abs=0.0006)


def test_without_values_there_is_a_reason_and_no_verdict() -> None:
    found = judged(line((), nights(4, 1)), line(nights(4, 1), ()), line(nights(4, 1), (figure(0.0),)))
    assert [one.verdict for one in found] == [Verdict.INCONCLUSIVE] * 3
    assert all(one.reason for one in found)


def test_cases_that_all_move_together_point_at_the_machine() -> None:
    slow = [line(nights(4, 5, seed=n), nights(4.4, 10, seed=n), case=str(n)) for n in range(5)]
    assert common_shift(judged(*slow))["transcribe_seconds"] == pytest.approx(1.1, rel=0.03)
    mixed = [*slow, line(nights(4, 5), nights(3.8, 10), case="other")]
    assert common_shift(judged(*mixed)) == {}


def test_a_series_known_by_four_degrees_alarms_as_often_as_promised() -> None:
    """A new reference, one night: the noise is the assumed one, worth four degrees of freedom.

    Simulated as that says it: the true variance of a series is the assumed one over chi-square / 4.
    The promise is 1 % of quiet series.
    """
    chosen, assumed = random.Random(4), ASSUMED_NOISE[Unit.SECONDS]
    series, alarms = 20_000, 0
    for number in range(series):
        chi_square = sum(chosen.gauss(0, 1) ** 2 for _ in range(4))
        noise = assumed / math.sqrt(chi_square / 4)
        before, after = (figure(3.7 * math.exp(chosen.gauss(0, noise))) for _ in range(2))
        (found,) = judge_lines([line((before,), (after,), case=str(number), tolerance=1e-9)])
        alarms += found.verdict in (Verdict.WORSE, Verdict.BETTER)
    assert alarms == pytest.approx(0.01 * series, abs=3 * math.sqrt(0.01 * series))


def test_the_tails_of_three_hundred_series_at_four_degrees_are_as_thin_as_promised() -> None:
    """Each of 300 series and two windows gets 1 % / 600 of the alarms.

    Cornish and Fisher's expansion of the quantile, used before, gave 1.4 times as many.
    """
    import numpy as np

    drawn = np.random.default_rng(7)
    share = 0.01 / 600
    quantile = student_quantile(1 - share / 2, 4)
    beyond = sum(int((np.abs(drawn.standard_t(4, 2_000_000)) > quantile).sum()) for _ in range(10))
    expected = 20_000_000 * share
    assert beyond == pytest.approx(expected, abs=3 * math.sqrt(expected))


def test_a_pass_claims_no_more_than_its_confidence_at_four_degrees() -> None:
    """A true slowdown of exactly the tolerance passes in at most 5 % of such series."""
    chosen, assumed = random.Random(5), ASSUMED_NOISE[Unit.SECONDS]
    series, passed = 10_000, 0
    for number in range(series):
        chi_square = sum(chosen.gauss(0, 1) ** 2 for _ in range(4))
        noise = assumed / math.sqrt(chi_square / 4)
        before = figure(3.7 * math.exp(chosen.gauss(0, noise)))
        after = figure(3.7 * 1.3 * math.exp(chosen.gauss(0, noise)))
        (found,) = judge_lines([line((before,), (after,), case=str(number), tolerance=0.3)])
        passed += found.verdict is Verdict.SAME
    assert passed == pytest.approx(0.05 * series, abs=3 * math.sqrt(0.05 * series))


def test_a_step_too_small_for_a_short_reference_is_found_against_all_nights_before_it() -> None:
    """Thirty nights know their level better than five."""
    rules = (SeriesRule(long=10**6), SeriesRule())
    found = [0, 0]
    for seed in range(40):
        quiet = nights(4, 35, noise=0.02, seed=seed)
        slower = nights(4 * 1.07, 7, noise=0.02, seed=seed)
        for which, rule in enumerate(rules):
            (one,) = judge_lines([line(quiet[:5], (*quiet[5:], *slower))], rule)
            found[which] += one.verdict is Verdict.WORSE
    short, long = found
    assert long >= 36
    assert short < long


def test_one_bad_night_among_many_fails_once() -> None:
    known = list(nights(4, 40, seed=5))
    known[30] = figure(5.2)
    verdicts = [
        judged(line(tuple(known[:5]), tuple(known[5 : last + 1])))[0].verdict for last in range(30, 38)
    ]
    assert verdicts[0] is Verdict.WORSE
    assert Verdict.WORSE not in verdicts[1:]


def test_an_open_line_shows_the_window_that_moved_furthest() -> None:
    """One night four times slower after two faster ones: not "-15 % over 3 nights"."""
    reference = tuple(figure(value) for value in (1.0, 1.9, 0.5, 2.2, 0.45))
    [verdict] = judged(line(reference, tuple(figure(value) for value in (0.8, 0.85, 4.0))))
    assert verdict.verdict is Verdict.INCONCLUSIVE
    assert verdict.ratio is not None
    assert verdict.ratio == pytest.approx(4.0)
    assert verdict.window == 1
