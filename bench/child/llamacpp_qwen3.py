"""Child half of the llama-cpp engine: Qwen3-ASR through llama-cpp-python's libmtmd calls, each stage timed.

Runs inside the measured process and imports only the binding.  The library logs to stderr, from
which the parent reads the backend.  Facts of the calls: docs/qwen3-asr.md.
"""

from __future__ import annotations

import ctypes
import time
from typing import Any

SAMPLE_RATE = 16_000
_LOAD_MODES = {"auto": -1, "read": 0, "mmap": 1}
_SMALLEST_LOGIT = -80.0  # below the largest; less becomes a denormal number, which takes ten times as long
_TEXT_CHUNK = 0  # MTMD_INPUT_CHUNK_TYPE_TEXT


class WrongBackend(RuntimeError):
    """The device asked for is not in this build of llama.cpp."""


class TooLong(ValueError):
    """The clip needs more context than there is."""


class BadWeights(RuntimeError):
    """The library refused a weights file; its reason is in the log."""


def imports() -> None:
    """Import the binding, and let the library log to stderr by itself instead of through Python."""
    import llama_cpp.llama_cpp as llama
    import llama_cpp.mtmd_cpp as mtmd

    plain = llama.llama_log_callback(0)
    llama.llama_log_set(plain, None)
    mtmd.mtmd_helper_log_set(plain, None)


class _Loaded:
    """The pair of models, their contexts, and what the parent asked for."""

    def __init__(self) -> None:
        self.model: Any = None
        self.context: Any = None
        self.encoder: Any = None
        self.vocabulary: Any = None
        self.vocabulary_size = 0
        self.context_tokens = 0
        self.batch = 0
        self.repack = True


def load(payload: dict[str, Any]) -> _Loaded:
    """Read decoder and encoder, and make a context that holds the clip.

    Raises `WrongBackend`, `TooLong` or `BadWeights`, each saying what to change.
    """
    import llama_cpp.llama_cpp as llama

    llama.llama_backend_init()
    device = payload["device"]
    if device not in ("auto", "cpu") and not llama.llama_supports_gpu_offload():
        raise WrongBackend(
            f"asked for {device}, and this build of llama-cpp-python has no GPU backend; "
            f"install one built with it, or set device: cpu"
        )
    loaded = _Loaded()
    loaded.repack = _repack(llama, payload["repack"])
    loaded.model = _read_decoder(llama, payload, repack=loaded.repack)
    trained = llama.llama_model_n_ctx_train(loaded.model)
    if payload["context_tokens"] > trained:
        raise TooLong(
            f"the clip needs a context of {payload['context_tokens']} tokens (audio, prompt and answer) and "
            f"the decoder was trained for {trained}; use a shorter clip, `max_tokens` or `segmentation`"
        )
    loaded.context = _make_context(llama, loaded.model, payload)
    loaded.encoder = _read_encoder(loaded.model, payload)
    loaded.vocabulary = llama.llama_model_get_vocab(loaded.model)
    loaded.vocabulary_size = llama.llama_vocab_n_tokens(loaded.vocabulary)
    loaded.context_tokens = llama.llama_n_ctx(loaded.context)
    loaded.batch = llama.llama_n_batch(loaded.context)  # less than asked for in a small context
    return loaded


def _repack(llama: Any, wanted: str) -> bool:
    """Whether weights are rearranged for the CPU.

    A build with AMX kernels rearranges for those, and they crash on some machines that have the
    instructions (llama.cpp's issue 20824): `auto` keeps away from them.
    """
    return wanted == "on" or (wanted == "auto" and b"AMX_INT8 = 1" not in llama.llama_print_system_info())


