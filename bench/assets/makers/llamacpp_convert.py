"""A Hugging Face checkpoint -> llama.cpp's GGUF pair, by llama.cpp's own converter where it is installed.

`convert_hf_to_gguf.py` is looked for by the variable LLAMA_CPP_CONVERTER, then on PATH.  It is run twice:
for the decoder, and with `--mmproj` for the encoder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path
from typing import Final

from bench.assets.formats.gguf import check_qwen3_asr_pair
from bench.assets.makers.builders import BuildRequest, Parameters
from bench.assets.store import BuildResult
from bench.errors import AssetError, UnusableWeights
from bench.helpers import run_helper
from bench.problems import problem
from bench.reasons import reason

SCRIPT: Final = "convert_hf_to_gguf.py"
VARIABLE: Final = "LLAMA_CPP_CONVERTER"


def converter() -> Path:
    """The script; `AssetError` that says how to name it where there is none."""
    given = os.environ.get(VARIABLE) or shutil.which(SCRIPT)
    if given and Path(given).is_file():
        return Path(given)
    raise problem(AssetError, "convert.no_script", script=SCRIPT, variable=VARIABLE)


def identity() -> str:
    """The script, by its content."""
    return f"{SCRIPT} {hashlib.sha256(converter().read_bytes()).hexdigest()[:12]}"


def estimated_bytes(quantization: str, parameters: Parameters, source: int | None) -> int | None:
    """About the checkpoint's, which is in 16 bits."""
    return source


def build(order: BuildRequest) -> BuildResult:
    """Decoder and encoder in the order's type: f16, bf16 or f32."""
    if order.quantization not in ("f16", "bf16", "f32"):
        raise problem(UnusableWeights, "convert.no_type", title=order.title, quantization=order.quantization)
    roles = {"decoder": "decoder.gguf", "encoder": "encoder.gguf"}
    for number, (role, name) in enumerate(roles.items()):
        order.progress.advance(f"Converting {order.title}: {role}", number, len(roles))
        _convert(order, order.folder / name, ["--mmproj"] if role == "encoder" else [])
    order.progress.advance(f"Converting {order.title}", len(roles), len(roles))
    check_qwen3_asr_pair(*(order.folder / name for name in roles.values()))
    return BuildResult(roles=roles)


def _convert(order: BuildRequest, target: Path, more: list[str]) -> None:
    script = converter()
    interpreter = os.environ.get("LLAMA_CPP_PYTHON", sys.executable)
    asked = [str(order.ingredient()), "--outfile", str(target), "--outtype", order.quantization, *more]
    done = run_helper([interpreter, str(script), *asked], environ=os.environ)
    if done.returncode != 0 or not target.is_file():
        words = "\n  ".join([line for line in done.stderr.splitlines() if line.strip()][-4:])
        raise problem(
            UnusableWeights,
            "convert.failed",
            title=order.title,
            script=SCRIPT,
            status=str(done.returncode),
            words=words or reason("words.none"),
        )
