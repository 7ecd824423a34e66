"""Before a run: every case has its engine, files and clip, or the reason why not; nothing is tried twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import records

from bench import assets, environments
from bench.config import load_suite
from bench.domain import Build, Clip, FetchedClip, Model, Status, Suite, Variant, WeightsFile
from bench.engines import Availability, Settings, registry
from bench.errors import AssetError, BenchError, EngineMissing, UnusableWeights
from bench.language import language
from bench.prepare import Blocked, Ready, prepare, wanted_weights
from bench.problems import problem
from bench.reasons import reason, told

WEIGHTS = (WeightsFile(role="model", path="/w.bin", bytes=7, sha256="aa"),)


class StubEngine:
    """An engine that is there, takes any file and refuses nothing, unless told otherwise."""

    name = "fake"
    title = "Fake"
    distribution: str | None = "fake-package"
    weights_format = "fake"
    families = ("whisper",)
    settings = Settings

    def __init__(self) -> None:
        self.missing: Any = None
        self.refused: Any = None
        self.spoilt: BenchError | None = None

    def availability(self) -> Availability:
        return Availability(version=None if self.missing else "3.2", reason=self.missing)

    def refusal(self, *_: object) -> Any:
        return self.refused

    def check(self, weights: Sequence[WeightsFile]) -> None:
        if self.spoilt:
            raise self.spoilt


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> StubEngine:
    made = StubEngine()

    def get(name: str) -> StubEngine:
        if name != "fake":
            raise EngineMissing(f"unknown engine {name}", hint="List them.")
        return made

    monkeypatch.setattr(registry, "get", get)
    return made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Any]]:
    """What was fetched, in order; sources answer at once."""
    told_of: dict[str, list[Any]] = {"weights": [], "clips": []}

    def fetch_weights(model: Model, quantization: str, kind: str, **_: object) -> Sequence[WeightsFile]:
        told_of["weights"].append((model.name, quantization, kind))
        return WEIGHTS

    def fetch_clip(clip: Clip, **_: object) -> FetchedClip:
        told_of["clips"].append(clip.name)
        return FetchedClip(
            name=clip.name,
            title=clip.title,
            language=clip.language,
            path="/c.wav",
            sha256="bb",
            duration_seconds=61.5,
        )

    monkeypatch.setattr(assets, "fetch_weights", fetch_weights)
    monkeypatch.setattr(assets, "fetch_clip", fetch_clip)
    return told_of


def only(suite: Suite) -> Ready | Blocked:
    """What became of the suite's first case."""
    return prepare(suite).cases[suite.cases[0].id]


def test_a_ready_case_has_its_engines_version_its_files_and_the_fetched_clip(
    engine: StubEngine, asked: Mapping[str, list[Any]]
) -> None:
    found = only(records.suite())
    assert isinstance(found, Ready)
    assert (found.engine.name, found.version) == (engine.name, "3.2")
    assert (found.weights, found.interpreter) == (WEIGHTS, None)
    assert (found.clip.path, found.clip.duration_seconds) == ("/c.wav", 61.5)


def test_the_prepared_suite_knows_the_fetched_clip(engine: StubEngine, asked: object) -> None:
    assert prepare(records.suite()).suite.clips["c"].sha256 == "bb"


def test_each_input_is_fetched_once_however_many_cases_want_it(
    engine: StubEngine, asked: Mapping[str, list[Any]]
) -> None:
    suite = records.suite("f16", "q4_0")
    twice = dataclasses.replace(
        suite,
        cases=(*suite.cases, *(dataclasses.replace(each, id=f"{each.id}2") for each in suite.cases)),
    )
    assert len(prepare(twice).cases) == 4
    assert asked["clips"] == ["c"]
    assert asked["weights"] == [("m", "f16", "fake"), ("m", "q4_0", "fake")]


def test_what_an_engine_refuses_is_unsupported_and_nothing_is_fetched(
    engine: StubEngine, asked: Mapping[str, list[Any]]
) -> None:
    engine.refused = told("no Conformer here")
    assert only(records.suite()) == Blocked(status=Status.UNSUPPORTED, reason=told("no Conformer here"))
    assert asked == {"weights": [], "clips": []}


def test_an_engine_that_is_not_installed_blocks_its_cases_with_the_command(
    engine: StubEngine, asked: object
) -> None:
    engine.missing = reason("package.missing", package="fake-package", extra="fake")
    assert only(records.suite()) == Blocked(status=Status.MISSING, reason=engine.missing)


def test_an_unknown_engine_blocks_its_case_alone(engine: StubEngine, asked: object) -> None:
    suite = records.suite("f16", "q4_0")
    other = dataclasses.replace(
        suite.cases[1], variant=Variant(name="x", quantization="q4_0", engine="wisper")
    )
    prepared = prepare(dataclasses.replace(suite, cases=(suite.cases[0], other)))
    assert set(prepared.blocked) == {other.id}
    assert prepared.blocked[other.id].status is Status.MISSING
    assert prepared.blocked[other.id].reason.code == "engine.missing"


