"""Qwen3-ASR of random weights: a decoder and an encoder that llama.cpp accepts, with no meaning in them.

True sizes have the true models' speed and memory.  The layout is what llama.cpp's converter writes
for this model; `bench.assets.makers.synthetic.qwen3_asr_transcribe` has transcribe.cpp's.

Embeddings are untied, unlike the real models', which makes the file larger by one embedding matrix;
`tied` gives the real layout.  Plain random weights that are tied repeat one token for ever, since a
token is most like itself.  Here their rows are small beside what the layers add, and attention is sharp:
each step looks at few positions, and at others than the step before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bench.assets.formats.whisper_layout import sinusoids
from bench.assets.makers.builders import BuildRequest, Parameters
from bench.assets.makers.synthetic.qwen3_model import (
    CHAT_TEMPLATE,
    Size,
    Vocabulary,
    qwen2_vocabulary,
    read_vocabulary,
    size_of,
)
from bench.assets.makers.synthetic.tensors import TensorPlan
from bench.assets.store import BuildResult
from bench.errors import UnusableWeights
from bench.problems import problem

if TYPE_CHECKING:
    from gguf import GGUFWriter

REVISION: Final = "1"
DECODER: Final = "decoder-f16.gguf"
ENCODER: Final = "encoder-f16.gguf"

_TIED_EMBEDDING: Final = 0.05
_TIED_SHARPNESS: Final = 3.0  # of queries and of keys: scores have its square as their deviation


def identity() -> str:
    """This module's own revision."""
    return f"synthetic Qwen3-ASR {REVISION}"


def estimated_bytes(quantization: str, parameters: Parameters, source: int | None) -> int | None:
    """Decoder and encoder, but for the vocabulary (about 6 MB)."""
    size = size_of(parameters, "the manifest", also=("tied",))
    tied = bool(parameters.get("tied", False))
    return plan_decoder(size, size.tokens, seed=1, tied=tied).bytes + plan_encoder(size, seed=1).bytes


def build(order: BuildRequest) -> BuildResult:
    """Write decoder and encoder in F16.  Parameters: `size` (tiny, 0.6b, 1.7b) and `tied`."""
    if order.quantization != "f16":
        raise problem(UnusableWeights, "synthetic.f16_only", title=order.title)
    size = size_of(order.parameters, order.title, also=("tied",))
    vocabulary = read_vocabulary(qwen2_vocabulary(order.progress), whole=size.whole_vocabulary)
    write_decoder(order, size, vocabulary)
    write_encoder(order, size)
    return BuildResult(
        roles={"decoder": DECODER, "encoder": ENCODER},
        facts={"size": order.parameters["size"], "tied": bool(order.parameters.get("tied", False))},
    )


def write_decoder(order: BuildRequest, size: Size, vocabulary: Vocabulary) -> None:
    """The decoder in F16: `general.architecture` is qwen3vl."""
    from gguf import GGUFWriter

    writer = GGUFWriter(None, "qwen3vl")
    _describe_decoder(writer, size, vocabulary)
    tied = bool(order.parameters.get("tied", False))
    plan = plan_decoder(size, len(vocabulary.tokens), seed=order.seed, tied=tied)
    plan.write(writer, order.folder / DECODER, f"{order.title}: decoder", order.progress)


def write_encoder(order: BuildRequest, size: Size) -> None:
    """The encoder in F16: architecture clip, projector qwen3a; norms in F32."""
    from gguf import GGUFWriter

    writer = GGUFWriter(None, "clip")
    _describe_encoder(writer, size)
    plan = plan_encoder(size, seed=order.seed)
    plan.write(writer, order.folder / ENCODER, f"{order.title}: encoder", order.progress)


def plan_decoder(size: Size, tokens: int, *, seed: int, tied: bool) -> TensorPlan:
    """The decoder's tensors, matrices in F16."""
    plan = TensorPlan(seed)
    # Embeddings of unit scale: greedy output then depends on every token that went in.
    plan.random("token_embd.weight", (tokens, size.hidden), _TIED_EMBEDDING if tied else 1.0, "f16")
    if not tied:
        plan.random("output.weight", (tokens, size.hidden), 0.02, "f16")
    plan.filled("output_norm.weight", (size.hidden,), 1.0)
    for layer in range(size.layers):
        _decoder_layer(plan, f"blk.{layer}.", size, sharpness=_TIED_SHARPNESS if tied else 1.0)
    return plan


def plan_encoder(size: Size, *, seed: int) -> TensorPlan:
    """The encoder's tensors, matrices in F16."""
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
    writer.add_chat_template(CHAT_TEMPLATE)


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


def _decoder_layer(plan: TensorPlan, prefix: str, size: Size, *, sharpness: float) -> None:
    hidden, inner = size.hidden, size.feed_forward
    queries, keys = size.heads * size.head, size.kv_heads * size.head
    for norm in ("attn_norm", "ffn_norm"):
        plan.filled(f"{prefix}{norm}.weight", (hidden,), 1.0)
    for norm in ("attn_q_norm", "attn_k_norm"):
        plan.filled(f"{prefix}{norm}.weight", (size.head,), sharpness)
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
