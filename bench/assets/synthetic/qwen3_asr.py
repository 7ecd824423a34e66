"""Qwen3-ASR of random weights: a decoder and an encoder that llama.cpp accepts, with no meaning in them.

True sizes have the true models' speed and memory.  The layout is what llama.cpp's converter writes
for this model; the tokenizer is the real Qwen2 one with Qwen3-ASR's own tokens at their ids.

Sizes (hidden, layers, heads, feed-forward of decoder and encoder) are those of the published
configurations of Qwen3-ASR-0.6B and -1.7B.  Embeddings are untied, unlike the real models': tied
random weights repeat one token for ever, and nothing could be compared.  That makes the file larger
by one embedding matrix; `tied` gives the real layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.assets import pypi
from bench.assets.builders import Order
from bench.assets.gguf import read_gguf
from bench.assets.manifest import PypiSource
from bench.assets.progress import Progress
from bench.assets.store import Key, Made, obtain
from bench.assets.synthetic.tensors import TensorPlan
from bench.assets.whisper_layout import sinusoids
from bench.errors import UnusableWeights

if TYPE_CHECKING:
    from gguf import GGUFWriter

REVISION: Final = "1"
DECODER: Final = "decoder-f16.gguf"
ENCODER: Final = "encoder-f16.gguf"

VOCABULARY: Final[dict[str, Any]] = {
    "kind": "pypi",
    "packages": [
        {
            "requirement": "llama-cpp-python==0.3.36",
            "file": "llama_cpp_python-0.3.36.tar.gz",
            "sha256": "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e",
            "bytes": 76589250,
        }
    ],
    "files": [
        {
            "to": "ggml-vocab-qwen2.gguf",
            "join": ["*/vendor/llama.cpp/models/ggml-vocab-qwen2.gguf"],
            "sha256": "44c2f46b715f585c6ab513970e8a006bfa5badd6108560054921cf598d154d8c",
        }
    ],
}

_KEPT_TOKENS: Final = 4096  # of the vocabulary, in the tiny size

_ADDED_TOKENS: Final = {  # id in the real models -> text; the last one is text to the tokenizer, no control
    151643: "<|endoftext|>",
    151644: "<|im_start|>",
    151645: "<|im_end|>",
    151669: "<|audio_start|>",
    151670: "<|audio_end|>",
    151676: "<|audio_pad|>",
    151704: "<asr_text>",
}
_CHAT_TEMPLATE: Final = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Dimensions of decoder and encoder; widths are multiples of 256, so that K-quants fit."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head: int
    feed_forward: int
    context: int
    rope_sections: tuple[int, int, int, int]
    encoder_hidden: int
    encoder_layers: int
    encoder_heads: int
    encoder_feed_forward: int
    encoder_channels: int
    whole_vocabulary: bool = True


SIZES: Final[Mapping[str, Size]] = {
    "tiny": Size(
        hidden=256, layers=2, heads=4, kv_heads=2, head=64, feed_forward=512, context=4096,
        rope_sections=(12, 10, 10, 0), encoder_hidden=256, encoder_layers=2, encoder_heads=4,
        encoder_feed_forward=512, encoder_channels=16, whole_vocabulary=False,
    ),
    "0.6b": Size(
        hidden=1024, layers=28, heads=16, kv_heads=8, head=128, feed_forward=3072, context=65536,
        rope_sections=(24, 20, 20, 0), encoder_hidden=896, encoder_layers=18, encoder_heads=14,
        encoder_feed_forward=3584, encoder_channels=480,
    ),
    "1.7b": Size(
        hidden=2048, layers=28, heads=16, kv_heads=8, head=128, feed_forward=6144, context=65536,
        rope_sections=(24, 20, 20, 0), encoder_hidden=1024, encoder_layers=24, encoder_heads=16,
        encoder_feed_forward=4096, encoder_channels=480,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Tokens, their types and merges, and the ids of the tokens the prompt needs."""

    tokens: list[str]
    types: list[int]
    merges: list[str]
    ids: Mapping[str, int]


def identity() -> str:
    """This module's own revision."""
    return f"synthetic Qwen3-ASR {REVISION}"


def estimated_bytes(quantization: str, parameters: Mapping[str, Any], source: int | None) -> int | None:
    """Decoder and encoder, but for the vocabulary (about 6 MB)."""
    size = _size(parameters, "the manifest")
    count = 151936 if size.whole_vocabulary else _KEPT_TOKENS
    tied = bool(parameters.get("tied", False))
    return _plan_decoder(size, count, seed=1, tied=tied).bytes + _plan_encoder(size, seed=1).bytes


