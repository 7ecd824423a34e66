"""A folder as a program wants it, made of links: for programs that take whatever weights lie in a folder.

Instead of asking the user to copy a model's folder once a quantization and to rename files in it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from bench.domain import WeightsFile
from bench.errors import UnusableWeights
from bench.places import cache_root
from bench.problems import problem


class LinkedFolder(BaseModel):
    """Links to the files of a folder but for some, and to the case's weights beside them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: str = Field(description="The model's folder, as the program's documentation has it")
    without: tuple[str, ...] = Field(
        default=("*.gguf",), description="Globs of the files left out: other quantizations' weights"
    )


def make(layout: LinkedFolder, weights: Sequence[WeightsFile]) -> Path:
    """The folder in the cache, the same for the same files; `UnusableWeights` where there is none to link."""
    source = Path(layout.folder).absolute()
    if not source.is_dir():
        raise problem(UnusableWeights, "layout.no_folder", folder=layout.folder)
    kept = [path for path in sorted(source.iterdir()) if not _left_out(path.name, layout.without)]
    links = {path.name: path for path in kept}
    links |= {Path(file.path).name: Path(file.path).absolute() for file in weights}
    words = "\n".join(f"{name} {path}" for name, path in sorted(links.items()))
    made = cache_root() / "layouts" / f"{source.name}-{hashlib.sha256(words.encode()).hexdigest()[:12]}"
    made.mkdir(parents=True, exist_ok=True)
    for name, path in links.items():
        link = made / name
        if not link.is_symlink():
            temporary = made / f".{name}.{os.getpid()}"
            temporary.symlink_to(path)
            temporary.replace(link)
    return made


def _left_out(name: str, globs: Sequence[str]) -> bool:
    """Without regard to case: Macs' disks have none."""
    return any(fnmatchcase(name.lower(), glob.lower()) for glob in globs)
