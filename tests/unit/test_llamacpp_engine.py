"""What Qwen3-ASR is asked, how large its context is, and where the log says that it ran."""

from __future__ import annotations

import ctypes
import importlib.util
import math
import sys
import types
from collections.abc import Sequence
from typing import Any

import pytest

from bench.assets.makers.llamacpp import FILE_TYPES
from bench.contract import Event, Job, Outcome, Reading
from bench.domain import Case, FetchedClip, Model, Status, Variant, WeightsFile
from bench.engines.llamacpp import (
    ENGINE,
    HALF,
    Qwen3Settings,
    answer_tokens,
    audio_tokens,
    context_tokens,
    prompt,
    read_backend,
)
from bench.errors import UnusableWeights
from bench.language import english
from bench.naming import quantized_parts


def job(asked: Case, model: Model, clip: FetchedClip, weights: Sequence[WeightsFile]) -> Job:
    return ENGINE.job(asked, Qwen3Settings.model_validate(asked.variant.settings), model, clip, weights)


def read(asked: Case, outcome: Outcome) -> Reading:
    return ENGINE.read(asked, Qwen3Settings.model_validate(asked.variant.settings), outcome)


def half() -> Any:
    spec = importlib.util.spec_from_file_location("half", HALF)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("spread", [1.0, 100.0, 10_000.0])
