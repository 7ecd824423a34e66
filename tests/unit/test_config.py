"""A suite file is read strictly, and every mistake is shown with its place and the next step."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from bench.config import json_schema, load_suite
from bench.config.durations import parse_duration, parse_size
from bench.domain import Build, Suite
from bench.errors import SuiteError

CONFIGS = Path(__file__).parents[2] / "configs"

GOOD = """
name: demo
title: {ru: Проба, en: Demo}
models: [whisper-base]
variants: [f16, q8_0, q4_0]
clips: [festvox-ru/read-60s]
defaults:
  engine: pywhispercpp
  settings: {language: ru, threads: 2}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "models").symlink_to(CONFIGS / "models")
    (tmp_path / "corpora").symlink_to(CONFIGS / "corpora")
    return tmp_path


def load(folder: Path, text: str) -> Suite:
    file = folder / "demo.yaml"
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    return load_suite(file)


def mistake(folder: Path, text: str) -> str:
    with pytest.raises(SuiteError) as caught:
        load(folder, text)
    return str(caught.value)


def test_the_matrix_crosses_models_variants_and_clips(folder: Path) -> None:
    suite = load(folder, GOOD.replace("read-60s]", "read-60s, festvox-ru/read-265s]"))
    assert [case.id for case in suite.cases] == [
        "whisper-base.f16.read-60s",
        "whisper-base.f16.read-265s",
        "whisper-base.q8_0.read-60s",
        "whisper-base.q8_0.read-265s",
        "whisper-base.q4_0.read-60s",
        "whisper-base.q4_0.read-265s",
    ]


def test_every_case_knows_the_case_it_is_compared_with(folder: Path) -> None:
    suite = load(folder, GOOD)
    assert {case.baseline for case in suite.cases} == {"whisper-base.f16.read-60s"}
    assert [case.is_baseline for case in suite.cases] == [True, False, False]


def test_a_variant_may_be_marked_as_the_baseline(folder: Path) -> None:
    suite = load(folder, GOOD.replace("q8_0,", "{quantization: q8_0, baseline: true},"))
    assert {case.baseline for case in suite.cases} == {"whisper-base.q8_0.read-60s"}


def test_an_included_case_may_be_marked_as_the_baseline(folder: Path) -> None:
    suite = load(
        folder,
        GOOD
        + """
include:
  - {model: whisper-base, variant: {quantization: f16, name: tuned, baseline: true}, clip: read-60s}
""",
    )
    assert {case.baseline for case in suite.cases} == {"whisper-base.tuned.read-60s"}
    assert suite.case("whisper-base.tuned.read-60s").is_baseline


def test_a_baseline_included_for_one_clip_is_that_clips_alone(folder: Path) -> None:
    suite = load(
        folder,
        GOOD.replace("[festvox-ru/read-60s]", "[festvox-ru/read-60s, festvox-ru/read-265s]")
        + """
include:
  - {model: whisper-base, variant: {quantization: f16, name: tuned, baseline: true}, clip: read-265s}
""",
    )
    assert {(case.clip, case.baseline) for case in suite.cases} == {
        ("read-60s", "whisper-base.f16.read-60s"),
        ("read-265s", "whisper-base.tuned.read-265s"),
    }


def test_the_later_of_defaults_model_and_variant_wins(folder: Path) -> None:
    suite = load(
        folder,
        GOOD.replace(
            "[whisper-base]", "[{manifest: whisper-base, settings: {threads: 3}, device: cpu}]"
        ).replace("q4_0]", "{quantization: q4_0, settings: {threads: 4}, environ: {A: b}}]"),
    )
    threads = {case.variant.name: case.variant.settings_by_name["threads"] for case in suite.cases}
    assert threads == {"f16": 3, "q8_0": 3, "q4_0": 4}
    assert {case.variant.device for case in suite.cases} == {"cpu"}
    assert suite.case("whisper-base.q4_0.read-60s").variant.environ == {"A": "b"}


def test_settings_are_resolved_with_the_engines_defaults(folder: Path) -> None:
    settings = load(folder, GOOD).cases[0].variant.settings_by_name
    assert settings["language"] == "ru"
    assert settings["beam_size"] is None