def build(order: Order) -> Made:
    """Write decoder and encoder in F16.  Parameters: `size` (tiny, 0.6b, 1.7b) and `tied`."""
    if order.quantization != "f16":
        raise UnusableWeights(f"{order.title}: the generator writes f16.", hint="Quantize from f16.")
    size = _size(order.parameters, order.title)
    vocabulary = read_vocabulary(qwen2_vocabulary(order.progress), whole=size.whole_vocabulary)
    write_decoder(order, size, vocabulary)
    write_encoder(order, size)
    return Made(
        roles={"decoder": DECODER, "encoder": ENCODER},
        facts={"size": order.parameters["size"], "tied": bool(order.parameters.get("tied", False))},
    )


def _size(parameters: Mapping[str, Any], where: str) -> Size:
    name = parameters.get("size")
    unknown = set(parameters) - {"size", "tied"}
    if name not in SIZES or unknown:
        raise UnusableWeights(
            f"{where}: parameters of synthetic Qwen3-ASR are `size` ({', '.join(SIZES)}) and `tied`; "
            f"found {dict(parameters)}.",
            hint="Mend `parameters` in the manifest.",
        )
    return SIZES[str(name)]


def qwen2_vocabulary(progress: Progress) -> Path:
    """`ggml-vocab-qwen2.gguf` in the cache, out of llama.cpp's sources in the package's archive."""
    source = PypiSource.model_validate(VOCABULARY)
    key = Key(room="vocabulary", name="qwen2", title="the Qwen2 vocabulary", recipe=VOCABULARY)
    landing = obtain(
        key, lambda folder: pypi.fill(source, folder, "the Qwen2 vocabulary", progress), progress=progress
    )
    return landing.path("model")


def write_decoder(order: Order, size: Size, vocabulary: Vocabulary) -> None:
    """The decoder in F16: `general.architecture` is qwen3vl."""
    from gguf import GGUFWriter

    writer = GGUFWriter(None, "qwen3vl")
    _describe_decoder(writer, size, vocabulary)
    tied = bool(order.parameters.get("tied", False))
    plan = _plan_decoder(size, len(vocabulary.tokens), seed=order.seed, tied=tied)
    plan.write(writer, order.folder / DECODER, f"{order.title}: decoder", order.progress)


def write_encoder(order: Order, size: Size) -> None:
    """The encoder in F16: architecture clip, projector qwen3a; norms in F32."""
    from gguf import GGUFWriter

    writer = GGUFWriter(None, "clip")
    _describe_encoder(writer, size)
    plan = _plan_encoder(size, seed=order.seed)
    plan.write(writer, order.folder / ENCODER, f"{order.title}: encoder", order.progress)


def _plan_decoder(size: Size, tokens: int, *, seed: int, tied: bool) -> TensorPlan:
    plan = TensorPlan(seed)
    # Embeddings of unit scale: greedy output then depends on every token that went in.
    plan.random("token_embd.weight", (tokens, size.hidden), 0.02 if tied else 1.0, "f16")
    if not tied:
        plan.random("output.weight", (tokens, size.hidden), 0.02, "f16")
    plan.filled("output_norm.weight", (size.hidden,), 1.0)
    for layer in range(size.layers):
        _decoder_layer(plan, f"blk.{layer}.", size)
    return plan


def _plan_encoder(size: Size, *, seed: int) -> TensorPlan:
    plan = TensorPlan(seed)
    hidden, inner, channels = size.encoder_hidden, size.encoder_feed_forward, size.encoder_channels
    for number, incoming in ((1, 1), (2, channels), (3, channels)):
        plan.random(
            f"a.conv2d.{number}.weight", (channels, incoming, 3, 3), (2 / (incoming * 9)) ** 0.5, "f16"
        )
        plan.random(f"a.conv2d.{number}.bias", (channels, 1, 1), 0.01)
    plan.random("a.conv_out.weight", (hidden, channels * 16), (channels * 16) ** -0.5, "f16")
    plan.given("a.position_embd.weight", sinusoids(1500, hidden))
    for layer in range(size.encoder_layers):
        _encoder_layer(plan, f"a.blk.{layer}.", hidden, inner)
    plan.filled("a.post_ln.weight", (hidden,), 1.0)
    plan.random("a.post_ln.bias", (hidden,), 0.01)
    _linear(plan, "mm.a.mlp.1", hidden, hidden)
    _linear(plan, "mm.a.mlp.2", size.hidden, hidden)
    return plan


def read_vocabulary(path: Path, *, whole: bool) -> Vocabulary:
    """The Qwen2 tokenizer of a vocabulary file with Qwen3-ASR's tokens; cut to its start unless `whole`."""
    from gguf import TokenType

    metadata = read_gguf(path).metadata
    tokens: list[str] = metadata["tokenizer.ggml.tokens"]
    types: list[int] = metadata["tokenizer.ggml.token_type"]
    merges: list[str] = metadata["tokenizer.ggml.merges"]
    ids: dict[str, int] = {}
    kind = {
        text: int(TokenType.USER_DEFINED if text == "<asr_text>" else TokenType.CONTROL)
        for text in _ADDED_TOKENS.values()
    }
    if whole:
        for number, text in _ADDED_TOKENS.items():
            tokens[number], types[number], ids[text] = text, kind[text], number
        return Vocabulary(tokens=tokens, types=types, merges=merges, ids=ids)
    tokens, types = tokens[:_KEPT_TOKENS], types[:_KEPT_TOKENS]
    kept = set(tokens)
    merges = [merge for merge in merges if kept.issuperset((*merge.split(" ", 1), merge.replace(" ", "", 1)))]
    for text in _ADDED_TOKENS.values():
        ids[text] = len(tokens)
        tokens.append(text)
        types.append(kind[text])
    while len(tokens) % 64:
        tokens.append(f"[PAD{len(tokens)}]")
        types.append(int(TokenType.UNUSED))
    return Vocabulary(tokens=tokens, types=types, merges=merges, ids=ids)


