"""Qwen3-ASR of random weights in transcribe.cpp's layout: encoder and decoder in one file.

The layout is what transcribe.cpp 0.4.1 asks for (src/arch/qwen3_asr) and what its converter writes.
Types are those of its own tool, transcribe-quantize (docs/tools/quantization.md): convolutions, norms
and biases in F32, every matrix in the type of the label; in the mixed labels attention outputs in Q8_0
and the embedding in Q6_K; a row that a K-quant's blocks do not divide in Q8_0.

The library takes tied embeddings alone, as the real models have.  Names, shapes and types apart, every
tensor is that of `bench.assets.makers.synthetic.qwen3_asr` with `tied` and the same seed: two layouts of one
model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.assets.formats.whisper_layout import FFT_SIZE, SAMPLE_RATE, mel_filters
from bench.assets.makers.builders import BuildRequest, Parameters
from bench.assets.makers.synthetic.qwen3_asr import plan_decoder, plan_encoder
from bench.assets.makers.synthetic.qwen3_model import (
    CHAT_TEMPLATE,
    Size,
    Vocabulary,
    qwen2_vocabulary,
    read_vocabulary,
    size_of,
)
from bench.assets.makers.synthetic.tensors import TensorPlan
from bench.assets.makers.synthetic.transcribe_gguf import MODEL, periodic_hann, put, row_type
from bench.assets.store import BuildResult
from bench.errors import UnusableWeights
from bench.problems import problem

if TYPE_CHECKING:
    from gguf import GGUFWriter

REVISION: Final = "1"
MELS: Final = 128
NEEDED_TOKENS: Final = ("\u010a", "system", "user", "assistant")  # the library looks them up by their text
LANGUAGES: Final = (
    "zh", "en", "yue", "ar", "de", "fr", "es", "pt", "id", "it", "ko", "ru", "th", "vi", "ja", "tr", "hi",
    "ms", "nl", "sv", "da", "fi", "pl", "cs", "fil", "fa", "el", "ro", "hu", "mk",
)  # fmt: skip

NAMES: Final[Mapping[str, str]] = {  # llama.cpp's -> transcribe.cpp's
    "a.conv_out": "enc.conv_out",
    "a.post_ln": "enc.ln_post",
    "mm.a.mlp.1": "enc.proj1",
    "mm.a.mlp.2": "enc.proj2",
    "token_embd": "dec.token_embd",
    "output_norm": "dec.output_norm",
}
ENCODER_PARTS: Final[Mapping[str, str]] = {
    "ln1": "norm_attn",
    "ln2": "norm_ffn",
    **{f"attn_{part}": f"attn.{part}" for part in ("q", "k", "v", "out")},
    "ffn_up": "ffn.fc1",
    "ffn_down": "ffn.fc2",
}
DECODER_PARTS: Final[Mapping[str, str]] = {
    "attn_norm": "norm_attn",
    "ffn_norm": "norm_ffn",
    **{f"attn_{part}": f"attn.{part}" for part in ("q", "k", "v", "q_norm", "k_norm")},
    "attn_output": "attn.o",
    **{f"ffn_{part}": f"ffn.{part}" for part in ("gate", "up", "down")},
}


@dataclass(frozen=True, slots=True)
class Types:
    """What a label stands for: the type of matrices, of attention outputs, of the embedding."""

    matrix: str
    attention_output: str
    embedding: str

    def type_of(self, name: str, shape: tuple[int, ...]) -> str:
        """The type that a tensor is stored in."""
        if len(shape) != 2:  # biases, norms, convolutions
            return "f32"
        if name == "dec.token_embd.weight":
            wanted = self.embedding
        else:
            outputs = ("attn.o.weight", "attn.out.weight")
            wanted = self.attention_output if name.endswith(outputs) else self.matrix
        return row_type(wanted, shape[-1])


PRESETS: Final[Mapping[str, Types]] = {
    **{name: Types(name, name, name) for name in ("f16", "q8_0", "q6_k", "q5_1", "q5_0", "q4_1", "q4_0")},
    "q5_k_m": Types("q5_k", "q8_0", "q6_k"),
    "q4_k_m": Types("q4_k", "q8_0", "q6_k"),
}


def identity() -> str:
    """This module's own revision."""
    return f"synthetic Qwen3-ASR for transcribe.cpp {REVISION}"


def estimated_bytes(quantization: str, parameters: Parameters, source: int | None) -> int | None:
    """The tensors, but for the vocabulary (about 6 MB)."""
    size = size_of(parameters, "the manifest")
    return plan_tensors(size, size.tokens, types_of(quantization, "the manifest"), seed=1).bytes


def build(order: BuildRequest) -> BuildResult:
    """Write the file in the order's quantization.  Parameter: `size` (tiny, 0.6b, 1.7b)."""
    size = size_of(order.parameters, order.title)
    types = types_of(order.quantization, order.title)
    vocabulary = read_vocabulary(
        qwen2_vocabulary(order.progress), whole=size.whole_vocabulary, needed=NEEDED_TOKENS
    )
    write_model(order, size, types, vocabulary)
    return BuildResult(roles={"model": MODEL}, facts={"size": order.parameters["size"], "tied": True})


def write_model(order: BuildRequest, size: Size, types: Types, vocabulary: Vocabulary) -> None:
    """The one file: `general.architecture` is qwen3_asr."""
    from gguf import GGUFWriter

    writer = GGUFWriter(None, "qwen3_asr")
    describe(writer, size, vocabulary)
    plan = plan_tensors(size, len(vocabulary.tokens), types, seed=order.seed)
    plan.write(writer, order.folder / MODEL, order.title, order.progress)


