"""A model's weights in a format and quantization: found in the cache, or had by the first way that works."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, assert_never

from bench.assets import hub, pypi
from bench.assets.builders import Order, builder, check
from bench.assets.manifest import (
    ConvertSource,
    HubSource,
    ModelManifest,
    PathSource,
    PypiSource,
    QuantizeSource,
    SyntheticSource,
    Way,
)
from bench.assets.progress import Need, NeedKind, Progress, Silent
from bench.assets.store import Key, Landing, Made, found, obtain, sha256_of
from bench.domain import Model, WeightsFile
from bench.errors import AssetError, SourceUnreachable, UnusableWeights

Wish = tuple[str, str]  # format, quantization


def read_model(path: Path) -> Model:
    """The model of a manifest file; `SuiteError` names the place of a mistake."""
    from bench.yamlfile import load

    manifest = load(path, ModelManifest)
    ways = tuple(_anchored(way, path.parent) for way in manifest.weights)
    return model_of(manifest.model_copy(update={"weights": ways}))


def model_of(manifest: ModelManifest) -> Model:
    """The model of a manifest."""
    return Model(
        name=manifest.name,
        title=manifest.title,
        family=manifest.family,
        baseline=manifest.baseline,
        licence=manifest.licence,
        synthetic=manifest.synthetic,
        manifest=manifest.model_dump(mode="json", by_alias=True),
    )


def fetch_weights(
    model: Model, quantization: str, fmt: str, *, progress: Progress | None = None
) -> tuple[WeightsFile, ...]:
    """The files an engine is given, verified; downloaded, converted or quantized where need be.

    A folder (format `ct2`) is one file here: its path, all its bytes, the hash of its hashes.
    Raises `SourceUnreachable` that lists every way when none answers, `UnusableWeights` for files
    no engine can load and combinations that cannot be made, `AssetError` for the rest.
    """
    return _Fetch(ModelManifest.model_validate(dict(model.manifest)), progress or Silent()).files((fmt, quantization))


def needs(model: Model, quantization: str, fmt: str) -> tuple[Need, ...]:
    """What `fetch_weights` would do, in order; does nothing.  `AssetError` where there is no way."""
    return _Fetch(ModelManifest.model_validate(dict(model.manifest)), Silent()).needs((fmt, quantization))


def quantizations(model: Model, fmt: str) -> tuple[str, ...] | None:
    """The quantizations of a format that the manifest has a way to; None where any name will do."""
    ways = [way for way in ModelManifest.model_validate(dict(model.manifest)).weights if way.format == fmt]
    names: list[str] = []
    for way in ways:
        if way.quantizations == "any":
            return None
        names += way.quantizations
    return tuple(dict.fromkeys(names))


def quantizations(model: Model, fmt: str) -> tuple[str, ...]:
    """The quantizations the model's manifest offers in a format, in its order.

    Empty where any is (the engine quantizes while it loads), and where the format is unknown.
    """
    manifest = ModelManifest.model_validate(dict(model.manifest))
    names: dict[str, None] = {}
    for way in manifest.weights:
        if way.format == fmt:
            if way.quantizations == "any":
                return ()
            names.update(dict.fromkeys(way.quantizations))
    return tuple(names)


class _Fetch:
    """One model's ways, followed through their ingredients."""

    def __init__(self, manifest: ModelManifest, progress: Progress) -> None:
        self.manifest = manifest
        self.progress = progress
        self.trail: list[Wish] = []

    def files(self, wish: Wish) -> tuple[WeightsFile, ...]:
        """Weights by the first way that works."""
        ways = self._ways(wish)
        for way in ways:
            if (ready := self._cached(way, wish)) is not None:
                return self._checked(wish, ready)
        failures: list[SourceUnreachable] = []
        self.trail.append(wish)
        try:
            for way in ways:
                try:
                    return self._checked(wish, self._have(way, wish))
                except SourceUnreachable as error:
                    failures.append(error)
        finally:
            self.trail.pop()
        raise _no_way(self._title(wish), failures)

    def needs(self, wish: Wish) -> tuple[Need, ...]:
        """The steps of the first way, or that there is nothing to do."""
        ways = self._ways(wish)
        for way in ways:
            ready = self._cached(way, wish)
            if ready is not None:
                size = sum(file.bytes for file in ready)
                return (Need(title=self._title(wish), kind=_kind(way), bytes=size, cached=True),)
        way = ways[0]
        self.trail.append(wish)
        try:
            before = self.needs(_ingredient(way)) if _ingredient(way) else ()
        finally:
            self.trail.pop()
        hint = f"{len(ways)} ways, tried in turn" if len(ways) > 1 else ""
        size = self._estimate(way, wish, before)
        return (*before, Need(title=self._title(wish), kind=_kind(way), bytes=size, cached=False, hint=hint))

    def _ways(self, wish: Wish) -> list[Way]:
        if wish in self.trail:
            raise AssetError(
                f"{self._title(wish)}: its ways go in a circle.", hint="Mend `weights` in the manifest."
            )
        ways = [way for way in self.manifest.weights if way.gives(*wish)]
        if not ways:
            raise _unknown(self.manifest, *wish)
        return ways

    def _have(self, way: Way, wish: Wish) -> tuple[WeightsFile, ...]:
        """By this way: download or build unless the cache has it."""
        source = way.source
        title = self._title(wish)
        if isinstance(source, PathSource):
            return _own_files(source, title)
        ingredients = self.files(_ingredient(way)) if _ingredient(way) else ()
        identity = _identity(way)

        def build(folder: Path) -> Made:
            made = self._build(way, wish, folder, ingredients)
            parents = {file.role: file.sha256 for file in ingredients}
            return Made(
                roles=made.roles,
                expected=made.expected,
                facts={**made.facts, "identity": identity, "ingredients": parents},
            )

        def fresh(landing: Landing) -> bool:
            return _is_fresh(landing, identity, ingredients)

        landing = obtain(self._key(way, wish), build, fresh=fresh, progress=self.progress)
        return _files_of(landing, _provenance(way, landing))

    def _cached(self, way: Way, wish: Wish) -> tuple[WeightsFile, ...] | None:
        """What the cache has of this way, made of the ingredients it has and by what is installed."""
        if isinstance(way.source, PathSource):
            return None
        landing = found(self._key(way, wish))
        if landing is None:
            return None
        ingredients: tuple[WeightsFile, ...] = ()
        ingredient = _ingredient(way)
        if ingredient is not None:
            self.trail.append(wish)
            try:
                ready = (self._cached(other, ingredient) for other in self._ways(ingredient))
                ingredients = next((files for files in ready if files is not None), ())
            finally:
                self.trail.pop()
        try:
            identity = _identity(way)
        except AssetError:
            identity = None  # the maker is not installed: what it once made is still good
        if not _is_fresh(landing, identity, ingredients):
            return None
        return _files_of(landing, _provenance(way, landing))

    def _build(
        self, way: Way, wish: Wish, folder: Path, ingredients: tuple[WeightsFile, ...]
    ) -> Made:
        source = way.source
        title = self._title(wish)
        match source:
            case PypiSource():
                return pypi.fill(source, folder, title, self.progress)
            case HubSource():
                return hub.fill(source, folder, title, self.progress)
            case ConvertSource() | QuantizeSource() | SyntheticSource():
                order = Order(
                    title=title,
                    folder=folder,
                    quantization=wish[1],
                    ingredients=ingredients,
                    parameters=source.parameters,
                    seed=source.seed if isinstance(source, SyntheticSource) else 0,
                    progress=self.progress,
                )
                return builder(*_builder_name(way)).build(order)
            case PathSource():
                raise AssertionError("one's own files are used where they lie")
        assert_never(source)

    def _checked(self, wish: Wish, files: tuple[WeightsFile, ...]) -> tuple[WeightsFile, ...]:
        for file in files:
            check(wish[0], Path(file.path))
        return files

    def _key(self, way: Way, wish: Wish) -> Key:
        return Key(
            room="weights",
            name=f"{self.manifest.name}-{wish[0]}-{wish[1]}" if way.quantizations != "any" else f"{self.manifest.name}-{wish[0]}",
            title=self._title(wish),
            recipe=self._recipe(way, wish, ()),
        )

    def _recipe(self, way: Way, wish: Wish, trail: tuple[Wish, ...]) -> dict[str, Any]:
        """The way and, through its ingredients, all ways it rests on."""
        recipe: dict[str, Any] = {"source": way.source.model_dump(mode="json", by_alias=True)}
        if way.quantizations != "any":
            recipe["quantization"] = wish[1]
        ingredient = _ingredient(way)
        if ingredient is not None and ingredient not in trail:
            ways = [other for other in self.manifest.weights if other.gives(*ingredient)]
            recipe["from"] = [self._recipe(other, ingredient, (*trail, wish)) for other in ways]
        return recipe

    def _estimate(self, way: Way, wish: Wish, before: Iterable[Need]) -> int | None:
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
                maker = builder(*_builder_name(way))
                return maker.estimated_bytes(wish[1], source.parameters, sizes[-1] if sizes else None)
        assert_never(source)

    def _title(self, wish: Wish) -> str:
        return f"{self.manifest.title} {wish[1]} ({wish[0]})"


