"""The Python path to Qwen3-ASR against llama.cpp's own tools: same text, same times, same files.

Paired and interleaved, under the same supervisor, on synthetic weights of the true 0.6B dimensions.
One thread and no spinning: what is compared is the path around the library, and neighbours disturb a
single thread least.
Bars: encode, prefill and decode within 3 %, peak RSS within 60 MB; quantized files to the byte.
ASR_QUANT_BENCH_PAIRS is the number of pairs a quantization (default 6).  An interval that reaches
over the bar is no pass and no failure: the test is skipped, with the figures.  Results: docs/qwen3-asr.md.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from native_llamacpp import native_tools

from bench import launch
from bench.assets import fetch_clip, fetch_weights
from bench.assets.makers.llamacpp import FILE_TYPES, quantize_gguf
from bench.config import load_suite
from bench.contract import Job, Outcome
from bench.domain import FetchedClip, Status, Suite
from bench.engines.llamacpp import ENGINE, Qwen3Settings
from bench.errors import UnusableWeights
from bench.statistics import Comparison, compare_paired

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
PAIRS = int(os.environ.get("ASR_QUANT_BENCH_PAIRS", "6"))
TOKENS = 32
TIME_BAR = 1.03
MEMORY_BAR_BYTES = 60e6
CALM = {"OMP_WAIT_POLICY": "PASSIVE"}
STAGES = ("encode", "prefill", "decode")

_ENCODE = re.compile(r"mtmd batch encoding done in (\d+) ms")
_PREFILL = re.compile(r"prompt eval time =\s*([\d.]+) ms")
_DECODE = re.compile(r"  eval time =\s*([\d.]+) ms /\s*(\d+) runs")


@pytest.fixture(scope="module")
def tools() -> Path:
    pytest.importorskip("llama_cpp")
    return native_tools()


@pytest.fixture(scope="module")
def suite() -> Suite:
    return load_suite(CONFIGS / "qwen3-asr-synthetic.yaml")


@pytest.fixture(scope="module")
def clip() -> FetchedClip:
    return fetch_clip(load_suite(CONFIGS / "smoke.yaml").clips["read-10s"])


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """What one child took: seconds by stage (decode a token), bytes, and what it said."""

    seconds: dict[str, float]
    peak_rss_bytes: float
    text: str


@pytest.mark.parametrize("quantization", ["f16", "q8_0", "q6_k", "q4_0"])
def test_the_python_path_is_as_good_as_the_native_tool(
    tools: Path, suite: Suite, clip: FetchedClip, quantization: str, tmp_path: Path
) -> None:
    arms = _arms(tools, suite, clip, quantization)
    runs: dict[str, list[Run]] = {"python": [], "native": []}
    for number in range(PAIRS):
        for arm in ("python", "native") if number % 2 else ("native", "python"):
            runs[arm].append(_run(arms[arm], clip, tmp_path / f"{arm}.log"))
    texts = {" ".join(run.text.split()) for both in runs.values() for run in both}
    ratios = {
        stage: compare_paired(
            (ours.seconds[stage], theirs.seconds[stage])
            for ours, theirs in zip(runs["python"], runs["native"], strict=True)
        )
        for stage in STAGES
    }
    excess = statistics.median(
        ours.peak_rss_bytes - theirs.peak_rss_bytes
        for ours, theirs in zip(runs["python"], runs["native"], strict=True)
    )
    shown = ", ".join(f"{stage} {_shown(ratio)}" for stage, ratio in ratios.items())
    medians = {
        arm: {stage: round(statistics.median(run.seconds[stage] for run in found), 4) for stage in STAGES}
        for arm, found in runs.items()
    }
    print(f"\n{quantization}, {PAIRS} pairs: {shown}; peak RSS {excess / 1e6:+.1f} MB; medians {medians}")
    assert len(texts) == 1, "the same greedy text"
    assert excess < MEMORY_BAR_BYTES
    for ratio in ratios.values():
        assert ratio.low is not None
        assert ratio.low < TIME_BAR, f"slower than the bar allows, beyond the noise: {shown}"
    if any(ratio.high is None or ratio.high >= TIME_BAR for ratio in ratios.values()):
        pytest.skip(f"{quantization}: too noisy to tell: {shown}; peak RSS {excess / 1e6:+.1f} MB")


@pytest.mark.parametrize("quantization", FILE_TYPES)
@pytest.mark.parametrize("role", ["decoder", "encoder"])
def test_quantized_files_are_the_native_tools_to_the_byte(
    tools: Path, quantization: str, role: str, tmp_path: Path
) -> None:
    tiny = load_suite(CONFIGS / "qwen3-asr-synthetic-tiny.yaml").models["synthetic-qwen3-asr-tiny"]
    source = next(file.path for file in fetch_weights(tiny, "f16", "gguf-llamacpp") if file.role == role)
    ours, theirs = tmp_path / "ours.gguf", tmp_path / "theirs.gguf"
    native = subprocess.run(
        [str(tools / "llama-quantize"), source, str(theirs), quantization.upper(), "2"],
        capture_output=True,
        check=False,
        env={**os.environ, "GGML_NO_BACKTRACE": "1"},
    )
    try:
        quantize_gguf(Path(source), ours, quantization)
    except UnusableWeights:
        assert native.returncode != 0, "the native tool can, and we cannot"
        return
    assert native.returncode == 0, "we can, and the native tool cannot"
    assert _sha256(ours) == _sha256(theirs)


def test_the_tool_is_measured_as_any_program(tools: Path, clip: FetchedClip, tmp_path: Path) -> None:
    """The engine `command` on a real native program: text, times and backend from what it prints."""
    tool = str(tools / "llama-mtmd-cli")
    argv = [tool, "-m", "{decoder}", "--mmproj", "{encoder}", "--audio", "{audio}", "-p", "x", "-n", "16"]
    argv += [
        "-t",
        "{threads}",
        "-c",
        "1024",
        "--temp",
        "0",
        "--no-warmup",
        "--no-repack",
        "--perf",
        "-lv",
        "4",
    ]
    settings = {
        "argv": argv,
        "weights_format": "gguf-llamacpp",
        "patterns": {
            "load_seconds": r"load time =\s*(?P<milliseconds>[\d.]+) ms",
            "decode_seconds": r"  eval time =\s*(?P<milliseconds>[\d.]+) ms",
            "tokens": r"  eval time =.*/\s*(\d+) runs",
            "backend": {"cpu": "CLIP using CPU backend", "metal": "CLIP using MTL"},
        },
    }
    suite = {
        "name": "native",
        "title": "native",
        "models": [str(CONFIGS / "models" / "synthetic-qwen3-asr-tiny.yaml")],
        "variants": ["f16", "q8_0"],
        "clips": [{"path": clip.path, "name": "clip"}],
        "defaults": {"engine": "command", "device": "cpu", "environ": CALM, "settings": settings},
        "protocol": {"blocks": 1, "rerun_disturbed": False},
    }
    (tmp_path / "native.yaml").write_text(json.dumps(suite), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "bench", "run", "native.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (tmp_path / "reports/native/latest/records.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert len(records) == 2, done.stderr
    for record in records:
        assert record["status"] == "ok", record["reason"]
        assert record["transcript"]["text"]
        assert record["backend"]["device"] == "cpu"
        for metric in ("load_seconds", "decode_seconds", "tokens", "peak_rss_bytes", "wall_seconds"):
            assert record["measurements"][metric]["value"] > 0, metric


def _arms(tools: Path, suite: Suite, clip: FetchedClip, quantization: str) -> dict[str, Job]:
    case = next(case for case in suite.cases if case.variant.quantization == quantization)
    model = suite.models[case.model]
    weights = fetch_weights(model, quantization, ENGINE.weights_format)
    ours = ENGINE.job(case, Qwen3Settings.model_validate(case.variant.settings), model, clip, weights)
    # What the tool's chat template makes of the prompt "x", and the same defaults.
    prompt = "<|im_start|>user\n<audio>x<|im_end|>\n<|im_start|>assistant\n"
    payload = {
        **ours.payload,
        "prompt": prompt,
        "threads": 1,
        "fixed_tokens": TOKENS,
        "max_tokens": TOKENS,
        "context_tokens": 1024,
        "repack": "off",
    }
    files = ours.payload["weights"]
    assert clip.path is not None
    argv = (
        *(str(tools / "llama-mtmd-cli"), "-m", files["decoder"], "--mmproj", files["encoder"]),
        *("--audio", clip.path, "-p", "x", "-n", str(TOKENS), "-t", "1", "-c", "1024", "--temp", "0"),
        *("--top-k", "1", "--no-warmup", "--no-repack", "--perf", "--ignore-eos", "--device", "none"),
        "--no-mmproj-offload",
        *("-lv", "4"),
    )
    return {
        "python": dataclasses.replace(ours, payload=payload, environ={**ours.environ, **CALM}),
        "native": Job(argv=argv, environ={**ours.environ, **CALM}),
    }


def _run(job: Job, clip: FetchedClip, log: Path) -> Run:
    assert clip.path is not None
    limits = launch.Limits(timeout_seconds=300)
    outcome = launch.run(job, audio=Path(clip.path), passes=1, limits=limits, log=log, sample_hz=50)
    assert outcome.status is Status.OK, outcome.reason
    peak = next(found.value for found in outcome.measurements if found.name == "peak_rss_bytes")
    assert peak is not None
    seconds, text = _of_worker(outcome) if job.half else _of_tool(outcome)
    return Run(seconds=seconds, peak_rss_bytes=peak, text=text)


def _of_worker(outcome: Outcome) -> tuple[dict[str, float], str]:
    event = outcome.event("transcribed")
    assert event is not None
    result = event.data["result"]
    stages = result["stages"]
    decode = stages["decode"] / (result["tokens"] - 1)
    return {"encode": stages["encode"], "prefill": stages["prefill"], "decode": decode}, result["text"]


def _of_tool(outcome: Outcome) -> tuple[dict[str, float], str]:
    encode = sum(int(found) for found in _ENCODE.findall(outcome.stderr)) / 1000
    # The library's clock runs from the first chunk to the last, through the encoder's work between them.
    prefill = _PREFILL.search(outcome.stderr)
    decode = _DECODE.search(outcome.stderr)
    assert prefill
    assert decode
    seconds = {
        "encode": encode,
        "prefill": float(prefill.group(1)) / 1000 - encode,
        "decode": float(decode.group(1)) / 1000 / int(decode.group(2)),
    }
    return seconds, outcome.stdout


def _shown(found: Comparison) -> str:
    return f"{found.ratio:.4f} [{found.low:.4f} .. {found.high:.4f}]"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
