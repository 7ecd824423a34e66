"""What became of a child: a status, and a reason in words for everything but OK.  Pure."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from typing import Any

from bench.domain import Status
from bench.launch.events import Read
from bench.launch.logfile import printable
from bench.launch.supervisor import Supervision

# What a worker was doing after the event of that name.
_DOING = {
    None: "starting",
    "started": "importing the engine",
    "imported": "loading the model",
    "ready": "reading the audio",
    "transcribing": "transcribing",
    "transcribed": "finishing",
    "done": "exiting, after all its work was done",
    "failed": "exiting",
}


def judge(
    supervision: Supervision,
    read: Read,
    *,
    timeout_seconds: float,
    memory_limit_bytes: int | None,
    output_limit_bytes: int,
    passes: int,
    worker: bool,
    stderr: str,
    program: str,
) -> tuple[Status, str | None]:
    """Status and reason, the strongest evidence first.

    A worker that told all its results and only then came to grief delivered them: its exit failed.
    """
    status, reason = _judged(
        supervision,
        read,
        timeout_seconds=timeout_seconds,
        memory_limit_bytes=memory_limit_bytes,
        output_limit_bytes=output_limit_bytes,
        passes=passes,
        worker=worker,
        stderr=stderr,
        program=program,
    )
    if worker and status is not Status.OK and supervision.result and _missing(read, passes) is None:
        return Status.EXIT_FAILED, reason
    return status, reason


def _judged(
    supervision: Supervision,
    read: Read,
    *,
    timeout_seconds: float,
    memory_limit_bytes: int | None,
    output_limit_bytes: int,
    passes: int,
    worker: bool,
    stderr: str,
    program: str,
) -> tuple[Status, str | None]:
    result = supervision.result
    while_doing = f" while {_DOING.get(read.last(), read.last())}" if worker else ""
    if result is None:
        return Status.FAILED, supervision.failure or "the supervisor gave no result"
    match result["killed_for"]:
        case "timeout":
            return Status.TIMEOUT, f"ended at its time limit of {timeout_seconds:g} s{while_doing}"
        case "memory":
            peak = result["sampled"]["peak_bytes"]
            limit = f"{memory_limit_bytes:,} bytes" if memory_limit_bytes else "none"
            return Status.MEMORY, f"ended at its memory limit ({limit}) with {peak:,} bytes{while_doing}"
        case "output":
            return Status.FAILED, f"ended because it printed more than {output_limit_bytes:,} bytes"
        case "interrupt":
            return Status.FAILED, f"ended because the supervisor was told to stop{while_doing}"
    if result["exec_errno"]:
        return Status.FAILED, f"cannot start {program}: {os.strerror(result['exec_errno'])}"
    if result["signal"]:
        return _signalled(result, supervision, while_doing)
    return _by_itself(result, read, passes=passes, worker=worker, stderr=stderr)


def _signalled(
    result: Mapping[str, Any], supervision: Supervision, while_doing: str
) -> tuple[Status, str | None]:
    number = result["signal"]
    if number == signal.SIGKILL and supervision.kernel_killed:
        return Status.MEMORY, f"killed by the kernel for want of memory{while_doing}"
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = "an unnamed signal"
    said = f"ended by signal {number} ({name}){while_doing}"
    if number == signal.SIGKILL:
        unknown = "; this system does not tell whether by the kernel"
        said += "; not by this program" + (unknown if supervision.kernel_killed is None else "")
    return Status.CRASHED, said


def _by_itself(
    result: Mapping[str, Any], read: Read, *, passes: int, worker: bool, stderr: str
) -> tuple[Status, str | None]:
    failed = next((event for event in read.events if event.name == "failed"), None)
    if failed is not None:
        error, message = failed.data.get("error", "an error"), failed.data.get("message", "")
        if failed.data.get("kind") == "unsupported":
            return Status.UNSUPPORTED, printable(str(message) or str(error))
        status = Status.MEMORY if failed.data.get("kind") == "memory" else Status.FAILED
        return status, printable(f"{error}: {message}" if message else str(error))
    if result["exit"] != 0:
        last = next((line for line in reversed(stderr.splitlines()) if line.strip()), "")
        return Status.FAILED, f"exit status {result['exit']}" + (f": {printable(last[:300])}" if last else "")
    if worker:
        missing = _missing(read, passes)
        if missing:
            count = len(read.unreadable)
            unread = f"; {count} unreadable line{'s' * (count > 1)} among its events" if count else ""
            return Status.FAILED, f"exit status 0, but it never told that it {missing}{unread}"
    return Status.OK, None


def _missing(read: Read, passes: int) -> str | None:
    names = [event.name for event in read.events]
    for name, words in (("imported", "imported the engine"), ("ready", "loaded the model")):
        if name not in names:
            return words
    heard = names.count("transcribed")
    if heard < passes:
        return f"transcribed {passes} times ({heard} heard of)" if passes > 1 else "transcribed"
    return None if "done" in names else "was done"
