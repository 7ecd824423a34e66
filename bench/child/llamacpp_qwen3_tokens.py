"""Token half of the llama-cpp engine: the distributions of Qwen3-ASR, one batch for a whole transcript.

Decoders, encoders and contexts are shared by the variants of a process that are given the same file, so
that a quantized encoder before the baseline's decoder costs the encoder alone.  The baseline's own rows
come from the same kind of batch as every forced row: a product of many rows is computed by other kernels than one of a single
row, and that difference would be taken for loss.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any


def _beside(name: str) -> ModuleType:
    """A module that lies in this folder: the engine's own half."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.py")
    module = ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module
    SourceFileLoader(name, path).exec_module(module)
    return module


_qwen3 = _beside("llamacpp_qwen3")


class Unsupported(RuntimeError):
    """The pass cannot do what the variant asks."""


def imports() -> None:
    """Import the binding."""
    _qwen3.imports()


class QwenModel:
    """A decoder's context and an encoder, and where the prompt of the utterance at hand ends."""

    def __init__(self, loaded: Any, key: str) -> None:
        self.loaded = loaded
        self.key = key
        self.past = 0
        self.opening: Any = None  # logits behind the prompt: what stands in place of the first token


_decoders: dict[str, Any] = {}
_encoders: dict[str, Any] = {}
_contexts: dict[str, Any] = {}


def load(payload: dict[str, Any]) -> QwenModel:
    """Decoder, encoder and a context; each read once a process, whoever needs it."""
    import llama_cpp.llama_cpp as llama

    if payload["segmentation"]:
        raise Unsupported("the pass hears an utterance whole; the variant asks to cut it")
    if payload["language"] is None:
        raise Unsupported("the pass needs a language; the variant asks to detect it")
    llama.llama_backend_init()
    device, weights = payload["device"], payload["weights"]
    if device not in ("auto", "cpu") and not llama.llama_supports_gpu_offload():
        raise _qwen3.WrongBackend(
            f"asked for {device}, and this build of llama-cpp-python has no GPU backend"
        )
    repack = _qwen3._repack(llama, payload["repack"])  # noqa: SLF001  # two halves of one engine
    decoder = json.dumps([weights["decoder"], device, payload["weights_loading"], repack])
    if decoder not in _decoders:
        _decoders[decoder] = _qwen3._read_decoder(llama, payload, repack=repack)  # noqa: SLF001  # the token half of one engine
    model = _decoders[decoder]
    trained = llama.llama_model_n_ctx_train(model)
    if payload["context_tokens"] > trained:
        raise _qwen3.TooLong(
            f"the longest utterance needs a context of {payload['context_tokens']} tokens and the decoder was trained for {trained}"
        )
    settings = [payload[name] for name in ("threads", "flash_attention")]
    context = json.dumps(
        [decoder, *settings, *(payload[name] for name in ("context_tokens", "batch", "micro_batch"))]
    )
    if context not in _contexts:
        _contexts[context] = _qwen3._make_context(llama, model, payload)  # noqa: SLF001  # the token half of one engine
    encoder = json.dumps([decoder, weights["encoder"], *settings])
    if encoder not in _encoders:
        _encoders[encoder] = _qwen3._read_encoder(model, payload)  # noqa: SLF001  # the token half of one engine
    loaded = _qwen3._Loaded()  # noqa: SLF001  # the token half of one engine
    loaded.repack, loaded.model, loaded.context = repack, model, _contexts[context]
    loaded.encoder = _encoders[encoder]
    loaded.vocabulary = llama.llama_model_get_vocab(model)
    loaded.vocabulary_size = llama.llama_vocab_n_tokens(loaded.vocabulary)
    loaded.context_tokens = llama.llama_n_ctx(loaded.context)
    loaded.batch = llama.llama_n_batch(loaded.context)
    return QwenModel(loaded, context)


def windows(pcm: Any) -> list[Any]:
    """The whole utterance: the model hears minutes."""
    return [pcm]


def encode(model: QwenModel, window: Any, payload: dict[str, Any]) -> None:
    """Audio through the encoder, prompt and audio through the decoder, whose cache keeps them."""
    import ctypes

    import llama_cpp.llama_cpp as llama
    import numpy as np

    _forget(model, 0)
    samples: Any = np.array(window, dtype=np.float32)  # a copy that may be written to
    pcm = (ctypes.c_float * len(samples)).from_buffer(samples)
    chunks = _qwen3._tokenize(model.loaded, pcm, payload)  # noqa: SLF001  # the token half of one engine
    try:
        model.past = _qwen3._prefill(model.loaded, chunks)[0]  # noqa: SLF001  # the token half of one engine
    finally:
        _qwen3._free_chunks(chunks)  # noqa: SLF001  # the token half of one engine
    model.opening = _row(model, llama.llama_get_logits_ith(model.loaded.context, -1)).copy()


