"""An engine's child half that works: it hears how long the clip is."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any


def imports() -> None:
    """A binding that chatters on stdout."""
    sys.stdout.write('{"event": "ready", "t": 1}\nloading \x1b[31m libraries\n')


def load(payload: dict[str, Any]) -> bytearray:
    """A model of `payload["bytes"]` resident bytes."""
    for path in payload.get("weights", ()):
        Path(path).read_bytes()
    time.sleep(0.02)
    return bytearray(payload.get("bytes", 0))


def transcribe(model: bytearray, pcm: Any, payload: dict[str, Any]) -> dict[str, Any]:
    """The first pass takes longer than the later ones; each works for `payload["work_seconds"]`."""
    time.sleep(payload.pop("first_seconds", 0.01))
    until = time.process_time() + payload.get("work_seconds", 0.0)
    while time.process_time() < until:
        pass
    return {"text": f"{len(pcm)} samples", "peak": max(pcm), "kind": type(pcm).__module__}


def facts(model: bytearray) -> dict[str, Any]:
    """What a library says of itself."""
    return {"system_info": "FAKE = 1"}
