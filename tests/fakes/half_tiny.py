"""An engine's child half whose speed is that of the package tiny-engine its interpreter has."""

from __future__ import annotations

import time
from typing import Any


def imports() -> None:
    """The binding."""
    import tiny_engine  # type: ignore[import-not-found]  # noqa: F401  # is in the environment alone


def load(payload: dict[str, Any]) -> None:
    """Nothing to load."""


def transcribe(model: None, pcm: Any, payload: dict[str, Any]) -> dict[str, Any]:
    """As long as this release takes."""
    import tiny_engine

    time.sleep(tiny_engine.SECONDS)
    return {"text": "раз"}
