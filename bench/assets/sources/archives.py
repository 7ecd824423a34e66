"""Archives of recordings that are reached without a package manager: by hand, from a mirror, by address.

What is in them is verified, not what they are: any archive of the same recordings will do.  A .deb, a
tar in any compression that Python reads, and a zip are unpacked here, without dpkg.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tarfile
import urllib.error
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Final

from bench.assets.hashes import listing_sha256, read_sha256
from bench.assets.manifest import DebianSource
from bench.assets.manifest.pins import Content
from bench.assets.progress import Progress
from bench.assets.sources.deb import data_tar
from bench.assets.sources.web import opener
from bench.errors import AssetError, SourceUnreachable
from bench.problems import problem
from bench.reasons import told

MIRROR: Final = "ASR_QUANT_BENCH_MIRROR"
TIMEOUT_SECONDS: Final = 60.0
_CHUNK: Final = 1 << 20


def mirror() -> str | None:
    """The address of a folder with archives, as the user named it; None without one."""
    return os.environ.get(MIRROR, "").rstrip("/") or None


def download(url: str, target: Path, title: str, total: int | None, progress: Progress) -> None:
    """Fetch an address; `SourceUnreachable` with its host's words where it does not answer or breaks off."""
    if not url.startswith(("http://", "https://")):
        raise problem(SourceUnreachable, "mirror.no_http", title=title, url=str(url), variable=MIRROR)
    try:
        with opener().open(url, timeout=TIMEOUT_SECONDS) as answer, target.open("wb") as file:
            length = answer.headers.get("Content-Length")
            expected = int(length) if length and length.isdigit() else total
            done = 0
            while piece := answer.read(_CHUNK):
                file.write(piece)
                done += len(piece)
                progress.advance(f"Downloading {title}", done, expected)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        target.unlink(missing_ok=True)
        said = getattr(error, "reason", None) or error
        raise problem(
            SourceUnreachable, "download.no_answer", title=title, host=_host(url), why=told(str(said))
        ) from None
    if length and length.isdigit() and done != int(length):
        target.unlink()
        raise problem(
            SourceUnreachable,
            "download.broke_off",
            title=title,
            host=_host(url),
            done=str(done),
            total=str(length),
        )


def unpack(archive: Path, folder: Path, take: Sequence[str], content: Content | None = None) -> None:
    """The regular files of an archive whose paths match a glob of `take`.

    With `content` they are put where the Debian package has them, whatever lies above them in the archive.
    Raises `AssetError` for what is no archive, is broken, or has none of them.
    """
    found = False
    try:
        for name, read in _members(archive):
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or not _wanted(path, take):
                continue
            target = folder / (_placed(path, content) if content else path)
            target.parent.mkdir(parents=True, exist_ok=True)
            with read as stream, target.open("wb") as file:
                shutil.copyfileobj(stream, file)
            found = True
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise problem(AssetError, "archive.broken", archive=archive.name, error=str(error)) from None
    if not found:
        raise problem(AssetError, "archive.no_match", archive=archive.name, globs=", ".join(take))


def content_sha256(folder: Path, content: Content) -> str:
    """One hash of all files below the content's root: of lines `<sha256>  <path>` in the order of paths."""
    root = folder / content.root
    return listing_sha256(
        {
            path.relative_to(root).as_posix(): read_sha256(path)
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }
    )


def verify(folder: Path, source: DebianSource, whence: str) -> None:
    """Raise `AssetError` where the recordings are not those of the manifest."""
    if source.content is None:
        return
    found = content_sha256(folder, source.content)
    if found != source.content.sha256:
        raise problem(
            AssetError,
            "archive.other",
            archive=str(whence),
            found=str(found[:12]),
            expected=str(source.content.sha256[:12]),
        )


def _members(archive: Path) -> Iterator[tuple[str, contextlib.AbstractContextManager[IO[bytes]]]]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as whole:
            for entry in whole.infolist():
                if not entry.is_dir():
                    yield entry.filename, whole.open(entry)
        return
    with contextlib.ExitStack() as stack:
        if _begins(archive, b"!<arch>\n"):
            tar = stack.enter_context(tarfile.open(fileobj=data_tar(archive), mode="r:*"))
        else:
            tar = stack.enter_context(tarfile.open(archive, mode="r:*"))
        for member in tar:
            if member.isfile() and (stream := tar.extractfile(member)) is not None:
                yield str(PurePosixPath(member.name)), stream


def _begins(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _wanted(path: PurePosixPath, take: Sequence[str]) -> bool:
    """`*` crosses folders, and a leading one also stands for none: archives begin at different depths."""
    import fnmatch

    text = str(path)
    return any(fnmatch.fnmatchcase(text, glob) or fnmatch.fnmatchcase(f"/{text}", glob) for glob in take)


def _placed(path: PurePosixPath, content: Content) -> PurePosixPath:
    """Below the content's root, from the folder of its name on; elsewhere as it is."""
    root = PurePosixPath(content.root)
    parts = path.parts
    return root.joinpath(*parts[parts.index(root.name) + 1 :]) if root.name in parts[:-1] else path


def _host(url: str) -> str:
    return url.split("/")[2].rpartition("@")[2]