def _read_decoder(llama: Any, payload: dict[str, Any], *, repack: bool) -> Any:
    parameters = llama.llama_model_default_params()
    parameters.load_mode = _LOAD_MODES[payload["weights_loading"]]
    parameters.use_extra_bufts = repack
    if payload["device"] == "cpu":
        # No device at all: with n_gpu_layers = 0 alone a GPU build still sends large products to the GPU.
        parameters.n_gpu_layers = 0
        parameters.split_mode = 0  # LLAMA_SPLIT_MODE_NONE
        parameters.main_gpu = -1
    else:
        parameters.n_gpu_layers = -1
    path = payload["weights"]["decoder"]
    model = llama.llama_model_load_from_file(path.encode(), parameters)
    if not model:
        raise BadWeights(f"llama.cpp cannot load the decoder {path}; its reason is in the log")
    return model


def _make_context(llama: Any, model: Any, payload: dict[str, Any]) -> Any:
    parameters = llama.llama_context_default_params()
    parameters.n_ctx = payload["context_tokens"]
    parameters.n_batch = payload["batch"]
    parameters.n_ubatch = payload["micro_batch"]
    parameters.n_threads = parameters.n_threads_batch = payload["threads"]
    parameters.flash_attn_type = payload["flash_attention"]
    context = llama.llama_init_from_model(model, parameters)
    if not context:
        raise BadWeights(
            f"llama.cpp cannot make a context of {payload['context_tokens']} tokens; its reason is in the log"
        )
    return context


def _read_encoder(model: Any, payload: dict[str, Any]) -> Any:
    import llama_cpp.mtmd_cpp as mtmd

    parameters = mtmd.mtmd_context_params_default()
    parameters.use_gpu = payload["device"] != "cpu"
    parameters.print_timings = False
    parameters.n_threads = payload["threads"]
    parameters.flash_attn_type = payload["flash_attention"]
    parameters.warmup = payload["warm_up"]
    path = payload["weights"]["encoder"]
    encoder = mtmd.mtmd_init_from_file(path.encode(), model, parameters)
    if not encoder:
        raise BadWeights(
            f"libmtmd cannot load the encoder {path} beside this decoder; its reason is in the log"
        )
    if not mtmd.mtmd_support_audio(encoder):
        raise BadWeights(f"the encoder {path} does not take audio")
    return encoder


def transcribe(model: _Loaded, pcm: Any, payload: dict[str, Any]) -> dict[str, Any]:
    """One greedy transcription of float32 mono 16 kHz samples.

    `text` is what was heard, without the language that an unforced answer begins with; `stages`
    are seconds: `mel` (log-mel of the audio, and the
    tokens of the prompt), `encode`, `prefill` (prompt and audio embeddings through the decoder),
    `decode` (first to last token) and `first_token` (from the call to the first token).
    """
    import llama_cpp.llama_cpp as llama

    llama.llama_memory_clear(llama.llama_get_memory(model.context), True)
    called = time.perf_counter()
    chunks = _tokenize(model, pcm, payload)
    tokenized = time.perf_counter()
    try:
        prompt_tokens, audio_tokens, encode_seconds, prefill_seconds = _prefill(model, chunks)
    finally:
        _free_chunks(chunks)
    answer = _decode(model, payload)
    language, text = heard(answer["text"], payload["language"])
    return {
        "text": text,
        "language": language,
        "truncated": answer["truncated"],
        "tokens": len(answer["ids"]),
        "confidence": answer["confidence"],
        "ids": answer["ids"],
        "prompt_tokens": prompt_tokens,
        "audio_tokens": audio_tokens,
        "stages": {
            "mel": tokenized - called,
            "encode": encode_seconds,
            "prefill": prefill_seconds,
            "decode": answer["decode_seconds"],
            "first_token": answer["first_token_at"] - called,
        },
    }


def heard(answer: str, forced: str | None) -> tuple[str | None, str]:
    """Language and text of an answer: `language X<asr_text>text`, or the text alone where forced."""
    if forced:
        return forced, answer
    head, marker, text = answer.partition("<asr_text>")
    if not marker:
        return None, answer
    name = head.strip().removeprefix("language").strip()
    return (None if name in ("", "None") else name), text


