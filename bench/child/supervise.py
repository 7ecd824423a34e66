"""Start one program, watch it, reap it, say what it cost.  Run as `python -I -S supervise.py`.

Why it exists: on Linux the `ru_maxrss` of a child starts at the resident size of the process that
forked it, so nothing fat may fork a measured program.  This file imports nothing of `bench`, only
what the interpreter has built in or at hand, and loads ctypes after the fork, if at all.

It reads SPEC, one line of JSON, on stdin, and writes RESULT, one line of JSON, on stdout; both are
described in docs/architecture.md.  Stdin stays open: its end means that the parent is gone, and
then the program and its process group are ended too.

Clock: `CLOCK_MONOTONIC` in seconds, the same as the worker's.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import time

TYPE_CHECKING = False  # typing itself would cost memory that the program's peak starts from
if TYPE_CHECKING:
    from resource import struct_rusage
    from typing import Any

# Fields of /proc/PID/status whose sum is the memory that only swap could take back, in its order.
ANONYMOUS = (b"\nRssAnon:", b"\nRssShmem:", b"\nVmPTE:", b"\nVmSwap:")
RESIDENT = b"\nVmRSS:"
# Helpers are looked for so often at most, and so seldom that looking takes no more than this share of a core.
LOOK_SECONDS = 0.1
LOOK_SHARE = 0.001
PR_SET_CHILD_SUBREAPER = 36
# Checked once in so many seconds: how much the program has written on stdout and stderr.
OUTPUT_CHECK_SECONDS = 1.0
# With less than this left where the program's output goes, some of it may be lost.
ROOM_BYTES = 1 << 14
# How long after SIGCHLD a program that cannot be reaped yet is asked after without a pause.
REAP_PATIENCE_SECONDS = 0.05

# perf_event_open: number of the system call by machine, and (type, config) by counter.
PERF_SYSCALL = {"x86_64": 298, "aarch64": 241}
PERF_EVENTS = {"instructions": (0, 1), "cycles": (0, 0), "task-clock": (1, 1), "page-faults": (1, 2)}
# disabled, inherit, exclude_kernel, exclude_hv, enable_on_exec: bits of perf_event_attr's flags.
PERF_FLAGS = 1 << 0 | 1 << 1 | 1 << 5 | 1 << 6 | 1 << 12
PERF_FLAG_FD_CLOEXEC = 8


def read_line(descriptor: int) -> bytes:
    """Bytes up to the first newline or the end; reads no further than what one write brought."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(descriptor, 65536)
        if not piece:
            break
        line += piece
    return line


def forbid_core_dumps() -> None:
    """A crash is a result here, and a dump of a whole model on the disk none.

    1, not 0: Linux's core handlers behind a pipe take 0 for "no limit", and 1 for "no dump".
    """
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    if hard != 0:
        resource.setrlimit(resource.RLIMIT_CORE, (1, hard))


def start(spec: dict[str, Any]) -> tuple[int, int, int]:
    """Fork the program and hold it before its exec: (pid, gate, failure).

    Writing a byte to `gate` lets it go; `failure` then ends without a byte, or carries the errno of
    the exec.  The program leads a process group of its own within the supervisor's session.
    """
    gate_read, gate = os.pipe()
    failure, failure_write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(gate_read)
        os.close(failure_write)
        return pid, gate, failure
    try:
        os.setpgid(0, 0)
        for descriptor, path, flags in (
            (0, os.devnull, os.O_RDONLY),
            (1, spec["stdout"], os.O_WRONLY | os.O_CREAT | os.O_APPEND),
            (2, spec["stderr"], os.O_WRONLY | os.O_CREAT | os.O_APPEND),
        ):
            opened = os.open(path, flags, 0o644)
            os.dup2(opened, descriptor)
        os.chdir(spec["cwd"])
        forbid_core_dumps()
        # Python ignores these two, and what is ignored stays so across an exec.
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        argv = spec["argv"]
        os.read(gate_read, 1)
        os.execvpe(argv[0], argv, spec["environ"])
    except OSError as error:
        os.write(failure_write, str(error.errno).encode())
    finally:
        os._exit(127)