def types_of(quantization: str, where: str) -> Types:
    """The types of a label; `UnusableWeights` for one that transcribe-quantize has not."""
    if quantization not in PRESETS:
        raise problem(
            UnusableWeights,
            "synthetic.no_preset",
            where=where,
            quantization=f"{quantization!r}",
            presets=", ".join(PRESETS),
        )
    return PRESETS[quantization]


def describe(writer: GGUFWriter, size: Size, vocabulary: Vocabulary) -> None:
    """Metadata: what transcribe.cpp reads before the tensors."""
    put(
        writer,
        "general.",
        {
            "name": "SYNTHETIC Qwen3-ASR: random weights",
            "basename": "qwen3-asr",
            "size_label": "random",
            "file_type": 0,
            "languages": list(LANGUAGES),
        },
    )
    put(writer, "stt.", {"variant": "qwen3-asr-synthetic", "capability.lang_detect": True})
    _describe_tokenizer(writer, vocabulary)
    _describe_sizes(writer, size, len(vocabulary.tokens))
    put(
        writer,
        "stt.qwen3_asr.",
        {
            "audio_token_id": vocabulary.ids["<|audio_pad|>"],
            "audio_start_token_id": vocabulary.ids["<|audio_start|>"],
            "audio_end_token_id": vocabulary.ids["<|audio_end|>"],
        },
    )
    put(
        writer,
        "stt.frontend.",
        {
            "type": "mel",
            "num_mels": MELS,
            "sample_rate": SAMPLE_RATE,
            "n_fft": FFT_SIZE,
            "win_length": FFT_SIZE,
            "hop_length": 160,
            "window": "hann_periodic",
            "normalize": "per_utterance",
            "dither": 0.0,
            "pre_emphasis": 0.0,
            "f_min": 0.0,
            "f_max": SAMPLE_RATE / 2,
            "pad_mode": "reflect",
            "center": True,
            "mel_norm": "slaney",
            "chunk_length": 30,
            "n_samples": 30 * SAMPLE_RATE,
            "nb_max_frames": 3000,
        },
    )


def _describe_tokenizer(writer: GGUFWriter, vocabulary: Vocabulary) -> None:
    put(
        writer,
        "tokenizer.ggml.",
        {
            "model": "gpt2",
            "pre": "qwen2",
            "tokens": vocabulary.tokens,
            "token_type": vocabulary.types,
            "merges": vocabulary.merges,
            "eos_token_id": vocabulary.ids["<|im_end|>"],
            "padding_token_id": vocabulary.ids["<|endoftext|>"],
            "add_bos_token": False,
        },
    )
    put(writer, "tokenizer.", {"chat_template": CHAT_TEMPLATE})


def _describe_sizes(writer: GGUFWriter, size: Size, tokens: int) -> None:
    put(
        writer,
        "stt.qwen3_asr.encoder.",
        {
            "n_layers": size.encoder_layers,
            "d_model": size.encoder_hidden,
            "n_heads": size.encoder_heads,
            "ffn_dim": size.encoder_feed_forward,
            "num_mel_bins": MELS,
            "downsample_hidden": size.encoder_channels,
            "output_dim": size.hidden,
            "max_source_positions": 1500,
            "n_window": 50,
            "n_window_infer": 800,
            "conv_chunksize": 500,
            "activation": "gelu",
        },
    )
    time, height, width = size.rope_sections[:3]
    put(
        writer,
        "stt.qwen3_asr.decoder.",
        {
            "n_layers": size.layers,
            "hidden_size": size.hidden,
            "intermediate_size": size.feed_forward,
            "n_heads": size.heads,
            "n_kv_heads": size.kv_heads,
            "head_dim": size.head,
            "hidden_act": "silu",
            "rms_norm_eps": 1e-6,
            "rope_theta": 1e6,
            "rope_mrope_section_t": time,
            "rope_mrope_section_h": height,
            "rope_mrope_section_w": width,
            "rope_mrope_interleaved": True,
            "max_position_embeddings": size.context,
            "tie_word_embeddings": True,
            "vocab_size": tokens,
        },
    )


def plan_tensors(size: Size, tokens: int, types: Types, *, seed: int) -> TensorPlan:
    """All tensors, with the values they have in llama.cpp's two files."""
    plan = TensorPlan(seed)
    plan.given("frontend.mel_filterbank", mel_filters(MELS))
    plan.given("frontend.window", periodic_hann(FFT_SIZE))
    encoder, decoder = plan_encoder(size, seed=seed), plan_decoder(size, tokens, seed=seed, tied=True)
    for tensor in (*encoder.planned, *decoder.planned):
        if tensor.name == "a.position_embd.weight":
            continue  # the library computes it
        name = name_of(tensor.name)
        shape = (tensor.shape[0],) if name.endswith(".bias") else tensor.shape
        plan.take(tensor, name, shape, types.type_of(name, shape))
    return plan


def name_of(theirs: str) -> str:
    """transcribe.cpp's name of a tensor in llama.cpp's files.

    "blk.7.attn_q.weight" is "dec.blocks.7.attn.q.weight".
    """
    if theirs.startswith("a.conv2d."):
        _, _, number, kind = theirs.split(".")
        return f"enc.conv.{int(number) - 1}.{kind}"
    stem, kind = theirs.rsplit(".", 1)
    if stem in NAMES:
        return f"{NAMES[stem]}.{kind}"
    rest, part = stem.rsplit(".", 1)
    side, names = ("enc", ENCODER_PARTS) if rest.startswith("a.blk.") else ("dec", DECODER_PARTS)
    layer = rest.rpartition(".")[2]
    return f"{side}.blocks.{layer}.{names[part]}.{kind}"
