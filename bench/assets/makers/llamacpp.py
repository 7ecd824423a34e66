"""Quantize Qwen3-ASR's GGUF pair with llama.cpp's own `llama_model_quantize`, through llama-cpp-python.

Decoder and encoder apart.  A quantization's name says which: `q4_0` is the decoder's, with the
encoder as it is; `q4_0-encoder-q8_0` quantizes both; `f16-encoder-q8_0` the encoder alone.

The library runs in a child process of its own: it aborts the process on files it does not like,
and what it takes of memory must not stay in the parent.  The files are those of llama.cpp's tool
`llama-quantize` to the byte.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from bench.assets.formats.gguf import check_gguf, read_gguf
from bench.assets.makers.builders import BuildRequest, Parameters
from bench.assets.store import BuildResult
from bench.errors import AssetError, UnusableWeights
from bench.helpers import run_helper
from bench.naming import quantized_parts
from bench.problems import problem
from bench.reasons import reason

REVISION: Final = "1"

# Name -> llama_ftype.  Types that cannot be made without an importance matrix are not here.
FILE_TYPES: Final[Mapping[str, int]] = {
    "f32": 0,
    "f16": 1,
    "bf16": 32,
    "q8_0": 7,
    "q6_k": 18,
    "q5_k_m": 17,
    "q5_k_s": 16,
    "q5_1": 9,
    "q5_0": 8,
    "q4_k_m": 15,
    "q4_k_s": 14,
    "q4_1": 3,
    "q4_0": 2,
    "iq4_nl": 25,
    "iq4_xs": 30,
    "q3_k_l": 13,
    "q3_k_m": 12,
    "q3_k_s": 11,
    "iq3_m": 27,
    "iq3_s": 26,
    "q2_k": 10,
    "tq2_0": 37,
    "tq1_0": 36,
}

# Bits a weight of the whole file, for the plan's estimate alone.
_BITS: Final[Mapping[str, float]] = {
    "f32": 32, "f16": 16, "bf16": 16, "q8_0": 8.5, "q6_k": 6.6, "q5_k_m": 5.8, "q5_k_s": 5.6, "q5_1": 6.1,
    "q5_0": 5.6, "q4_k_m": 5.0, "q4_k_s": 4.8, "q4_1": 5.2, "q4_0": 4.8,
}  # fmt: skip

_ARCHITECTURES: Final = ("qwen3vl", "clip")
_WHOLE: Final = ("f32", "f16", "bf16")
_CHILD: Final = Path(__file__).with_name("llamacpp_child.py")


def identity() -> str:
    """This module's revision and the library's version; `AssetError` where it is not installed."""
    try:
        return f"{REVISION}, llama-cpp-python {version('llama-cpp-python')}"
    except PackageNotFoundError:
        raise problem(AssetError, "llamacpp.not_installed") from None


def estimated_bytes(quantization: str, parameters: Parameters, source: int | None) -> int | None:
    """By bits a weight, as though all of the ingredient were decoder: some 10 % low."""
    bits = _BITS.get(quantized_parts(quantization)[0])
    return int(source * bits / 16) if source and bits else None


def build(order: BuildRequest) -> BuildResult:
    """Quantize decoder, encoder or both of the ingredient; a part that stays is copied."""
    wanted = dict(zip(("decoder", "encoder"), quantized_parts(order.quantization), strict=True))
    roles, types = {}, {}
    for number, (role, quantization) in enumerate(wanted.items()):
        source = order.ingredient(role)
        _refuse_twice(source, quantization)
        name = f"{role}-{quantization}.gguf" if quantization else source.name
        order.progress.advance(f"Quantizing {order.title}: {role}", number, 2)
        if quantization is None or source.name == name:
            shutil.copyfile(source, order.folder / source.name)
            name = source.name
        else:
            quantize_gguf(source, order.folder / name, quantization)
        roles[role] = name
        types[role] = read_gguf(order.folder / name).types()
    order.progress.advance(f"Quantizing {order.title}", 2, 2)
    return BuildResult(roles=roles, facts={"tensor_types": types})


def _refuse_twice(source: Path, quantization: str | None) -> None:
    """Quantizing what is quantized already adds the errors."""
    if quantization is None:
        return
    lossy = [name for name in read_gguf(source).types() if name not in _WHOLE]
    if lossy:
        raise problem(UnusableWeights, "llamacpp.twice", source=str(source), types=", ".join(lossy))


def quantize_gguf(source: Path, target: Path, quantization: str, *, threads: int | None = None) -> None:
    """Write `source` (a decoder or an encoder, F32, F16 or BF16) to `target` in another type.

    Rows that a K-quant's blocks of 256 do not divide are stored by llama.cpp in another type of
    about that size: `bench.assets.formats.gguf.read_gguf(target).types()` says what is really in the file.
    Raises `UnusableWeights` with the library's words where it fails; `target` is not there then.
    """
    if quantization not in FILE_TYPES:
        raise problem(
            UnusableWeights, "llamacpp.no_type", quantization=quantization, types=", ".join(FILE_TYPES)
        )
    check_gguf(source, _ARCHITECTURES)
    job = {
        "source": str(source),
        "target": str(target),
        "file_type": FILE_TYPES[quantization],
        "threads": threads or os.cpu_count() or 1,
    }
    environ = {
        **os.environ,
        "GGML_NO_BACKTRACE": "1",
    }  # else an abort starts a debugger, where one is installed
    done = run_helper([sys.executable, "-I", str(_CHILD)], environ=environ, text=json.dumps(job))
    if done.returncode == 0:
        return
    target.unlink(missing_ok=True)
    words = "\n  ".join([line for line in done.stderr.splitlines() if line.strip()][-4:])
    raise problem(
        UnusableWeights,
        "llamacpp.not_made",
        source=str(source),
        quantization=quantization,
        status=str(done.returncode),
        words=words or reason("words.none"),
    )