def open_counters(names: list[str], pid: int) -> tuple[dict[str, int], dict[str, int]]:
    """Counters of user-mode work of `pid` and its descendants, from its exec on.

    ({name: descriptor}, {name: errno}).  ctypes is loaded here, after the fork, so that its pages
    are not in the child's resident peak.
    """
    opened: dict[str, int] = {}
    refused: dict[str, int] = {}
    if not names:
        return opened, refused
    import ctypes
    import struct

    syscall = getattr(ctypes.CDLL(None, use_errno=True), "syscall", None)
    number = PERF_SYSCALL.get(os.uname().machine)
    for name in names:
        if number is None or syscall is None or sys.platform != "linux" or name not in PERF_EVENTS:
            refused[name] = 38  # ENOSYS
            continue
        kind, config = PERF_EVENTS[name]
        # type, size (VER0), config, period, sample_type, read_format (times enabled and running),
        # flags, wakeup, breakpoint type, and the 8 bytes that end VER0.
        attr = struct.pack("<IIQQQQQIIQ", kind, 64, config, 0, 0, 3, PERF_FLAGS, 0, 0, 0)
        descriptor = syscall(
            ctypes.c_long(number),
            ctypes.create_string_buffer(attr, 64),
            ctypes.c_int(pid),
            ctypes.c_int(-1),
            ctypes.c_int(-1),
            ctypes.c_ulong(PERF_FLAG_FD_CLOEXEC),
        )
        if descriptor < 0:
            refused[name] = ctypes.get_errno()
        else:
            opened[name] = descriptor
    return opened, refused


def read_counters(opened: dict[str, int], refused: dict[str, int]) -> dict[str, dict[str, int]]:
    """{name: {value, enabled, running}} (nanoseconds), or {name: {errno}} of a refused one."""
    found: dict[str, dict[str, int]] = {name: {"errno": number} for name, number in refused.items()}
    for name, descriptor in opened.items():
        raw = os.read(descriptor, 24)
        value, enabled, running = (int.from_bytes(raw[at : at + 8], "little") for at in (0, 8, 16))
        found[name] = {"value": value, "enabled": enabled, "running": running}
    return found


class AnonymousMemory:
    """Linux: what only swap could take back of a process, from its /proc/PID/status, kept open."""

    def __init__(self, pid: int) -> None:
        self.descriptor = os.open(f"/proc/{pid}/status", os.O_RDONLY)
        self.resident = 0  # bytes at the last reading

    def close(self) -> None:
        """Forget the process."""
        os.close(self.descriptor)

    def read(self) -> int | None:
        """Bytes now; None once the process is a zombie or gone."""
        try:
            text = os.pread(self.descriptor, 2048, 0)
        except OSError:
            return None
        at = text.find(RESIDENT)
        if at < 0:
            return None
        self.resident = int(text[at + len(RESIDENT) : text.find(b"k", at)]) * 1024
        total = 0
        for key in ANONYMOUS:
            at = text.find(key)
            if at < 0:
                return None
            total += int(text[at + len(key) : text.find(b"k", at + len(key))])
        return total * 1024


class Helpers:
    """Linux: the program's descendants, those whose own parents have ended among them, and what all hold.

    The supervisor adopts such orphans, so that every helper is below the program or below the supervisor itself.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.known: dict[int, AnonymousMemory] = {}
        self.next_look = 0.0
        self.most = 0  # helpers at once
        self.peak_bytes = 0  # resident in the program and all of them

    def sample(self, resident: int, now: float) -> None:
        """The program holds `resident` bytes now; with its helpers it holds more."""
        if now >= self.next_look:
            self.look()
            took = time.monotonic() - now
            self.next_look = now + max(LOOK_SECONDS, took / LOOK_SHARE)
        total, alive = resident, 0
        for memory in self.known.values():
            if memory.read() is not None:
                total += memory.resident
                alive += 1
        self.most = max(self.most, alive)
        self.peak_bytes = max(self.peak_bytes, total)

    def look(self) -> None:
        """Find the helpers there are, and forget those that are gone."""
        orphans = children(os.getpid()) - {self.pid}
        for pid in orphans:
            os.waitpid(pid, os.WNOHANG)
        found: set[int] = set()
        waiting = [self.pid, *orphans]
        while waiting:
            below = children(waiting.pop()) - found - {self.pid}
            found |= below
            waiting += below
        found |= orphans
        for pid in self.known.keys() - found:
            self.known.pop(pid).close()
        for pid in found - self.known.keys():
            try:
                self.known[pid] = AnonymousMemory(pid)
            except OSError:
                continue  # gone meanwhile


def children(pid: int) -> set[int]:
    """The children of a process and of its threads; none where it is gone or the kernel does not tell."""
    found: set[int] = set()
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for thread in threads:
        try:
            with open(f"/proc/{pid}/task/{thread}/children", "rb", buffering=0) as file:
                found.update(map(int, file.read().split()))
        except OSError:
            continue
    return found


def adopt_orphans() -> bool:
    """Linux: become the parent of descendants whose own parent ends; whether that could be had."""
    if sys.platform != "linux":
        return False
    import ctypes

    return bool(ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def reap_orphans() -> None:
    """What the program left that has ended is nobody's any more: it must not look like something running."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


