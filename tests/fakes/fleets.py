"""A suite to hear, and the processes of a fleet on this machine: a head and workers, each as a user starts it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import fake_engine
import numpy as np

from bench import host
from bench.config import load_suite
from bench.domain import Reason
from bench.executor import Executor
from bench.folders import RunFolders, new_folders, start
from bench.journal import RECORDS
from bench.listening.passes import QualityPass
from bench.prepare import prepare
from bench.quality.utterances import UtteranceRecord, read_utterances

SUITE = """
name: demo
title: Demo
models: [m]
variants:
  - f16
  - {quantization: q8_0, settings: {blur: 0.03}}
  - {quantization: q4_0, settings: {blur: 0.8}}
clips: [{path: u1.wav, name: clip}]
defaults: {engine: fake}
protocol: {blocks: 1, timeout: 60 s}
quality:
  floor: 2
  corpora:
    - {manifest: list.tsv, name: own, language: ru}
"""
INSTALL = "import fake_engine; fake_engine.install()"


def _longer_and_longer(number: int) -> float:
    return 0.7 + 0.05 * number


def make_suite(
    folder: Path, utterances: int, suite: str = SUITE, seconds: Callable[[int], float] = _longer_and_longer
) -> None:
    """A suite of so many utterances, each as long as its number says; those of over 3 s are of two windows."""
    fake_engine.lay_model(folder)
    lines = ["path\tsentence\tspeaker"]
    for number in range(1, utterances + 1):
        with wave.open(str(folder / f"u{number}.wav"), "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", ""))
            file.writeframes(np.full(round(16000 * seconds(number)), number, "<i2").tobytes())
        lines.append(f"u{number}.wav\tслова {number}\ts{number % 2}")
    (folder / "list.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "demo.yaml").write_text(suite)


class Watching:
    """Remembers what a pass tells."""

    def __init__(self) -> None:
        self.counts: tuple[int, int] | None = None
        self.refusals: list[tuple[str, Reason]] = []
        self.waited = False

    def advance(self, title: str, done: int, total: int | None) -> None: ...

    def listening(self, done: int, total: int) -> None:
        self.counts = (done, total)

    def heard(self, record: UtteranceRecord) -> None: ...

    def refused(self, host: str, why: Reason) -> None:
        self.refusals.append((host, why))

    def waiting(self) -> None:
        self.waited = True


def a_pass(
    folder: Path,
    executor: Executor | None,
    folders: RunFolders | None = None,
    *,
    share_seconds: float | None = None,
    wait_seconds: float = 60.0,
) -> tuple[QualityPass, Watching]:
    """A quality pass of the suite in a folder, into a new run or an old one."""
    prepared = prepare(load_suite(folder / "demo.yaml"))
    if folders is None:
        folders = new_folders("demo", reports=folder / "reports", logs=folder / "logs")
        start(folders, prepared.suite, host.describe())
        (folders.run / RECORDS).touch()
    watcher = Watching()
    made = QualityPass(
        prepared=prepared,
        folders=folders,
        host=host.describe(),
        workers=1,
        watcher=watcher,
        memory_bytes=1e12,
        executor=executor,
        share_seconds=share_seconds,
        wait_seconds=wait_seconds,
    )
    return made, watcher


def records_of(run: Path) -> tuple[UtteranceRecord, ...]:
    """What a run heard; nothing of it may be unreadable."""
    records, warnings = read_utterances(run)
    assert not warnings
    return records


def told(record: UtteranceRecord) -> tuple[object, ...]:
    """All of a record but what depends on when it was heard."""
    return tuple(
        getattr(record, name) for name in UtteranceRecord.__dataclass_fields__ if name != "cpu_seconds"
    )


def free_port() -> int:
    """A port that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def process(
    *arguments: str, cwd: Path, until: str = "", setup: str = INSTALL, **environ: str
) -> Iterator[subprocess.Popen[bytes]]:
    """`asr-quant-bench ARGUMENTS` until the block ends; begun when its standard error says `until`.

    `setup` is run in it first.
    """
    log = cwd / f"{arguments[0]}.{time.monotonic_ns()}.log"
    path = os.pathsep.join([str(Path(fake_engine.__file__).parent), os.environ.get("PYTHONPATH", "")])
    with log.open("wb") as stderr:
        started = subprocess.Popen(
            [sys.executable, "-c", f"{setup}\nfrom bench.cli import main\nmain()", *arguments],
            cwd=cwd,
            stderr=stderr,
            env={**os.environ, "PYTHONPATH": path, **environ},
        )
    try:
        deadline = time.monotonic() + 60
        while until not in log.read_text(errors="replace"):
            assert started.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < deadline, log.read_text(errors="replace")
            time.sleep(0.05)
        yield started
    finally:
        if started.poll() is None:
            started.terminate()
            try:
                started.wait(20)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()


@contextlib.contextmanager
def a_head(cwd: Path, port: int) -> Iterator[str]:
    """A scheduler; its address."""
    address = f"tcp://127.0.0.1:{port}"
    with process("head", "--listen", address, cwd=cwd, until="head:"):
        yield address


def a_worker(
    cwd: Path, address: str, *options: str, setup: str = INSTALL, **environ: str
) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    """A worker of the head at that address."""
    return process("worker", address, *options, cwd=cwd, until="takes work", setup=setup, **environ)


@contextlib.contextmanager
def another_host(
    folder: Path, name: str, address: str, *options: str, setup: str = INSTALL
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker with a label, and a working folder and a cache of its own: it sees no file of the head's by its path."""
    home = folder / "hosts" / name
    home.mkdir(parents=True)
    with a_worker(
        home,
        address,
        "--label",
        name,
        *options,
        setup=setup,
        ASR_QUANT_BENCH_CACHE=str(home / "cache"),
    ) as worker:
        yield worker


@contextlib.contextmanager
def a_fleet(cwd: Path, workers: int, options: Sequence[str] = ()) -> Iterator[str]:
    """A head and so many workers; the head's address."""
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(a_head(cwd, free_port()))
        for _ in range(workers):
            stack.enter_context(a_worker(cwd, address, *options))
        yield address
