"""pytest --asr-suite SUITE: every case of a suite as a pytest-benchmark test.

The suite is measured once, its cases interleaved in blocks as always; each test then hands the
trials of its case to pytest-benchmark as rounds.  Their time is the trial's own, say its
`transcribe_seconds`, not the wall clock around a child process: pytest-benchmark reads a timer that
only `advance` moves.  So `--benchmark-save`, `--benchmark-compare-fail` and the like work as usual.

Its options and the moment it comes in are those of `asr_quant_bench_pytest`, the entry point.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bench.pytest_trials import SuiteTrials, trial_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from bench.domain import Suite
    from bench.journal import RunData


def pytest_configure(config: pytest.Config) -> None:
    """Collect the suite: alone, or beside the tests that were asked for by path."""
    given = config.getoption("--asr-suite", None)
    if not given:
        return
    from bench.metrics import METRICS
    from bench.units import Unit

    metric = config.getoption("--asr-metric")
    if metric not in METRICS or METRICS[metric].unit is not Unit.SECONDS:
        times = ", ".join(name for name, found in METRICS.items() if found.unit is Unit.SECONDS)
        raise pytest.UsageError(f"--asr-metric {metric} is not a duration. Durations: {times}")
    if not config.pluginmanager.hasplugin("benchmark"):
        raise pytest.UsageError("--asr-suite needs pytest-benchmark: install asr-quant-bench[pytest]")
    if hasattr(config, "workerinput") or config.getoption("numprocesses", None):
        raise pytest.UsageError("--asr-suite measures one trial at a time: run it without pytest-xdist")
    asked = config.args_source is pytest.Config.ArgsSource.ARGS
    config.args = [*(config.args if asked else ()), str(given)]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """The suite's file as a module of tests."""
    given = parent.config.getoption("--asr-suite", None)
    if given and file_path == parent.config.invocation_params.dir.joinpath(given).resolve():
        module: pytest.Module = SuiteModule.from_parent(parent, path=file_path)
        return module
    return None


class SuiteModule(pytest.Module):
    """A suite's file; its tests are those of `bench.pytest_cases`, one for each of its cases."""

    def _getobj(self) -> ModuleType:
        """What pytest collects from in place of importing the file."""
        from bench import pytest_cases

        return pytest_cases


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a case, called by its id and grouped by its clip."""
    if "asr_case" not in metafunc.fixturenames:
        return
    suite = _load(metafunc.config)
    metric = metafunc.config.getoption("--asr-metric")
    metafunc.parametrize(
        "asr_case",
        [
            pytest.param(
                case.id,
                id=case.id,
                marks=pytest.mark.benchmark(timer=trial_seconds, group=f"{case.clip}: {metric}"),
            )
            for case in suite.cases
        ],
    )


def _load(config: pytest.Config) -> Suite:
    from bench.config import load_suite
    from bench.errors import BenchError

    try:
        return load_suite(config.invocation_params.dir / config.getoption("--asr-suite"))
    except BenchError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.fixture(scope="session")
def asr_trials(request: pytest.FixtureRequest) -> SuiteTrials:
    """The trials of the cases that are selected, measured when the first of them is tested."""
    config = request.config
    given = config.getoption("--asr-run")
    root = config.invocation_params.dir
    data = _read(root / given) if given else _measure(config, _selected(request.session.items))
    return SuiteTrials(data, config.getoption("--asr-metric"))


def _selected(items: Sequence[pytest.Item]) -> set[str]:
    specs: list[Any] = [getattr(item, "callspec", None) for item in items]
    return {spec.params["asr_case"] for spec in specs if spec is not None and "asr_case" in spec.params}


def _read(path: Path) -> RunData:
    from bench.errors import BenchError
    from bench.journal import read_run

    try:
        return read_run(path)
    except BenchError as error:
        raise pytest.UsageError(str(error)) from None


def _measure(config: pytest.Config, wanted: set[str]) -> RunData:
    from bench import session

    root = config.invocation_params.dir
    folders = session.measure(
        session.select(_load(config), sorted(wanted)),
        reports=root / config.getoption("--asr-reports"),
        logs=root / config.getoption("--asr-logs"),
    )
    return _read(folders.run)
