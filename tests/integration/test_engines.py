"""Every engine keeps the contract, on weights that are here: tiny synthetic ones, or Whisper base."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import wave
from pathlib import Path

import pytest
from engine_contract import EngineContract, Example

import bench
from bench.assets import fetch_clip
from bench.config import load_suite
from bench.domain import Case, FetchedClip, Model, Variant, WeightsFile
from bench.engines import registry
from bench.prepare import Ready, prepare

CONFIGS = Path(__file__).parents[2] / "configs"
THIRD_PARTY = Path(__file__).parents[1] / "fakes" / "third_party"


def example_of(folder: Path, engine: str, model: str, quantization: str, settings: str = "{}") -> Example:
    """A one-case suite of the project's manifests, prepared."""
    suite = folder / "suite.yaml"
    suite.write_text(
        textwrap.dedent(f"""
        name: contract
        title: contract
        models: [{CONFIGS}/models/{model}.yaml]
        variants: [{{quantization: {quantization}, settings: {settings}}}]
        clips: [festvox-ru/read-10s]
        defaults: {{engine: {engine}}}
        """),
        encoding="utf-8",
    )
    (folder / "corpora").symlink_to(CONFIGS / "corpora")
    prepared = prepare(load_suite(suite))
    ((name, ready),) = prepared.cases.items()
    assert isinstance(ready, Ready), ready
    case = prepared.suite.case(name)
    return Example(
        engine=ready.engine,
        model=prepared.suite.models[case.model],
        case=case,
        clip=ready.clip,
        weights=ready.weights,
    )


class TestLlamaCpp(EngineContract):
    @pytest.fixture(scope="class")
    @classmethod
    def example(cls, tmp_path_factory: pytest.TempPathFactory) -> Example:
        settings = "{fixed_tokens: 16}"
        return example_of(
            tmp_path_factory.mktemp("c"), "llama-cpp", "synthetic-qwen3-asr-tiny", "q4_0", settings
        )


class TestTranscribeCppGigaam(EngineContract):
    @pytest.fixture(scope="class")
    @classmethod
    def example(cls, tmp_path_factory: pytest.TempPathFactory) -> Example:
        return example_of(tmp_path_factory.mktemp("c"), "transcribe-cpp", "synthetic-gigaam-tiny", "q4_k")


class TestTranscribeCppParakeet(EngineContract):
    @pytest.fixture(scope="class")
    @classmethod
    def example(cls, tmp_path_factory: pytest.TempPathFactory) -> Example:
        return example_of(tmp_path_factory.mktemp("c"), "transcribe-cpp", "synthetic-parakeet-tiny", "q8_0")


class TestTranscribeCppQwen3Asr(EngineContract):
    @pytest.fixture(scope="class")
    @classmethod
    def example(cls, tmp_path_factory: pytest.TempPathFactory) -> Example:
        return example_of(
            tmp_path_factory.mktemp("c"), "transcribe-cpp", "synthetic-qwen3-asr-tiny-tied", "q4_k_m"
        )


class TestTranscribeCppOnWhisperFiles(EngineContract):
    @pytest.fixture(scope="class")
    @classmethod
    def example(cls, tmp_path_factory: pytest.TempPathFactory) -> Example:
        return example_of(tmp_path_factory.mktemp("c"), "transcribe-cpp-ggml", "whisper-base", "q8_0")


class TestPyWhisperCpp(EngineContract):
    @pytest.fixture(scope="class")
    @classmethod
    def example(cls, tmp_path_factory: pytest.TempPathFactory) -> Example:
        return example_of(tmp_path_factory.mktemp("c"), "pywhispercpp", "whisper-tiny-synthetic", "f16")


class TestFasterWhisper(EngineContract):
    @pytest.fixture(scope="class")
    @classmethod
    def example(cls, tmp_path_factory: pytest.TempPathFactory) -> Example:
        return example_of(tmp_path_factory.mktemp("c"), "faster-whisper", "whisper-base", "int8")


class TestCommand(EngineContract):
    tells_bad_weights = False  # it is any program
    other_families = False  # likewise

    @pytest.fixture(scope="class")
    @classmethod
    def example(cls, tmp_path_factory: pytest.TempPathFactory) -> Example:
        from bench.engines.command import ENGINE

        folder = tmp_path_factory.mktemp("c")
        (folder / "program.py").write_text(
            "import sys\n"
            "print('running on CPU')\n"
            "print('   Model loaded in 0.01s')\n"
            "open(sys.argv[3], 'rb').read()\n"
            "open(sys.argv[2], 'w').write('one two')\n",
            encoding="utf-8",
        )
        (folder / "model.bin").write_bytes(b"weights")
        settings = {
            "argv": [sys.executable, str(folder / "program.py"), "{audio}", "{text_out}", "{model}"],
            "text_from": "file",
            "patterns": {
                "load_seconds": r"Model loaded in ([\d.]+)s",
                "backend": {"cpu": "running on CPU", "metal": "running on Metal"},
            },
        }
        clip = fetch_clip(load_suite(CONFIGS / "smoke.yaml").clips["read-10s"])
        weights = WeightsFile(role="model", path=str(folder / "model.bin"), bytes=7, sha256="0" * 64)
        variant = Variant(name="v", quantization="q", engine="command", settings=settings)
        return Example(
            engine=ENGINE,
            model=Model(name="m", title="M", family="whisper", baseline="q", licence="none"),
            case=Case(id="m.v.c", model="m", variant=variant, clip=clip.name),
            clip=clip,
            weights=(weights,),
        )


