"""Inputs that another process hands over by their hash: kept in this machine's cache, never believed unread.

An input is a file or a folder of files.  It is looked for, in this order, where it was landed before, in a
shared folder, and at the path that whoever hands it over has it at: the same machine, or a disk that both
see.  What is nowhere has to be sent: `lay` takes it piece by piece and lands it whole or not at all.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.assets.hashes import CARD, listing_sha256, read_sha256, remember, sha256_of
from bench.errors import AssetError
from bench.files import sync
from bench.naming import below, safe_path
from bench.places import cache_root, expand
from bench.problems import problem

PACK_BYTES: Final = 4 << 20
_HEAD: Final = struct.Struct(">I")
_CACHE: Final = "$ASR_QUANT_BENCH_CACHE/"


class WrongContent(AssetError):
    """A file that is not what its hash says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedInput:
    """An input by its hash (`bench.assets.hashes.sha256_of`), with its name and where the giver has it.

    `place` is a portable path (`bench.places.portable`).
    """

    sha256: str
    name: str
    place: str


def find(wanted: HandedInput, shared: Path | None = None) -> Path | None:
    """Where the input lies on this machine, its bytes checked; None where it has to be sent.

    Raises `WrongContent` for a file of the shared folder that is another one.
    """
    landed = _landing(wanted.sha256) / safe_path(wanted.name)
    with suppress(OSError):
        if landed.exists():
            if sha256_of(landed) == wanted.sha256:
                return landed
            shutil.rmtree(_landing(wanted.sha256))  # damaged in the cache: sent again
    if shared is not None and wanted.place.startswith(_CACHE):
        path = below(shared, wanted.place.removeprefix(_CACHE))
        if path.exists():
            _require(path, wanted)
            return path
    there = expand(wanted.place)
    with suppress(OSError):
        if there.is_absolute() and there.exists() and sha256_of(there) == wanted.sha256:
            return there
    return None


def forget(wanted: HandedInput) -> None:
    """Remove what was sent, where nobody needs it again; what lies elsewhere stays."""
    shutil.rmtree(_landing(wanted.sha256), ignore_errors=True)


def _require(path: Path, wanted: HandedInput) -> None:
    found = sha256_of(path)
    if found != wanted.sha256:
        raise problem(WrongContent, "handed.other_file", path=str(path), actual=found, expected=wanted.sha256)


def _landing(sha256: str) -> Path:
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise problem(WrongContent, "handed.no_hash", hash=f"{sha256[:80]!r}")
    return cache_root() / "handed" / sha256[:2] / sha256


# ------------------------------------------------------------------------- sending


def packs(inputs: Sequence[tuple[HandedInput, Path]], size: int = PACK_BYTES) -> Iterator[bytes]:
    """The inputs as packs of about `size` bytes, to be laid in this order."""
    parts: list[dict[str, object]] = []
    blobs: list[bytes] = []
    held = 0
    for wanted, path in inputs:
        for number, (name, file, last_file) in enumerate(_files(wanted, path)):
            total, at = file.stat().st_size, 0
            with file.open("rb") as source:
                while True:
                    piece = source.read(size - held)
                    blobs.append(piece)
                    held += len(piece)
                    ends = at + len(piece) >= total
                    parts.append(
                        {
                            "sha256": wanted.sha256,
                            "name": wanted.name,
                            "file": name,
                            "at": at,
                            "bytes": len(piece),
                            "first": number == 0 and at == 0,
                            "last": last_file and ends,
                        }
                    )
                    at += len(piece)
                    if held >= size:
                        yield _packed(parts, blobs)
                        parts, blobs, held = [], [], 0
                    if ends or not piece:
                        break
    if parts:
        yield _packed(parts, blobs)


def _files(wanted: HandedInput, path: Path) -> list[tuple[str, Path, bool]]:
    """Every file of an input: its name below the landing, its path, whether it is the last."""
    if not path.is_dir():
        return [(wanted.name, path, True)]
    files = sorted(each for each in path.rglob("*") if each.is_file() and each.name != CARD)
    return [(f"{wanted.name}/{each.relative_to(path).as_posix()}", each, each is files[-1]) for each in files]


def _packed(parts: Sequence[Mapping[str, object]], blobs: Sequence[bytes]) -> bytes:
    head = json.dumps(list(parts)).encode()
    return _HEAD.pack(len(head)) + head + b"".join(blobs)


def lay(pack: bytes) -> None:
    """Write a pack's pieces; the last piece of an input lands it, if its bytes have its hash.

    Raises `WrongContent`, OSError where the disk is full, ValueError for what is no pack.
    """
    (length,) = _HEAD.unpack_from(pack)
    at = _HEAD.size + length
    for part in json.loads(pack[_HEAD.size : at]):
        blob = memoryview(pack)[at : at + part["bytes"]]
        at += part["bytes"]
        landing = _landing(part["sha256"])
        making = landing.with_name(f"{landing.name}.{os.getpid()}")
        if part["first"]:
            shutil.rmtree(making, ignore_errors=True)
        path = below(making, part["file"])
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("r+b" if path.exists() else "wb") as file:
            file.seek(part["at"])
            file.write(blob)
        if part["last"]:
            _land(making, landing, safe_path(part["name"]), part["sha256"])


def _land(making: Path, landing: Path, name: str, sha256: str) -> None:
    made = below(making, name)
    try:
        if made.is_dir():
            files = {f.relative_to(made).as_posix(): f for f in made.rglob("*") if f.is_file()}
            found = listing_sha256({each: read_sha256(file) for each, file in files.items()})
        else:
            files = {"": made}
            found = read_sha256(made)
        if found != sha256:
            raise problem(WrongContent, "handed.other_sent", name=name, actual=found, expected=sha256)
        for file in files.values():
            sync(file)
        if not landing.exists():
            with suppress(OSError):  # another worker of this machine was quicker
                making.rename(landing)
                for each, file in files.items():
                    moved = landing / file.relative_to(making)
                    remember(moved, found if not each else read_sha256(moved))
    finally:
        shutil.rmtree(making, ignore_errors=True)
