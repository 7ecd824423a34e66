"""What manifests pin, and how strictly: names, hashes, archives known by their content."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bench.naming import SafePath

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="64 lower-case hexadecimal digits")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", description="Lower case, digits, . _ -")]


class StrictManifest(BaseModel):
    """Base of everything a manifest may say: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


class Archive(StrictManifest):
    """An archive of the same recordings, at an address of their own project."""

    file: SafePath = Field(pattern=r"^[\w.+-]+$", description="Its name, also in `given/` and on a mirror")
    url: str = Field(pattern=r"^https?://")
    bytes: int | None = Field(default=None, ge=1)


class Content(StrictManifest):
    """What the recordings are, whatever they came in: `sha256` of the list of all files below `root`."""

    root: SafePath = Field(description="Their folder as the Debian package has it")
    sha256: Sha256