def test_include_adds_and_exclude_removes(folder: Path) -> None:
    suite = load(
        folder,
        GOOD
        + """
exclude: [{quantization: q4_*}]
include: [{model: whisper-base, variant: {quantization: q4_0, name: late}, clip: read-60s}]
""",
    )
    assert [case.variant.name for case in suite.cases] == ["f16", "q8_0", "late"]


def test_durations_and_sizes_have_units(folder: Path) -> None:
    suite = load(folder, GOOD + "protocol: {timeout: 5 min, memory_limit: 4 GB, cooldown: 500 ms}\n")
    assert suite.protocol.timeout_seconds == 300
    assert suite.protocol.memory_limit_bytes == 4 * 10**9
    assert suite.protocol.cooldown_seconds == 0.5
    assert parse_size("2 GiB") == 2 * 2**30
    assert parse_duration("1 h") == 3600


def test_a_suite_that_always_starts_cold_asks_for_no_evicted_starts_beside(folder: Path) -> None:
    assert load(folder, GOOD + "protocol: {evicted_starts: 3}\n").protocol.evicted_starts == 3
    with pytest.raises(SuiteError, match=r"`cold_cache` evicts before every trial already"):
        load(folder, GOOD + "protocol: {evicted_starts: 3, cold_cache: true}\n")


def test_the_users_own_recording_is_a_clip(folder: Path) -> None:
    suite = load(folder, GOOD.replace("[festvox-ru/read-60s]", "[{path: my call.mp3, language: ru}]"))
    assert suite.cases[0].clip == "my-call"


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        ("variants:", "variant:", 'demo.yaml:5:1: variant: unknown key; did you mean "variants"?'),
        (
            "settings: {language",
            "setings: {language",
            'defaults.setings: unknown key; did you mean "settings"?',
        ),
        ("threads: 2", "thread: 2", 'thread: unknown key; did you mean "threads"?'),
        ("threads: 2", "threads: two", "valid integer"),
        ("engine: pywhispercpp", "engine: pywhisper", 'did you mean "pywhispercpp"?'),
        ("[whisper-base]", "[whisper-bse]", 'did you mean "whisper-base"?'),
        ("q8_0", "q8", 'has no quantization "q8"; did you mean "q8_0"?'),
        ("festvox-ru/read-60s", "festvox/read-60s", 'no corpus "festvox"; did you mean "festvox-ru"?'),
        ("festvox-ru/read-60s", "festvox-ru/read-61s", "has no clip"),
        ("  engine: pywhispercpp\n", "", "no engine"),
        ("name: demo", "name: a/b", "name: is no safe name"),
        ("[f16, q8_0, q4_0]", "[f16, f16]", "two cases are called whisper-base.f16.read-60s"),
        ("[f16, q8_0, q4_0]", "[]", "the matrix is empty"),
        ("models: [whisper-base]", "models: []", "at least 1 item"),
        ("title:", "title: {", "not valid YAML"),
        ("variants:", "name: again\nvariants:", "duplicate key"),
    ],
)
def test_a_mistake_names_its_place_and_the_nearest_spelling(
    folder: Path, wrong: str, right: str, told: str
) -> None:
    text = GOOD.replace(wrong, right, 1)
    assert text != GOOD
    assert told in mistake(folder, text)


def test_all_mistakes_of_a_file_are_told_at_once(folder: Path) -> None:
    text = mistake(folder, GOOD + "protocol: {bloks: 3, seeed: 1, timeout: 5 parsecs}\n")
    assert "bloks" in text
    assert "seeed" in text
    assert '"5 min"' in text


def test_a_missing_file_names_the_nearest_one(folder: Path) -> None:
    load(folder, GOOD)
    with pytest.raises(SuiteError, match=r"demo\.yaml"):
        load_suite(folder / "demo.yml")


CROSSED = GOOD.replace("threads: 2}", "threads: 2}\n  environments: [old, new]") + (
    "environments: {old: [pywhispercpp==1.4.1], new: [pywhispercpp==1.5.1]}\n"
)