def test_a_tokens_probability_is_its_share_of_all_however_far_apart_they_are(
    spread: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    logits = [spread * value for value in (0.1, 0.9, 0.4, 0.89)]
    row = (ctypes.c_float * len(logits))(*logits)
    pointer = ctypes.cast(row, ctypes.POINTER(ctypes.c_float))
    library = types.SimpleNamespace(llama_get_logits_ith=lambda context, at: pointer)
    monkeypatch.setitem(sys.modules, "llama_cpp", types.SimpleNamespace(llama_cpp=library))
    monkeypatch.setitem(sys.modules, "llama_cpp.llama_cpp", library)
    loaded = types.SimpleNamespace(context=None, vocabulary_size=len(logits))
    token, probability = half()._Greedy(loaded).pick()
    assert token == 1
    assert probability == pytest.approx(1 / sum(math.exp(value - logits[1]) for value in logits), rel=1e-5)


def test_encoder_context_and_decoder_are_freed_in_that_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """On macOS 15 and later ggml aborts in the exit of a process that leaves one of them."""
    freed: list[tuple[str, str]] = []
    library = types.SimpleNamespace(
        llama_free=lambda handle: freed.append(("context", handle)),
        llama_model_free=lambda handle: freed.append(("decoder", handle)),
    )
    tools = types.SimpleNamespace(mtmd_free=lambda handle: freed.append(("encoder", handle)))
    monkeypatch.setitem(sys.modules, "llama_cpp", types.SimpleNamespace(llama_cpp=library, mtmd_cpp=tools))
    monkeypatch.setitem(sys.modules, "llama_cpp.llama_cpp", library)
    monkeypatch.setitem(sys.modules, "llama_cpp.mtmd_cpp", tools)
    module = half()
    loaded = module._Loaded()
    loaded.model, loaded.context, loaded.encoder = "m", "c", "e"
    module.close(loaded)
    assert freed == [("encoder", "e"), ("context", "c"), ("decoder", "m")]
    assert (loaded.model, loaded.context, loaded.encoder) == (None, None, None)


def test_a_forced_language_begins_the_answer() -> None:
    assert prompt("", "Russian").endswith("<|im_start|>assistant\nlanguage Russian<asr_text>")


def test_a_detected_language_is_the_answers_own_beginning() -> None:
    assert prompt("", None).endswith("<|im_start|>assistant\n")


def test_context_words_are_the_system_prompt() -> None:
    assert prompt("Якутск", None).startswith(
        "<|im_start|>system\nЯкутск<|im_end|>\n<|im_start|>user\n<audio>"
    )


@pytest.mark.parametrize(
    ("answer", "forced", "language", "text"),
    [
        ("language Russian<asr_text>Да.", None, "Russian", "Да."),
        ("language None<asr_text>", None, None, ""),
        ("no marker at all", None, None, "no marker at all"),
        ("Да.", "Russian", "Russian", "Да."),
    ],
)
def test_an_answer_is_language_and_text(
    answer: str, forced: str | None, language: str | None, text: str
) -> None:
    assert half().heard(answer, forced) == (language, text)


@pytest.mark.parametrize(("seconds", "tokens"), [(10.0, 143), (9.98, 130), (60.0, 793), (265.0, 3458)])
def test_libmtmd_makes_thirteen_tokens_of_every_started_second(seconds: float, tokens: int) -> None:
    assert audio_tokens(seconds) == tokens


@pytest.mark.parametrize(
    ("samples", "fed"),
    [(160_000, 159_840), (160_159, 159_840), (160_160, 160_160), (168_000, 168_000), (16_000, 16_000)],
)
def test_the_reference_count_takes_a_frame_from_whole_seconds_only(samples: int, fed: int) -> None:
    assert half()._samples_to_feed(samples, "reference") == fed
    assert half()._samples_to_feed(samples, "engine") == samples


def test_a_context_holds_audio_prompt_and_answer() -> None:
    for seconds in (1.0, 10.0, 60.0, 265.0):
        answer = answer_tokens(seconds)
        size = context_tokens(seconds, "", answer)
        assert size >= audio_tokens(seconds) + answer + 14
        assert size % 256 == 0


def test_a_cut_recording_needs_the_context_of_its_longest_cut() -> None:
    whole = payload_of({}, seconds=265.0)
    cut = payload_of({"segmentation": {"kind": "windows", "window_seconds": 30}}, seconds=265.0)
    assert whole["context_tokens"] > 6000
    assert cut["context_tokens"] <= 1024
    assert cut["segmentation"] == {"kind": "windows", "window_seconds": 30.0}


def payload_of(settings: dict[str, Any], seconds: float = 10.0) -> dict[str, Any]:
    weights = [
        WeightsFile(role=role, path=f"/{role}", bytes=1, sha256="0") for role in ("decoder", "encoder")
    ]
    clip = FetchedClip(
        name="c", title="c", language="ru", duration_seconds=seconds, path="/c.wav", sha256="0"
    )
    return dict(job(case(settings), MODEL, clip, weights).payload)


MODEL = Model(name="m", title="M", family="qwen3-asr", baseline="bf16", licence="")


def case(settings: dict[str, Any] | None = None, device: str = "auto") -> Case:
    variant = Variant(
        name="v", quantization="q8_0", engine="llama-cpp", device=device, settings=settings or {}
    )
    return Case(id="m.v.c", model="m", variant=variant, clip="c")


def test_the_clips_language_is_forced_unless_said_otherwise() -> None:
    assert payload_of({})["language"] == "Russian"
    assert payload_of({"language": "en"})["language"] == "English"
    assert payload_of({"language": "auto"})["language"] is None


def test_a_language_the_model_lacks_is_refused_in_words() -> None:
    said = ENGINE.refusal(MODEL, Qwen3Settings(language="tlh"), "q8_0")
    assert said is not None
    assert '"tlh"' in english(said)


def test_one_file_is_not_enough() -> None:
    with pytest.raises(UnusableWeights, match="missing: encoder"):
        ENGINE.check([WeightsFile(role="decoder", path="/d", bytes=1, sha256="0")])


METAL = """
llama_prepare_model_devices: using device MTL0 (Apple M2 Pro) (unknown id) - 21845 MiB free
load_tensors: offloaded 29/29 layers to GPU
clip_ctx: CLIP using MTL0 backend
"""
CUDA = METAL.replace("MTL0 (Apple M2 Pro)", "CUDA0 (NVIDIA H200)").replace("MTL0", "CUDA0")
CPU = "load_tensors: CPU_Mapped model buffer size = 5 MiB\nclip_ctx: CLIP using CPU backend\n"


BUFFER_OF_CPU = "load_tensors:   CPU_Mapped model buffer size = 304.2 MiB\n"


def outcome(stderr: str, *events: Event, status: Status = Status.OK) -> Outcome:
    return Outcome(status=status, reason=None, events=events, stdout="", stderr=stderr, measurements=())


@pytest.mark.parametrize(
    ("log", "device"),
    [
        (METAL, "metal"),
        (CUDA, "cuda"),
        (CPU, "cpu"),
        (METAL.replace("29/29", "0/29").replace("using MTL0 backend", "using CPU backend"), "cpu"),
        (METAL.replace("29/29", "12/29"), "mixed"),
        (METAL + "load_tensors: MTL0_Mapped model buffer size = 900.5 MiB\n" + BUFFER_OF_CPU, "metal"),
        (METAL + BUFFER_OF_CPU, "mixed"),  # said to use the GPU, and every weight in main memory
        (METAL.replace("CLIP using MTL0", "CLIP using CPU"), "mixed"),
    ],
)
def test_the_log_says_where_decoder_and_encoder_ran(log: str, device: str) -> None:
    backend = read_backend(outcome(log))
    assert backend is not None
    assert backend.device == device


def test_a_feature_that_was_not_used_is_not_shown_as_one() -> None:
    """llama.cpp tells what its build can: weights may have been left as they are in the file."""
    for repack in (True, False):
        facts = {"system_info": "CPU : AVX2 = 1 | REPACK = 1 |", "repack": repack}
        backend = read_backend(outcome(CPU, Event(name="done", seconds=1.0, data={"facts": facts})))
        assert backend is not None
        assert ("REPACK = 1" in backend.detail) is repack


def test_a_log_without_a_word_is_no_backend() -> None:
    assert read_backend(outcome("")) is None


def test_asked_for_metal_and_run_on_the_cpu_is_a_failed_case() -> None:
    transcribed = Event(name="transcribed", seconds=1.0, data={"result": {"text": "x"}, "pass": 1})
    reading = read(case(device="metal"), outcome(CPU, transcribed))
    assert reading.status is Status.WRONG_BACKEND
    assert english(reading.reason) == "asked for metal, ran on cpu"


def test_stages_tokens_and_confidence_are_measured() -> None:
    result = {
        "text": "x",
        "tokens": 11,
        "confidence": 0.75,
        "truncated": False,
        "stages": {"mel": 0.1, "encode": 1.0, "prefill": 0.5, "decode": 2.0, "first_token": 1.7},
    }
    transcribed = Event(name="transcribed", seconds=9.0, data={"result": result, "pass": 1})
    found = {m.name: m.value for m in read(case(), outcome(CPU, transcribed)).measurements}
    assert found["encode_seconds"] == 1.0
    assert found["first_token_seconds"] == 1.7
    assert found["tokens"] == 11
    assert found["tokens_per_second"] == 5.0  # ten after the first, in two seconds
    assert found["confidence"] == 0.75


def test_no_speech_found_is_the_reason_for_missing_stages() -> None:
    result: dict[str, object] = {"pieces": [], "segmentation_seconds": 0.2}
    transcribed = Event(name="transcribed", seconds=9.0, data={"result": result, "pass": 1})
    found = {m.name: m for m in read(case(), outcome(CPU, transcribed)).measurements}
    assert english(found["encode_seconds"].reason) == "The segmentation found no speech in the clip."
    assert found["segmentation_seconds"].value == 0.2


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("q8_0", ("q8_0", None)),
        ("bf16-encoder-q8_0", ("bf16", "q8_0")),
        ("q4_k_m-encoder-q4_0", ("q4_k_m", "q4_0")),
    ],
)
def test_a_quantizations_name_says_what_becomes_of_each_part(
    name: str, parts: tuple[str, str | None]
) -> None:
    assert quantized_parts(name) == parts
    assert parts[0] in FILE_TYPES
