"""A token half whose model is a hash: eight tokens, distributions that depend on the audio and the past alone.

`blur` moves every logit by a normal deviate of that size, the same always: a quantization of known loss.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

END = 6
VOCABULARY = 8
LIMIT = 40
PIECES = [" а".encode(), " б".encode(), "в".encode(), b",", " г".encode(), "д".encode(), b"", b""]


class Unsupported(RuntimeError):
    """What the engine refuses."""


class Model:
    """The payload, and the length of the window it heard."""

    def __init__(self, payload: dict[str, Any]) -> None:
        self.payload, self.samples = payload, 0


def imports() -> None:
    """Brings numpy, as a binding would."""
    import numpy  # noqa: F401, ICN001  # as a binding would bring it


def load(payload: dict[str, Any]) -> Model:
    """At once, or not at all."""
    if payload.get("unloadable"):
        raise Unsupported(payload["unloadable"])
    return Model(payload)


def windows(pcm: Any) -> list[Any]:
    """Windows of 3 s."""
    return [pcm[at : at + 48_000] for at in range(0, len(pcm), 48_000)]


def encode(model: Model, window: Any, payload: dict[str, Any]) -> None:
    """Hears the length alone; a window of `dies_of_samples` is its death."""
    if len(window) == payload.get("dies_of_samples", 0):
        os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(payload.get("seconds_a_window", 0.0))
    if payload.get("diary"):
        with Path(payload["diary"]).open("a", encoding="utf-8") as diary:
            diary.write(f"{time.time()}\n")
    model.samples = len(window)


def row(model: Model, past: list[int]) -> Any:
    """The logits after a past: float32, as every engine's."""
    import numpy as np

    seed = [model.samples, len(past), *past]
    logits = 3 * np.random.default_rng(seed).standard_normal(VOCABULARY)
    logits[END] += len(past) - 12
    logits += model.payload.get("blur", 0.0) * np.random.default_rng([7, *seed]).standard_normal(VOCABULARY)
    return logits.astype(np.float32)


def forced(model: Model, tokens: list[int], payload: dict[str, Any]) -> Any:
    """A row for each token of the transcript."""
    import numpy as np

    return np.array([row(model, tokens[:at]) for at in range(len(tokens))])


def greedy(model: Model, payload: dict[str, Any], prefix: list[int]) -> tuple[list[int], Any, bool]:
    """The likeliest path after a prefix."""
    import numpy as np

    own: list[int] = []
    rows: list[Any] = []
    while len(prefix) + len(own) < LIMIT:
        rows.append(row(model, [*prefix, *own]))
        own.append(int(tops(model, rows[-1][None, :], first=False)[0]))
        if own[-1] == END:
            return own, np.array(rows), False
    return own, np.array(rows), True


def tops(model: Model, rows: Any, *, first: bool) -> Any:
    """The last token is never chosen."""
    return rows[:, : END + 1].argmax(axis=1)


def pieces(model: Model, tokens: list[int]) -> list[bytes]:
    """Bytes of the tokens."""
    return [PIECES[token] for token in tokens]
