"""Token half of the pywhispercpp engine: the distributions of whisper.cpp, through the library in its wheel.

The binding hands out one float of the logits, so the library is called by ctypes.  One window of at
most 30 s is encoded once; greedy decoding and any forced transcript then share its encoder state and
the part of the decoder's cache that they have in common.
"""

from __future__ import annotations

import ctypes
import glob
import os
from typing import Any

WINDOW_SAMPLES = 30 * 16_000
SHORTEST_SAMPLES = 1_600  # whisper.cpp hears nothing in less than 100 ms
MOST_TOKENS = 220  # of a window: whisper.cpp's own limit, half its text context less four


class Unsupported(RuntimeError):
    """The library in this wheel cannot be called as this file expects."""


class _Heads(ctypes.Structure):
    _fields_ = (("count", ctypes.c_size_t), ("heads", ctypes.c_void_p))


class _ContextParams(ctypes.Structure):
    """`whisper_context_params` of whisper.cpp 1.7 and 1.8, which goes by value."""

    _fields_ = (
        ("use_gpu", ctypes.c_bool),
        ("flash_attn", ctypes.c_bool),
        ("gpu_device", ctypes.c_int),
        ("dtw_token_timestamps", ctypes.c_bool),
        ("dtw_aheads_preset", ctypes.c_int),
        ("dtw_n_top", ctypes.c_int),
        ("dtw_aheads", _Heads),
        ("dtw_mem_size", ctypes.c_size_t),
    )


_library: Any = None


def imports() -> None:
    """Import the binding, which loads the library's neighbours, then the library itself."""
    global _library  # noqa: PLW0603  # one library a process
    import _pywhispercpp

    _library = _declared(ctypes.CDLL(library_path(os.path.dirname(_pywhispercpp.__file__))))


def library_path(packages: str) -> str:
    """Where a wheel, or a build of one's own, keeps libwhisper; `Unsupported` where it keeps none."""
    for pattern in (
        "pywhispercpp.libs/libwhisper-*.so*",
        "*.dylibs/libwhisper*.dylib",
        ".dylibs/libwhisper*.dylib",
        "libwhisper.so*",
        "libwhisper*.dylib",
    ):
        found = sorted(glob.glob(os.path.join(packages, pattern)))
        if found:
            return found[0]
    raise Unsupported(
        "this pywhispercpp keeps no libwhisper of its own beside it, so its logits cannot be read"
    )


def _declared(library: Any) -> Any:
    pointer, integer = ctypes.c_void_p, ctypes.c_int
    try:
        library.whisper_context_default_params.restype = _ContextParams
        library.whisper_init_from_file_with_params.restype = pointer
        library.whisper_init_from_file_with_params.argtypes = (ctypes.c_char_p, _ContextParams)
        library.whisper_pcm_to_mel.argtypes = (pointer, pointer, integer, integer)
        library.whisper_encode.argtypes = (pointer, integer, integer)
        library.whisper_decode.argtypes = (pointer, pointer, integer, integer, integer)
        library.whisper_get_logits.argtypes = (pointer,)
        library.whisper_get_logits.restype = ctypes.POINTER(ctypes.c_float)
        library.whisper_token_to_str.argtypes = (pointer, integer)
        library.whisper_token_to_str.restype = ctypes.c_char_p
        library.whisper_token_lang.argtypes = (pointer, integer)
        library.whisper_lang_id.argtypes = (ctypes.c_char_p,)
        library.whisper_tokenize.argtypes = (pointer, ctypes.c_char_p, pointer, integer)
        for name in ("n_vocab", "is_multilingual", "token_sot", "token_transcribe", "token_not", "token_eot"):
            getattr(library, f"whisper_{name}").argtypes = (pointer,)
        library.whisper_print_system_info.restype = ctypes.c_char_p
    except AttributeError as error:
        raise Unsupported(f"the library in this wheel has no {error}") from error
    usual = library.whisper_context_default_params()
    if (usual.gpu_device, usual.dtw_token_timestamps, usual.dtw_n_top, usual.dtw_mem_size) != (
        0,
        False,
        -1,
        1 << 27,
    ):
        raise Unsupported("the library in this wheel has other context parameters than this version knows")
    return library


class TokenModel:
    """A context with what decoding needs of it."""

    def __init__(self, context: int, language: str) -> None:
        self.context = context
        self.vocabulary = int(_library.whisper_n_vocab(context))
        self.end = int(_library.whisper_token_eot(context))
        start = int(_library.whisper_token_sot(context))
        without_times = int(_library.whisper_token_not(context))
        if _library.whisper_is_multilingual(context):
            spoken = _library.whisper_token_lang(context, _library.whisper_lang_id(language.encode()))
            self.prompt = [start, int(spoken), int(_library.whisper_token_transcribe(context)), without_times]
        else:
            self.prompt = [start, without_times]
        self.blank = _single_token(context, b" ")
        self.threads = 1

    def decode(self, tokens: list[int], past: int) -> Any:
        """Logits after the last of the tokens, valid until the next call: the only row whisper.cpp keeps."""
        import numpy as np

        given = (ctypes.c_int * len(tokens))(*tokens)
        if _library.whisper_decode(self.context, given, len(tokens), past, self.threads) != 0:
            raise RuntimeError("whisper_decode failed")
        rows = np.ctypeslib.as_array(
            _library.whisper_get_logits(self.context), shape=(len(tokens), self.vocabulary)
        )
        return rows[-1]


