"""Token half of the transcribe-cpp engine, for CTC models: the distribution of every frame.

The library has no call for it; where `TRANSCRIBE_DUMP_DIR` is set it writes down what its stages made, the
log-probabilities of all frames among it.  CTC needs no forcing: frames are compared one by one, a token is a frame's.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any


def _beside(name: str) -> ModuleType:
    """A module that lies in this folder: the engine's own half."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.py")
    module = ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module
    SourceFileLoader(name, path).exec_module(module)
    return module


_plain = _beside("transcribe")
_folder = ""
_texts: dict[int, str] = {}  # what each token writes, as far as a transcript had it


class Unsupported(RuntimeError):
    """The model does not tell the distributions of its frames, or the pass cannot do what the variant asks."""


def imports() -> None:
    """Say where the library writes to, then import the binding."""
    global _folder  # noqa: PLW0603  # one folder a process
    _folder = tempfile.mkdtemp(prefix="asr-quant-bench-frames-")
    os.environ["TRANSCRIBE_DUMP_DIR"] = _folder
    _plain.imports()


class CtcModel:
    """A session, and the frames of the utterance at hand."""

    def __init__(self, loaded: Any, options: dict[str, Any]) -> None:
        self.loaded = loaded
        self.options = options
        self.frames: Any = None
        self.blank = -1


def load(payload: dict[str, Any]) -> CtcModel:
    """A session as the timed half opens it."""
    if payload["segmentation"]:
        raise Unsupported("the pass hears an utterance whole; the variant asks to cut it")
    loaded = _plain.load(payload)
    return CtcModel(loaded, {"language": payload["language"], "timestamps": payload["timestamps"]})


def windows(pcm: Any) -> list[Any]:
    """The whole utterance."""
    return [pcm]


def encode(model: CtcModel, window: Any, payload: dict[str, Any]) -> None:
    """The whole transcription: its frames are what the calls below are about.

    Raises `Unsupported` where the model has no CTC head, or where what it wrote is not what it went by.
    """
    _empty()
    result = model.loaded.session.run(window, **model.options)
    try:
        model.frames = _frames()
    finally:
        _empty()
    heard = [int(token.id) for token in result.tokens]
    _texts.update({int(token.id): str(token.text) for token in result.tokens})
    path = [int(token) for token in model.frames.argmax(axis=1)]
    last = model.frames.shape[1] - 1
    blanks = [blank for blank in (last, 0) if [token for _, token in _said(path, blank)] == heard]
    if not blanks:
        raise Unsupported("the library's transcript is not the best path of the frames that it wrote down")
    model.blank = blanks[0]


def _frames() -> Any:
    """Log-probabilities of shape (frames, vocabulary)."""
    import numpy as np

    about = os.path.join(_folder, "ctc.log_probs.json")
    if not os.path.exists(about):
        raise Unsupported("transcribe-cpp writes down no frames of this model: it has no CTC head")
    with open(about, encoding="utf-8") as file:
        frames, vocabulary = json.load(file)["shape"][:2]
    rows = np.fromfile(os.path.join(_folder, "ctc.log_probs.f32"), np.float32)
    return rows.reshape(int(frames), int(vocabulary))


def _empty() -> None:
    for name in os.listdir(_folder):
        os.unlink(os.path.join(_folder, name))


def _said(path: list[int], blank: int) -> list[tuple[int, int]]:
    """Frame and token of what a path says: blanks and repetitions left out."""
    return [
        (at, token) for at, token in enumerate(path) if token != blank and (at == 0 or path[at - 1] != token)
    ]


def greedy(model: CtcModel, payload: dict[str, Any], prefix: list[int]) -> tuple[list[int], Any, bool]:
    """The best token of each frame behind the prefix, and the frames."""
    rest = model.frames[len(prefix) :]
    return [int(token) for token in rest.argmax(axis=1)], rest, False


def forced(model: CtcModel, tokens: list[int], payload: dict[str, Any]) -> Any:
    """The frames, as many as the baseline has: nothing in them depends on what was said before."""
    if len(model.frames) != len(tokens):
        raise Unsupported(f"{len(model.frames)} frames beside the baseline's {len(tokens)}")
    return model.frames


def tops(model: CtcModel, rows: Any, *, first: bool) -> Any:
    """The best token of each frame."""
    return rows.argmax(axis=1)


def pieces(model: CtcModel, tokens: list[int]) -> list[bytes]:
    """What each frame adds to the text: of blanks and repetitions nothing."""
    found = [b""] * len(tokens)
    for at, token in _said(tokens, model.blank):
        found[at] = _texts.get(token, "").replace("\u2581", " ").encode()
    return found


def blank(model: CtcModel) -> int:
    """The token that says nothing: its frames are counted apart."""
    return model.blank


def facts(model: CtcModel) -> dict[str, Any]:
    """What the library says of itself."""
    found: dict[str, Any] = _plain.facts(model.loaded)
    return found


def close(model: CtcModel) -> None:
    """Remove the folder that the library wrote to."""
    shutil.rmtree(_folder, ignore_errors=True)
