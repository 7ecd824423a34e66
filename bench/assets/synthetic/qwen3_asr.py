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

from bench.assets.gguf import read_gguf
from bench.assets.synthetic.tensors import TensorPlan
from bench.errors import AssetError

if TYPE_CHECKING:
    from gguf import GGUFWriter

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


def size_of(name: str) -> Size:
    """The size of that name; `AssetError` lists them."""
    if name not in SIZES:
        raise AssetError(
            f'synthetic Qwen3-ASR has no size "{name}".', hint=f"Sizes: {', '.join(SIZES)}."
        )
    return SIZES[name]


def write_decoder(target: Path, size: Size, vocabulary_file: Path, *, seed: int, tied: bool = False) -> None:
    """The decoder in F16 (`general.architecture` qwen3vl).  `vocabulary_file` is ggml-vocab-qwen2.gguf."""
    from gguf import GGUFWriter

    vocabulary = read_vocabulary(vocabulary_file, whole=size.whole_vocabulary)
    writer = GGUFWriter(None, "qwen3vl")
    _describe_decoder(writer, size, vocabulary)
    plan = TensorPlan(seed)
    count, hidden = len(vocabulary.tokens), size.hidden
    # Embeddings of unit scale: greedy output then depends on every token that went in.
    plan.random("token_embd.weight", (count, hidden), 0.02 if tied else 1.0, "f16")
    if not tied:
        plan.random("output.weight", (count, hidden), 0.02, "f16")
    plan.filled("output_norm.weight", (hidden,), 1.0)
    for layer in range(size.layers):
        _decoder_layer(plan, f"blk.{layer}.", size)
    plan.write(writer, target)


def write_encoder(target: Path, size: Size, *, seed: int) -> None:
    """The encoder in F16 (architecture clip, projector qwen3a); convolutions in F16, norms in F32."""
    from gguf import GGUFWriter

    writer = GGUFWriter(None, "clip")
    _describe_encoder(writer, size)
    plan = TensorPlan(seed)
    hidden, inner, channels = size.encoder_hidden, size.encoder_feed_forward, size.encoder_channels
    for number, incoming in ((1, 1), (2, channels), (3, channels)):
        plan.random(f"a.conv2d.{number}.weight", (channels, incoming, 3, 3), (2 / (incoming * 9)) ** 0.5, "f16")
        plan.random(f"a.conv2d.{number}.bias", (channels, 1, 1), 0.01)
    plan.random("a.conv_out.weight", (hidden, channels * 16), (channels * 16) ** -0.5, "f16")
    plan.given("a.position_embd.weight", _sinusoids(1500, hidden))
    for layer in range(size.encoder_layers):
        _encoder_layer(plan, f"a.blk.{layer}.", hidden, inner)
    plan.filled("a.post_ln.weight", (hidden,), 1.0)
    plan.random("a.post_ln.bias", (hidden,), 0.01)
    _linear(plan, "mm.a.mlp.1", hidden, hidden)
    _linear(plan, "mm.a.mlp.2", size.hidden, hidden)
    plan.write(writer, target)


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


def _sinusoids(positions: int, width: int) -> Any:
    """Sine and cosine position embeddings, (positions, width)."""
    import numpy

    half = width // 2
    rates = numpy.exp(-numpy.log(10_000) / (half - 1) * numpy.arange(half))
    angles = numpy.arange(positions)[:, None] * rates[None]
    return numpy.concatenate([numpy.sin(angles), numpy.cos(angles)], axis=1).astype("float32")
