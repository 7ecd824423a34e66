"""Start `child/listen.py` under the supervisor and hand on what it says while it works."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from bench.domain import Reason
from bench.launch.environ import child_environ
from bench.launch.logfile import bounded_text
from bench.launch.supervisor import Supervision, supervise
from bench.places import portable
from bench.reasons import reason
from bench.scratch import scratch_folder
from bench.strays import MARK
from bench.text.safe import visible

LISTEN: Final = Path(__file__).resolve().parent.parent / "child" / "listen.py"
POLL_SECONDS: Final = 0.3
NO_LIMIT_SECONDS: Final = 30 * 86400.0  # of a whole pass; each utterance has its own limit
OUTPUT_LIMIT_BYTES: Final = 256 << 20

# One of whatever a library would start by itself, and no spinning: several of these run side by side.
QUIET: Final = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def listen(
    job: dict[str, Any],
    *,
    interpreter: str,
    environ: Mapping[str, str],
    spool: Path,
    log: Path,
    say: Callable[[dict[str, Any]], None],
    patience_seconds: float,
    stop: threading.Event,
) -> tuple[str, Reason | None]:
    """Run one child to its end; `say` gets its events as they come, in the caller's thread.

    `spool` is where job and events stay until the caller removes them: a killed parent finds there what it
    did not take in.  Returns how the child ended, `done`, `stopped`, `silent` (no event for
    `patience_seconds`) or `died`, and for the last two the reason in words.
    """
    spool.mkdir(parents=True, exist_ok=True)
    events, path = spool / "events.jsonl", spool / "job.json"
    path.write_text(json.dumps({**job, "events": str(events)}, ensure_ascii=False), encoding="utf-8")
    events.unlink(missing_ok=True)
    own_stop = threading.Event()
    environ = child_environ({**QUIET, **environ})
    with scratch_folder(environ[MARK]) as folder:
        ended: list[Supervision] = []
        spec = _spec(interpreter, path, {**environ, "TMPDIR": str(folder)}, folder)
        thread = threading.Thread(
            target=lambda: ended.append(supervise(spec, mark=environ[MARK], scratch=folder, stop=own_stop)),
            daemon=True,
        )
        thread.start()
        tail = _Tail(events)
        heard_from = time.monotonic()
        finished = silent = False
        while True:
            alive = thread.is_alive()
            for event in tail.read():
                heard_from = time.monotonic()
                finished = finished or event.get("event") == "done"
                say(event)
            if not alive:
                break
            silent = silent or time.monotonic() - heard_from > patience_seconds
            if stop.is_set() or silent:
                own_stop.set()
            thread.join(POLL_SECONDS)
        _write_log(log, folder)
        why = _reason(ended[0] if ended else None, bounded_text(folder / "stderr"))
    if stop.is_set():
        return "stopped", None
    if silent:
        return "silent", reason("listening.silent", patience_seconds=patience_seconds)
    return ("done", None) if finished else ("died", why)


class _Tail:
    """Whole lines of a growing file, each once."""

    def __init__(self, path: Path) -> None:
        self.path, self.at = path, 0

    def read(self) -> list[dict[str, Any]]:
        try:
            with self.path.open("rb") as file:
                file.seek(self.at)
                raw = file.read()
        except FileNotFoundError:
            return []
        whole, _, _ = raw.rpartition(b"\n")
        self.at += len(whole) + 1 if whole else 0
        return [event for line in whole.split(b"\n") if (event := parsed(line)) is not None]


def parsed(line: bytes) -> dict[str, Any] | None:
    """An event; None for what is none."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and "event" in event else None


def _spec(interpreter: str, job: Path, environ: Mapping[str, str], scratch: Path) -> dict[str, Any]:
    return {
        "argv": [interpreter, "-I", str(LISTEN), str(job)],
        "environ": dict(environ),
        "cwd": str(Path.cwd()),
        "stdout": str(scratch / "stdout"),
        "stderr": str(scratch / "stderr"),
        "timeout_seconds": NO_LIMIT_SECONDS,
        "memory_limit_bytes": None,
        "output_limit_bytes": OUTPUT_LIMIT_BYTES,
        "sample_hz": 0,
        "counters": [],
    }


def _reason(supervision: Supervision | None, stderr: str) -> Reason:
    result = supervision.result if supervision else None
    words = visible(stderr).strip().rsplit("\n", 1)[-1][:300] or reason("words.none")
    if supervision is None or result is None:
        failure = supervision.failure if supervision else None
        return reason("supervisor.failed", words=failure) if failure else reason("supervisor.no_result")
    if result["exec_errno"]:
        return reason("program.cannot_start", program="python", error=os.strerror(result["exec_errno"]))
    if result["signal"] is not None:
        return reason("listening.signal", number=result["signal"], words=words)
    return reason("listening.died", status=str(result["exit"]), words=words)


def _write_log(log: Path, scratch: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    text = bounded_text(scratch / "stdout") + bounded_text(scratch / "stderr")
    log.write_text(portable(visible(text)), encoding="utf-8")
