"""An engine's child half that does what `payload["do"]` says, in the phase `payload["in"]`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


class Unsupported(Exception):
    """The engine refuses the model."""


def imports() -> None:
    """Nothing to import."""


def load(payload: dict[str, Any]) -> dict[str, Any]:
    """Misbehave while loading, where asked to."""
    for path in payload.get("weights", ()):
        Path(path).read_bytes()
    if payload.get("in") == "load":
        misbehave(payload)
    return payload


def transcribe(model: dict[str, Any], pcm: Any, payload: dict[str, Any]) -> dict[str, Any]:
    """Misbehave while transcribing."""
    if payload.get("in", "transcribe") == "transcribe":
        misbehave(payload)
    return {"text": "done"}


def misbehave(payload: dict[str, Any]) -> None:
    """One of the things that engines do."""
    match payload["do"]:
        case "signal":
            os.kill(os.getpid(), payload["signal"])
        case "abort":
            os.abort()
        case "hang":
            time.sleep(600)
        case "exit":
            os._exit(payload["status"])
        case "raise":
            raise RuntimeError(payload["message"])
        case "unsupported":
            raise Unsupported(payload["message"])
        case "memory-error":
            raise MemoryError
        case "grow":
            held = []
            for _ in range(64):
                held.append(b"x" * (8 << 20))
                time.sleep(0.02)
        case "chatter":
            while True:
                os.write(1, b"chatter " * 8192)
        case "garbage":
            garble(payload["lines"].encode("latin-1"))
        case "exit-handler":
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            import atexit

            atexit.register(os.kill, os.getpid(), signal.SIGSEGV)
        case "helper":
            helper(payload)


def garble(text: bytes) -> None:
    """Write over the event channel, as a stray pointer or a forked helper may."""
    with (Path(sys.argv[1]).parent / "events.jsonl").open("ab") as file:
        file.write(text)


def helper(payload: dict[str, Any]) -> None:
    """Leave a helper behind, in a session of its own where asked to; its pid goes to a file."""
    started = subprocess.Popen(["sleep", "600"], start_new_session=payload["own_session"])
    Path(payload["pid_file"]).write_text(str(started.pid), encoding="ascii")
    if payload["then_hang"]:
        time.sleep(600)
