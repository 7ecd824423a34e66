"""Recordings of a Debian package: by hand, from a mirror, by apt, from the project's own archive.

No root is needed and nothing is installed.  What came is verified by the hash of its files, so it does
not matter which of the ways it took.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any, Final

from bench.assets.hashes import require_sha256
from bench.assets.manifest import DebianPackage, DebianSource
from bench.assets.progress import Progress
from bench.assets.sources import archives
from bench.assets.sources.downloads import failure, is_full_disk, run_watched
from bench.assets.store import BuildResult, by_hand, given
from bench.domain import Reason
from bench.errors import SourceUnreachable
from bench.places import cache_root
from bench.problems import problem, why
from bench.reasons import reason

_C: Final = {"LC_ALL": "C"}


def download_bytes(source: DebianSource) -> int:
    """Bytes of all packages."""
    return sum(package.bytes for package in source.packages)


def whence(source: DebianSource) -> str:
    """How the recordings would come where apt does not bring them; empty where nothing is to be said."""
    names = [*(archive.file for archive in source.archives), *map(deb_name, source.packages)]
    if any(given(name) for name in names) or shutil.which("apt-get"):
        return ""
    if mirror := archives.mirror():
        return f"from the mirror {mirror}"
    if source.archives:
        return f"no apt-get: from {source.archives[0].url}"
    return "needs apt-get, or the package in given/"


def fill(source: DebianSource, folder: Path, title: str, progress: Progress) -> BuildResult:
    """Put the members that match `take` into `folder`, under their paths in the package.

    Raises `SourceUnreachable` where no way gets anything, `AssetError` on wrong recordings or a broken archive.
    """
    work = folder / ".packages"
    work.mkdir()
    facts = _without_apt_by_hand(source, folder, work, title, progress)
    if facts is None:
        try:
            facts = _packages(source, folder, work, title, progress)
        except SourceUnreachable as error:
            facts = _by_address(source, folder, work, title, progress, error)
    shutil.rmtree(work)
    archives.verify(folder, source, f"{title} from {facts['from']}")
    return BuildResult(facts=facts)


def _packages(
    source: DebianSource, folder: Path, work: Path, title: str, progress: Progress
) -> dict[str, Any]:
    """All packages by hand or by apt."""
    found = {}
    for package in source.packages:
        archive, version = _archive(package, work, title, progress)
        progress.advance(f"Unpacking {package.package}", 0, None)
        archives.unpack(archive, folder, source.take)
        found[package.package] = version
    return {"packages": found, "from": "a Debian package"}


def _without_apt_by_hand(
    source: DebianSource, folder: Path, work: Path, title: str, progress: Progress
) -> dict[str, Any] | None:
    """An archive that the user brought, or that the user's mirror has; None where there is neither."""
    for archive in source.archives:
        if (brought := given(archive.file)) is not None:
            archives.unpack(brought, folder, source.take, source.content)
            return {"from": f"{archive.file}, brought by hand"}
    mirror = archives.mirror()
    if mirror is None:
        return None
    names = [archive.file for archive in source.archives]
    names += [deb_name(source.packages[0])] if len(source.packages) == 1 else []
    refusals = []
    for name in names:
        target = work / name
        try:
            archives.download(f"{mirror}/{name}", target, title, None, progress)
        except SourceUnreachable as error:
            refusals.append(str(error))
            continue
        archives.unpack(target, folder, source.take, source.content)
        return {"from": f"{name} of the mirror"}
    progress.advance(f"{title}: the mirror has none of {', '.join(names)}", 0, None)
    return None


def _by_address(
    source: DebianSource, folder: Path, work: Path, title: str, progress: Progress, before: SourceUnreachable
) -> dict[str, Any]:
    """The project's own archive; `before` is why apt did not do."""
    refused: Reason | None = None
    for archive in source.archives:
        target = work / archive.file
        try:
            archives.download(archive.url, target, title, archive.bytes, progress)
        except SourceUnreachable as error:
            refused = why(error)
            continue
        archives.unpack(target, folder, source.take, source.content)
        return {"from": archive.url}
    if refused is None:
        raise before
    raise problem(
        SourceUnreachable,
        "debian.no_archive",
        apt=why(before),
        archive=refused,
        mirror=archives.MIRROR,
        **by_hand(source.archives[0].file),
    ) from None


def deb_name(package: DebianPackage) -> str:
    """The file name of a package for every machine."""
    return f"{package.package}_{package.version.replace(':', '%3a')}_all.deb"


def _archive(package: DebianPackage, work: Path, title: str, progress: Progress) -> tuple[Path, str]:
    """The .deb and its version.

    Another version than the pinned one is taken where that is all there is: the clips cut from it
    still have hashes of their own.
    """
    name = deb_name(package)
    brought = given(name)
    if brought is not None:
        require_sha256(brought, package.sha256, name)
        return brought, package.version
    found = _download(package, work, title, progress)
    version = found.name.removesuffix(".deb").split("_")[1].replace("%3a", ":")
    if version == package.version:
        require_sha256(found, package.sha256, found.name)
    return found, version


def _download(package: DebianPackage, work: Path, title: str, progress: Progress) -> Path:
    program = shutil.which("apt-get")
    if program is None:
        raise problem(
            SourceUnreachable,
            "debian.no_apt",
            title=title,
            package=package.package,
            **by_hand(deb_name(package)),
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
    raise problem(
        SourceUnreachable,
        "debian.apt_failed",
        title=title,
        package=package.package,
        words=failure(output) or reason("words.none"),
        **by_hand(deb_name(package)),
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
