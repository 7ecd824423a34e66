"""asr-quant-bench: honest benchmarks of quantized speech recognition models.

The public API, for notebooks and scripts:

- `load_run(path)`: a run's trials as a pandas DataFrame;
- `load_utterances(path)`: what its quality pass heard, utterance by utterance;
- `read_run(path)`: the same as `bench.domain` nouns;
- `load_suite(path)`: a suite file, resolved;
- `run(suite)`: measure a suite, write its reports, and return the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.config import load_suite
    from bench.frames import load_run, load_utterances
    from bench.journal import read_run
    from bench.session import run

__version__ = "0.1.0"
__all__ = ["__version__", "load_run", "load_suite", "load_utterances", "read_run", "run"]

_ROOMS = {
    "load_run": "bench.frames",
    "load_utterances": "bench.frames",
    "load_suite": "bench.config",
    "read_run": "bench.journal",
    "run": "bench.session",
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that the command line starts at once."""
    if name in _ROOMS:
        from importlib import import_module

        return getattr(import_module(_ROOMS[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
