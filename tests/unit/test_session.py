"""What commands, the plugin and notebooks do: select, measure, report, estimate."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import records

import bench
from bench import nightly, prepare, report, runner, session
from bench.domain import Protocol, Status, Suite, measured
from bench.errors import Interrupted, JournalError, SuiteError
from bench.estimates import estimate
from bench.folders import RunFolders, start
from bench.journal import Journal, read_run
from bench.nightly import Judging
from bench.prepare import Blocked, Prepared
from bench.reasons import told


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Nothing is fetched, no child is started and no report rendered; what was asked is kept."""
    seen: dict[str, Any] = {"runs": 0, "rendered": [], "status": Status.OK, "interrupt": False}

    def prepared(suite: Suite, progress: object) -> Prepared:
        return Prepared(
            suite=suite,
            cases={case.id: Blocked(status=Status.MISSING, reason=told("stub")) for case in suite.cases},
        )

    def run(self: runner.Runner) -> None:
        seen["runs"] += 1
        with Journal(self.folders.run) as journal:
            for case in self.prepared.suite.cases:
                journal.append(records.record(case.id, status=seen["status"]))
        if seen["interrupt"]:
            raise KeyboardInterrupt

    def render(data: Any, *, languages: tuple[str, ...], out: Path, **_: object) -> list[Path]:
        seen["rendered"].append(languages)
        return [out / "report.html"]

    monkeypatch.setattr(prepare, "prepare", prepared)
    monkeypatch.setattr(runner.Runner, "run", run)
    monkeypatch.setattr(report, "render", render)
    return iter([seen])


@pytest.fixture
def seen(stubs: Iterator[dict[str, Any]]) -> dict[str, Any]:
    return next(stubs)


def in_(folder: Path) -> dict[str, Any]:
    """Folders of reports and logs."""
    return {"reports": folder / "reports", "logs": folder / "logs"}


# ---------------------------------------------------------------------- select


def test_without_patterns_every_case_stays() -> None:
    suite = records.suite("f16", "q8_0", "q4_0")
    assert session.select(suite).cases == suite.cases


def test_patterns_pick_cases_and_drop_models_and_clips_that_nothing_wants() -> None:
    suite = records.suite("f16", "q8_0", "q4_0")
    more = dataclasses.replace(
        suite, clips={**suite.clips, "other": dataclasses.replace(suite.clips["c"], name="other")}
    )
    chosen = session.select(more, ["*.q8_0.*", "*.f16.*"])
    assert [case.id for case in chosen.cases] == ["m.f16.c", "m.q8_0.c"]
    assert set(chosen.clips) == {"c"}
    assert set(chosen.models) == {"m"}


def test_a_case_without_its_baseline_is_compared_with_nothing() -> None:
    chosen = session.select(records.suite("f16", "q4_0"), ["*.q4_0.*"])
    assert chosen.cases[0].baseline is None


def test_a_pattern_that_matches_nothing_is_an_error_that_lists_the_cases() -> None:
    with pytest.raises(SuiteError, match=r"matches no case of demo") as caught:
        session.select(records.suite("f16"), ["x*"])
    assert "m.f16.c" in caught.value.hint


def test_a_number_of_blocks_goes_before_the_suites_precision() -> None:
    suite = dataclasses.replace(records.suite(), protocol=Protocol(blocks=3, precision=0.01))
    chosen = session.select(suite, blocks=7)
    assert (chosen.protocol.blocks, chosen.protocol.precision) == (7, None)
    assert session.select(suite).protocol.precision == 0.01


# ----------------------------------------------------------------------- paced


def test_a_precision_and_a_budget_are_read_as_a_suite_would() -> None:
    made = session.paced(records.suite(), precision="2 %", budget="20 min")
    assert made.protocol.precision == pytest.approx(0.02)
    assert made.protocol.max_seconds == 1200


def test_a_budget_alone_asks_for_the_usual_precision() -> None:
    assert session.paced(records.suite(), precision=None, budget="1 h").protocol.precision == 0.01


