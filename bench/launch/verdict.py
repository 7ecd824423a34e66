"""What became of a child: a status, and a reason for everything but OK.  Pure."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

from bench.contract import Event
from bench.domain import Reason, Status
from bench.launch.events import Read
from bench.launch.measurements import NO_RESULT
from bench.launch.supervisor import Result, Supervision
from bench.reasons import reason, told
from bench.text.safe import visible

# What a worker was doing after the event of that name.
_DOING = {
    None: reason("doing.starting"),
    "started": reason("doing.importing"),
    "imported": reason("doing.loading"),
    "ready": reason("doing.reading_audio"),
    "transcribing": reason("doing.transcribing"),
    "transcribed": reason("doing.finishing"),
    "done": reason("doing.exiting_done"),
    "failed": reason("doing.exiting"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A child that has ended: what the supervisor and the child itself told, and the limits it ran under.

    `worker` is False for a program of its own, named `program`; `passes` are the transcriptions it was asked for.
    """

    supervision: Supervision
    read: Read
    timeout_seconds: float
    memory_limit_bytes: int | None
    output_limit_bytes: int
    passes: int
    worker: bool
    stderr: str
    program: str


def judge(ended: Ended) -> tuple[Status, Reason | None]:
    """Status and reason, the strongest evidence first.

    A worker that told all its results and only then came to grief delivered them: its exit failed.
    """
    status, why = _judged(ended)
    whole = ended.worker and ended.supervision.result and _missing(ended.read, ended.passes) is None
    return (Status.EXIT_FAILED, why) if whole and status is not Status.OK else (status, why)


def _judged(ended: Ended) -> tuple[Status, Reason | None]:
    supervision = ended.supervision
    result = supervision.result
    doing = _doing(ended.read.last()) if ended.worker else reason("doing.running")
    if result is None:
        failure = supervision.failure
        return Status.FAILED, reason("supervisor.failed", words=failure) if failure else NO_RESULT
    match result["killed_for"]:
        case "timeout":
            return Status.TIMEOUT, reason("ended.timeout", limit_seconds=ended.timeout_seconds, doing=doing)
        case "memory":
            peak = result["sampled"]["peak_bytes"]
            return Status.MEMORY, reason(
                "ended.memory", limit_bytes=ended.memory_limit_bytes or 0, peak_bytes=peak, doing=doing
            )
        case "output":
            return Status.FAILED, reason("ended.output", limit_bytes=ended.output_limit_bytes)
        case "interrupt":
            return Status.FAILED, reason("ended.interrupt", doing=doing)
    if result["exec_errno"]:
        error = os.strerror(result["exec_errno"])
        return Status.FAILED, reason("program.cannot_start", program=ended.program, error=error)
    if result["signal"]:
        return _signalled(result["signal"], supervision, doing)
    return _by_itself(result, ended)


def _doing(event: str | None) -> Reason:
    return _DOING.get(event) or reason("doing.unknown", event=str(event))


def _signalled(number: int, supervision: Supervision, doing: Reason) -> tuple[Status, Reason]:
    if number == signal.SIGKILL and supervision.kernel_killed:
        return Status.MEMORY, reason("ended.kernel_memory", doing=doing)
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = "?"
    code = "ended.signal"
    if number == signal.SIGKILL:
        code = "ended.killed_by_unknown" if supervision.kernel_killed is None else "ended.killed"
    return Status.CRASHED, reason(code, number=number, name=name, doing=doing)


def _by_itself(result: Result, ended: Ended) -> tuple[Status, Reason | None]:
    read = ended.read
    failed = next((event for event in read.events if event.name == "failed"), None)
    if failed is not None:
        return _raised(failed)
    if result["exit"] != 0:
        last = next((line for line in reversed(ended.stderr.splitlines()) if line.strip()), "")
        if last:
            return Status.FAILED, reason("exit.status_said", status=result["exit"], words=visible(last[:300]))
        return Status.FAILED, reason("exit.status", status=result["exit"])
    if ended.worker and (missing := _missing(read, ended.passes)):
        if unreadable := len(read.unreadable):
            return Status.FAILED, reason("exit.unfinished_unreadable", missing=missing, count=unreadable)
        return Status.FAILED, reason("exit.unfinished", missing=missing)
    return Status.OK, None


def _raised(failed: Event) -> tuple[Status, Reason]:
    """The exception that ended a worker; a refusal in its engine's own words."""
    error = visible(str(failed.data.get("error", "Exception")))
    message = visible(str(failed.data.get("message", "")))
    if failed.data.get("kind") == "unsupported":
        return Status.UNSUPPORTED, told(message or error)
    status = Status.MEMORY if failed.data.get("kind") == "memory" else Status.FAILED
    if message:
        return status, reason("child.raised_message", error=error, message=message)
    return status, reason("child.raised", error=error)


def _missing(read: Read, passes: int) -> Reason | None:
    names = [event.name for event in read.events]
    for name in ("imported", "ready"):
        if name not in names:
            return reason(f"missing.{name}")
    heard = names.count("transcribed")
    if heard < passes:
        if passes > 1:
            return reason("missing.passes", passes=passes, heard=heard)
        return reason("missing.transcribed")
    return None if "done" in names else reason("missing.done")
