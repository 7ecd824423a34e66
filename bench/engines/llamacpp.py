"""Qwen3-ASR on llama.cpp, through llama-cpp-python.  How the model is driven: docs/qwen3-asr.md."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from bench.contract import Job, Outcome, Reading
from bench.domain import Backend, Case, FetchedClip, Model, Reason, WeightsFile
from bench.engines import Availability, Settings
from bench.engines.reading import availability_of, other_family
from bench.engines.segmentation import CUTS, Segmentation, longest_cut, missing_package, plan_of
from bench.engines.stages import reading_of
from bench.problems import problem
from bench.reasons import reason

HALF: Final = Path(__file__).parent.parent / "child" / "llamacpp_qwen3.py"
SAMPLE_RATE: Final = 16_000
TOKENS_A_SECOND: Final = 13  # of audio: one for every 8 mel frames, rounded up in blocks of 100
PROMPT_TOKENS: Final = 64  # of the prompt's frame, generously
FLASH_ATTENTION: Final = {"auto": -1, "off": 0, "on": 1}

# The model's own names, by code.  Source: the package qwen-asr, SUPPORTED_LANGUAGES.
LANGUAGES: Final = {
    "ar": "Arabic", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "es": "Spanish", "fa": "Persian", "fi": "Finnish", "fil": "Filipino", "fr": "French", "hi": "Hindi",
    "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean",
    "mk": "Macedonian", "ms": "Malay", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sv": "Swedish", "th": "Thai", "tr": "Turkish", "vi": "Vietnamese", "yue": "Cantonese",
    "zh": "Chinese",
}  # fmt: skip

_DEVICES: Final = (
    (re.compile(r"^(MTL|Metal)", re.IGNORECASE), "metal"),
    (re.compile(r"^CUDA"), "cuda"),
    (re.compile(r"^Vulkan"), "vulkan"),
    (re.compile(r"^ROCm|^HIP"), "rocm"),
    (re.compile(r"^CPU"), "cpu"),
)
_USING: Final = re.compile(r"using device (\S+) \((.*?)\)")
_OFFLOADED: Final = re.compile(r"offloaded (\d+)/(\d+) layers to GPU")
_BUFFER: Final = re.compile(r"load_tensors:\s+(\S+) model buffer size\s*=\s*([\d.]+) MiB")
_ENCODER: Final = re.compile(r"CLIP using (\S+) backend")


class Qwen3Settings(Settings):
    """How Qwen3-ASR is asked and decoded: always greedy."""

    language: str = Field(
        default="clip", description='"clip": the clip\'s own; "auto": detected; or a code like ru'
    )
    context: str = Field(default="", description="Words the speech may hold, put into the system prompt")
    threads: int = Field(default=2, ge=1, le=512, description="Of the processor")
    max_tokens: int | None = Field(
        default=None, ge=1, description="Longest answer a cut; null: 64 and 10 a second of audio"
    )
    fixed_tokens: int | None = Field(
        default=None, ge=1, description="Exactly so many tokens, whatever they are: for synthetic weights"
    )
    context_tokens: int | None = Field(
        default=None, ge=64, description="null: as many as the longest cut needs"
    )
    audio_tokens: Literal["engine", "reference"] = Field(
        default="engine",
        description="reference: 10 ms less of a clip of whole seconds, which gives the reference's token count",
    )
    segmentation: Segmentation | None = Field(default=None, description=CUTS)
    batch: int = Field(default=2048, ge=32, le=65536, description="Most tokens of one call")
    micro_batch: int = Field(default=512, ge=32, le=65536, description="Most tokens computed at once")
    flash_attention: Literal["auto", "on", "off"] = Field(
        default="auto", description="auto: where the device has kernels for it"
    )
    weights_loading: Literal["auto", "mmap", "read"] = Field(
        default="auto", description="mmap: the file is mapped; read: copied into memory of its own"
    )
    repack: Literal["auto", "on", "off"] = Field(
        default="auto", description="Weights rearranged for the CPU; auto: unless the build has AMX kernels"
    )
    warm_up: bool = Field(default=False, description="An empty encoder run while loading")


class LlamaCpp:
    """The engine; its child half is bench/child/llamacpp_qwen3.py."""

    name = "llama-cpp"
    title = "llama.cpp (llama-cpp-python)"
    distribution: str | None = "llama-cpp-python"
    weights_format = "gguf-llamacpp"
    families: tuple[str, ...] = ("qwen3-asr",)
    settings = Qwen3Settings
    token_half = HALF.with_name("llamacpp_qwen3_tokens.py")

    def availability(self) -> Availability:
        """Installed or not, from package metadata."""
        devices = ("cpu", "metal", "cuda", "vulkan")
        return availability_of("llama-cpp-python", extra="qwen3", devices=devices)

    def refusal(self, model: Model, settings: Qwen3Settings, quantization: str) -> Reason | None:
        """Qwen3-ASR only, in a language it has."""
        if model.family not in self.families:
            return other_family(self, model)
        if settings.language not in ("clip", "auto", *LANGUAGES):
            return reason(
                "engine.no_language",
                model="Qwen3-ASR",
                language=settings.language,
                languages=", ".join(LANGUAGES),
            )
        return missing_package(settings.segmentation)

    def check(self, weights: Sequence[WeightsFile]) -> None:
        """A decoder and an encoder that belong together; llama.cpp ends the process on some others."""
        from bench.assets.formats.gguf import check_qwen3_asr_pair

        paths = _by_role(weights)
        check_qwen3_asr_pair(Path(paths["decoder"]), Path(paths["encoder"]))

    def job(
        self,
        case: Case,
        settings: Qwen3Settings,
        model: Model,
        clip: FetchedClip,
        weights: Sequence[WeightsFile],
    ) -> Job:
        """One fresh worker with llama-cpp-python alone."""
        seconds = longest_cut(settings.segmentation, clip.duration_seconds)
        code = clip.language if settings.language == "clip" else settings.language
        language = None if code == "auto" else LANGUAGES.get(code)
        tokens = settings.fixed_tokens or settings.max_tokens or answer_tokens(seconds)
        payload = settings.model_dump(exclude={"language", "context"}) | {
            "weights": _by_role(weights),
            "device": case.variant.device,
            "language": language,
            "prompt": prompt(settings.context, language),
            "max_tokens": tokens,
            "context_tokens": settings.context_tokens or context_tokens(seconds, settings.context, tokens),
            "flash_attention": FLASH_ATTENTION[settings.flash_attention],
            "segmentation": plan_of(settings.segmentation),
        }
        # Else an abort of ggml starts a debugger, where one is installed, and waits for it.
        return Job(half=HALF, payload=payload, environ={"GGML_NO_BACKTRACE": "1", **case.variant.environ})

    def read(self, case: Case, settings: Qwen3Settings, outcome: Outcome) -> Reading:
        """Transcript, stages and confidence of the first pass; the backend from llama.cpp's log."""
        return reading_of(
            case, outcome, read_backend(outcome), engine="llama.cpp", source="llama.cpp, timed in the worker"
        )


