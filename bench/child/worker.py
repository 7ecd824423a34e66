"""Run an engine's child half: import, load, transcribe.  Run as `python -I worker.py JOB.json`.

This is the measured process, so it imports next to nothing itself, starts no thread and leaves the
garbage collector as it is.  JOB has `half` (path), `events` (path), `payload`, `passes`, `audio`;
docs/architecture.md has the contract.  With no passes it loads and ends, and reads no audio.  The half offers

    imports()                             import the engine's binding
    load(payload) -> model
    transcribe(model, pcm, payload) -> dict of JSON
    pcm(path) -> pcm                      optional: read the audio in its own way
    facts(model) -> dict of JSON          optional: what the engine says of itself, after all timing
    close(model)                          optional: free what the library would else trip over in its exit

and raises an exception whose class is named `Unsupported` for a model that its engine refuses.

Events are lines of JSON appended to a file: it cannot block, what is in it survives a kill, and
whatever a binding prints on stdout stays out of it.  Every time is taken before its event is
written, and every phase has its own start, so that writing costs no phase anything.
"""

from __future__ import annotations

import time

STARTED = time.monotonic_ns()

import faulthandler
import json
import os
import sys
from importlib.machinery import SourceFileLoader
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Events:
    """The event file: one write a line, so that a kill leaves whole lines."""

    def __init__(self, path: str) -> None:
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, name: str, nanoseconds: int, **data: object) -> None:
        """Append an event; times are in seconds on the monotonic clock."""
        line = json.dumps({"event": name, "t": nanoseconds / 1e9, **data}, default=plain)
        os.write(self.descriptor, line.encode() + b"\n")


def plain(value: Any) -> object:
    """A numpy scalar or array as JSON's own kind; anything else is a mistake of the half, and told."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"the child half's result has a {type(value).__name__}, which is no JSON")


def rss_bytes() -> int | None:
    """Resident bytes now, from /proc/self/status or macOS's kernel; None where neither tells."""
    if sys.platform == "darwin":
        return darwin_rss_bytes()
    try:
        with open("/proc/self/status", "rb") as file:
            for line in file:
                if line.startswith(b"VmRSS:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def darwin_rss_bytes() -> int | None:
    """`ri_resident_size` of this process.  ctypes is loaded here, after the import was timed."""
    import ctypes

    usage = (ctypes.c_uint64 * 12)()  # rusage_info_v0: 16 bytes of uuid, then ten counters
    refused = ctypes.CDLL(None).proc_pid_rusage(os.getpid(), 0, usage)
    return None if refused else int(usage[8])


def import_by_path(name: str, path: str) -> ModuleType:
    """A file as a module of that name: nothing is put on the search path for it."""
    module = ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module
    SourceFileLoader(name, path).exec_module(module)
    return module


def beside(name: str) -> str:
    """Path of a file that lies beside this one."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.py")


def read_pcm(path: str) -> object:
    """A 16 kHz mono s16 WAV as float32 in [-1, 1): numpy where the binding brought it, else array."""
    import wave

    with wave.open(path, "rb") as file:
        form = (file.getframerate(), file.getnchannels(), file.getsampwidth())
        if form != (16000, 1, 2):
            raise ValueError(f"{path}: expected 16000 Hz, 1 channel, 2 bytes a sample; found {form}")
        frames = file.readframes(file.getnframes())
    if not frames:
        raise ValueError(f"{path}: no audio in it")
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        return numpy.multiply(numpy.frombuffer(frames, "<i2"), numpy.float32(1 / 32768), dtype=numpy.float32)
    from array import array

    whole = array("h", frames)
    if sys.byteorder == "big":
        whole.byteswap()
    return array("f", (value / 32768 for value in whole))


def kind_of(error: BaseException) -> str:
    """What the parent makes a status of: `unsupported`, `memory` or `error`."""
    if any(base.__name__ == "Unsupported" for base in type(error).__mro__):
        return "unsupported"
    return "memory" if isinstance(error, MemoryError) else "error"


def work(job: dict[str, Any], events: Events) -> None:
    """The phases, in order."""
    clock = time.monotonic_ns
    half = import_by_path("half", job["half"])
    payload = job["payload"]
    half.imports()
    events.write("imported", clock(), rss_bytes=rss_bytes())
    phases = import_by_path("phases", beside("phases")).Phases()

    phases.begin()
    begun = clock()
    model = half.load(payload)
    transcribe = half.transcribe
    if payload.get("segmentation"):
        segmentation = import_by_path("segmentation", beside("segmentation"))
        transcribe = segmentation.by_cuts(segmentation.Segmenter(payload["segmentation"]), transcribe)
    ended = clock()
    used = phases.end()
    events.write("ready", ended, t0=begun / 1e9, rss_bytes=rss_bytes(), used=used, lifetime=phases.lifetime)

    if job["passes"]:
        pcm = half.pcm(job["audio"]) if hasattr(half, "pcm") else read_pcm(job["audio"])
    for number in range(1, job["passes"] + 1):
        phases.begin()
        events.write("transcribing", clock(), lifetime=phases.lifetime, **{"pass": number})
        begun = clock()
        result = transcribe(model, pcm, payload)
        ended = clock()
        told = {"used": phases.end(), "lifetime": phases.lifetime, "pass": number}
        events.write("transcribed", ended, t0=begun / 1e9, result=result, **told)
    ended = clock()
    events.write("done", ended, facts=half.facts(model) if hasattr(half, "facts") else {})
    if hasattr(half, "close"):
        half.close(model)


def main() -> int:
    """Exit status 0, or 1 after a `failed` event."""
    faulthandler.enable()
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    events = Events(job["events"])
    events.write("started", STARTED)
    try:
        work(job, events)
    except BaseException as error:
        events.write(
            "failed",
            time.monotonic_ns(),
            error=type(error).__name__,
            message=str(error)[:2000],
            kind=kind_of(error),
        )
        if not isinstance(error, Exception):
            raise
        import traceback

        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
