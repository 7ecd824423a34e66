"""Which files a process opens, seen from beside it.  Loaded by path into the supervisor, after its fork.

Linux: the kernel's own notices (inotify) of every opening of the files asked about and of files that lie
beside them, so that not even a short one is missed; and /proc/PID/fd and /proc/PID/maps of the
process and its descendants, which say that it was this process.  They are read when a notice comes
and at growing intervals, never in the sampling loop.  macOS has no such notices: descriptors and
mappings are sampled there (`darwin.py`).
"""

from __future__ import annotations

import ctypes
import os
import struct
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

IN_CLOSE_NOWRITE, IN_OPEN, IN_Q_OVERFLOW = 0x10, 0x20, 0x4000
IN_NONBLOCK_CLOEXEC = os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)
EVENT = struct.Struct("iIII")  # wd, mask, cookie, length of the name that follows

# What is told of other files: those large enough to be weights, and no libraries.
LARGE_BYTES = 8 << 20
LIBRARIES = (".so", ".dylib", ".pyc", ".ttf", ".mo")

FIRST_LOOK_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 2.0
# Better evidence replaces weaker.
RANK = {"noticed": 0, "descriptor": 1, "mapped": 2}


class Opened:
    """The files of `asked` that were opened, and other large ones that the process held."""

    def __init__(self, pid: int, asked: list[str], libproc: Any = None) -> None:
        self.pid = pid
        self.libproc = libproc
        self.asked = {path: identity(path) for path in asked}
        self.found: dict[str, str] = {}
        self.pause = FIRST_LOOK_SECONDS
        self.next_look = time.monotonic() + self.pause
        self.descriptor: int | None = None
        self.names: dict[int, str] = {}
        self.complete = libproc is None and self._watch()

    def _watch(self) -> bool:
        """Ask for notices of every file; whether all of them are watched."""
        library = ctypes.CDLL(None, use_errno=True)
        if not hasattr(library, "inotify_init1"):
            return False
        descriptor = library.inotify_init1(IN_NONBLOCK_CLOEXEC)
        if descriptor < 0:
            return False
        self.descriptor = descriptor
        for path in self.asked:
            number = library.inotify_add_watch(
                ctypes.c_int(descriptor), os.fsencode(path), ctypes.c_uint32(IN_OPEN | IN_CLOSE_NOWRITE)
            )
            if number < 0:
                return False
            self.names[number] = path
        return True

    def noticed(self) -> None:
        """Read the kernel's notices, where there are any, then look who it was."""
        if self.descriptor is None:
            return
        try:
            raw = os.read(self.descriptor, 65536)
        except BlockingIOError:
            return
        at = 0
        while at + EVENT.size <= len(raw):
            number, mask, _, length = EVENT.unpack_from(raw, at)
            at += EVENT.size + length
            if mask & IN_Q_OVERFLOW:
                self.complete = False
            elif number in self.names:
                self._found(self.names[number], "noticed")
        self.look()

    def look(self) -> None:
        """What the process and its descendants hold now."""
        self._take(self._held_on_darwin() if self.libproc else held_on_linux(self.pid))

    def _take(self, held: Iterable[tuple[str, str]]) -> None:
        for path, how in held:
            same = identity(path)
            mine = next((name for name, known in self.asked.items() if known and known == same), None)
            if mine is not None:
                self._found(mine, how)
            elif same is not None and same[2] >= LARGE_BYTES and not is_library(path):
                self._found(path, how)

    def _held_on_darwin(self) -> Iterable[tuple[str, str]]:
        yield from ((path, "descriptor") for path in self.libproc.descriptors(self.pid))
        yield from ((path, "mapped") for path in self.libproc.mappings(self.pid))

    def _found(self, path: str, how: str) -> None:
        if RANK[how] >= RANK[self.found.get(path, "noticed")]:
            self.found[path] = how

    def look_in_turn(self, now: float) -> None:
        """A look at growing intervals, for what no notice tells.

        Where there are no notices at all, descriptors are looked at each time until a file was seen: a
        program that reads its weights and closes them holds them for no longer than that.
        """
        if self.libproc is not None and not any(path in self.asked for path in self.found):
            self._take((path, "descriptor") for path in self.libproc.descriptors(self.pid))
        if now >= self.next_look:
            self.look()
            self.pause = min(self.pause * 1.5, LONGEST_PAUSE_SECONDS)
            self.next_look = time.monotonic() + self.pause

    def result(self) -> dict[str, Any]:
        """By RESULT's names."""
        self.noticed()
        return {
            "complete": self.complete,
            "files": [{"path": path, "how": how} for path, how in self.found.items()],
        }


def identity(path: str) -> tuple[int, int, int] | None:
    """Device, number and size of a file, links followed; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size


def is_library(path: str) -> bool:
    """Whether it is code or the like, by its name."""
    name = os.path.basename(path)
    return name.endswith(LIBRARIES) or ".so." in name or name == "locale-archive"


def held_on_linux(pid: int) -> Iterable[tuple[str, str]]:
    """Paths that a process and its descendants hold, and how."""
    pids = [pid]
    for each in pids:
        try:
            for thread in os.listdir(f"/proc/{each}/task"):
                with open(f"/proc/{each}/task/{thread}/children", "rb") as file:
                    pids += [int(child) for child in file.read().split()]
        except OSError:
            pass  # ended meanwhile, or a kernel without that list
        yield from _descriptors(each)
        yield from _mappings(each)


def _descriptors(pid: int) -> Iterable[tuple[str, str]]:
    try:
        numbers = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return
    for number in numbers:
        try:
            path = os.readlink(f"/proc/{pid}/fd/{number}")
        except OSError:
            continue
        if path.startswith("/") and not path.startswith(("/dev/", "/proc/")):
            yield path, "descriptor"


def _mappings(pid: int) -> Iterable[tuple[str, str]]:
    try:
        with open(f"/proc/{pid}/maps", "rb") as file:
            lines = file.read().splitlines()
    except OSError:
        return
    seen = set()
    for line in lines:
        words = line.split(None, 5)
        if len(words) == 6 and words[4] != b"0" and b"x" not in words[1] and words[5] not in seen:
            seen.add(words[5])
            yield os.fsdecode(words[5]), "mapped"
