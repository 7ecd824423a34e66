"""Who makes weights: converters, quantizers and generators by name, imported when they are needed.

A builder is a module with `build(order) -> BuildResult` and `identity() -> str`.  To add one, write the
module and name it here; the manifest names it in turn.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, cast

from pydantic import ValidationError

from bench.assets.progress import Progress
from bench.assets.store import BuildResult
from bench.domain import WeightsFile
from bench.errors import AssetError
from bench.problems import problem

#: What a manifest says under `parameters`: as its author wrote it, checked by the builder.
Parameters = Mapping[str, Any]

#: `convert` sources: converter -> module.
CONVERTERS: Final[dict[str, str]] = {
    "ct2-whisper-to-ggml": "bench.assets.makers.whisper_ct2",
    "hf-whisper-to-ggml": "bench.assets.makers.whisper_hf",
    "hf-to-gguf-llamacpp": "bench.assets.makers.llamacpp_convert",
}
#: `quantize` sources: format -> module.
QUANTIZERS: Final[dict[str, str]] = {
    "ggml": "bench.assets.makers.whisper_quantize",
    "gguf-llamacpp": "bench.assets.makers.llamacpp",
}
#: `synthetic` sources: generator -> module.
GENERATORS: Final[dict[str, str]] = {
    "whisper": "bench.assets.makers.synthetic.whisper",
    "qwen3-asr": "bench.assets.makers.synthetic.qwen3_asr",
    "qwen3-asr-transcribe": "bench.assets.makers.synthetic.qwen3_asr_transcribe",
    "gigaam": "bench.assets.makers.synthetic.gigaam",
    "parakeet": "bench.assets.makers.synthetic.parakeet",
}
#: Formats whose files are looked at before an engine gets them: format -> "module:function(path)".
CHECKS: Final[dict[str, str]] = {"ggml": "bench.assets.formats.ggml:check_ggml"}


def mistakes(error: ValidationError) -> str:
    """What is wrong with a builder's parameters, each by its name, in pydantic's words."""
    found = error.errors(include_url=False)
    return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found)


_NO_SUCH: Final = {
    "converter": "maker.no_converter",
    "quantizer": "maker.no_quantizer",
    "generator": "maker.no_generator",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """What a builder is asked to make, into the empty `folder`.

    `ingredients` are the weights it starts from (none for a generator), checked and read-only.
    """

    title: str
    folder: Path
    quantization: str
    ingredients: tuple[WeightsFile, ...]
    parameters: Parameters
    seed: int
    progress: Progress = field(repr=False)

    def ingredient(self, role: str = "model") -> Path:
        """The ingredient of that role."""
        return next(Path(file.path) for file in self.ingredients if file.role == role)


class Builder(Protocol):
    """What a builder's module offers."""

    def build(self, order: BuildRequest) -> BuildResult:
        """Fill the order's folder and say which file plays which role.

        Raises `UnusableWeights` before anything is written where the order cannot be met.
        """

    def identity(self) -> str:
        """Versions of all that shapes the result (own revision, native library).

        Cheap: weights made under another identity are made again.  Raises `AssetError` that names
        the extra where the library is not installed.
        """

    def estimated_bytes(self, quantization: str, parameters: Parameters, source: int | None) -> int | None:
        """Size of the result for the plan, from the ingredient's size; None when nobody knows."""


def builder(kind: str, name: str) -> Builder:
    """The module that makes `name`; `kind` is "converter", "quantizer" or "generator"."""
    table = {"converter": CONVERTERS, "quantizer": QUANTIZERS, "generator": GENERATORS}[kind]
    if name not in table:
        raise problem(AssetError, _NO_SUCH[kind], name=name, names=", ".join(sorted(table)))
    return cast(Builder, importlib.import_module(table[name]))


def check(fmt: str, path: Path) -> None:
    """Raise `UnusableWeights` where a file of that format is not what its engine can load."""
    if fmt in CHECKS:
        module, function = CHECKS[fmt].split(":")
        cast(Callable[[Path], None], getattr(importlib.import_module(module), function))(path)
