"""A way of a manifest, looked at: what it starts from, who makes it, where its result comes from."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import assert_never

from bench.assets.hashes import sha256_of
from bench.assets.makers.builders import builder
from bench.assets.manifest import (
    ConvertSource,
    HubSource,
    ModelManifest,
    PathSource,
    PypiSource,
    QuantizeSource,
    SyntheticSource,
    WeightsEntry,
)
from bench.assets.progress import NeedKind
from bench.assets.sources import hub
from bench.assets.store import StoredAsset
from bench.domain import WeightsFile
from bench.errors import AssetError, SourceUnreachable, UnusableWeights
from bench.problems import again, problem, why
from bench.reasons import reason, told

WeightsRequest = tuple[str, str]  # format, quantization


def ingredient(way: WeightsEntry) -> WeightsRequest | None:
    """What the way starts from; None for what comes from outside or nothing."""
    match way.source:
        case ConvertSource(source=source):
            return source.format, source.quantization
        case QuantizeSource(source=quantization):
            return way.format, quantization
        case _:
            return None


def builder_name(way: WeightsEntry) -> tuple[str, str]:
    """Kind and name of who makes it, for `builders.builder`."""
    match way.source:
        case ConvertSource(converter=name):
            return "converter", name
        case QuantizeSource():
            return "quantizer", way.format
        case SyntheticSource(generator=name):
            return "generator", name
        case PypiSource() | HubSource() | PathSource():
            raise AssertionError(way.source.kind)


def identity(way: WeightsEntry) -> str | None:
    """Versions of who makes it; None for downloads.

    Raises `SourceUnreachable` where the library it takes is not installed: another way may do.
    """
    if not isinstance(way.source, ConvertSource | QuantizeSource | SyntheticSource):
        return None
    maker = builder(*builder_name(way))
    try:
        return maker.identity()
    except AssetError as error:
        raise again(SourceUnreachable, error) from None


def is_fresh(landing: StoredAsset, made_by: str | None, parents: Sequence[tuple[WeightsFile, ...]]) -> bool:
    """Whether it was made by what is installed (None: unknown), of one of the parents there are now."""
    if made_by is not None and landing.facts.get("identity") != made_by:
        return False
    recorded = landing.facts.get("ingredients", {})
    return not parents or any({file.role: file.sha256 for file in files} == recorded for files in parents)


def fixes_content(way: WeightsEntry) -> bool:
    """Whether the way leads to the same bytes whenever it is taken: everything in it has a sha256."""
    match way.source:
        case PypiSource():
            return True
        case HubSource(files=files):
            return all(file.sha256 or hub.pinned(way.source, file) for file in files)
        case _:
            return False


def content_of(source: PathSource) -> dict[str, str | None]:
    """sha256 of one's own files by role; None for one that cannot be read."""
    digests: dict[str, str | None] = {}
    for role, name in source.files.items():
        try:
            digests[role] = sha256_of(Path(name).expanduser())
        except OSError:
            digests[role] = None
    return digests


def kind(way: WeightsEntry) -> NeedKind:
    """What kind of step the way is."""
    match way.source:
        case PypiSource() | HubSource():
            return NeedKind.DOWNLOAD
        case PathSource():
            return NeedKind.FILE
        case ConvertSource():
            return NeedKind.CONVERT
        case QuantizeSource():
            return NeedKind.QUANTIZE
        case SyntheticSource():
            return NeedKind.SYNTHESIZE
    assert_never(way.source)


def remarks(offered: Sequence[WeightsEntry]) -> str:
    """What to know before a fetch: that there are several ways, and what of the first one may change."""
    said = [f"{len(offered)} ways, tried in turn"] if len(offered) > 1 else []
    if isinstance(offered[0].source, HubSource) and (remark := hub.remark(offered[0].source)):
        said.append(remark)
    return "; ".join(said)


def provenance(way: WeightsEntry, landing: StoredAsset) -> str:
    """Where a landing of this way comes from, in words for a record."""
    source = way.source
    match source:
        case PypiSource():
            return "package " + " + ".join(package.requirement for package in source.packages)
        case HubSource():
            return hub.provenance(source, landing)
        case ConvertSource() | QuantizeSource():
            parents = ", ".join(digest[:12] for digest in landing.facts["ingredients"].values())
            return f"{kind(way)} of {parents} by {landing.facts['identity']}"
        case SyntheticSource():
            return f"SYNTHETIC random weights, {landing.facts['identity']}, seed {source.seed}"
        case PathSource():
            return "own file"
    assert_never(source)


def files_of(landing: StoredAsset, words: str) -> tuple[WeightsFile, ...]:
    """The landing's files by role."""
    return tuple(
        WeightsFile(
            role=role,
            path=str(landing.path(role)),
            bytes=landing.size(role),
            sha256=landing.sha256(role),
            provenance=words,
        )
        for role in landing.roles
    )


def own_files(source: PathSource, title: str) -> tuple[WeightsFile, ...]:
    """One's own files where they lie, hashed."""
    files = []
    for role, name in source.files.items():
        path = Path(name).expanduser()
        if not path.exists():
            raise problem(SourceUnreachable, "ways.no_path", title=title, path=str(path))
        try:
            digest = sha256_of(path)
        except OSError as error:
            raise problem(UnusableWeights, "weights.unreadable", path=str(path), error=str(error)) from None
        if source.sha256.get(role, digest) != digest:
            raise problem(
                AssetError,
                "ways.other_hash",
                path=str(path),
                actual=str(digest),
                expected=str(source.sha256[role]),
            )
        inner = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
        size = sum(p.stat().st_size for p in inner)
        files.append(
            WeightsFile(role=role, path=str(path), bytes=size, sha256=digest, provenance=f"own file {path}")
        )
    return tuple(files)


def no_way(title: str, failures: list[SourceUnreachable]) -> SourceUnreachable:
    """The error that lists every way that failed, and how to get it."""
    if len(failures) == 1:
        return failures[0]
    tried = told("")
    for number, error in reversed(list(enumerate(failures, start=1))):
        tried = reason("ways.tried", number=number, why=why(error), others=tried)
    return problem(SourceUnreachable, "ways.none", title=title, count=len(failures), tried=tried)


def unknown(manifest: ModelManifest, fmt: str, quantization: str) -> AssetError:
    """The error for what the manifest has no way to, with the nearest there is."""
    formats = sorted({way.format for way in manifest.weights})
    if fmt not in formats:
        return problem(
            AssetError, "ways.no_format", title=manifest.title, format=fmt, formats=", ".join(formats)
        )
    names: dict[str, None] = {}
    for way in manifest.weights:
        if way.format == fmt and way.quantizations != "any":
            names.update(dict.fromkeys(way.quantizations))
    about = {"title": manifest.title, "format": fmt, "quantization": quantization, "names": ", ".join(names)}
    if near := difflib.get_close_matches(quantization, names, n=1):
        return problem(AssetError, "ways.no_quantization_but", near=near[0], **about)
    return problem(AssetError, "ways.no_quantization", **about)
