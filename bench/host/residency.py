"""How much of a file the page cache holds, and how to make it hold nothing (a cold start, no root)."""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from pathlib import Path
from typing import Final, Self

_MS_INVALIDATE: Final = 2
_IN_CORE: Final = bytes(value & 1 for value in range(256))


def resident_share(path: Path) -> float | None:
    """Share of the file's pages in the page cache, 0 to 1, by mincore; None where that is not told.

    Linux tells it (since 5.2) only to the file's owner and to who may write it: to others all pages
    would look resident.  An empty file is None.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            owner = os.fstat(file.fileno()).st_uid == os.geteuid() or os.access(path, os.W_OK)
            if size == 0 or not owner:
                return None
            with _Mapping(file.fileno(), size) as mapping:
                return mapping.resident_share()
    except OSError:
        return None


def evict(path: Path) -> float | None:
    """Drop the file from the page cache; the share still resident after, None where not told.

    Linux: fsync, then posix_fadvise(DONTNEED).  macOS: msync(MS_INVALIDATE) on a shared mapping.
    What another process has mapped stays: believe the answer, not the call.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size and sys.platform == "linux":
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            elif size:
                with _Mapping(file.fileno(), size) as mapping:
                    mapping.invalidate()
    except OSError:
        return None
    return resident_share(path)


def warm(path: Path) -> float | None:
    """Read the file into the page cache; the share resident after, None where not told.

    So that the first trial of a run finds what all later ones find.  A file that is wholly there
    already is left alone.
    """
    if resident_share(path) == 1.0:
        return 1.0
    block = bytearray(4 << 20)
    try:
        with path.open("rb", buffering=0) as file:
            while file.readinto(block):
                pass
    except OSError:
        return None
    return resident_share(path)


class _Mapping:
    """A read-only shared mapping of a whole file, through libc: Python's own hides its address."""

    def __init__(self, descriptor: int, size: int) -> None:
        self.size = size
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.mmap.restype = ctypes.c_void_p
        self.libc.mmap.argtypes = (
            ctypes.c_void_p,
            ctypes.c_size_t,
            ctypes.c_int,
            ctypes.c_int,
            ctypes.c_int,
            ctypes.c_int64,
        )
        self.address = self.libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, 0)
        if self.address in (None, ctypes.c_void_p(-1).value):
            raise OSError(ctypes.get_errno(), "mmap")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.libc.munmap(ctypes.c_void_p(self.address), ctypes.c_size_t(self.size))

    def _check(self, status: int, name: str) -> None:
        if status != 0:
            raise OSError(ctypes.get_errno(), name)

    def resident_share(self) -> float:
        """Pages with mincore's lowest bit set, over all pages."""
        pages = -(-self.size // mmap.PAGESIZE)
        vector = ctypes.create_string_buffer(pages)
        status = self.libc.mincore(ctypes.c_void_p(self.address), ctypes.c_size_t(self.size), vector)
        self._check(status, "mincore")
        return vector.raw.translate(_IN_CORE).count(1) / pages

    def invalidate(self) -> None:
        """Have the kernel drop its cached copies (macOS)."""
        status = self.libc.msync(ctypes.c_void_p(self.address), ctypes.c_size_t(self.size), _MS_INVALIDATE)
        self._check(status, "msync")
