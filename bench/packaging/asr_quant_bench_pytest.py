"""The pytest entry point: options, and the plugin itself once `--asr-suite` is given.

Installed beside the package `bench`, under a name that nobody else has: a project that is tested may have a
`bench/` folder of its own, and `python -m pytest` finds that one first.  Nothing of either `bench` is imported
before a suite is asked for.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).resolve()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("asr-quant-bench", "speech recognition benchmarks")
    group.addoption(
        "--asr-suite", metavar="FILE", help="Run the cases of this suite as pytest-benchmark tests."
    )
    group.addoption("--asr-run", metavar="RUN", help="Take the trials from this run instead of measuring.")
    group.addoption(
        "--asr-metric",
        metavar="NAME",
        default="transcribe_seconds",
        help="The time to benchmark: a metric in seconds.",
    )
    group.addoption("--asr-reports", metavar="FOLDER", default="reports", help="Folder of the runs.")
    group.addoption("--asr-logs", metavar="FOLDER", default="logs", help="Folder of the trials' logs.")


def pytest_configure(config: pytest.Config) -> None:
    """Bring in the plugin where a suite is asked for."""
    if not config.getoption("--asr-suite"):
        return
    _prefer_ours()
    plugin = import_module("bench.pytest_plugin")
    if not config.pluginmanager.is_registered(plugin):
        config.pluginmanager.register(plugin, "asr-quant-bench-suite")  # calls its pytest_configure, too


def _prefer_ours() -> None:
    """Let `bench` mean this distribution's package in a session that measures a suite."""
    package = _package()
    loaded = sys.modules.get("bench")
    found = find_spec("bench") if loaded is None else loaded.__spec__
    where = Path(found.origin).resolve().parent if found is not None and found.origin else None
    if where == package:
        return
    if loaded is not None:
        raise pytest.UsageError(
            f"--asr-suite: the tests here have imported a `bench` of their own ({where or 'a folder'}). "
            "Give the suite a folder without them: --rootdir, or --confcutdir and -c /dev/null"
        )
    sys.path.insert(0, str(package.parent))


def _package() -> Path:
    """Where this distribution's `bench` lies: beside this module, or in the checkout an editable install names."""
    beside = HERE.parent / "bench"
    checkouts = (Path(entry).resolve() / "bench" for entry in sys.path)
    return next((folder for folder in checkouts if (folder / "packaging" / HERE.name).is_file()), beside)