def _ingredient(way: Way) -> Wish | None:
    match way.source:
        case ConvertSource(source=source):
            return source.format, source.quantization
        case QuantizeSource(source=quantization):
            return way.format, quantization
        case _:
            return None


def _builder_name(way: Way) -> tuple[str, str]:
    match way.source:
        case ConvertSource(converter=name):
            return "converter", name
        case QuantizeSource():
            return "quantizer", way.format
        case SyntheticSource(generator=name):
            return "generator", name
        case _:
            raise AssertionError(way.source.kind)


def _identity(way: Way) -> str | None:
    if isinstance(way.source, ConvertSource | QuantizeSource | SyntheticSource):
        return builder(*_builder_name(way)).identity()
    return None


def _is_fresh(landing: Landing, identity: str | None, ingredients: tuple[WeightsFile, ...]) -> bool:
    """Whether it was made by what is installed, of the ingredients that are there now."""
    if identity is not None and landing.facts.get("identity") != identity:
        return False
    parents: Mapping[str, str] = landing.facts.get("ingredients", {})
    return all(parents.get(file.role) == file.sha256 for file in ingredients)


def _kind(way: Way) -> NeedKind:
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


def _provenance(way: Way, landing: Landing) -> str:
    source = way.source
    match source:
        case PypiSource():
            return "package " + " + ".join(package.requirement for package in source.packages)
        case HubSource():
            return f"hub {source.repo} at {source.revision}"
        case ConvertSource() | QuantizeSource():
            parents = ", ".join(digest[:12] for digest in landing.facts["ingredients"].values())
            return f"{_kind(way)} of {parents} by {landing.facts['identity']}"
        case SyntheticSource():
            return f"SYNTHETIC random weights, {landing.facts['identity']}, seed {source.seed}"
        case PathSource():
            return "own file"
    assert_never(source)


