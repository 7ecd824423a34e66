"""`validate` finds what would stop a case; mistakes stand at their line; resuming goes on as it was begun."""

from __future__ import annotations

import dataclasses
import json
import wave
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bench.cli import app
from bench.config import json_schema, load_suite
from bench.config.shipped import SHIPPED
from bench.engines import registry
from bench.errors import SuiteError
from bench.estimates import GUESSED_UTTERANCE_SECONDS, estimate, estimate_pass
from bench.folders import RunFolders, start
from bench.journal import RECORDS, write_records
from bench.session import as_begun

HEAD = "name: s\ntitle: S\nmodels: [whisper-base]\n"
DEFAULTS = "defaults: {engine: pywhispercpp}\n"
CLIPS = "clips: [festvox-ru/read-10s]\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def suite(text: str) -> Path:
    file = Path("s.yaml")
    file.write_text(HEAD + text)
    return file


def validate() -> Result:
    return CliRunner().invoke(app, ["validate", "s.yaml"])


def test_absent_recordings_and_texts_are_found(folder: Path) -> None:
    with wave.open("there.wav", "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
    suite("variants: [f16]\nclips: [{path: gone.wav}, {path: there.wav, text: gone.txt}]\n" + DEFAULTS)
    found = validate()
    assert found.exit_code == SuiteError.exit_code
    assert "clip gone: its recording" in found.output
    assert f"clip there: its text {folder / 'gone.txt'} is not there" in found.output


@pytest.mark.parametrize(
    ("code", "meant"), [("rus", "ru"), ("russian", "ru"), ("german", "de"), ("xx", None)]
)
def test_an_unknown_language_is_refused_with_the_code_that_is_meant(code: str, meant: str | None) -> None:
    for text in (
        f"variants: [f16]\nclips: [{{path: a.wav, language: {code}}}]\n" + DEFAULTS,
        f"variants: [f16]\n{CLIPS}defaults: {{engine: pywhispercpp, settings: {{language: {code}}}}}\n",
    ):
        with pytest.raises(SuiteError) as refused:
            load_suite(suite(text))
        assert f'no language "{code}"' in refused.value.message
        if meant:
            assert f'did you mean "{meant}"' in refused.value.message


def test_every_language_of_the_shipped_suites_is_known() -> None:
    for file in SHIPPED.glob("*.yaml"):
        if not file.stem.startswith("rustasr"):
            load_suite(file)


def test_two_baselines_are_refused_at_the_second() -> None:
    text = "variants:\n- {quantization: f16, baseline: true}\n- {quantization: q8_0, baseline: true}\n"
    with pytest.raises(SuiteError, match=r"s\.yaml:6:24: variants\[1\]\.baseline: a second baseline"):
        load_suite(suite(text + CLIPS + DEFAULTS))


def test_an_engine_that_cannot_run_the_family_is_said() -> None:
    suite("variants: [f16, {quantization: q8_0, engine: llama-cpp}]\n" + CLIPS + DEFAULTS)
    found = validate()
    assert found.exit_code == 0
    assert "s.q8_0" not in found.output
    assert "whisper-base.q8_0.read-10s will not run" in found.output
    suite("variants: [f16]\n" + CLIPS + "defaults: {engine: llama-cpp}\n")
    assert validate().exit_code == SuiteError.exit_code


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (
            "variants: [f16]\n" + CLIPS + "defaults:\n  engine: pywhispercpp\n  settings:\n    thread: 2\n",
            "9:5",
        ),
        (
            "variants:\n- quantization: f16\n  settings: {beam: 2}\n" + CLIPS + DEFAULTS,
            "6:14",
        ),
    ],
)
def test_a_mistake_in_settings_stands_at_its_line(text: str, place: str) -> None:
    with pytest.raises(SuiteError, match=rf"s\.yaml:{place}: "):
        load_suite(suite(text))


def test_the_settings_of_an_engine_are_listed() -> None:
    found = CliRunner().invoke(app, ["engines", "pywhispercpp"])
    assert found.exit_code == 0
    assert "flash_attention" in found.output
    assert "threads" in found.output


def definition(schema: dict[str, Any], ref: str) -> dict[str, Any]:
    found: dict[str, Any] = schema["$defs"][ref.rsplit("/", 1)[-1]]
    return found