class Footprint:
    """macOS: what the kernel counts of a process, the last reading on the zombie, before it is reaped."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.libproc = import_by_path("darwin").Libproc()
        self.last: dict[str, int] | None = None
        self.on_zombie = False

    def read_zombie(self) -> None:
        """The last reading: all that the program has ever used."""
        self.on_zombie = self.read() is not None

    def read(self) -> int | None:
        """Bytes of the physical footprint now; None where there is no such process."""
        found = self.libproc.rusage(self.pid)
        if found is None:
            return None
        self.last = found
        return int(found["phys_footprint"])

    def result(self) -> dict[str, Any]:
        """The last reading, by RESULT's names."""
        if self.last is None:
            return {"errno": self.libproc.errno}
        return {
            "flavor": self.libproc.flavor,
            "tick_frequency": self.libproc.tick_frequency(),
            "on_zombie": self.on_zombie,
            "fields": self.last,
        }


def import_by_path(name: str) -> Any:
    """A file beside this one as a module: nothing is on the search path of `-I`."""
    from importlib.machinery import SourceFileLoader
    from types import ModuleType

    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.py")
    module = ModuleType(name)
    SourceFileLoader(name, path).exec_module(module)
    return module


def memory_reader(spec: dict[str, Any], pid: int) -> AnonymousMemory | Footprint | None:
    """What reads the program's memory here; None where nothing is to be read."""
    system = str(sys.platform)
    if system == "darwin":
        return Footprint(pid)
    return AnonymousMemory(pid) if system == "linux" and spec.get("sample_hz") else None


class Watch:
    """The program from its exec to its end: limits held, memory sampled, then reaped."""

    def __init__(self, spec: dict[str, Any], pid: int, wakeup: int) -> None:
        self.spec = spec
        self.pid = pid
        self.wakeup = wakeup
        self.killed_for: str | None = None
        self.crowded = False
        self.peak_bytes = 0
        self.samples = 0
        self.status: int | None = None
        self.usage: struct_rusage | None = None
        self.reaped = 0.0
        self.ended_at = 0.0
        self.memory = memory_reader(spec, pid)
        self.helpers = Helpers(pid) if isinstance(self.memory, AnonymousMemory) else None
        self.opened = self._opened()

    def _opened(self) -> Any:
        """What sees which of the files asked about the program opens; None where none are asked about."""
        asked = self.spec.get("files")
        if not asked:
            return None
        libproc = self.memory.libproc if isinstance(self.memory, Footprint) else None
        return import_by_path("opened").Opened(self.pid, asked, libproc)

    def kill(self, reason: str) -> None:
        """End the whole process group, once; the first reason stays."""
        if self.killed_for is None:
            self.killed_for = reason
            end_group(self.pid)

    def sample(self) -> None:
        """One reading of the memory; the limit holds from here."""
        found = self.memory.read() if self.memory is not None else None
        if found is None:
            return
        self.samples += 1
        if self.helpers is not None and isinstance(self.memory, AnonymousMemory):
            self.helpers.sample(self.memory.resident, time.monotonic())
        if found > self.peak_bytes:
            self.peak_bytes = found
            limit = self.spec.get("memory_limit_bytes")
            if limit and found > limit:
                self.kill("memory")

    def check_output(self) -> None:
        """A program that fills the disk with its chatter is ended."""
        limit = self.spec.get("output_limit_bytes")
        for path in (self.spec["stdout"], self.spec["stderr"]):
            if limit and os.stat(path).st_size > limit:
                self.kill("output")
        room = os.statvfs(os.path.dirname(self.spec["stdout"]))
        self.crowded = self.crowded or room.f_bavail * room.f_frsize < ROOM_BYTES

    def woken(self) -> None:
        """A signal came: a child's end is looked at, anything else ends the program."""
        for number in os.read(self.wakeup, 64):
            if number != signal.SIGCHLD:
                self.kill("interrupt")
        self.ended_at = time.monotonic()

    def reap(self) -> None:
        """Reap the program if it has ended; on macOS read its figures before, while it is a zombie."""
        if isinstance(self.memory, Footprint):
            if not self.memory.libproc.has_ended(self.pid):
                return
            self.memory.read_zombie()
        now = time.monotonic()
        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        if pid:
            # The moment its signal came; a signal that came for something else is older than that.
            self.reaped = self.ended_at if now - self.ended_at < REAP_PATIENCE_SECONDS else now
            self.status, self.usage = status, usage

    def until_reaped(self, spawned: float) -> None:
        """Sleep between samples until the program is gone."""
        deadline = spawned + self.spec["timeout_seconds"]
        reads = self.memory is not None and self.spec.get("sample_hz")
        period = 1 / self.spec["sample_hz"] if reads else OUTPUT_CHECK_SECONDS
        next_sample = spawned + period
        next_output = spawned + OUTPUT_CHECK_SECONDS
        listened = [0, self.wakeup]
        if self.opened is not None and self.opened.descriptor is not None:
            listened.append(self.opened.descriptor)
        while self.status is None:
            now = time.monotonic()
            timeout = max(0.0, min(next_sample, deadline if self.killed_for is None else now + 1) - now)
            if now - self.ended_at < REAP_PATIENCE_SECONDS:
                timeout = min(timeout, 0.001)  # its signal may come a little before it can be reaped
            ready = select.select(listened, [], [], timeout)[0]
            if self.wakeup in ready:
                self.woken()
            self.reap()
            if self.wakeup in ready or self.status is not None:
                continue
            if self.opened is not None:
                if self.opened.descriptor in ready:
                    self.opened.noticed()
                self.opened.look_in_turn(now)
            if 0 in ready and not os.read(0, 4096):
                listened.remove(0)
                self.kill("interrupt")
            now = time.monotonic()
            if now >= deadline:
                self.kill("timeout")
            if now >= next_sample:
                self.sample()
                # Late by more than a period (a stopped machine): skip, do not hurry after.
                next_sample = max(next_sample + period, now)
            if now >= next_output:
                self.check_output()
                next_output = now + OUTPUT_CHECK_SECONDS


