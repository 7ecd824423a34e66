"""Files of Debian packages: `apt-get download`, unpacked here.  No root, nothing is installed."""

from __future__ import annotations

import errno
import fnmatch
import importlib
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from bench.assets.downloads import failure, is_full_disk, run_watched
from bench.assets.hashes import require_sha256
from bench.assets.manifest import DebianPackage, DebianSource
from bench.assets.progress import Progress
from bench.assets.store import Made, given, given_hint
from bench.errors import AssetError, SourceUnreachable
from bench.places import cache_root

_ENTRY: Final = 60  # bytes of an ar entry's header
_C: Final = {"LC_ALL": "C"}


def download_bytes(source: DebianSource) -> int:
    """Bytes of all packages."""
    return sum(package.bytes for package in source.packages)


def fill(source: DebianSource, folder: Path, title: str, progress: Progress) -> Made:
    """Put the members that match `take` into `folder`, under their paths in the package.

    Raises `SourceUnreachable` where apt gets nothing, `AssetError` on a wrong hash or a broken package.
    """
    work = folder / ".packages"
    work.mkdir()
    facts = {}
    for package in source.packages:
        archive, version = _archive(package, work, title, progress)
        progress.advance(f"Unpacking {package.package}", 0, None)
        unpack(archive, folder, source.take)
        facts[package.package] = version
    shutil.rmtree(work)
    return Made(facts={"packages": facts})


def unpack(archive: Path, folder: Path, take: Sequence[str]) -> None:
    """The regular files of a .deb whose paths match a glob of `take`."""
    name, raw = _data_member(archive)
    found = False
    try:
        with tarfile.open(fileobj=io.BytesIO(_decompressed(name, raw, archive)), mode="r:*") as tar:
            for member in tar:
                path = PurePosixPath(member.name)
                inner = str(path.relative_to(".")) if not path.is_absolute() else ""
                if not member.isfile() or ".." in path.parts or not _matches(inner, take):
                    continue
                content = tar.extractfile(member)
                assert content is not None
                target = folder / inner
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())
                found = True
    except (tarfile.TarError, EOFError) as error:
        raise _broken(archive, str(error)) from None
    if not found:
        raise AssetError(f"{archive.name}: nothing in it matches {', '.join(take)}.", hint="Mend `take`.")


def _archive(package: DebianPackage, work: Path, title: str, progress: Progress) -> tuple[Path, str]:
    """The .deb and its version.

    Another version than the pinned one is taken where that is all there is: the clips cut from it
    still have hashes of their own.
    """
    name = f"{package.package}_{package.version.replace(':', '%3a')}_all.deb"
    by_hand = given(name)
    if by_hand is not None:
        require_sha256(by_hand, package.sha256, name)
        return by_hand, package.version
    found = _download(package, work, title, progress, given_hint(name))
    version = found.name.removesuffix(".deb").split("_")[1].replace("%3a", ":")
    if version == package.version:
        require_sha256(found, package.sha256, found.name)
    return found, version


def _download(package: DebianPackage, work: Path, title: str, progress: Progress, by_hand: str) -> Path:
    program = shutil.which("apt-get")
    if program is None:
        raise SourceUnreachable(
            f"{title}: the Debian package {package.package} needs apt-get, which is not here.",
            hint=f"Use a Debian or Ubuntu machine or container, {by_hand}.",
        )
    output = ""
    for options in (_sandbox(), _own_lists()):
        if "-o" in options and any("Lists" in option for option in options):
            progress.advance("Updating package lists", 0, None)
            status, output = _run(
                [program, *options, "-q", "update"], work, "Updating package lists", None, progress
            )
            if status:
                break
        for wanted in (f"{package.package}={package.version}", package.package):
            argv = [program, *options, "-q", "download", wanted]
            status, output = _run(argv, work, f"Downloading {title}", package.bytes, progress)
            found = sorted(work.glob(f"{package.package}_*.deb"))
            if status == 0 and found:
                progress.advance(f"Downloading {title}", package.bytes, package.bytes)
                return found[-1]
            if is_full_disk(output):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(work))
    raise SourceUnreachable(
        f"{title}: apt-get could not download {package.package}: {failure(output)}",
        hint=f"Check the network and apt's sources, {by_hand}.",
    )


def _run(argv: list[str], work: Path, title: str, total: int | None, progress: Progress) -> tuple[int, str]:
    return run_watched(argv, folder=work, environ=_C, title=title, total=total, progress=progress)


def _sandbox() -> list[str]:
    """As root apt would hand the download to a user who cannot write into our folder."""
    return ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []


def _own_lists() -> list[str]:
    """Package lists in the cache, for systems that have none and users who may not update them."""
    apt = cache_root() / "apt"
    for room in ("lists/partial", "cache/archives/partial"):
        (apt / room).mkdir(parents=True, exist_ok=True)
    return [*_sandbox(), "-o", f"Dir::State::Lists={apt / 'lists'}", "-o", f"Dir::Cache={apt / 'cache'}"]


def _data_member(archive: Path) -> tuple[str, bytes]:
    """Name and bytes of `data.tar.*` of the ar archive that a .deb is."""
    raw = archive.read_bytes()
    if not raw.startswith(b"!<arch>\n"):
        raise _broken(archive, "no ar archive")
    position = 8
    while position + _ENTRY <= len(raw):
        head = raw[position : position + _ENTRY]
        name = head[:16].decode("ascii", "replace").strip().rstrip("/")
        size = int(head[48:58])
        position += _ENTRY
        if name.startswith("data.tar"):
            if position + size > len(raw):
                raise _broken(archive, "truncated")
            return name, raw[position : position + size]
        position += size + (size & 1)
    raise _broken(archive, "no data in it")


def _decompressed(name: str, raw: bytes, archive: Path) -> bytes:
    """The tar itself where tarfile cannot read the compression, else `raw` as it is."""
    if not name.endswith(".zst"):
        return raw
    for module in ("compression.zstd", "zstandard"):
        try:
            zstd: Any = importlib.import_module(module)
        except ImportError:
            continue
        return bytes(zstd.decompress(raw))
    if program := shutil.which("dpkg-deb"):
        done = subprocess.run([program, "--fsys-tarfile", str(archive)], capture_output=True, check=False)
        if done.returncode == 0:
            return done.stdout
    raise AssetError(
        f"{archive.name}: compressed with zstd, which nothing here can unpack.",
        hint="Install dpkg-deb, or pip install zstandard.",
    )


def _matches(path: str, take: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(path, glob) for glob in take)


def _broken(archive: Path, why: str) -> AssetError:
    return AssetError(f"{archive.name}: no whole Debian package: {why}.", hint="Fetch it again.")
