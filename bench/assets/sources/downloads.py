"""What every download shares: running a program with watched progress, and words about its failure."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from bench.assets.progress import Progress
from bench.helpers import helper

TICK_SECONDS: Final = 0.2
_SECRET: Final = re.compile(
    r"TOKEN|SECRET|PASSW|CREDENTIAL|(?:API|ACCESS|PRIVATE)_?KEY|(?:^|_)AUTH(?:$|_)", re.IGNORECASE
)
_ADDRESS: Final = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment for programs that have no business with the user's tokens: HF_TOKEN, AWS_SECRET_ACCESS_KEY ..."""
    return {name: value for name, value in environ.items() if not _SECRET.search(name)}


def run_watched(
    argv: Sequence[str],
    *,
    folder: Path,
    environ: Mapping[str, str],
    title: str,
    total: int | None,
    progress: Progress,
) -> tuple[int, str]:
    """Run a downloader in `folder`; progress is the growth of that folder.  Returns status and output."""
    told = {**without_secrets(os.environ), **environ}
    with helper(argv, environ=told, folder=folder, together=True) as process:
        while True:
            try:
                output, _ = process.communicate(timeout=TICK_SECONDS)
            except subprocess.TimeoutExpired:
                progress.advance(title, min(size_of(folder), total or size_of(folder)), total)
            else:
                return process.returncode, output


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder that may change meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):  # unlike rglob, it goes on where a folder vanishes under it
        for name in names:
            with contextlib.suppress(OSError):
                total += (Path(parent) / name).stat().st_size
    return total


def failure(output: str) -> str:
    """The telling line of a downloader's output, without addresses: they may hold passwords."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if re.match(r"(?i)(error|e|err|fatal)\b\W", line)] or lines
    return _ADDRESS.sub("<address>", telling[-1])[:300] if telling else ""


def is_full_disk(output: str) -> bool:
    """Whether the program failed because the disk was full."""
    return "No space left on device" in output or "Disk quota exceeded" in output