def _single_token(context: int, text: bytes) -> int | None:
    room = (ctypes.c_int * 4)()
    return int(room[0]) if _library.whisper_tokenize(context, text, room, 4) == 1 else None


_contexts: dict[tuple[str, bool, bool], int] = {}


def load(payload: dict[str, Any]) -> TokenModel:
    """A context of the weights; two variants that differ in threads alone share one."""
    path = payload["weights"]["model"]
    key = (path, bool(payload["use_gpu"]), bool(payload["flash_attention"]))
    if key not in _contexts:
        wanted = _library.whisper_context_default_params()
        wanted.use_gpu, wanted.flash_attn = key[1], key[2]
        context = _library.whisper_init_from_file_with_params(path.encode(), wanted)
        if not context:
            raise Unsupported(f"whisper.cpp cannot load {path}")
        _contexts[key] = context
    if payload["language"] == "auto":
        raise Unsupported("the pass needs a language; whisper.cpp is asked to detect it here")
    if payload["prompt"] or payload["carry_context"]:
        raise Unsupported(
            "the pass decodes each window unprimed; the variant asks for a prompt or for context"
        )
    if payload["beam_size"]:
        raise Unsupported("the pass decodes greedily; the variant asks for a beam")
    return TokenModel(_contexts[key], payload["language"])


def windows(pcm: Any) -> list[Any]:
    """Windows of 30 s without overlap; a rest too short to be heard is left out."""
    cut = [pcm[at : at + WINDOW_SAMPLES] for at in range(0, len(pcm), WINDOW_SAMPLES)]
    return [window for window in cut if len(window) >= SHORTEST_SAMPLES]


def encode(model: TokenModel, window: Any, payload: dict[str, Any]) -> None:
    """Mel and encoder of one window, kept in the context until the next."""
    import numpy as np

    model.threads = int(payload["threads"])
    samples = np.ascontiguousarray(window, dtype=np.float32)
    if _library.whisper_pcm_to_mel(model.context, samples.ctypes.data, len(samples), model.threads) != 0:
        raise RuntimeError("whisper_pcm_to_mel failed")
    if _library.whisper_encode(model.context, 0, model.threads) != 0:
        raise RuntimeError("whisper_encode failed")


def forced(model: TokenModel, tokens: list[int], payload: dict[str, Any]) -> Any:
    """Logits of shape (tokens, vocabulary): row k is what the model says in place of token k."""
    import numpy as np

    rows = np.empty((len(tokens), model.vocabulary), dtype=np.float32)
    past = len(model.prompt)
    for at in range(len(tokens)):
        rows[at] = model.decode(model.prompt, 0) if at == 0 else model.decode([tokens[at - 1]], past + at - 1)
    return rows


def greedy(model: TokenModel, payload: dict[str, Any], prefix: list[int]) -> tuple[list[int], Any, bool]:
    """Greedy tokens after `prefix` (the end of text included), their logits, and whether they were cut short.

    The prefix must be what this model decoded last, or was forced to: its cache is used again.
    """
    import numpy as np

    limit = min(payload["max_tokens"] or MOST_TOKENS, MOST_TOKENS)
    tokens: list[int] = []
    rows: list[Any] = []
    past = len(model.prompt) + len(prefix)
    logits = model.decode([prefix[-1]], past - 1) if prefix else model.decode(model.prompt, 0)
    while True:
        row = logits.copy()
        token = int(tops(model, row[None, :], first=not prefix and not tokens)[0])
        tokens.append(token)
        rows.append(row)
        if token == model.end:
            return tokens, np.array(rows), False
        if len(prefix) + len(tokens) >= limit:
            return tokens, np.array(rows), True
        logits = model.decode([token], past)
        past += 1


def tops(model: TokenModel, rows: Any, *, first: bool) -> Any:
    """The greedy choice of each row: text or its end, never a timestamp, and no blank at the beginning."""
    allowed = rows[:, : model.end + 1]
    if first and len(allowed):
        import numpy as np

        allowed = allowed.copy()
        allowed[0, model.end] = -np.inf
        if model.blank is not None:
            allowed[0, model.blank] = -np.inf
    return allowed.argmax(axis=1)


def pieces(model: TokenModel, tokens: list[int]) -> list[bytes]:
    """The bytes of each token; of the end of text none."""
    return [
        b"" if token >= model.end else _library.whisper_token_to_str(model.context, token) or b""
        for token in tokens
    ]


def facts(model: TokenModel) -> dict[str, Any]:
    """What the library says of itself."""
    return {"system_info": _library.whisper_print_system_info().decode("utf-8", "replace")}