def test_the_schema_knows_each_engines_settings() -> None:
    schema = json_schema()
    by_engine = {
        rule["if"]["properties"]["engine"]["const"]: rule["then"]["properties"]["settings"]["$ref"]
        for rule in schema["$defs"]["VariantEntry"]["allOf"]
    }
    assert "flash_attention" in definition(schema, by_engine["pywhispercpp"])["properties"]
    assert "audio_tokens" in definition(schema, by_engine["llama-cpp"])["properties"]
    assert not definition(schema, by_engine["pywhispercpp"])["additionalProperties"]
    assert all(
        definition(schema, ref)
        for ref in {part.split('"')[0] for part in json.dumps(schema).split('"$ref": "')[1:]}
    )


def test_resuming_goes_on_with_the_cases_and_blocks_it_was_begun_with() -> None:
    import records

    whole = load_suite(suite("variants: [f16, q8_0, q4_0]\n" + CLIPS + DEFAULTS))
    begun = dataclasses.replace(
        whole, cases=whole.cases[1:2], protocol=dataclasses.replace(whole.protocol, blocks=3)
    )
    begun = dataclasses.replace(begun, cases=(dataclasses.replace(begun.cases[0], baseline=None),))
    folders = RunFolders(run=Path("reports/s/r"), logs=Path("logs/s/r"))
    start(folders, begun, records.HOST)
    write_records(folders.run / RECORDS, ())
    again = as_begun(whole)
    assert again.cases == begun.cases
    assert again.protocol.blocks == 3
    assert as_begun(whole, blocks=7).protocol.blocks == whole.protocol.blocks


def test_the_completion_of_a_shell_can_be_installed() -> None:
    assert "--install-completion" in CliRunner().invoke(app, ["--help"]).output


@pytest.mark.parametrize("name", ["whisper-base", "engines-side-by-side", "long-recording"])
def test_a_plans_estimate_is_within_a_factor_of_two_of_the_committed_runs(name: str) -> None:
    """Without an earlier run here: by the size of the weights and the threads, against the runs' own times."""
    from bench.journal import read_run

    (run,) = (SHIPPED.parent / "reports" / "examples" / name).iterdir()
    data = read_run(run)
    first = [record for record in data.records if record.attempt == 1]
    truth = sum(record.value("wall_seconds") or 0.0 for record in first)
    asked = load_suite(SHIPPED / f"{name}.yaml")
    guessed, source = estimate(asked, Path("none"))
    assert "guess by the size" in source
    per_trial = guessed / (len(asked.cases) * asked.protocol.blocks)
    assert 0.5 < per_trial / (truth / len(first)) < 2


def test_the_estimate_of_a_quality_pass_is_within_a_factor_of_two_of_the_committed_one() -> None:
    """Processor seconds a second of speech, against what the pass counted itself."""
    from bench.quality.utterances import read_utterances

    (run,) = (SHIPPED.parent / "reports" / "examples" / "whisper-base-quality").iterdir()
    heard = [each for each in read_utterances(run)[0] if each.floor is None]
    truth = sum(each.cpu_seconds or 0.0 for each in heard) / sum(each.seconds for each in heard)
    asked = load_suite(SHIPPED / "whisper-base-quality.yaml")
    seconds, utterances = estimate_pass(asked, Path("none"), workers=1)
    variants = len({each.variant for each in heard})
    guessed = seconds / (utterances * GUESSED_UTTERANCE_SECONDS * variants)
    assert 0.5 < guessed / truth < 2
    mean = sum(each.seconds for each in heard) / len(heard)
    assert 0.5 < GUESSED_UTTERANCE_SECONDS / mean < 2


def test_a_plan_counts_the_utterances_of_the_pass_that_follows() -> None:
    asked = load_suite(SHIPPED / "whisper-base.yaml")
    assert estimate_pass(asked, Path("none"))[1] == 30
    assert estimate_pass(load_suite(SHIPPED / "smoke.yaml"), Path("none")) == (0.0, 0)
    both = load_suite(SHIPPED / "whisper-base-quality.yaml")  # all as recorded, 40 with noise
    assert estimate_pass(both, Path("none"))[1] == 640


@pytest.mark.parametrize(
    "engine", ["pywhispercpp", "llama-cpp", "transcribe-cpp", "faster-whisper", "command"]
)
def test_every_setting_of_an_engine_says_what_it_does(engine: str) -> None:
    fields = registry.get(engine).settings.model_json_schema()["properties"]
    assert [name for name, field in fields.items() if not field.get("description")] == []