def test_variants_are_crossed_with_environments(folder: Path) -> None:
    cases = load(folder, CROSSED.replace("f16, q8_0, q4_0", "f16, q4_0")).cases
    assert [(case.variant.name, case.variant.environment) for case in cases] == [
        ("f16+old", "old"),
        ("f16+new", "new"),
        ("q4_0+old", "old"),
        ("q4_0+new", "new"),
    ]
    assert {case.baseline for case in cases if case.variant.environment == "new"} == {
        "whisper-base.f16+new.read-60s"
    }


def test_a_marked_baseline_stands_for_its_own_environment(folder: Path) -> None:
    cases = load(folder, CROSSED.replace("q8_0,", "{quantization: q8_0, baseline: true},")).cases
    for case in cases:
        assert case.baseline == f"whisper-base.q8_0+{case.variant.environment}.read-60s"


def test_a_variant_with_an_environment_of_its_own_is_not_crossed(folder: Path) -> None:
    cases = load(folder, CROSSED.replace("f16, q8_0, q4_0", "{quantization: f16, environment: old}")).cases
    assert [(case.variant.name, case.variant.environment) for case in cases] == [("f16", "old")]


def test_an_unknown_environment_to_cross_with_is_refused(folder: Path) -> None:
    assert 'no environment "newer" under environments; did you mean "new"' in mistake(
        folder, CROSSED.replace("[old, new]", "[old, newer]")
    )


BUILT = CROSSED.replace("[pywhispercpp==1.5.1]", "{packages: [pywhispercpp==1.5.1], build: BUILD}")


@pytest.mark.parametrize(
    ("build", "meant"),
    [
        ("native", Build(native=True)),
        ("{CMAKE_ARGS: -DGGML_VULKAN=ON}", Build(environ={"CMAKE_ARGS": "-DGGML_VULKAN=ON"})),
    ],
)
def test_an_environment_says_how_its_packages_are_compiled(folder: Path, build: str, meant: Build) -> None:
    suite = load(folder, BUILT.replace("BUILD", build))
    assert suite.builds == {"new": meant}
    assert suite.environments == {"old": ("pywhispercpp==1.4.1",), "new": ("pywhispercpp==1.5.1",)}


@pytest.mark.parametrize(
    ("build", "said"),
    [
        ("fast", "environments.new.build: takes the word native, or variables"),
        ("{}", "environments.new.build: takes the word native, or variables"),
        ("[native]", "environments.new.build: takes the word native, or variables"),
        ("{CMAKE ARGS: -DX=1}", "is not the name of an environment variable"),
        ("{CMAKE_ARGS: 3}", "environments.new.build.CMAKE_ARGS: Input should be a valid string"),
        ("native, biuld: native", 'environments.new.biuld: unknown key; did you mean "build"?'),
    ],
)
def test_a_build_that_is_none_is_refused_in_its_place(folder: Path, build: str, said: str) -> None:
    assert said in mistake(folder, BUILT.replace("BUILD", build))


def test_only_releases_are_compiled(folder: Path) -> None:
    text = BUILT.replace("BUILD", "native").replace("==1.5.1]", " @ file:///x.whl]")
    assert "give each package as NAME==VERSION" in mistake(folder, text)


def test_an_unknown_environment_is_refused(folder: Path) -> None:
    text = GOOD.replace("q4_0]", "{quantization: q4_0, environment: old}]")
    assert 'no environment "old"' in mistake(folder, text)


