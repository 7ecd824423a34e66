"""What weights a file or folder holds, by its header: family, format, quantization, and the engine for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.assets.formats import ggml
from bench.assets.formats.gguf import GgufFile, read_gguf
from bench.errors import UnusableWeights
from bench.naming import as_name

#: `general.architecture` of transcribe.cpp's files -> family.
TRANSCRIBE: Final[Mapping[str, str]] = {
    "whisper": "whisper",
    "qwen3_asr": "qwen3-asr",
    "gigaam": "gigaam",
    "parakeet": "parakeet",
}
MULTILINGUAL: Final = 51865  # tokens of a Whisper that hears more than English
_HINT: Final = (
    "Give a ggml .bin of whisper.cpp, a GGUF of llama.cpp (qwen3vl) or transcribe.cpp, a CTranslate2 folder or a "
    "Hugging Face checkpoint folder of a Whisper."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognized:
    """Weights of one's own.  `files` are paths by role; `form` is the engines' name of their format.

    `shape` is equal for quantizations of one model, None where nobody can tell; `makes` says what else can be made of them here: "ggml" of a checkpoint, quantizations of f16.
    `english` is a Whisper that hears no other language.
    """

    name: str
    family: str
    form: str
    quantization: str
    files: Mapping[str, Path]
    engine: str
    shape: tuple[object, ...] | None = None
    makes: str | None = None
    english: bool = False

    @property
    def whole(self) -> bool:
        """Whether it is not quantized, so that quantizations can be made of it."""
        return self.quantization in ("f32", "f16", "bf16", "checkpoint")


def recognize(path: Path, *, encoder: Path | None = None) -> Recognized:
    """What the file or folder is.  Raises `UnusableWeights` that says what it is instead."""
    if path.is_dir():
        return _folder(path)
    head = _head(path)
    if head.startswith(b"GGUF"):
        return _gguf(path, read_gguf(path), encoder)
    layout = ggml.read_layout(path)
    return Recognized(
        name=_name(path),
        family="whisper",
        form="ggml",
        quantization=layout.type.name,
        files={"model": path},
        engine="pywhispercpp",
        shape=layout.hparams.as_tuple()[:-1],
        english=layout.hparams.n_vocab < MULTILINGUAL,
    )


def is_encoder(path: Path) -> bool:
    """Whether it is the second file of a model for llama.cpp: its encoder."""
    return path.is_file() and _head(path).startswith(b"GGUF") and read_gguf(path).architecture == "clip"


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(512)
    except FileNotFoundError:
        raise UnusableWeights(f"{path}: there is no such file or folder.", hint=_HINT) from None
    except OSError as error:
        raise UnusableWeights(f"{path}: cannot be read: {error}.", hint="Check the file's rights.") from None


def _folder(path: Path) -> Recognized:
    if (path / "model.bin").is_file() and b"WhisperSpec" in _head(path / "model.bin"):
        return Recognized(
            name=_name(path),
            family="whisper",
            form="ct2",
            quantization="f16",
            files={"model": path},
            engine="pywhispercpp",
            makes="ct2-whisper-to-ggml",
        )
    try:
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
        kind = str(config.get("model_type"))
    except (OSError, ValueError, AttributeError):
        raise UnusableWeights(f"{path}: a folder without a readable config.json.", hint=_HINT) from None
    if kind == "whisper":
        return Recognized(
            name=_name(path),
            family="whisper",
            form="hf-whisper",
            quantization="checkpoint",
            files={"model": path},
            engine="pywhispercpp",
            makes="hf-whisper-to-ggml",
            english=int(config.get("vocab_size", MULTILINGUAL)) < MULTILINGUAL,
        )
    if kind == "qwen3_asr":
        return Recognized(
            name=_name(path),
            family="qwen3-asr",
            form="hf-qwen3-asr",
            quantization="checkpoint",
            files={"model": path},
            engine="llama-cpp",
            makes="hf-to-gguf-llamacpp",
        )
    raise UnusableWeights(f"{path}: a checkpoint of {kind}, which no engine here runs.", hint=_HINT)


def _gguf(path: Path, found: GgufFile, encoder: Path | None) -> Recognized:
    if found.architecture == "qwen3vl":
        encoder = encoder or _encoder_beside(path)
        return Recognized(
            name=_name(path),
            family="qwen3-asr",
            form="gguf-llamacpp",
            quantization=_usual_type(found),
            files={"decoder": path, "encoder": encoder},
            engine="llama-cpp",
            shape=_shape(found),
        )
    if found.architecture in TRANSCRIBE:
        return Recognized(
            name=_name(path),
            family=TRANSCRIBE[found.architecture],
            form="gguf-transcribe",
            quantization=_usual_type(found),
            files={"model": path},
            engine="transcribe-cpp",
            shape=_shape(found),
        )
    known = ", ".join(("qwen3vl", *TRANSCRIBE))
    raise UnusableWeights(f'{path}: a GGUF file of "{found.architecture}"; known are {known}.', hint=_HINT)


def _shape(found: GgufFile) -> tuple[object, ...]:
    """Names and shapes of all tensors: those of one model are the same in every quantization."""
    return tuple(sorted((tensor.name, tensor.shape) for tensor in found.tensors))


def _encoder_beside(path: Path) -> Path:
    found = [other for other in sorted(path.parent.glob("*mmproj*.gguf")) if is_encoder(other)]
    if len(found) == 1:
        return found[0]
    raise UnusableWeights(
        f"{path}: a decoder of llama.cpp; its encoder is {'one of several' if found else 'no file'} beside it.",
        hint="Give the encoder (mmproj-....gguf) as the next argument.",
    )


def _usual_type(found: GgufFile) -> str:
    """The type of most weights, which a quantization is called by."""
    sizes: dict[str, int] = {}
    for tensor in found.tensors:
        sizes[tensor.type] = sizes.get(tensor.type, 0) + (tensor.bytes or 0)
    usual = max(sizes, key=lambda name: sizes[name])
    return {"q4_k": "q4_k_m", "q5_k": "q5_k_m"}.get(usual, usual)


def _name(path: Path) -> str:
    """The name it was given, also where that is a link to another file."""
    given = path if path.name not in ("", "..") else path.resolve()
    return as_name(given.stem if path.is_file() else given.name).casefold() or "model"
