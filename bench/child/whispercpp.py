"""Child half of the pywhispercpp engine: runs inside the measured process, imports only the binding."""

from __future__ import annotations

from typing import Any


def imports() -> None:
    """Import the binding (which brings numpy)."""
    import pywhispercpp.model  # noqa: F401  # the import itself is what is timed


def load(payload: dict[str, Any]) -> Any:
    """Read the weights.  The engine's log goes to stderr, from which the parent reads the backend."""
    import _pywhispercpp as whisper
    from pywhispercpp.model import Model

    beam = payload["beam_size"]
    decoding: dict[str, Any] = {
        "language": payload["language"],
        "n_threads": payload["threads"],
        "temperature": 0.0,
        "temperature_inc": 0.0,  # no fallback: garbage is a result, not a reason to sample
        "no_context": True,  # of an earlier call: a pass or a cut does not hear the one before it
        "print_progress": False,
        "print_realtime": False,
        "print_timestamps": False,
    }
    if not payload["carry_context"]:
        decoding["n_max_text_ctx"] = 0  # `no_context` leaves the windows of one call primed
    if payload["prompt"]:
        decoding["initial_prompt"] = payload["prompt"]
    if payload["max_tokens"]:
        decoding["max_tokens"] = payload["max_tokens"]
    if beam:
        decoding["beam_search"] = {"beam_size": beam, "patience": -1.0}
    else:
        decoding["greedy"] = {"best_of": 1}
    # Releases before 1.5 take no context parameters: the library's own defaults hold, and the parent
    # reads from the log whether they are what was asked for.
    context: dict[str, Any] = {}
    if hasattr(whisper, "whisper_context_params"):
        context["context_params"] = {"use_gpu": payload["use_gpu"], "flash_attn": payload["flash_attention"]}
    return Model(
        payload["weights"]["model"],
        params_sampling_strategy=1 if beam else 0,
        redirect_whispercpp_logs_to=False,
        **context,
        **decoding,
    )


def transcribe(model: Any, pcm: Any, payload: dict[str, Any]) -> dict[str, Any]:
    """Text and segments of float32 mono 16 kHz samples; confidence is the mean token probability.

    The binding strips the segments' text and folds special tokens into its probability, so both
    are read from the functions below it.
    """
    import _pywhispercpp as whisper

    model.transcribe(pcm)
    context = model._ctx  # noqa: SLF001  # the binding has no public way to token probabilities
    end_of_text = whisper.whisper_token_eot(context)
    segments = []
    for number in range(whisper.whisper_full_n_segments(context)):
        count = whisper.whisper_full_n_tokens(context, number)
        spoken = [
            whisper.whisper_full_get_token_p(context, number, index)
            for index in range(count)
            if whisper.whisper_full_get_token_id(context, number, index) < end_of_text
        ]
        segments.append(
            {
                "text": whisper.whisper_full_get_segment_text(context, number).decode("utf-8", "replace"),
                "start_seconds": whisper.whisper_full_get_segment_t0(context, number) / 100,
                "end_seconds": whisper.whisper_full_get_segment_t1(context, number) / 100,
                "confidence": sum(spoken) / len(spoken) if spoken else None,
                "tokens": len(spoken),
            }
        )
    return {
        "text": "".join(segment["text"] for segment in segments),
        "language": whisper.whisper_lang_str(whisper.whisper_full_lang_id(context)),
        "segments": segments,
    }


def facts(model: Any) -> dict[str, Any]:
    """What the library says of itself; asked after everything that is timed."""
    import _pywhispercpp as whisper

    info = whisper.whisper_print_system_info()
    return {"system_info": info.decode() if isinstance(info, bytes) else str(info)}