class TestSomebodyElses(EngineContract):
    @pytest.fixture(scope="class")
    @classmethod
    def example(cls, tmp_path_factory: pytest.TempPathFactory) -> Example:
        sys.path.insert(0, str(THIRD_PARTY / "src"))
        try:
            from loudness_engine import ENGINE
        finally:
            sys.path.pop(0)
        folder = tmp_path_factory.mktemp("c")
        clip, weights = loud_inputs(folder)
        variant = Variant(name="v", quantization="q", engine="loudness")
        return Example(
            engine=ENGINE,
            model=Model(name="m", title="M", family="loudness", baseline="q", licence="none"),
            case=Case(id="m.v.c", model="m", variant=variant, clip="clip"),
            clip=clip,
            weights=(weights,),
        )

    def test_its_module_imports_no_binding(self, example: Example) -> None:
        pytest.skip("it is not installed in this interpreter")


def loud_inputs(folder: Path) -> tuple[FetchedClip, WeightsFile]:
    """A second of a square wave, and weights for the engine that hears how loud it is."""
    with wave.open(str(folder / "clip.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(b"\x00\x20\x00\xe0" * 8000)
    (folder / "weights.loud").write_bytes(b"LOUD\nvery much so\nEND\n")
    clip = FetchedClip(
        name="clip",
        title="clip",
        language="ru",
        duration_seconds=1.0,
        path=str(folder / "clip.wav"),
        sha256="0",
    )
    weights = WeightsFile(role="model", path=str(folder / "weights.loud"), bytes=22, sha256="0" * 64)
    return clip, weights


def loud_suite(folder: Path) -> None:
    """A suite of that clip and those weights, two blocks."""
    loud_inputs(folder)
    (folder / "m.yaml").write_text(
        "name: m\ntitle: M\nfamily: loudness\nbaseline: q\nlicence: none\n"
        "weights:\n- {format: loud, quantizations: [q], source: {kind: path, files: {model: weights.loud}}}\n",
        encoding="utf-8",
    )
    (folder / "s.yaml").write_text(
        "name: s\ntitle: S\nmodels: [m.yaml]\nvariants: [q]\nclips: [{path: clip.wav}]\n"
        "defaults: {engine: loudness, settings: {threshold: 0.1}}\n"
        "protocol: {blocks: 2, rerun_disturbed: false}\n",
        encoding="utf-8",
    )


def test_a_built_in_engine_is_five_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its module and its half, a line of the registry, an extra and an example: nothing else names it.

    What is done here is the line of the registry; the suite is then measured, reported and exported.
    """
    monkeypatch.syspath_prepend(THIRD_PARTY / "src")
    monkeypatch.setitem(registry.BUILT_IN, "loudness", "loudness_engine")
    for known in (registry.names, registry.get):
        known.cache_clear()
    loud_suite(tmp_path)
    try:
        assert "loudness" in registry.names()
        run = bench.run(tmp_path / "s.yaml", reports=tmp_path / "reports", logs=tmp_path / "logs")
    finally:
        for known in (registry.names, registry.get):
            known.cache_clear()
    assert [record.transcript and record.transcript.text for record in run.records] == ["loud", "loud"]
    assert "loudness" in (run.path / "report.ru.md").read_text(encoding="utf-8").lower()
    page = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    steps = page.split("... add an engine?")[1].split("###")[0]
    assert len(re.findall(r"^\d\. ", steps, re.MULTILINE)) <= 5


def test_a_package_with_an_entry_point_brings_an_engine(tmp_path: Path) -> None:
    """It is really installed, and a suite that names it is run to its report by the program."""
    packages = tmp_path / "packages"
    subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--no-build-isolation",
                "--no-index",
            ),
            *("--disable-pip-version-check", "--target", str(packages), str(THIRD_PARTY)),
        ],
        check=True,
        capture_output=True,
    )
    loud_suite(tmp_path)
    environ = {**os.environ, "PYTHONPATH": str(packages), "COLUMNS": "200"}

    def say(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "bench", *words],
            cwd=tmp_path,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "loudness" in say("engines")
    say("run", "s.yaml")
    records = (tmp_path / "reports" / "s" / "latest" / "records.jsonl").read_text(encoding="utf-8")
    assert records.count('"text":"loud"') + records.count('"text": "loud"') == 2
