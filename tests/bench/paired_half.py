"""Child half of paired_trials.py: a real transcription, then a known share of its processor time burnt.

PAYLOAD is that of the engine's own half and, beside it, `engine` (the path of that half; "" hashes
`synthetic` rounds instead), `slower` (0.03: three per cent of the transcription's processor time are burnt
after it, within what is timed), `audio_ctx` (the encoder's window: a short clip needs no 30 s of it), `core` (to
keep to, or None) and `meet` (a FIFO and which of its ends is ours: two children wait there for each other).
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any


class State:
    """What one phase leaves for the next."""

    half: ModuleType | None = None
    meet: tuple[str, str] | None = None


def imports() -> None:
    """Import Whisper's binding where it is there: it is what every trial of the engine imports."""
    with contextlib.suppress(ImportError):
        import pywhispercpp.model  # noqa: F401  # the import itself is what is timed


def load(payload: dict[str, Any]) -> Any:
    """Keep to the core, and load as the engine's half does."""
    if payload["core"] is not None:
        os.sched_setaffinity(0, {payload["core"]})
    State.meet = payload["meet"]
    if not payload["engine"]:
        return None
    State.half = ModuleType("engine_half")
    SourceFileLoader("engine_half", payload["engine"]).exec_module(State.half)
    model = State.half.load(payload)
    if payload["audio_ctx"]:
        model._params.audio_ctx = payload["audio_ctx"]  # no other way to set it
    return model


def pcm(path: str) -> Any:
    """The samples, as the worker reads them; then the partner is waited for."""
    samples = sys.modules["__main__"].read_pcm(path)
    if State.meet:
        fifo, end = State.meet
        os.close(
            os.open(fifo, os.O_RDONLY if end == "read" else os.O_WRONLY)
        )  # opens when the other end does
    return samples


def transcribe(model: Any, samples: Any, payload: dict[str, Any]) -> dict[str, Any]:
    """The transcription and the burning; `paired` tells their processor seconds."""
    worked = time.thread_time()
    if State.half is None:
        hashed(payload["synthetic"])
        result: dict[str, Any] = {"text": "-", "language": None, "segments": []}
    else:
        result = State.half.transcribe(model, samples, payload)
    cpu = time.thread_time() - worked
    until = worked + cpu * (1 + payload["slower"])
    while time.thread_time() < until:
        pass
    whole = time.thread_time() - worked
    return {**result, "paired": {"cpu": whole, "achieved": whole / cpu - 1}}


def hashed(rounds: int) -> None:
    """Work of fixed size on one thread."""
    import hashlib

    hashlib.pbkdf2_hmac("sha256", b"a", b"b", rounds)