def test_neither_leaves_the_suite_alone() -> None:
    suite = records.suite()
    assert session.paced(suite, precision=None, budget=None) is suite


@pytest.mark.parametrize(
    ("precision", "budget", "option"), [("much", None, "--precision"), (None, "long", "--budget")]
)
def test_what_is_no_precision_and_no_time_names_its_option(
    precision: str | None, budget: str | None, option: str
) -> None:
    with pytest.raises(SuiteError, match=option):
        session.paced(records.suite(), precision=precision, budget=budget)


# --------------------------------------------------------------------- measure


class Looker:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *_: self.told.append(name)


def test_a_run_is_prepared_then_measured_and_its_onlooker_is_told(
    tmp_path: Path, seen: dict[str, Any]
) -> None:
    looker = Looker()
    folders = session.measure(records.suite(), onlooker=looker, **in_(tmp_path))
    assert looker.told == ["prepared", "measuring"]
    assert len(read_run(folders.run).records) == 2
    assert folders.run.parent == tmp_path / "reports" / "demo"
    assert seen["rendered"] == []


def test_a_run_is_resumed_in_its_own_folder(tmp_path: Path, seen: dict[str, Any]) -> None:
    first = session.measure(records.suite(), **in_(tmp_path))
    again = session.measure(records.suite(), resume=True, **in_(tmp_path))
    assert again == first
    assert seen["runs"] == 2


def test_other_cases_are_refused_before_anything_is_prepared(tmp_path: Path, seen: dict[str, Any]) -> None:
    session.measure(records.suite(), **in_(tmp_path))
    with pytest.raises(JournalError, match="other cases"):
        session.measure(records.suite("f16", "q8_0"), resume=True, **in_(tmp_path))
    assert seen["runs"] == 1


def test_an_interrupted_run_has_its_reports_and_says_how_to_go_on(
    tmp_path: Path, seen: dict[str, Any]
) -> None:
    seen["interrupt"] = True
    looker = Looker()
    with pytest.raises(Interrupted) as caught:
        session.measure(
            records.suite(),
            source=Path("configs/x.yaml"),
            onlooker=looker,
            languages=["en"],
            **in_(tmp_path),
        )
    assert "run configs/x.yaml --resume" in caught.value.hint
    assert looker.told[-1] == "interrupted"
    assert seen["rendered"] == [("en",)]


def test_reports_of_a_run_without_records_are_none(tmp_path: Path, seen: dict[str, Any]) -> None:
    from bench.folders import new_folders, start

    folders = new_folders("demo", **in_(tmp_path))
    start(folders, records.suite(), records.HOST)
    with Journal(folders.run):
        pass
    assert session.write_reports(folders, ["en"]) == ()


def latest(folders: RunFolders) -> str:
    """Which run `latest` is."""
    return (folders.run.parent / "latest").resolve().name


@pytest.mark.parametrize(("status", "moves"), [(Status.OK, True), (Status.CRASHED, False)])
def test_latest_moves_on_only_to_a_run_that_measured_something(
    tmp_path: Path, seen: dict[str, Any], status: Status, moves: bool
) -> None:
    first = session.measure(records.suite(), **in_(tmp_path))
    seen["status"] = status
    second = session.measure(records.suite(), **in_(tmp_path))
    session.write_reports(second, ["en"])
    assert latest(first) == (second if moves else first).run_id


def test_the_public_call_measures_reports_and_returns_the_run(tmp_path: Path, seen: dict[str, Any]) -> None:
    found = bench.run(records.suite("f16", "q4_0"), only=["*.f16.*"], blocks=2, **in_(tmp_path))
    assert [each.case for each in found.records] == ["m.f16.c"]
    assert found.suite.protocol.blocks == 2
    assert seen["rendered"] == [("ru", "en")]


