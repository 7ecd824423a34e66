"""Kill anything at any moment: no finished trial is lost or doubled, and the next command leaves nothing behind.

Commands: run, nightly, fetch, accept.  Victims: the runner, the supervisor, the measured child.  Signals: KILL,
TERM, HUP, INT.  Every trial starts a helper in a session of its own, as some engines do.
`KILLS` is how many signals are delivered; the project's bar is 200.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from bench.journal import RECORDS, read_run
from bench.regression.baselines import read_references
from bench.regression.history import read_history
from bench.strays import MARK

KILLS = int(os.environ.get("KILLS", "6"))
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
BLOCKS = 3
NOTHING = "nothing"  # what is hit by a signal that comes after the command's end
LATEST_SECONDS = {"run": 3.0, "nightly": 3.0, "fetch": 1.0, "accept": 1.0}  # after a command's start

PROGRAM = """
import os, sys, time
weights = open(sys.argv[1], "rb").read()
if os.fork() == 0:
    os.setsid()
    time.sleep(300)
    os._exit(0)
time.sleep(0.15)
print("раз")
"""
SUITE = """
name: demo
title: Demo
models: [m]
variants: [f16, q8_0]
clips: [{path: clip.wav, text: clip.txt, name: clip}]
defaults: {engine: command, settings: {argv: ["PYTHON", program.py, "{model}"], weights_format: program}}
protocol: {blocks: BLOCKS, rerun_disturbed: false, timeout: 20 s}
report: {languages: [en]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    from gated_suite import lay_out

    lay_out(tmp_path)
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "demo.yaml").write_text(
        SUITE.replace("PYTHON", sys.executable).replace("BLOCKS", str(BLOCKS))
    )
    manifest = tmp_path / "models" / "m.yaml"
    manifest.write_text(manifest.read_text().replace("format: fake", "format: program"))
    (tmp_path / "tmp").mkdir()
    return tmp_path


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    script = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); signal.signal(signal.SIGHUP, signal.SIG_DFL); from bench.entry import main; main()"
    environ = {
        **os.environ,
        "ASR_QUANT_BENCH_CACHE": str(folder / "cache"),
        "TMPDIR": str(folder / "tmp"),
    }
    with (folder / "said").open("ab") as said:
        return subprocess.Popen(
            [sys.executable, "-c", script, *arguments], cwd=folder, env=environ, stdout=said, stderr=said
        )


def lines(folder: Path) -> dict[str, list[bytes]]:
    files = (folder / "reports" / "demo").glob(f"2*/{RECORDS}")
    return {file.parent.name: file.read_bytes().split(b"\n")[:-1] for file in files}


def victim_of(process: subprocess.Popen[bytes], kind: str) -> psutil.Process | None:
    """The runner, its supervisor or the measured child, as it is now."""
    try:
        runner = psutil.Process(process.pid)
        if kind == "runner":
            return runner
        supervisors = [p for p in runner.children() if any("supervise.py" in word for word in p.cmdline())]
        if not supervisors or kind == "supervisor":
            return supervisors[0] if supervisors else None
        children = supervisors[0].children()
        return children[0] if children else None
    except psutil.Error:
        return None


def orphans(folder: Path) -> list[int]:
    """Processes of any trial of this folder."""
    found = []
    for process in psutil.process_iter():
        try:
            environ = process.environ()
            if (
                MARK in environ
                and environ.get("TMPDIR") == str(folder / "tmp")
                and process.status() != "zombie"
            ):
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return found


def one_kill(folder: Path, chance: random.Random) -> str:
    """Start a command, kill something of it, wait for its end; what was done."""
    runs = sorted((folder / "reports" / "demo").glob(f"2*/{RECORDS}"))
    whole = [r for r in runs if r.read_bytes().count(b"\n") == 2 * BLOCKS]
    name = chance.choice(("run", "run", "run", "nightly", "fetch", "accept"))
    if name == "accept" and not whole:
        name = "run"
    arguments = {
        "run": ["run", "demo.yaml", *(["--resume"] if runs and runs[-1] not in whole else [])],
        "nightly": ["nightly", "demo.yaml"],
        "fetch": ["fetch", "demo.yaml", "--verify"],
        "accept": ["accept", str(whole[0].parent) if whole else "", "--why", "a kill"],
    }[name]
    number, kind = chance.choice(SIGNALS), chance.choice(("runner", "runner", "supervisor", "child"))
    before = lines(folder)
    process = start(folder, *arguments)
    time.sleep(chance.uniform(0.05, LATEST_SECONDS[name]))
    deadline = time.monotonic() + 3
    victim = victim_of(process, kind)
    while victim is None and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
        victim = victim_of(process, kind)
    hit = NOTHING
    if victim is not None:
        try:
            victim.send_signal(number)
            hit = kind
        except psutil.Error:
            pass
    process.wait(timeout=120)
    done = f"{name}: {signal.Signals(number).name} to {hit}"
    after = lines(folder)
    for run_id, told in before.items():
        assert after[run_id][: len(told)] == told, f"{done}: trials of {run_id} were lost"
    return done


def test_whatever_is_killed_nothing_is_lost_doubled_or_left(folder: Path) -> None:
    chance = random.Random(int(os.environ.get("FUZZ_SEED", "1")))
    done: Counter[str] = Counter()
    delivered = tried = 0
    while delivered < KILLS:
        what = one_kill(folder, chance)
        done[what] += 1
        tried += 1
        delivered += not what.endswith(NOTHING)
        assert tried < 10 + 5 * KILLS, done
        assert start(folder, "validate", "demo.yaml").wait(timeout=120) == 0
        assert orphans(folder) == [], what
        assert [p.name for p in (folder / "tmp").iterdir() if p.is_dir()] == [], what
        assert not list((folder / "cache").glob("*/*.making")), what
        for file in (folder / "reports" / "baselines").glob("*/*.jsonl"):
            assert read_references(file)[1] == (), what
        for file in (folder / "reports" / "history").glob("*/*.jsonl"):
            assert read_history(file).warnings == (), what
    code = start(folder, "run", "demo.yaml", *(["--resume"] if lines(folder) else [])).wait(timeout=300)
    assert code in (0, 1), (folder / "said").read_text(errors="replace")[
        -3000:
    ]  # a killed child is a crashed trial
    for run_id in lines(folder):
        run = read_run(folder / "reports" / "demo" / run_id)
        assert run.warnings == ()
        counts = Counter((record.case, record.block, record.attempt) for record in run.records)
        assert set(counts.values()) <= {1}, counts
    newest = read_run(folder / "reports" / "demo" / max(lines(folder)))
    assert len(newest.records) == 2 * BLOCKS
    assert "Traceback" not in (folder / "said").read_text(errors="replace")
    print(f"\n{delivered} kills of {tried} tries: {dict(done.most_common())}", file=sys.__stderr__)