@pytest.mark.parametrize("file", sorted(CONFIGS.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_suite_of_the_project_is_valid(file: Path) -> None:
    assert load_suite(file).cases


def test_the_schema_for_editors_is_the_committed_one() -> None:
    import json

    assert json.loads((CONFIGS / "suite.schema.json").read_text(encoding="utf-8")) == json_schema()


@pytest.mark.parametrize(
    ("tolerances", "said"),
    [
        ("{transcribe_second: 0.1}", 'did you mean "transcribe_seconds"?'),
        ("{transcribe_seconds: .inf}", "finite number"),
        ("{transcribe_seconds: .nan}", "finite number"),
        ("{transcribe_seconds: -0.1}", "greater than or equal to 0"),
        ("{transcribe_seconds: 5.0}", "less than or equal to 1"),
    ],
)
def test_a_tolerance_that_would_gate_nothing_is_refused(folder: Path, tolerances: str, said: str) -> None:
    text = mistake(folder, GOOD + f"tolerances: {tolerances}\n")
    assert "demo.yaml:10:14: tolerances.transcribe_second" in text
    assert said in text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("protocol: {timeout: .inf}", "finite number"),
        ("protocol: {timeout: 1e300}", "less than or equal to"),
        ("protocol: {seed: 99999999999999999999}", "less than"),
        ("report: {languages: []}", "at least 1"),
        ("variants: [{quantization: ../../x}]", "is no safe name"),
        ("include: [{model: whisper-base, variant: 'a/b', clip: read-60s}]", "is no safe name"),
        ("exclude: [{quantization: q8_9}]", "matches no case"),
    ],
)
def test_what_would_fail_later_is_refused_now(folder: Path, more: str, said: str) -> None:
    key = more.partition(":")[0]
    kept = "".join(line for line in GOOD.splitlines(keepends=True) if not line.startswith(f"{key}:"))
    assert said in mistake(folder, kept + more + "\n")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ('{"A=B": x}', "is not the name of an environment variable"),
        ('{"": x}', "is not the name of an environment variable"),
        ('{A: "\\0"}', "holds a character"),
        ("{OMP_NUM_THREDS: '2'}", "did you mean OMP_NUM_THREADS?"),
    ],
)
def test_a_variable_no_process_could_be_given_is_refused(folder: Path, environ: str, said: str) -> None:
    assert said in mistake(folder, GOOD + f"  environ: {environ}\n")


def test_a_normalizer_nobody_has_is_found_before_measuring(folder: Path) -> None:
    assert 'no normalizer "ru-l"; did you mean' in mistake(folder, GOOD + "quality: {normalizer: ru-l}\n")


def test_clips_of_any_script_have_names(folder: Path) -> None:
    """Two Cyrillic files were both called "" and the second refused."""
    suite = load(
        folder, GOOD.replace("[festvox-ru/read-60s]", "[{path: Запись 1.wav}, {path: Запись 2.wav}]")
    )
    assert list(suite.clips) == ["Запись-1", "Запись-2"]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
            for old, new in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        "name: " + "[" * 20_000,
        "name: " + "{a: " * 20_000,
        "- " * 20_000 + "x",
        "a: &a [*a]",
        "name: " + "x" * 300_000,
    ],
)
def test_small_files_that_are_huge_when_read_are_refused_at_once(folder: Path, text: str) -> None:
    import time

    begun = time.monotonic()
    mistake(folder, text)
    assert time.monotonic() - begun < 2.0


def test_a_suite_that_is_no_file_is_refused(folder: Path) -> None:
    import os

    os.mkfifo(folder / "pipe.yaml")
    with pytest.raises(SuiteError, match="not a regular file"):
        load_suite(folder / "pipe.yaml")
    (folder / "bad.yaml").write_bytes(b"name: \xff\xfe")
    with pytest.raises(SuiteError, match="cannot be read"):
        load_suite(folder / "bad.yaml")
    with pytest.raises(SuiteError):
        load_suite(Path("a\0b.yaml"))
    with pytest.raises(SuiteError):
        load_suite(folder / ("x" * 300 + ".yaml"))


def test_what_auto_means_may_be_said_by_the_machines_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASR_QUANT_BENCH_DEVICE", "cpu")
    assert {case.variant.device for case in load_suite(CONFIGS / "smoke.yaml").cases} == {"cpu"}
    assert {case.variant.device for case in load_suite(CONFIGS / "whisper-large-v3-turbo.yaml").cases} == {
        "metal"
    }
    monkeypatch.setenv("ASR_QUANT_BENCH_DEVICE", "cpp")
    with pytest.raises(SuiteError, match="no such device"):
        load_suite(CONFIGS / "smoke.yaml")


def test_a_mapping_with_an_unknown_key_is_not_told_to_be_a_name(folder: Path) -> None:
    said = mistake(
        folder, GOOD.replace("[festvox-ru/read-60s]", "[{path: a.wav, name: a, language: ru, titel: A}]")
    )
    assert "titel: unknown key" in said
    assert "valid string" not in said
