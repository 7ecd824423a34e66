"""Start a job's program under the supervisor, hold it to its limits, say what became of it.

    outcome = launch.run(job, audio=clip, passes=1, limits=Limits(timeout_seconds=600),
                         log=Path("logs/a.b1.log"), sample_hz=50)

A program that crashes, hangs or grows too large is a result, with a status and a reason; only what
keeps the harness itself from working is raised.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.contract import WRITTEN_FILE, Job, Outcome
from bench.domain import Status, WeightsProof
from bench.host import energy, gpu
from bench.launch import events, logfile, measurements, proof, verdict
from bench.launch.environ import child_environ
from bench.launch.supervisor import Supervision, supervise
from bench.reasons import reason as because
from bench.scratch import has_room, scratch_folder
from bench.strays import MARK

CHILD = Path(__file__).resolve().parent.parent / "child"
COUNTERS = ("instructions", "cycles")
OUTPUT_LIMIT_BYTES = 64 << 20
WRITTEN = "written.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a child may use before it is ended.

    `memory_limit_bytes` is held against the memory that only swap could take back (Linux: see
    `peak_anonymous_bytes` in docs/metrics.md; macOS: the footprint): mapped weights do not count.
    """

    timeout_seconds: float
    memory_limit_bytes: int | None = None


def run(
    job: Job,
    *,
    audio: Path,
    passes: int,
    limits: Limits,
    log: Path,
    sample_hz: float,
    counters: Sequence[str] = COUNTERS,
    expected: proof.Expected | None = None,
) -> Outcome:
    """Run one child to its end and write its log.

    `passes` is how often a Python engine transcribes, 0 to load and end; a program (`job.argv`) does what it does.
    `sample_hz` is how often Linux's anonymous memory is read; `counters` are names that
    `child/supervise.py` knows; `expected` are the weights it is to open.  Raises KeyboardInterrupt after the child's tree has been ended, and
    OSError where the log cannot be written.
    """
    environ = child_environ(job.environ)
    with scratch_folder(environ[MARK]) as scratch:
        argv = _command(job, scratch, audio, passes)
        spec = _spec(argv, environ, scratch, limits, sample_hz, counters)
        watched = expected if expected is not None and expected.own and job.opens_weights else None
        spec["files"] = watched.asked if watched else []
        meters = energy.EnergyWindow()
        with gpu.MemoryWatch() as gpu_memory:
            supervision = supervise(spec, mark=environ[MARK], scratch=scratch)
        spent = meters.close()
        read = events.read_events(scratch / "events.jsonl") if job.half else events.NO_EVENTS
        outcome = _outcome(argv, supervision, read, scratch, limits, passes, worker=job.half is not None)
        pid = supervision.result["pid"] if supervision.result else None
        outcome = replace(
            outcome,
            measurements=(*outcome.measurements, gpu_memory.of(pid), *spent),
            proof=_proof(job, supervision, watched) if expected is not None and expected.own else None,
        )
        logfile.write(
            log,
            outcome=outcome,
            environ=environ,
            own_environ=job.environ,
            supervision=supervision,
            unreadable=read.unreadable,
        )
    return outcome


def _proof(job: Job, supervision: Supervision, watched: proof.Expected | None) -> WeightsProof:
    if watched is None:
        return WeightsProof(proven=False, reason=proof.ELSEWHERE)
    return proof.judge(supervision.result["opened"] if supervision.result else None, watched)


def _command(job: Job, scratch: Path, audio: Path, passes: int) -> tuple[str, ...]:
    """The program's argument list; for a Python engine the worker with its JOB file."""
    if job.half is None:
        return tuple(word.replace(WRITTEN_FILE, str(scratch / WRITTEN)) for word in job.argv)
    path = scratch / "job.json"
    events.write_job(
        path,
        half=job.half,
        events=scratch / "events.jsonl",
        payload=job.payload,
        passes=passes,
        audio=audio,
    )
    return (str(job.interpreter or sys.executable), "-I", str(CHILD / "worker.py"), str(path))


def _spec(
    argv: Sequence[str],
    environ: Mapping[str, str],
    scratch: Path,
    limits: Limits,
    sample_hz: float,
    counters: Sequence[str],
) -> dict[str, Any]:
    return {
        "argv": list(argv),
        "environ": dict(environ),
        "cwd": str(Path.cwd()),
        "stdout": str(scratch / "stdout"),
        "stderr": str(scratch / "stderr"),
        "timeout_seconds": limits.timeout_seconds,
        "memory_limit_bytes": limits.memory_limit_bytes,
        "output_limit_bytes": OUTPUT_LIMIT_BYTES,
        "sample_hz": sample_hz,
        "counters": list(counters),
    }


def _outcome(
    argv: tuple[str, ...],
    supervision: Supervision,
    read: events.Read,
    scratch: Path,
    limits: Limits,
    passes: int,
    *,
    worker: bool,
) -> Outcome:
    stdout = logfile.bounded_text(scratch / "stdout")
    stderr = logfile.bounded_text(scratch / "stderr")
    found = measurements.of_trial(supervision, read.events, passes=passes, worker=worker)
    ended = verdict.Ended(
        supervision=supervision,
        read=read,
        timeout_seconds=limits.timeout_seconds,
        memory_limit_bytes=limits.memory_limit_bytes,
        output_limit_bytes=OUTPUT_LIMIT_BYTES,
        passes=passes,
        worker=worker,
        stderr=stderr,
        program=argv[0] if argv else "",
    )
    status, reason = verdict.judge(ended)
    crowded = supervision.result is not None and supervision.result.get("crowded")
    if status is Status.OK and (crowded or not has_room(scratch)):
        status, reason = Status.FAILED, because("output.no_room", folder=str(scratch.parent))
    result = supervision.result
    return Outcome(
        status=status,
        reason=reason,
        events=read.events,
        stdout=stdout,
        stderr=stderr,
        measurements=found,
        argv=argv,
        written=logfile.bounded_text(scratch / WRITTEN) if (scratch / WRITTEN).is_file() else None,
        spawned_seconds=result["spawned"] if result else 0.0,
    )