def set_group(pid: int) -> None:
    """Make the program lead its own group, by both sides: whoever comes first, a kill finds it."""
    try:
        os.setpgid(pid, pid)
    except OSError:
        return  # it has done so itself, and gone on


def end_group(pid: int) -> bool:
    """End what the program left running in its process group; whether there was anything."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def catch_signals() -> int:
    """Every signal that matters becomes a byte on the returned descriptor."""
    wakeup, wakeup_write = os.pipe()
    os.set_blocking(wakeup_write, False)
    signal.set_wakeup_fd(wakeup_write, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return wakeup


def supervise(spec: dict[str, Any]) -> dict[str, Any]:
    """Run the program of SPEC to its end; RESULT."""
    wakeup = catch_signals()
    pid, gate, failure = start(spec)
    set_group(pid)
    opened, refused = open_counters(spec.get("counters") or [], pid)
    adopt_orphans()
    watch = Watch(spec, pid, wakeup)
    spawned = time.monotonic()
    os.write(gate, b"g")
    exec_errno = os.read(failure, 16)
    watch.until_reaped(spawned)
    reap_orphans()
    left_running = end_group(pid)
    usage = watch.usage
    status = watch.status or 0
    return {
        "pid": pid,
        "spawned": spawned,
        "reaped": watch.reaped,
        "exec_errno": int(exec_errno) if exec_errno else None,
        "exit": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
        "killed_for": watch.killed_for,
        "crowded": watch.crowded,
        "left_running": left_running,
        "rusage": {name: getattr(usage, name) for name in dir(usage) if name.startswith("ru_")},
        "sampled": {"peak_bytes": watch.peak_bytes, "count": watch.samples} if watch.samples else None,
        "helpers": {"peak_bytes": watch.helpers.peak_bytes, "most": watch.helpers.most}
        if watch.helpers is not None and watch.samples
        else None,
        "counters": read_counters(opened, refused),
        "opened": watch.opened.result() if watch.opened is not None else None,
        "rusage_info": watch.memory.result() if isinstance(watch.memory, Footprint) else None,
    }


def main() -> None:
    """SPEC on stdin, RESULT on stdout."""
    result = supervise(json.loads(read_line(0)))
    try:
        os.write(1, json.dumps(result).encode() + b"\n")
    except BrokenPipeError:
        return  # the parent is gone: nobody to tell


if __name__ == "__main__":
    main()
