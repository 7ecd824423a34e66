"""Talk to `child/supervise.py`: hand it a SPEC, sleep until its RESULT, clean up after both."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.domain import Reason
from bench.host.linux import oom_kills
from bench.interrupts import uninterrupted
from bench.reasons import reason
from bench.strays import end_strays

SUPERVISE = Path(__file__).resolve().parent.parent / "child" / "supervise.py"
# How long beyond the child's own time limit the supervisor may take to end and reap it.
GRACE_SECONDS: Final = 30.0
STOP_SECONDS: Final = 0.5  # how soon a stop that was asked for is noticed

# RESULT as the supervisor sent it: docs/architecture.md has its keys.
Result = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervision:
    """What came of one supervised child.

    `result` is RESULT as sent, None where the supervisor itself was ended; `failure` says how then.
    `kernel_killed` says that the kernel killed some process for lack of memory meanwhile, None where
    the system does not count that.  `strays` are the processes that had to be ended afterwards.
    """

    result: Result | None
    failure: Reason | None
    kernel_killed: bool | None
    strays: tuple[str, ...]


def supervise(
    spec: Mapping[str, Any], *, mark: str, scratch: Path, stop: threading.Event | None = None
) -> Supervision:
    """Run the supervisor to its end.  The caller sleeps meanwhile: nothing polls beside a trial.

    Where `stop` is given, it is looked at twice a second, and once set it ends the child: for children
    that are not timed.
    """
    kills = oom_kills()
    complaints = scratch / "supervisor.stderr"
    process: subprocess.Popen[bytes] | None = None
    try:
        with uninterrupted():  # a process that was started is known, whatever signal comes meanwhile
            process = _start(spec, complaints)
        answer = _converse(process, spec, stop)
    except BaseException:
        if process is not None:
            with uninterrupted():
                _end(process)
                end_strays(process.pid, mark)
        raise
    with uninterrupted():  # nothing may outlive the scratch folder that names its mark
        failure = _end(process) if answer is None else None
        strays = end_strays(process.pid, mark)
    if failure is not None:
        said = complaints.read_text(errors="replace").strip().rsplit("\n", 1)[-1]
        failure = reason("supervisor.said", why=failure, words=said) if said else failure
    after = oom_kills()
    return Supervision(
        result=answer,
        failure=failure,
        kernel_killed=None if kills is None or after is None else after > kills,
        strays=strays,
    )


def _start(spec: Mapping[str, Any], complaints: Path) -> subprocess.Popen[bytes]:
    with complaints.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(SUPERVISE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
            env=dict(spec["environ"]),
            start_new_session=True,  # a Ctrl-C of the terminal reaches the parent alone
        )


def _converse(
    process: subprocess.Popen[bytes], spec: Mapping[str, Any], stop: threading.Event | None
) -> dict[str, Any] | None:
    """SPEC in, RESULT out; stdin stays open meanwhile, for its end would end the child."""
    told, heard = process.stdin, process.stdout
    if told is None or heard is None:  # both were asked for
        return None
    try:
        told.write(json.dumps(dict(spec)).encode() + b"\n")
        told.flush()
    except BrokenPipeError:
        return None
    deadline = time.monotonic() + spec["timeout_seconds"] + GRACE_SECONDS
    said = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or (stop is not None and stop.is_set()):
            return None
        patience = left if stop is None else min(left, STOP_SECONDS)
        if not select.select([heard], [], [], patience)[0]:
            continue
        piece = os.read(heard.fileno(), 65536)
        if not piece:
            break
        said += piece
    told.close()
    process.wait()
    heard.close()
    try:
        answer = json.loads(said)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _end(process: subprocess.Popen[bytes]) -> Reason:
    """Make the supervisor stop: its stdin's end tells it to end the child; then by force."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    try:
        process.wait(timeout=5.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return reason("supervisor.silent")
    if process.returncode < 0:
        return reason("supervisor.signal", number=-process.returncode)
    return reason("supervisor.status", status=process.returncode)