def _row(model: QwenModel, found: Any) -> Any:
    import ctypes

    import numpy as np

    row = ctypes.c_float * model.loaded.vocabulary_size
    return np.ctypeslib.as_array(row.from_address(ctypes.addressof(found.contents)))


def _forget(model: QwenModel, position: int) -> None:
    """Drop what the cache holds from a position on."""
    import llama_cpp.llama_cpp as llama

    memory = llama.llama_get_memory(model.loaded.context)
    if position == 0:
        llama.llama_memory_clear(memory, True)
    elif not llama.llama_memory_seq_rm(memory, 0, position, -1):
        raise RuntimeError("llama.cpp cannot forget a part of what it has decoded")


def forced(model: QwenModel, tokens: list[int], payload: dict[str, Any]) -> Any:
    """Logits of shape (tokens, vocabulary): row k is what the model says in place of token k."""
    import llama_cpp.llama_cpp as llama
    import numpy as np

    rows = np.empty((len(tokens), model.loaded.vocabulary_size), np.float32)
    rows[:1] = model.opening
    _forget(model, model.past)
    given = tokens[:-1]  # what follows the last one nobody asks
    batch = llama.llama_batch_init(model.loaded.batch, 0, 1)
    try:
        for start in range(0, len(given), model.loaded.batch):
            part = given[start : start + model.loaded.batch]
            batch.n_tokens = len(part)
            for at, token in enumerate(part):
                batch.token[at], batch.pos[at] = token, model.past + start + at
                batch.n_seq_id[at], batch.seq_id[at][0], batch.logits[at] = 1, 0, 1
            if llama.llama_decode(model.loaded.context, batch):
                raise RuntimeError("llama.cpp cannot decode the transcript; its reason is in the log")
            for at in range(len(part)):
                found = llama.llama_get_logits_ith(model.loaded.context, at)
                rows[1 + start + at] = _row(model, found)
    finally:
        llama.llama_batch_free(batch)
    return rows


def greedy(model: QwenModel, payload: dict[str, Any], prefix: list[int]) -> tuple[list[int], Any, bool]:
    """Greedy tokens after `prefix`, their logits, and whether they were cut short.

    Without a prefix the logits are those of the finished transcript in one batch, as `forced` gives them.
    """
    import llama_cpp.llama_cpp as llama
    import numpy as np

    fixed = payload["fixed_tokens"]
    limit = fixed or payload["max_tokens"]
    one = (llama.llama_token * 1)()
    tokens: list[int] = []
    rows: list[Any] = []
    _forget(model, model.past + max(len(prefix) - 1, 0))
    row = model.opening if not prefix else _step(model, one, prefix[-1])
    cut = False
    while True:
        token = int(row.argmax())
        tokens.append(token)
        rows.append(row.copy())
        if not fixed and llama.llama_vocab_is_eog(model.loaded.vocabulary, token):
            break
        if len(prefix) + len(tokens) >= limit:
            cut = not fixed
            break
        row = _step(model, one, token)
    logits = np.array(rows, np.float32) if prefix else forced(model, tokens, payload)
    return tokens, logits, cut


def _step(model: QwenModel, one: Any, token: int) -> Any:
    """Logits after one more token, valid until the next call."""
    import llama_cpp.llama_cpp as llama

    one[0] = token
    if llama.llama_decode(model.loaded.context, llama.llama_batch_get_one(one, 1)):
        raise RuntimeError("llama.cpp cannot decode a token; its reason is in the log")
    return _row(model, llama.llama_get_logits_ith(model.loaded.context, -1))


def tops(model: QwenModel, rows: Any, *, first: bool) -> Any:
    """The greedy choice of each row: nothing is banned."""
    return rows.argmax(axis=1)


def pieces(model: QwenModel, tokens: list[int]) -> list[bytes]:
    """The bytes of each token; of an end of text none."""
    import llama_cpp.llama_cpp as llama

    return [
        b""
        if llama.llama_vocab_is_eog(model.loaded.vocabulary, token)
        else _qwen3._piece(model.loaded, token)  # noqa: SLF001  # the token half of one engine
        for token in tokens
    ]


def facts(model: QwenModel) -> dict[str, Any]:
    """What the library says of itself."""
    found: dict[str, Any] = _qwen3.facts(model.loaded)
    return found