def _describe_decoder(writer: GGUFWriter, size: Size, vocabulary: Vocabulary) -> None:
    from gguf import GGML_QUANT_VERSION, GGUFType, LlamaFileType

    writer.add_type(GGUFType.MODEL)
    writer.add_name("SYNTHETIC Qwen3-ASR decoder: random weights")
    writer.add_block_count(size.layers)
    writer.add_context_length(size.context)
    writer.add_embedding_length(size.hidden)
    writer.add_feed_forward_length(size.feed_forward)
    writer.add_head_count(size.heads)
    writer.add_head_count_kv(size.kv_heads)
    writer.add_key_length(size.head)
    writer.add_value_length(size.head)
    writer.add_rope_dimension_sections(list(size.rope_sections))
    writer.add_rope_freq_base(1e6)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_num_deepstack_layers(0)
    writer.add_file_type(LlamaFileType.MOSTLY_F16)
    writer.add_quantization_version(GGML_QUANT_VERSION)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    writer.add_token_merges(vocabulary.merges)
    writer.add_bos_token_id(vocabulary.ids["<|im_end|>"])
    writer.add_eos_token_id(vocabulary.ids["<|im_end|>"])
    writer.add_pad_token_id(vocabulary.ids["<|endoftext|>"])
    writer.add_add_bos_token(False)
    writer.add_chat_template(_CHAT_TEMPLATE)


def _describe_encoder(writer: GGUFWriter, size: Size) -> None:
    from gguf import GGML_QUANT_VERSION, GGUFType, LlamaFileType, VisionProjectorType

    writer.add_type(GGUFType.MMPROJ)
    writer.add_name("SYNTHETIC Qwen3-ASR encoder: random weights")
    writer.add_file_type(LlamaFileType.MOSTLY_F16)
    writer.add_quantization_version(GGML_QUANT_VERSION)
    writer.add_clip_has_audio_encoder(True)
    writer.add_clip_audio_projector_type(VisionProjectorType.QWEN3A)
    writer.add_audio_projection_dim(size.hidden)
    writer.add_audio_embedding_length(size.encoder_hidden)
    writer.add_audio_feed_forward_length(size.encoder_feed_forward)
    writer.add_audio_block_count(size.encoder_layers)
    writer.add_audio_head_count(size.encoder_heads)
    writer.add_audio_num_mel_bins(128)
    writer.add_audio_attention_layernorm_eps(1e-5)


def _decoder_layer(plan: TensorPlan, prefix: str, size: Size) -> None:
    hidden, inner = size.hidden, size.feed_forward
    queries, keys = size.heads * size.head, size.kv_heads * size.head
    for norm in ("attn_norm", "ffn_norm"):
        plan.filled(f"{prefix}{norm}.weight", (hidden,), 1.0)
    for norm in ("attn_q_norm", "attn_k_norm"):
        plan.filled(f"{prefix}{norm}.weight", (size.head,), 1.0)
    for name, rows, width in (
        ("attn_q", queries, hidden),
        ("attn_k", keys, hidden),
        ("attn_v", keys, hidden),
        ("attn_output", hidden, queries),
        ("ffn_gate", inner, hidden),
        ("ffn_up", inner, hidden),
        ("ffn_down", hidden, inner),
    ):
        plan.random(f"{prefix}{name}.weight", (rows, width), width**-0.5, "f16")


def _encoder_layer(plan: TensorPlan, prefix: str, hidden: int, inner: int) -> None:
    for norm in ("ln1", "ln2"):
        plan.filled(f"{prefix}{norm}.weight", (hidden,), 1.0)
        plan.random(f"{prefix}{norm}.bias", (hidden,), 0.01)
    for name in ("attn_q", "attn_k", "attn_v", "attn_out"):
        _linear(plan, prefix + name, hidden, hidden)
    _linear(plan, prefix + "ffn_up", inner, hidden)
    _linear(plan, prefix + "ffn_down", hidden, inner)


def _linear(plan: TensorPlan, name: str, rows: int, width: int) -> None:
    plan.random(f"{name}.weight", (rows, width), width**-0.5, "f16")
    plan.random(f"{name}.bias", (rows,), 0.01)