def test_weights_that_are_spoilt_are_unusable(engine: StubEngine, asked: object) -> None:
    engine.spoilt = problem(UnusableWeights, "weights.empty", path="/w.bin")
    found = only(records.suite())
    assert isinstance(found, Blocked)
    assert found.status is Status.UNUSABLE
    assert found.reason == reason("weights.unusable", message=reason("weights.empty", path="/w.bin"))
    words = language("ru").reason(found.reason)
    assert words.startswith("Файл весов непригоден: /w.bin: файл пуст. Удалите его")


def test_what_another_engine_says_of_weights_is_quoted(engine: StubEngine, asked: object) -> None:
    engine.spoilt = UnusableWeights("/w.bin: is cut short.", hint="Fetch it again.")
    found = only(records.suite())
    assert isinstance(found, Blocked)
    quoted = told("/w.bin: is cut short.\n  Fetch it again.")
    assert found.reason == reason("weights.unusable", message=quoted)


@pytest.mark.parametrize("what", ["fetch_weights", "fetch_clip"])
def test_an_input_that_cannot_be_had_is_missing_and_is_tried_once(
    engine: StubEngine, asked: object, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    tried = []

    def fails(*_: object, **__: object) -> None:
        tried.append(what)
        raise AssetError("nobody answers.", hint="Go online.")

    monkeypatch.setattr(assets, what, fails)
    suite = records.suite("f16")
    twice = dataclasses.replace(
        suite, cases=(*suite.cases, dataclasses.replace(suite.cases[0], id="again", baseline=None))
    )
    prepared = prepare(twice)
    assert {each.status for each in prepared.blocked.values()} == {Status.MISSING}
    assert len(prepared.blocked) == 2
    assert tried == [what]
    assert prepared.suite.clips["c"].duration_seconds in {60.0, 61.5}


class Environments:
    """Makes environments of a name, or fails to."""

    def __init__(self) -> None:
        self.made: list[tuple[str, tuple[str, ...]]] = []
        self.builds: list[Build | None] = []
        self.error: BenchError | None = None

    def ensure(self, name: str, pins: Sequence[str], *, build: Build | None, progress: object) -> Any:
        self.made.append((name, tuple(pins)))
        self.builds.append(build)
        if self.error:
            raise self.error
        return SimpleNamespace(interpreter=Path("/env/python"), version_of=lambda package: f"{package} 9")


def pinned() -> Suite:
    """Two cases in one environment of pinned packages."""
    suite = records.suite("f16", "q4_0")
    cases = tuple(
        dataclasses.replace(each, variant=dataclasses.replace(each.variant, environment="old"))
        for each in suite.cases
    )
    return dataclasses.replace(suite, cases=cases, environments={"old": ("fake-package==9",)})


def test_a_pinned_environment_is_made_once_and_names_version_and_interpreter(
    engine: StubEngine, asked: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.missing = told("not in this interpreter")  # which does not matter
    made = Environments()
    monkeypatch.setattr(environments, "ensure_environment", made.ensure)
    found = only(pinned())
    assert isinstance(found, Ready)
    assert (found.interpreter, found.version) == (Path("/env/python"), "fake-package 9")
    assert made.made == [("old", ("fake-package==9",))]
    assert made.builds == [None]


def test_an_environment_is_compiled_as_the_suite_says(
    engine: StubEngine, asked: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Environments()
    monkeypatch.setattr(environments, "ensure_environment", made.ensure)
    only(dataclasses.replace(pinned(), builds={"old": Build(native=True), "new": Build(environ={"A": "b"})}))
    assert made.builds == [Build(native=True)]


def test_a_program_has_no_version_in_an_environment(
    engine: StubEngine, asked: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.distribution = None
    monkeypatch.setattr(environments, "ensure_environment", Environments().ensure)
    found = only(pinned())
    assert isinstance(found, Ready)
    assert found.version is None


def test_an_environment_that_cannot_be_made_blocks_its_cases_and_is_tried_once(
    engine: StubEngine, asked: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Environments()
    made.error = EngineMissing("environment old: pip failed.", hint="Fix the pins.")
    monkeypatch.setattr(environments, "ensure_environment", made.ensure)
    assert {each.status for each in prepare(pinned()).blocked.values()} == {Status.MISSING}
    assert len(made.made) == 1


def test_every_weights_file_is_wanted_once_and_none_of_a_case_that_is_refused() -> None:
    suite = load_suite(Path(__file__).parents[2] / "configs" / "engines-side-by-side.yaml")
    wanted = wanted_weights(suite)
    assert list(wanted) == sorted(set(wanted))
    assert {model for model, _, _ in wanted} == set(suite.models)
    assert {quantization for _, quantization, _ in wanted} <= {c.variant.quantization for c in suite.cases}
    refused = dataclasses.replace(suite.models[suite.cases[0].model], family="no-such-family")
    others = dataclasses.replace(suite, models=dict.fromkeys(suite.models, refused))
    assert wanted_weights(others) == ()
