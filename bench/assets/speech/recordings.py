"""The recordings that clips are cut from: a Debian package or a hub data set, fetched once."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.assets.manifest import CutRecipe, DebianSource, HubSource
from bench.assets.progress import Need, NeedKind, Progress
from bench.assets.sources import archives, debian, hub
from bench.assets.speech import audio, wav
from bench.assets.speech.corpora import read_transcripts
from bench.assets.speech.parquet_rows import unpack_parquet
from bench.assets.store import BuildResult, Key, StoredAsset, found, given_folder, obtain
from bench.errors import AssetError
from bench.naming import below
from bench.problems import problem

Source = DebianSource | HubSource


def fetch_source(source: Source, progress: Progress) -> StoredAsset:
    """The source's files in the cache."""
    title = title_of(source)

    def build(folder: Path) -> BuildResult:
        if isinstance(source, DebianSource):
            return debian.fill(source, folder, title, progress)
        made = hub.fill(source, folder, title, progress)
        _unpack_archives(folder)
        unpack_parquet(folder)
        return made

    return obtain(_key(source), build, progress=progress)


def source_need(source: Source) -> Need:
    """What `fetch_source` would do."""
    size = debian.download_bytes(source) if isinstance(source, DebianSource) else hub.download_bytes(source)
    cached = found(_key(source)) is not None
    whence = hub.remark(source) if isinstance(source, HubSource) else debian.whence(source)
    hint = "" if cached else whence
    return Need(title=title_of(source), kind=NeedKind.DOWNLOAD, bytes=size, cached=cached, hint=hint)


def speech_ways() -> tuple[tuple[str, str | None], ...]:
    """Every way by which speech comes to this machine: its name, and why it cannot be gone; None where it can."""
    from importlib.util import find_spec

    mirror = archives.mirror()
    by_hand = sorted(path.name for path in given_folder().glob("*") if path.is_file())
    return (
        (
            f"brought by hand: {', '.join(by_hand[:3]) or given_folder()}",
            None if by_hand else "nothing is there",
        ),
        (f"a mirror: {mirror or archives.MIRROR}", None if mirror else "no address is set"),
        ("Debian packages by apt-get", None if shutil.which("apt-get") else "there is no apt-get"),
        ("archives at their projects' addresses", None),
        (
            "data sets of the Hugging Face hub",
            None if find_spec("huggingface_hub") else "pip install 'asr-quant-bench[hub]'",
        ),
        ("spoken by macOS's say", None if shutil.which("say") else "this is no Mac"),
    )


def read_utterances(recipe: CutRecipe, landing: StoredAsset) -> list[tuple[str, str, bytes]]:
    """Name, text and samples of each utterance of the recipe, in its order."""
    texts = read_transcripts(landing.folder, recipe.transcripts)
    names = recipe.utterances or _fitting(landing.folder, recipe, texts)
    unknown = [name for name in names if name not in texts]
    if unknown:
        raise problem(
            AssetError, "cut.unknown_utterances", title=title_of(recipe.source), names=", ".join(unknown)
        )
    return [(name, texts[name], audio.samples_of(_path(landing.folder, recipe, name))) for name in names]


def title_of(source: Source) -> str:
    """The source by the name its users know."""
    if isinstance(source, DebianSource):
        return " + ".join(package.package for package in source.packages)
    return source.repo


def _path(folder: Path, recipe: CutRecipe, name: str) -> Path:
    path = _place(folder, recipe, name)
    if not path.is_file():
        raise problem(
            AssetError, "cut.no_recording", title=title_of(recipe.source), file=str(path.relative_to(folder))
        )
    return path


def _place(folder: Path, recipe: CutRecipe, name: str) -> Path:
    """Where an utterance lies; the names are a stranger's transcript's, and stay below the folder."""
    try:
        return below(folder, recipe.audio.replace("{}", name))
    except ValueError:
        raise problem(AssetError, "cut.escapes", title=title_of(recipe.source), name=f"{name!r}") from None


def _fitting(folder: Path, recipe: CutRecipe, texts: Mapping[str, str]) -> Sequence[str]:
    """As many utterances as fit, in the transcript's order; texts without a recording are passed over."""
    names, left = [], recipe.seconds
    for name in texts:
        path = _place(folder, recipe, name)
        if not path.is_file():
            continue
        seconds = wav.seconds_of(audio.samples_of(path))
        if seconds > left:
            break
        names.append(name)
        left -= seconds + recipe.gap_seconds
    return names


def _unpack_archives(folder: Path) -> None:
    """A hub data set's recordings come in tar files."""
    for archive in sorted(folder.glob("*.tar*")):
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")


def _key(source: Source) -> Key:
    name = source.packages[0].package if isinstance(source, DebianSource) else source.repo.replace("/", "--")
    return Key(
        room="speech",
        name=name,
        title=title_of(source),
        recipe=source.model_dump(mode="json", by_alias=True, exclude={"archives", "content"}),
    )