def facts(model: _Loaded) -> dict[str, Any]:
    """What the library says of itself; asked after everything that is timed."""
    import llama_cpp.llama_cpp as llama

    return {
        "system_info": llama.llama_print_system_info().decode("utf-8", "replace"),
        "context_tokens": model.context_tokens,
        "repack": model.repack,
    }


def close(model: _Loaded) -> None:
    """Free encoder, context and decoder, in this order: the later ones are what the earlier ones hold.

    On macOS 15 and later ggml's Metal device asserts in the process's exit that nothing of it is left
    (llama.cpp's issue 22593), so that a trial that only returned would end with an abort.
    """
    import llama_cpp.llama_cpp as llama
    import llama_cpp.mtmd_cpp as mtmd

    mtmd.mtmd_free(model.encoder)
    llama.llama_free(model.context)
    llama.llama_model_free(model.model)
    model.encoder = model.context = model.model = model.vocabulary = None


def _tokenize(model: _Loaded, pcm: Any, payload: dict[str, Any]) -> Any:
    """Prompt and log-mel as libmtmd's chunks; the caller frees them.  Raises `TooLong`."""
    import llama_cpp.mtmd_cpp as mtmd

    samples = _samples_to_feed(len(pcm), payload["audio_tokens"])
    floats = (ctypes.c_float * len(pcm)).from_buffer(pcm)
    bitmap = mtmd.mtmd_bitmap_init_from_audio(samples, floats)
    text = payload["prompt"].replace("<audio>", mtmd.mtmd_default_marker().decode(), 1).encode()
    wanted = mtmd.mtmd_input_text(text, len(text), False, True)
    chunks = mtmd.mtmd_input_chunks_init()
    try:
        failed = mtmd.mtmd_tokenize(
            model.encoder, chunks, ctypes.byref(wanted), (mtmd.mtmd_bitmap_p_ctypes * 1)(bitmap), 1
        )
    finally:
        mtmd.mtmd_bitmap_free(bitmap)
    if failed:
        _free_chunks(chunks)
        raise RuntimeError(f"libmtmd cannot tokenize the prompt and {samples} samples (code {failed})")
    needed = mtmd.mtmd_helper_get_n_tokens(chunks) + payload["max_tokens"]
    if needed > model.context_tokens:
        _free_chunks(chunks)
        raise TooLong(
            f"the clip needs {needed} tokens of context (prompt, audio and up to {payload['max_tokens']} of "
            f"answer) and `context_tokens` is {model.context_tokens}"
        )
    return chunks


def _free_chunks(chunks: Any) -> None:
    import llama_cpp.mtmd_cpp as mtmd

    mtmd.mtmd_input_chunks_free(chunks)


def _samples_to_feed(samples: int, counting: str) -> int:
    """All samples, or one mel frame fewer where libmtmd would start a block the reference does not.

    libmtmd makes samples // 160 + 1 mel frames and 13 tokens for every started 100 of them, so a
    clip of whole seconds gets 13 tokens of padding at its end.
    """
    if counting == "reference" and samples % SAMPLE_RATE < 160 and samples > SAMPLE_RATE:
        return samples - samples % SAMPLE_RATE - 160
    return samples


