"""What the synthetic GigaAM and Parakeet share in transcribe.cpp's GGUF layout: a Conformer.

Matrices of the linear layers are stored in the quantization asked for; convolutions, norms and the
front end stay in F16 or F32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from bench.assets.formats import ggml
from bench.assets.makers.builders import BuildRequest, Parameters, mistakes
from bench.assets.makers.synthetic.tensors import TensorPlan
from bench.assets.makers.synthetic.transcribe_gguf import MODEL, put
from bench.assets.store import BuildResult
from bench.errors import UnusableWeights
from bench.problems import problem

if TYPE_CHECKING:
    from gguf import GGUFWriter


class ConformerDimensions(BaseModel):
    """A Conformer's dimensions, as in the manifest's `parameters`; rows of 256 let K-quants fit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    width: int = 256
    layers: int = 2
    heads: int = 4


def dimensions(order: BuildRequest) -> ConformerDimensions:
    """The order's parameters; `UnusableWeights` for unknown ones and for a type that ggml has not."""
    if order.quantization not in ggml.TYPES:
        raise problem(
            UnusableWeights,
            "synthetic.no_type",
            title=order.title,
            type=f"{order.quantization!r}",
            types=", ".join(ggml.TYPES),
        )
    try:
        return ConformerDimensions.model_validate(dict(order.parameters))
    except ValidationError as error:
        raise problem(
            UnusableWeights, "synthetic.parameters", title=order.title, error=mistakes(error)
        ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConformerBuilder:
    """A generator of a Conformer with random weights: what the file says of itself, and which tensors it has."""

    architecture: str
    describe: Callable[[GGUFWriter, ConformerDimensions], None]
    plan: Callable[..., TensorPlan]

    def estimated_bytes(self, quantization: str, parameters: Parameters, source: int | None) -> int | None:
        """The tensors; metadata is a few kilobytes."""
        size = ConformerDimensions.model_validate(dict(parameters))
        return self.plan(size, quantization, seed=1).bytes

    def build(self, order: BuildRequest) -> BuildResult:
        """Write the file in the order's quantization.  Parameters: `width`, `layers`, `heads`."""
        from gguf import GGUFWriter

        size = dimensions(order)
        writer = GGUFWriter(None, self.architecture)
        self.describe(writer, size)
        plan = self.plan(size, order.quantization, seed=order.seed)
        plan.write(writer, order.folder / MODEL, order.title, order.progress)
        return BuildResult(roles={"model": MODEL}, facts=size.model_dump())


def describe_tokenizer(
    writer: GGUFWriter, model: str, tokens: Sequence[str], special: Mapping[int, int]
) -> None:
    """Tokens, the last of which is the blank; `special` are token types other than normal by id."""
    count = len(tokens)
    types = [special.get(number, 1) for number in range(count)]
    put(
        writer,
        "tokenizer.ggml.",
        {
            "model": model,
            "tokens": list(tokens),
            "scores": [0.0] * count,
            "token_type": types,
            "blank_token_id": count - 1,
        },
    )


def feed_forward(plan: TensorPlan, prefix: str, width: int, type_: str, *, bias: bool) -> None:
    """The two half-step feed-forward modules of a Conformer block."""
    for name in ("ff1", "ff2"):
        linear(plan, f"{prefix}{name}.linear1", 4 * width, width, type_, bias=bias)
        linear(plan, f"{prefix}{name}.linear2", width, 4 * width, type_, bias=bias)


def convolution(plan: TensorPlan, prefix: str, width: int, kernel: int, *, bias: bool) -> None:
    """Pointwise, depthwise, pointwise."""
    for name, shape, type_ in (
        ("pointwise1", (2 * width, width, 1), "f16"),
        ("depthwise", (width, 1, kernel), "f32"),
        ("pointwise2", (width, width, 1), "f16"),
    ):
        fan_in = shape[1] * shape[2]
        plan.random(f"{prefix}conv.{name}.weight", shape, fan_in**-0.5, type_)
        if bias:
            plan.filled(f"{prefix}conv.{name}.bias", (shape[0],), 0.0)


def norms(plan: TensorPlan, prefix: str, width: int, names: Sequence[str]) -> None:
    """Norms that change nothing."""
    for name in names:
        plan.filled(f"{prefix}{name}.weight", (width,), 1.0)
        plan.filled(f"{prefix}{name}.bias", (width,), 0.0)


def linear(
    plan: TensorPlan, name: str, rows: int, width: int, type_: str, *, bias: bool, gain: float = 1.0
) -> None:
    """A matrix that keeps the scale of what goes through it."""
    plan.random(f"{name}.weight", (rows, width), gain * width**-0.5, type_)
    if bias:
        plan.filled(f"{name}.bias", (rows,), 0.0)
