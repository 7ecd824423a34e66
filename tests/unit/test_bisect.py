"""The release that made the difference is found with as few probes as it takes."""

from __future__ import annotations

import math
from collections.abc import Callable

import nights
import pytest
import records

from bench.errors import SuiteError
from bench.regression.bisect import Probe, bisect_releases, crossed, releases_between, weigh

RELEASES = [f"1.{n}" for n in range(12)]


def history(first_bad: int, *skipped: int) -> Callable[[str], Probe]:
    def probe(release: str) -> Probe:
        number = RELEASES.index(release)
        if number in skipped:
            return Probe.SKIP
        return Probe.BAD if number >= first_bad else Probe.GOOD

    return probe


@pytest.mark.parametrize("first_bad", range(1, 12))
def test_the_first_bad_release_is_found_wherever_it_is(first_bad: int) -> None:
    found = bisect_releases(RELEASES, history(first_bad))
    assert found.suspects == (RELEASES[first_bad],)
    assert found.last_good == RELEASES[first_bad - 1]
    assert len(found.tried) <= 2 + math.ceil(math.log2(len(RELEASES)))


def test_no_release_is_measured_twice() -> None:
    asked: list[str] = []

    def probe(release: str) -> Probe:
        asked.append(release)
        return history(5, 6, 4)(release)

    bisect_releases(RELEASES, probe)
    assert len(asked) == len(set(asked))


def test_releases_that_had_to_be_skipped_stay_suspects() -> None:
    found = bisect_releases(RELEASES, history(6, 5, 6))
    assert (found.last_good, found.suspects) == ("1.4", ("1.5", "1.6", "1.7"))


def test_skipped_releases_away_from_the_change_do_no_harm() -> None:
    assert bisect_releases(RELEASES, history(8, 5, 6)).suspects == ("1.8",)


def test_a_bad_end_that_is_not_bad_stops_the_walk() -> None:
    with pytest.raises(SuiteError, match=r"1\.11 is not shown to be bad against 1\.0: good"):
        bisect_releases(RELEASES, lambda _: Probe.GOOD)


def test_releases_run_from_good_to_bad_either_way_round() -> None:
    assert releases_between("p", "1.2", "1.4", RELEASES) == ("1.2", "1.3", "1.4")
    assert releases_between("p", "1.4", "1.2", RELEASES) == ("1.4", "1.3", "1.2")
    with pytest.raises(SuiteError, match=r"p has no release 9\.9"):
        releases_between("p", "1.2", "9.9", RELEASES)


def test_each_case_is_crossed_with_each_environment() -> None:
    asked = crossed(records.suite("f16", "q8_0"), {"good": ("p==1",), "probe": ("p==2",)})
    assert [case.id for case in asked.cases] == [
        "m.f16.c+good",
        "m.f16.c+probe",
        "m.q8_0.c+good",
        "m.q8_0.c+probe",
    ]
    assert {case.variant.environment for case in asked.cases} == {"good", "probe"}
    assert asked.environments == {"good": ("p==1",), "probe": ("p==2",)}


def test_an_engine_that_the_suite_does_not_run_is_refused() -> None:
    with pytest.raises(SuiteError, match="no case runs on whisperx"):
        crossed(records.suite("f16"), {"good": ("p==1",)}, engine="whisperx")


@pytest.mark.parametrize(
    ("factor", "noise", "probe"),
    [(1.0, 0.005, Probe.GOOD), (1.15, 0.005, Probe.BAD), (0.8, 0.005, Probe.GOOD), (1.0, 0.3, Probe.SKIP)],
)
def test_a_release_is_weighed_by_the_gates_tolerances(factor: float, noise: float, probe: Probe) -> None:
    asked = crossed(records.suite("f16", blocks=10), {"good": ("p==1",), "probe": ("p==2",)})
    base = nights.run_of({"f16": [1.0]})
    trials = [
        nights.changed(
            nights.run_of(
                {"f16": nights.noisy(4.0 * level, noise=noise, blocks=10, seed=f"{level}{noise}{case.id}")}
            ),
            "m.f16.c",
            case=case.id,
            variant=case.variant.name,
        ).records
        for case, level in zip(asked.cases, (1.0, factor), strict=True)
    ]
    run = type(base)(path=base.path, suite=asked, host=base.host, records=(*trials[0], *trials[1]))
    evidence = weigh(run, "good", {"transcribe_seconds": 0.05})
    assert evidence.probe is probe
    assert (evidence.blocks_needed is not None) == (probe is Probe.SKIP)
