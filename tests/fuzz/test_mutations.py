"""Mutated inputs of every kind to everything that reads them: a message of ours or an answer, soon and small."""

from __future__ import annotations

import os
import re
import resource
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import FrameType

import pytest
from mutator import mutated
from targets import Target, all_targets, lay_out

from bench.errors import BenchError
from bench.timelimit import TookTooLong

SECONDS = float(os.environ.get("FUZZ_SECONDS", "60"))
MOST = int(os.environ.get("FUZZ_INPUTS", "1000000000"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
FOUND = Path(__file__).parent / "found"
LIMIT_SECONDS = 10.0
LIMIT_BYTES = 1 << 30


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> list[Target]:
    return all_targets(tmp_path_factory.mktemp("good"))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))


@contextmanager
def processor_time(seconds: float) -> Iterator[None]:
    """Raise `TookTooLong` in what needs more of the processor: of it, for a busy machine makes all of them wait."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise TookTooLong(f"took longer than {seconds:g} s")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def fault(target: Target, folder: Path, content: bytes) -> str | None:
    """What went wrong with one input, in a line; None where all is well."""
    lay_out(target, folder, content)
    try:
        with processor_time(LIMIT_SECONDS):
            target.use(folder)
    except BenchError as error:
        return None if error.message and "Traceback" not in error.message else f"no message: {error!r}"
    except Exception as error:  # noqa: BLE001  # that is what is looked for
        frames = traceback.extract_tb(error.__traceback__)
        own = next((frame for frame in reversed(frames) if "/bench/" in frame.filename), frames[-1])
        return (
            f"{type(error).__name__}: {str(error)[:150]} at {Path(own.filename).name}:{own.lineno} {own.name}"
        )
    return None


def test_good_files_are_good(targets: list[Target], tmp_path: Path) -> None:
    for target in targets:
        lay_out(target, tmp_path / "input", target.file)
        target.use(tmp_path / "input")


def test_cases_found_before_stay_mended(targets: list[Target], tmp_path: Path) -> None:
    by_name = {target.name: target for target in targets}
    for file in sorted(FOUND.glob("*.bin")):
        target = by_name[file.stem.rpartition(".")[0]]
        assert fault(target, tmp_path / "input", file.read_bytes()) is None, file.name


def test_no_mutation_brings_a_traceback_a_hang_or_a_made_up_figure(
    targets: list[Target], tmp_path: Path
) -> None:
    """`make fuzz` gives it an hour; what it finds is kept under found/ and told with its seed."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found: dict[str, str] = {}
    deadline = time.monotonic() + SECONDS
    done = 0
    for seed in count(SEED * 1_000_000):
        for target in targets:
            for part in range(target.share):
                if time.monotonic() > deadline or done >= MOST:
                    break
                content = mutated(seed * 100 + part, target.file, lines=target.lines)
                done += 1
                what = fault(target, tmp_path / "input", content)
                kind = re.sub(r"\d+|'[^']*'", "_", f"{target.name}: {what}")
                if what is not None and kind not in found:
                    found[kind] = f"{what}: seed {seed * 100 + part}"
                    if os.environ.get("FUZZ_KEEP"):
                        (FOUND / f"{target.name}.{seed * 100 + part}.bin").write_bytes(content)
        if time.monotonic() > deadline or done >= MOST:
            break
    print(f"\n{done} mutated inputs, {len(found)} kinds of fault", file=sys.__stderr__)
    listed = "\n".join(f"{what}  ({where})" for what, where in found.items())
    assert not found, f"{len(found)} of {done} inputs:\n{listed}"
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < LIMIT_BYTES, f"{grown:,} bytes"
