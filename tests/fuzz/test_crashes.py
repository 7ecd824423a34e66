"""Fail, or die, at every call that changes the disk: the state opens, going on completes, nothing is lost or doubled.

As SQLite's crash tests do.  A command runs in a process of its own whose calls to the file system are
counted; at one of them it is killed, or the call fails as on a full or broken disk.  Every call
site of a command is visited, at its first and at its last call.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import multiprocessing
import os
import shutil
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import fake_engine
import pytest
from gated_suite import lay_out

from bench.journal import RECORDS, read_run
from bench.regression.baselines import read_references
from bench.regression.history import read_history

CHANGING = (
    "mkdir",
    "rename",
    "replace",
    "unlink",
    "rmdir",
    "write",
    "fsync",
    "ftruncate",
    "symlink",
    "link",
    "utime",
)
Site = tuple[str, str]
# From a server without threads: a fork of a process that has drawn a chart may wait for ever for the renderer's.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["bench.cli"])


@dataclass(frozen=True)
class Call:
    """One call: where it stands in our code, and which one of that site it is."""

    site: Site
    number: int


class Disk:
    """The calls of this process that change files below a folder, counted; one of them goes wrong."""

    def __init__(self, folder: Path, wrong: Call | None, how: str) -> None:
        self.folder, self.wrong, self.how = str(folder), wrong, how
        self.seen: Counter[Site] = Counter()
        self.descriptors: set[int] = set()
        self.busy = False

    def install(self) -> None:
        """Stand between Python and the disk, for the rest of this process's life."""
        for name in CHANGING:
            setattr(os, name, self._watched(name, getattr(os, name)))
        real_open, real_os_open = builtins.open, os.open

        def watched_open(file: Any, mode: str = "r", *rest: Any, **more: Any) -> Any:
            if isinstance(file, str | Path) and set(mode) & set("wax+") and self._ours(file):
                self._count("open")
            return real_open(file, mode, *rest, **more)

        def watched_os_open(path: Any, flags: int, *rest: Any, **more: Any) -> int:
            mine = self._ours(path)
            if mine and flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
                self._count("os.open")
            descriptor = real_os_open(path, flags, *rest, **more)
            if mine:
                self.descriptors.add(descriptor)
            else:
                self.descriptors.discard(descriptor)
            return descriptor

        builtins.open = io.open = watched_open
        os.open = watched_os_open

    def _ours(self, thing: Any) -> bool:
        if isinstance(thing, int):
            return thing in self.descriptors
        try:
            return os.path.abspath(os.fsdecode(thing)).startswith(self.folder)  # noqa: PTH100  # no call of its own
        except TypeError:
            return False

    def _watched(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            if arguments and self._ours(arguments[0]):
                if name == "write" and self._is_next(name) and self.how == "half":
                    real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                self._count(name)
            return real(*arguments, **more)

        return call

    def _site(self, name: str) -> Site | None:
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            file = frame.f_code.co_filename
            if "/bench/" in file and "/tests/" not in file:
                return name, f"{Path(file).name}:{frame.f_lineno}"
            frame = frame.f_back
        return None

    def _is_next(self, name: str) -> bool:
        site = self._site(name)
        return site is not None and self.wrong == Call(site, self.seen[site] + 1)

    def _count(self, name: str) -> None:
        site = self._site(name)
        if site is None or self.busy:
            return
        self.seen[site] += 1
        if self.wrong == Call(site, self.seen[site]):
            if self.how in ("kill", "half"):
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError(errno.ENOSPC if self.how == "full" else errno.EIO, os.strerror(errno.ENOSPC))


def _command(
    folder: Path, arguments: list[str], wrong: Call | None, how: str, said: Path, calls: Path
) -> None:
    code = 99
    try:
        descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        os.chdir(folder)
        os.environ["ASR_QUANT_BENCH_CACHE"] = str(folder / "cache")
        sys.argv = ["asr-quant-bench", *arguments]
        fake_engine.install()
        from bench.cli import app
        from bench.commands import process

        disk = Disk(folder, wrong, how)
        disk.install()
        code = process.run(app)
        disk.busy = True
        calls.write_text(json.dumps([[*site, number] for site, number in disk.seen.items()]))
    except BaseException:  # noqa: BLE001  # told to the parent
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(code)


def command(
    folder: Path, arguments: list[str], wrong: Call | None = None, how: str = ""
) -> tuple[int, str, Counter[Site]]:
    """Run a command in a process of its own: exit code (or minus the signal), what it said, its calls."""
    said = folder.parent / f"{folder.name}.said"
    calls = folder.parent / f"{folder.name}.calls"
    calls.unlink(missing_ok=True)
    child = FORKS.Process(target=_command, args=(folder, arguments, wrong, how, said, calls))
    child.start()
    child.join()
    code = child.exitcode
    assert code is not None
    seen: Counter[Site] = Counter()
    if calls.exists():
        seen.update({(name, where): number for name, where, number in json.loads(calls.read_text())})
    return code, said.read_text(errors="replace"), seen


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fake_engine.install()
    made = tmp_path / "made"
    made.mkdir()
    lay_out(made)
    suite = made / "demo.yaml"
    text = suite.read_text().replace("blocks: 4", "blocks: 2").replace("0.30", "0.01")
    suite.write_text(text + "report: {languages: [en]}\n")
    return made


def places(seen: Counter[Site]) -> Iterator[Call]:
    """Each site at its first and at its last call."""
    for site, number in sorted(seen.items()):
        yield Call(site, 1)
        if number > 1:
            yield Call(site, number)


def records_of(folder: Path) -> dict[str, list[bytes]]:
    """The whole lines of every journal."""
    files = (folder / "reports" / "demo").glob(f"2*/{RECORDS}")
    return {file.parent.name: file.read_bytes().split(b"\n")[:-1] for file in files}


def check(folder: Path, before: dict[str, list[bytes]], what: str) -> None:
    """Everything on the disk opens, and goes on to a whole."""
    runs = [file.parent for file in sorted((folder / "reports" / "demo").glob(f"2*/{RECORDS}"))]
    for run in runs:
        read_run(run)
    kept = records_of(folder)
    for run_id, lines in before.items():
        assert kept.get(run_id, [])[: len(lines)] == lines, f"{what}: finished trials of {run_id} are lost"
    for file in (folder / "reports" / "baselines").glob("*/*.jsonl"):
        found, warnings = read_references(file)
        assert not warnings, what
        assert [one.id for one in found] == [f"ref-{n}" for n in range(1, len(found) + 1)], what
    for file in (folder / "reports" / "history").glob("*/*.jsonl"):
        history = read_history(file)
        assert len({night.run for night in history.nights}) == len(history.nights), what
    code, said, _ = command(folder, ["run", "demo.yaml", *(["--resume"] if runs else [])])
    assert code == 0, f"{what}: going on: {code}: {said}"
    last = read_run(folder / "reports" / "demo" / max(records_of(folder)))
    assert not last.warnings, what
    counts = Counter((record.case, record.block) for record in last.records)
    assert len(counts) == 4, f"{what}: {counts}"
    assert set(counts.values()) == {1}, f"{what}: {counts}"
    left = [
        path
        for path in folder.rglob("*")
        if path.name.endswith((".making", ".spoiled"))
        or (path.name.startswith(".") and path.suffix[1:].isdigit())
    ]
    assert not [path for path in left if last.path in path.parents or "cache" in path.parts], (
        f"{what}: {left}"
    )


def crash(folder: Path, tmp_path: Path, arguments: list[str], *, hows: tuple[str, ...]) -> int:
    """Visit every call site of a command; how often it was made to fail."""
    good = tmp_path / "good"
    shutil.copytree(folder, good, symlinks=True)
    code, said, seen = command(good, arguments)
    assert code in (0, 2), said
    visited = 0
    tried = [(call, how) for call in places(seen) for how in hows if how != "half" or call.site[0] == "write"]
    for call, how in tried[sum(map(ord, arguments[0])) % SHARE :: SHARE]:
        what = f"{' '.join(arguments)}: {how} at {call.site} number {call.number}"
        work = tmp_path / "work"
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(folder, work, symlinks=True)
        before = records_of(work)
        code, said, _ = command(work, arguments, call, how)
        assert "Traceback" not in said, f"{what}: {said}"
        assert code in (-signal.SIGKILL, 0, 1, 2) or 64 <= code <= 68 or code == 74, f"{what}: {code}: {said}"
        check(work, before, what)
        visited += 1
    assert len(tried) > 20
    return visited


# Every so manyth of the failures: all of them take minutes.
SHARE = int(os.environ.get("CRASH_SHARE", "24"))
HOWS = tuple(os.environ.get("CRASH_HOWS", "kill,half,full").split(","))


def test_a_run_that_fails_at_any_call_goes_on(folder: Path, tmp_path: Path) -> None:
    print(crash(folder, tmp_path, ["run", "demo.yaml"], hows=HOWS), "failures", file=sys.__stderr__)


def test_a_fetch_that_fails_at_any_call_goes_on(folder: Path, tmp_path: Path) -> None:
    print(crash(folder, tmp_path, ["fetch", "demo.yaml"], hows=HOWS), "failures", file=sys.__stderr__)


def test_an_accept_that_fails_at_any_call_leaves_the_old_reference_or_the_new(
    folder: Path, tmp_path: Path
) -> None:
    code, said, _ = command(folder, ["run", "demo.yaml"])
    assert code == 0, said
    run = next((folder / "reports" / "demo").glob("2*"))
    accept = ["accept", str(run.relative_to(folder)), "--why", "it is right"]
    assert command(folder, accept)[0] == 0
    print(crash(folder, tmp_path, accept, hows=HOWS), "failures", file=sys.__stderr__)


def test_a_night_that_fails_at_any_call_keeps_history_and_reference(folder: Path, tmp_path: Path) -> None:
    assert command(folder, ["run", "demo.yaml"])[0] == 0
    run = next((folder / "reports" / "demo").glob("2*"))
    assert command(folder, ["accept", str(run.relative_to(folder)), "--why", "it is right"])[0] == 0
    print(crash(folder, tmp_path, ["nightly", "demo.yaml"], hows=HOWS), "failures", file=sys.__stderr__)