def test_the_public_call_reads_a_suite_file(
    tmp_path: Path, seen: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def load(path: Path) -> Suite:
        asked.append(path)
        return records.suite()

    monkeypatch.setattr("bench.config.load_suite", load)
    bench.run("configs/x.yaml", languages=["ru"], **in_(tmp_path))
    assert asked == [Path("configs/x.yaml")]
    assert seen["rendered"] == [("ru",)]


def test_failures_are_the_cases_that_did_not_go_well(tmp_path: Path, seen: dict[str, Any]) -> None:
    seen["status"] = Status.TIMEOUT
    folders = session.measure(records.suite(), **in_(tmp_path))
    assert set(session.failures(folders.run)) == {"m.f16.c", "m.q4_0.c"}


# -------------------------------------------------------------------- estimate


def test_without_an_earlier_run_the_estimate_is_a_guess_that_says_so(tmp_path: Path) -> None:
    seconds, source = estimate(records.suite(blocks=3), tmp_path)
    each = 2.0 + 0.25 * 60.0
    assert seconds == pytest.approx(3 * 2 * each)
    assert "a guess" in source


def test_passes_and_cooldown_count(tmp_path: Path) -> None:
    suite = dataclasses.replace(
        records.suite("f16"), protocol=Protocol(blocks=2, passes=3, cooldown_seconds=5.0)
    )
    assert estimate(suite, tmp_path)[0] == pytest.approx(2 * (2.0 + 3 * 0.25 * 60.0 + 5.0))


def test_starts_from_an_evicted_cache_count_once_a_case_and_block(tmp_path: Path) -> None:
    suite = dataclasses.replace(records.suite("f16"), protocol=Protocol(blocks=2, evicted_starts=3))
    assert estimate(suite, tmp_path)[0] == pytest.approx(2 * (2.0 + 0.25 * 60.0) + 2 * 2.0)


def test_an_earlier_run_tells_how_long_starts_from_an_evicted_cache_took(
    tmp_path: Path, seen: dict[str, Any]
) -> None:
    folders = session.measure(records.suite("f16"), **in_(tmp_path))
    with Journal(folders.run) as journal:
        for block, load in ((2, 5.0), (3, 6.0), (4, 50.0)):
            took = {
                name: measured(name, value, "s")
                for name, value in (("wall_seconds", 9.0), ("evicted_wall_seconds", load))
            }
            journal.append(records.record("m.f16.c", block=block, measurements=took))
    suite = dataclasses.replace(records.suite("f16"), protocol=Protocol(blocks=4, evicted_starts=3))
    assert estimate(suite, tmp_path / "reports")[0] == pytest.approx(4 * 9.0 + 3 * 6.0)


def test_a_budget_holds_starts_from_an_evicted_cache(tmp_path: Path) -> None:
    protocol = Protocol(precision=0.01, min_blocks=6, max_blocks=50, max_seconds=150.0, evicted_starts=3)
    suite = dataclasses.replace(records.suite("f16"), protocol=protocol)
    assert estimate(suite, tmp_path)[0] == pytest.approx(150.0)
    short = dataclasses.replace(suite, protocol=dataclasses.replace(protocol, max_seconds=1.0))
    assert estimate(short, tmp_path)[0] == pytest.approx(6 * 17.0 + 3 * 2.0)


def test_an_earlier_run_tells_how_long_its_cases_took(tmp_path: Path, seen: dict[str, Any]) -> None:
    folders = session.measure(records.suite("f16", "q4_0"), **in_(tmp_path))
    with Journal(folders.run) as journal:
        for block, wall in ((2, 7.0), (3, 9.0), (4, 30.0)):
            journal.append(
                records.record(
                    "m.f16.c", block=block, measurements={"wall_seconds": measured("wall_seconds", wall, "s")}
                )
            )
    seconds, source = estimate(records.suite("f16", blocks=2), tmp_path / "reports")
    assert seconds == pytest.approx(18.0)
    assert source == "from the latest run"


def test_a_budget_bounds_the_estimate_but_not_below_the_fewest_blocks(tmp_path: Path) -> None:
    protocol = Protocol(precision=0.01, min_blocks=2, max_blocks=50, max_seconds=100.0)
    suite = dataclasses.replace(records.suite("f16"), protocol=protocol)
    assert estimate(suite, tmp_path)[0] == pytest.approx(100.0)
    short = dataclasses.replace(suite, protocol=dataclasses.replace(protocol, max_seconds=1.0))
    assert estimate(short, tmp_path)[0] == pytest.approx(2 * 17.0)


# --------------------------------------------------------------------- nightly


def test_a_machine_class_is_for_exact_gates_alone(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="--machine-class"):
        nightly.gate(
            records.suite(),
            run=None,
            judging=Judging(machine_class="ci"),
            reports=tmp_path,
            measure=lambda: tmp_path,
        )


def test_a_run_of_another_suite_is_refused(tmp_path: Path, seen: dict[str, Any]) -> None:
    folders = session.measure(records.suite(), **in_(tmp_path))
    other = dataclasses.replace(records.suite(), name="other")
    with pytest.raises(JournalError, match="a run of demo, not of other"):
        nightly.gate(other, run=folders.run, judging=Judging(), reports=tmp_path, measure=lambda: tmp_path)


def test_a_night_is_measured_judged_written_beside_and_kept(tmp_path: Path, seen: dict[str, Any]) -> None:
    suite = records.suite(blocks=1)
    found = nightly.gate(
        suite,
        run=None,
        judging=Judging(),
        reports=tmp_path / "reports",
        measure=lambda: session.measure(suite, **in_(tmp_path)).run,
    )
    folder = tmp_path / "reports" / "demo" / found.report.night.run
    assert {"gate.md", "gate.json", "gate.junit.xml"} <= {each.name for each in folder.iterdir()}
    assert found.warnings == ()
    history = next((tmp_path / "reports" / "history").glob("*/demo.jsonl"))
    stale, other = history.with_name("demo.ru.html"), history.with_name("demo.en.html")
    stale.touch()
    other.touch()
    history.with_name("demo.en.jsonl").touch()
    assert nightly.publish(found.report, tmp_path / "reports").suffix == ".html"
    assert not stale.exists()  # a page of an older version, which nobody makes anew
    assert other.exists()  # the page of a suite of that name


# -------------------------------------------------------------------- as begun


def begun(tmp_path: Path, *variants: str, **protocol: Any) -> Path:
    """The reports of a run with these variants that was begun."""
    suite = dataclasses.replace(records.suite(*variants), protocol=Protocol(**protocol))
    start(
        RunFolders(run=tmp_path / "reports" / suite.name / "r1", logs=tmp_path / "logs"), suite, records.HOST
    )
    (tmp_path / "reports" / suite.name / "r1" / "records.jsonl").touch()
    return tmp_path / "reports"


def test_a_run_is_gone_on_with_by_the_cases_and_blocks_it_was_begun_with(tmp_path: Path) -> None:
    reports = begun(tmp_path, "f16", "q4_0", blocks=3, precision=0.02)
    whole = dataclasses.replace(records.suite("f16", "q8_0", "q4_0"), protocol=Protocol(blocks=7))
    asked = session.as_begun(whole, only=[], blocks=None, reports=reports, logs=tmp_path / "logs")
    assert [case.id for case in asked.cases] == ["m.f16.c", "m.q4_0.c"]
    assert (asked.protocol.blocks, asked.protocol.precision) == (3, 0.02)


def test_what_is_asked_for_by_name_or_number_is_asked_for(tmp_path: Path) -> None:
    reports = begun(tmp_path, "f16", "q4_0", blocks=3)
    whole = dataclasses.replace(records.suite("f16", "q8_0", "q4_0"), protocol=Protocol(blocks=7))
    here = {"reports": reports, "logs": tmp_path / "logs"}
    assert session.as_begun(whole, only=["*"], blocks=7, **here) == whole
    smaller = records.suite(
        "f16"
    )  # the suite has fewer cases than the run now: the run is not cut down to it
    assert [case.id for case in session.as_begun(smaller, only=[], blocks=9, **here).cases] == ["m.f16.c"]