def prompt(context: str, language: str | None) -> str:
    """The chat that the model was trained on; `<audio>` stands for the clip.

    With a language the answer's beginning is given, and the model goes on with the text alone.
    Source: the prompt of the package qwen-asr.
    """
    asked = f"<|im_start|>system\n{context}<|im_end|>\n<|im_start|>user\n<audio><|im_end|>\n<|im_start|>assistant\n"
    return asked + (f"language {language}<asr_text>" if language else "")


def answer_tokens(seconds: float) -> int:
    """A token limit no honest transcript reaches: fast speech has 5 tokens a second."""
    return 64 + ceil(10 * seconds)


def audio_tokens(seconds: float) -> int:
    """What libmtmd makes of that much audio: 13 for every started 100 mel frames, and one frame more."""
    return TOKENS_A_SECOND * ceil((int(seconds * SAMPLE_RATE) // 160 + 1) / 100)


def context_tokens(seconds: float, context: str, answer: int) -> int:
    """A context that holds audio, prompt and answer, in steps of 256."""
    needed = audio_tokens(seconds) + PROMPT_TOKENS + len(context.encode()) + answer
    return ceil(needed / 256) * 256


def read_backend(outcome: Outcome) -> Backend | None:
    """Where decoder and encoder ran, from llama.cpp's log: a GPU only if every layer and the encoder did.

    A half-offloaded model is reported as `mixed`: neither a CPU nor a GPU figure.
    """
    encoder = _ENCODER.search(outcome.stderr)
    if encoder is None:
        return None
    using = _USING.findall(outcome.stderr)
    offloaded = _OFFLOADED.search(outcome.stderr)
    decoder_device = _device(using[0][0]) if using and offloaded and int(offloaded.group(1)) else "cpu"
    decoder_device = _where_it_lies(outcome.stderr) or decoder_device
    encoder_device = _device(encoder.group(1))
    whole = offloaded is None or decoder_device == "cpu" or offloaded.group(1) == offloaded.group(2)
    device = decoder_device if decoder_device == encoder_device and whole else "mixed"
    facts = outcome.facts
    features = str(facts.get("system_info", ""))
    if facts.get("repack") is False:  # the build could, and was not let
        features = features.replace("REPACK = 1", "REPACK = 0")
    words = [f"{name} ({title})" for name, title in using]
    words += [offloaded.group(0)] if offloaded else []
    words += [encoder.group(0), " ".join(features.split())]
    return Backend(device=device, detail="; ".join(word for word in words if word), source="llama.cpp log")


def _where_it_lies(log: str) -> str | None:
    """The device of the largest buffer of the decoder's weights: `using device` was said before there was one."""
    buffers = [(float(mebibytes), name) for name, mebibytes in _BUFFER.findall(log)]
    return _device(max(buffers)[1]) if buffers else None


def _device(name: str) -> str:
    return next((device for pattern, device in _DEVICES if pattern.match(name)), name.lower())


def _by_role(weights: Sequence[WeightsFile]) -> dict[str, str]:
    from bench.errors import UnusableWeights

    paths = {file.role: file.path for file in weights}
    missing = {"decoder", "encoder"} - set(paths)
    if missing:
        raise problem(UnusableWeights, "llamacpp.two_files", roles=", ".join(missing))
    return paths


ENGINE = LlamaCpp()