def _prefill(model: _Loaded, chunks: Any) -> tuple[int, int, float, float]:
    """Prompt and audio through encoder and decoder: tokens, audio tokens, seconds of each."""
    import llama_cpp.llama_cpp as llama
    import llama_cpp.mtmd_cpp as mtmd

    position = llama.llama_pos(0)
    encode_seconds = prefill_seconds = 0.0
    audio_tokens = 0
    no_callback = mtmd.mtmd_helper_post_decode_callback(0)
    count = mtmd.mtmd_input_chunks_size(chunks)
    for number in range(count):
        chunk = mtmd.mtmd_input_chunks_get(chunks, number)
        # The helpers for text add to this, so it starts at the position and not at 0.
        after = llama.llama_pos(position.value)
        started = time.perf_counter()
        if mtmd.mtmd_input_chunk_get_type(chunk) == _TEXT_CHUNK:
            failed = mtmd.mtmd_helper_eval_chunk_single(
                model.encoder, model.context, chunk, position, 0, model.batch, number == count - 1,
                ctypes.byref(after),
            )  # fmt: skip
        else:
            audio_tokens += mtmd.mtmd_input_chunk_get_n_tokens(chunk)
            if mtmd.mtmd_encode_chunk(model.encoder, chunk):
                raise RuntimeError("libmtmd cannot encode the audio; its reason is in the log")
            embeddings = mtmd.mtmd_get_output_embd(model.encoder)
            encoded = time.perf_counter()
            encode_seconds += encoded - started
            started = encoded
            failed = mtmd.mtmd_helper_decode_image_chunk(
                model.encoder, model.context, chunk, embeddings, position, 0, model.batch,
                ctypes.byref(after), no_callback, None,
            )  # fmt: skip
        llama.llama_synchronize(model.context)
        prefill_seconds += time.perf_counter() - started
        if failed:
            raise RuntimeError(
                f"llama.cpp cannot take in the prompt (code {failed}); its reason is in the log"
            )
        position = after
    return position.value, audio_tokens, encode_seconds, prefill_seconds


class _Greedy:
    """The likeliest next token, and its probability among all; without new memory for each."""

    def __init__(self, model: _Loaded) -> None:
        import numpy as np

        self.context = model.context
        self.row = ctypes.c_float * model.vocabulary_size
        self.shares = np.empty(model.vocabulary_size, np.float32)

    def pick(self) -> tuple[int, float]:
        """Token and probability, from the logits of the last decode."""
        import llama_cpp.llama_cpp as llama
        import numpy as np

        found = llama.llama_get_logits_ith(self.context, -1)
        logits = np.ctypeslib.as_array(self.row.from_address(ctypes.addressof(found.contents)))
        token = int(logits.argmax())
        np.subtract(logits, logits[token], out=self.shares)
        np.maximum(self.shares, _SMALLEST_LOGIT, out=self.shares)
        np.exp(self.shares, out=self.shares)
        return token, 1.0 / float(self.shares.sum())


def _decode(model: _Loaded, payload: dict[str, Any]) -> dict[str, Any]:
    """Greedy tokens until the end of the answer, the token limit, or a fixed number of them."""
    import llama_cpp.llama_cpp as llama

    fixed = payload["fixed_tokens"]
    limit = fixed or payload["max_tokens"]
    one_token = (llama.llama_token * 1)()
    ids: list[int] = []
    probabilities = 0.0
    first_token_at = last_token_at = 0.0
    truncated = False
    greedy = _Greedy(model)
    while True:
        token, probability = greedy.pick()
        last_token_at = time.perf_counter()
        first_token_at = first_token_at or last_token_at
        if not fixed and llama.llama_vocab_is_eog(model.vocabulary, token):
            break
        ids.append(token)
        probabilities += probability
        if len(ids) == limit:
            truncated = not fixed
            break
        one_token[0] = token
        if llama.llama_decode(model.context, llama.llama_batch_get_one(one_token, 1)):
            raise RuntimeError(f"llama.cpp cannot decode token {len(ids)}; its reason is in the log")
    return {
        "ids": ids,
        "text": b"".join(_piece(model, token) for token in ids).decode("utf-8", "replace"),
        "truncated": truncated,
        "confidence": probabilities / len(ids) if ids else None,
        "first_token_at": first_token_at,
        "decode_seconds": last_token_at - first_token_at,
    }


def _piece(model: _Loaded, token: int) -> bytes:
    import llama_cpp.llama_cpp as llama

    buffer = ctypes.create_string_buffer(256)
    length = llama.llama_token_to_piece(model.vocabulary, token, buffer, len(buffer), 0, True)
    return buffer.raw[: max(length, 0)]
