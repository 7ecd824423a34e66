"""Child half of the faster-whisper engine: runs inside the measured process, imports only the binding."""

from __future__ import annotations

from typing import Any


class Unsupported(RuntimeError):
    """CTranslate2 refuses the compute type on this device; the message is its own."""


class WrongBackend(RuntimeError):
    """The device asked for is not there."""


def imports() -> None:
    """Import the binding (which brings ctranslate2, numpy, PyAV and tokenizers)."""
    import faster_whisper  # noqa: F401  # the import itself is what is timed


def load(payload: dict[str, Any]) -> Any:
    """Read the folder's weights, converted to the compute type while they are read."""
    import ctranslate2
    from faster_whisper import WhisperModel

    device = payload["device"]
    if device not in ("auto", "cpu", "cuda"):
        raise WrongBackend(f"asked for {device}, and ctranslate2 runs on cpu and cuda only")
    if device == "cuda" and not ctranslate2.get_cuda_device_count():
        raise WrongBackend("asked for cuda, and ctranslate2 finds no CUDA device")
    try:
        return WhisperModel(
            payload["weights"]["model"],
            device=device,
            compute_type=payload["compute_type"],
            cpu_threads=payload["threads"],
            local_files_only=True,
        )
    except ValueError as error:
        if "compute type" in str(error):
            raise Unsupported(f"ctranslate2: {error}") from error
        raise


def transcribe(model: Any, pcm: Any, payload: dict[str, Any]) -> dict[str, Any]:
    """Text, segments and words of float32 mono 16 kHz samples: greedy, or a beam, never a fallback.

    The generator is run to its end: faster-whisper decodes while it is read.
    """
    segments, info = model.transcribe(
        pcm,
        language=payload["language"],
        beam_size=payload["beam_size"] or 1,
        best_of=1,
        temperature=0.0,
        condition_on_previous_text=payload["carry_context"],
        initial_prompt=payload["prompt"] or None,
        without_timestamps=not payload["timestamps"],
        word_timestamps=payload["word_timestamps"],
        max_new_tokens=payload["max_tokens"],
        vad_filter=False,
    )
    found = list(segments)
    end_of_text = model.hf_tokenizer.token_to_id("<|endoftext|>")
    return {
        "text": "".join(segment.text for segment in found),
        "language": info.language,
        "segments": [_segment(segment, end_of_text) for segment in found],
    }


def facts(model: Any) -> dict[str, Any]:
    """What the library says of itself; asked after everything that is timed."""
    import ctranslate2

    return {
        "device": model.model.device,
        "compute_type": model.model.compute_type,
        "ctranslate2": ctranslate2.__version__,
    }


def _segment(segment: Any, end_of_text: int) -> dict[str, Any]:
    return {
        "text": segment.text,
        "start_seconds": segment.start,
        "end_seconds": segment.end,
        "tokens": sum(token < end_of_text for token in segment.tokens),
        "words": [
            {
                "text": word.word,
                "start_seconds": word.start,
                "end_seconds": word.end,
                "confidence": word.probability,
            }
            for word in segment.words or ()
        ],
    }
