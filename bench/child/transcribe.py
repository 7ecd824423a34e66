"""Child half of the transcribe-cpp engines: runs inside the measured process, imports only the binding."""

from __future__ import annotations

import math
import sys
from typing import Any


class Unsupported(RuntimeError):
    """The library refuses the model or what is asked of it; the message is its own."""


class WrongBackend(RuntimeError):
    """The device asked for is not there."""


def imports() -> None:
    """Import the binding, which loads the native library, and let it log to stderr."""
    import transcribe_cpp

    transcribe_cpp.set_log_callback(lambda _, message: sys.stderr.write(message.rstrip("\n") + "\n"))


class _LoadedSession:
    """The model and its session."""

    def __init__(self, model: Any, session: Any) -> None:
        self.model, self.session = model, session


def load(payload: dict[str, Any]) -> _LoadedSession:
    """Read the weights and open a session.

    Raises `Unsupported` with the library's words, or `WrongBackend`.
    """
    import transcribe_cpp as library

    device = payload["device"]
    if device != "auto" and not library.backend_available(device):
        there = ", ".join(sorted({found.kind for found in library.backends()}))
        raise WrongBackend(f"asked for {device}, and transcribe-cpp finds on this machine: {there}")
    try:
        model = library.Model(payload["weights"]["model"], backend=device, no_mmap=not payload["mmap"])
    except library.ModelLoadError as error:
        raise Unsupported(f"transcribe-cpp cannot load the model: {error}") from error
    session = model.session(
        n_threads=payload["threads"], kv_type=payload["kv_type"], n_ctx=payload["context_tokens"] or 0
    )
    return _LoadedSession(model, session)


def transcribe(loaded: _LoadedSession, pcm: Any, payload: dict[str, Any]) -> dict[str, Any]:
    """Text, segments and words of float32 mono 16 kHz samples; `own_timings` are the library's, in seconds."""
    import transcribe_cpp as library

    options: dict[str, Any] = {"language": payload["language"], "timestamps": payload["timestamps"]}
    if loaded.model.arch == "whisper":
        # No fallback: garbage is a result, not a reason to sample.
        options["family"] = library.WhisperRunOptions(
            temperature=0.0, temperature_inc=0.0, condition_on_prev_tokens=payload["carry_context"]
        )
    truncated: bool | None = False
    try:
        result = loaded.session.run(pcm, **options)
    except library.OutputTruncated as error:
        truncated, result = True, error.partial_result
        if result is None:
            raise
    except (library.UnsupportedRequest, library.UnsupportedRole, library.NotImplementedByModel) as error:
        raise Unsupported(f"transcribe-cpp: {error}") from error
    probabilities = [token.p for token in result.tokens if _known(token.p)]
    timings = result.timings
    return {
        "text": result.text,
        "language": result.language or None,
        "segments": [_segment(result, number) for number in range(len(result.segments))],
        "truncated": truncated,
        "tokens": len(result.tokens) or None,
        "confidence": sum(probabilities) / len(probabilities) if probabilities else None,
        "own_timings": {
            "load": timings.load_ms / 1000,
            "mel": timings.mel_ms / 1000,
            "encode": timings.encode_ms / 1000,
            "decode": timings.decode_ms / 1000,
        },
    }


def facts(loaded: _LoadedSession) -> dict[str, Any]:
    """What the library says of itself and of where it ran; asked after everything that is timed."""
    import transcribe_cpp as library

    device = loaded.model.device
    return {
        "arch": loaded.model.arch,
        "variant": loaded.model.variant,
        "backend": loaded.model.backend,
        "device": {"name": device.name, "description": device.description, "kind": device.kind},
        "native_version": library.native_version(),
        "native_commit": library.native_commit(),
    }


def _segment(result: Any, number: int) -> dict[str, Any]:
    segment = result.segments[number]
    tokens = result.tokens[segment.first_token : segment.first_token + segment.n_tokens]
    known = [token.p for token in tokens if _known(token.p)]
    words = result.words[segment.first_word : segment.first_word + segment.n_words]
    return {
        "text": segment.text,
        "start_seconds": segment.t0_ms / 1000,
        "end_seconds": segment.t1_ms / 1000,
        "confidence": sum(known) / len(known) if known else None,
        "tokens": segment.n_tokens or None,
        "words": [
            {"text": word.text, "start_seconds": word.t0_ms / 1000, "end_seconds": word.t1_ms / 1000}
            for word in words
        ],
    }


def _known(probability: float) -> bool:
    return not math.isnan(probability) and 0.0 < probability <= 1.0