def _files_of(landing: Landing, provenance: str) -> tuple[WeightsFile, ...]:
    return tuple(
        WeightsFile(
            role=role,
            path=str(landing.path(role)),
            bytes=landing.size(role),
            sha256=landing.sha256(role),
            provenance=provenance,
        )
        for role in landing.roles
    )


def _own_files(source: PathSource, title: str) -> tuple[WeightsFile, ...]:
    files = []
    for role, name in source.files.items():
        path = Path(name).expanduser()
        if not path.exists():
            raise SourceUnreachable(f"{title}: {path} does not exist.", hint="Mend the path in the manifest.")
        try:
            digest = sha256_of(path)
        except OSError as error:
            raise UnusableWeights(f"{path}: cannot be read: {error}.", hint="Check the file's rights.") from None
        if source.sha256.get(role, digest) != digest:
            raise AssetError(
                f"{path}: sha256 is {digest}, expected {source.sha256[role]}.",
                hint="It is another file than the manifest means.",
            )
        inner = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
        size = sum(p.stat().st_size for p in inner)
        files.append(WeightsFile(role=role, path=str(path), bytes=size, sha256=digest, provenance=f"own file {path}"))
    return tuple(files)


def _anchored(way: Way, folder: Path) -> Way:
    """Relative paths of a manifest start at its folder."""
    if not isinstance(way.source, PathSource):
        return way
    files = {role: str((folder / Path(path).expanduser()).absolute()) for role, path in way.source.files.items()}
    return way.model_copy(update={"source": way.source.model_copy(update={"files": files})})


def _no_way(title: str, failures: list[SourceUnreachable]) -> SourceUnreachable:
    if len(failures) == 1:
        return failures[0]
    lines = [f"{number}. {error.message}\n     {error.hint}" for number, error in enumerate(failures, start=1)]
    return SourceUnreachable(
        f"{title}: none of its {len(failures)} sources can be reached:\n  " + "\n  ".join(lines),
        hint="One of them is enough.",
    )


def _unknown(manifest: ModelManifest, fmt: str, quantization: str) -> AssetError:
    formats = sorted({way.format for way in manifest.weights})
    if fmt not in formats:
        return AssetError(
            f"{manifest.title} has no weights in the format {fmt}.",
            hint=f"Its manifest has: {', '.join(formats)}.  Add a way to {fmt}, or choose another engine.",
        )
    names: dict[str, None] = {}
    for way in manifest.weights:
        if way.format == fmt and way.quantizations != "any":
            names.update(dict.fromkeys(way.quantizations))
    near = difflib.get_close_matches(quantization, names, n=1)
    meant = f"Did you mean {near[0]}?  " if near else ""
    return AssetError(
        f"{manifest.title} has no quantization {quantization!r} in the format {fmt}.",
        hint=f"{meant}Its manifest has: {', '.join(names)}.",
    )
