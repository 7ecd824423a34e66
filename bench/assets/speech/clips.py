"""Clips: recipes become 16 kHz mono s16 WAV files with references, checked and kept in the cache."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final, assert_never

from pydantic import TypeAdapter

from bench.assets.hashes import sha256_of
from bench.assets.manifest import CorpusManifest, CutRecipe, FileRecipe, Recipe, SayRecipe
from bench.assets.progress import Need, NeedKind, Progress, Silent
from bench.assets.speech import audio, say, wav
from bench.assets.speech.corpora import Corpus, corpus_of
from bench.assets.speech.recordings import fetch_source, read_utterances, source_need
from bench.assets.speech.splice import WAV_NAME, filled, fitting, splice, write
from bench.assets.store import BuildResult, Key, StoredAsset, found, obtain
from bench.domain import Clip, FetchedClip
from bench.errors import AssetError, UnusableAudio
from bench.problems import problem

REVISION: Final = 1
# How a source's files come is no part of what they are.
_WAYS: Final = {"source": {"archives", "content"}}
_RECIPE: Final[TypeAdapter[CutRecipe | SayRecipe | FileRecipe]] = TypeAdapter(Recipe)


def read_corpus(path: Path) -> Corpus:
    """The corpus of a manifest file; `SuiteError` names the place of a mistake."""
    from bench.yamlfile import load

    return corpus_of(load(path, CorpusManifest))


def own_clip(
    *,
    path: Path,
    name: str,
    language: str,
    text: Path | None = None,
    said: str | None = None,
    licence: str = "",
    title: str | None = None,
) -> Clip:
    """A clip of a file of one's own and, where known, the text file with what is said in it, or the words.

    Nothing is read but a WAV's header: `duration_seconds` is None where that does not tell.
    """
    recipe = FileRecipe(path=str(path.absolute()), text=str(text.absolute()) if text else None, said=said)
    return Clip(
        name=name,
        title=title or path.name,
        language=language,
        duration_seconds=_glance(path),
        licence=licence,
        recipe=recipe,
    )


def fetch_clip(clip: Clip, *, progress: Progress | None = None) -> FetchedClip:
    """The clip with its WAV's path and sha256, its true length, reference and utterances.

    Raises `UnusableAudio` for a file no engine should get, `SourceUnreachable` where its source does not
    answer, `AssetError` for the rest.
    """
    watcher = progress or Silent()
    recipe = recipe_of(clip)
    match recipe:
        case CutRecipe():
            landing = _cut(clip, recipe, watcher)
        case SayRecipe():
            landing = _said(clip, recipe, watcher)
        case FileRecipe():
            landing = _own(clip, recipe, watcher)
        case _:
            assert_never(recipe)
    return filled(clip, landing.folder, landing.path("clip"), landing.sha256("clip"))


def clip_needs(clip: Clip) -> tuple[Need, ...]:
    """What `fetch_clip` would do, in order; does nothing."""
    recipe = recipe_of(clip)
    title = _title(clip)
    if isinstance(recipe, FileRecipe):
        path = Path(recipe.path)
        there = path.is_file()
        size = path.stat().st_size if there else None
        hint = "" if there else f"{path} does not exist"
        return (Need(title=title, kind=NeedKind.FILE, bytes=size, cached=there, hint=hint),)
    size = len(wav.silence(clip.duration_seconds)) if clip.duration_seconds else None
    cached = found(_key(clip, recipe)) is not None
    if isinstance(recipe, SayRecipe):
        hint = "" if cached or shutil.which("say") else "needs macOS"
        return (Need(title=title, kind=NeedKind.SYNTHESIZE, bytes=size, cached=cached, hint=hint),)
    cut = Need(title=title, kind=NeedKind.CUT, bytes=size, cached=cached)
    return (cut,) if cached else (source_need(recipe.source), cut)


def _cut(clip: Clip, recipe: CutRecipe, progress: Progress) -> StoredAsset:
    def build(folder: Path) -> BuildResult:
        source = fetch_source(recipe.source, progress)
        utterances = read_utterances(recipe, source)
        splice(
            folder,
            _title(clip),
            [(text, samples) for _, text, samples in utterances],
            seconds=recipe.seconds,
            gap_seconds=recipe.gap_seconds,
            speaker=recipe.speaker,
        )
        return BuildResult(
            roles={"clip": WAV_NAME},
            expected={WAV_NAME: recipe.sha256} if recipe.sha256 else {},
            facts={"utterances": [name for name, _, _ in utterances], "source": dict(source.facts)},
        )

    return obtain(_key(clip, recipe), build, progress=progress)


def _said(clip: Clip, recipe: SayRecipe, progress: Progress) -> StoredAsset:
    def build(folder: Path) -> BuildResult:
        work = folder / ".sentences"
        work.mkdir()
        paths = say.speak_all(recipe.voice, recipe.sentences, work, progress)
        spoken = [(text, audio.samples_of(path)) for text, path in zip(recipe.sentences, paths, strict=True)]
        if recipe.seconds is not None:
            spoken = fitting(spoken, recipe.seconds, recipe.gap_seconds)
        shutil.rmtree(work)
        splice(
            folder,
            _title(clip),
            spoken,
            seconds=recipe.seconds,
            gap_seconds=recipe.gap_seconds,
            speaker=recipe.voice,
        )
        return BuildResult(roles={"clip": WAV_NAME})

    return obtain(_key(clip, recipe), build, progress=progress)


def _own(clip: Clip, recipe: FileRecipe, progress: Progress) -> StoredAsset:
    path = Path(recipe.path)
    reference = _own_text(recipe)
    try:
        digest = sha256_of(path)
    except OSError as error:
        raise problem(
            UnusableAudio, "clip.unreadable", path=str(path), error=str(error.strerror or error)
        ) from None

    def build(folder: Path) -> BuildResult:
        write(folder, audio.samples_of(path), reference)
        return BuildResult(roles={"clip": WAV_NAME}, facts={"source": str(path), "sha256": digest})

    key = Key(
        room="clips",
        name=clip.name,
        title=_title(clip),
        recipe={"file": digest, "suffix": path.suffix.lower(), "text": reference, "revision": REVISION},
    )
    return obtain(key, build, progress=progress)


def _own_text(recipe: FileRecipe) -> str | None:
    if recipe.text is None:
        return recipe.said
    path = Path(recipe.text)
    try:
        text = " ".join(path.read_text(encoding="utf-8-sig").split())
    except OSError as error:
        raise problem(
            AssetError, "reference.unreadable", path=str(path), error=str(error.strerror or error)
        ) from None
    except UnicodeDecodeError as error:
        raise problem(AssetError, "reference.not_utf8", path=str(path), error=str(error)) from None
    if not text:
        raise problem(AssetError, "reference.empty", path=str(path))
    return text


def recipe_of(clip: Clip) -> CutRecipe | SayRecipe | FileRecipe:
    """How a clip is made; read again only where its suite comes from a run's folder."""
    if isinstance(clip.recipe, CutRecipe | SayRecipe | FileRecipe):
        return clip.recipe
    return _RECIPE.validate_python(clip.recipe)


def _key(clip: Clip, recipe: CutRecipe | SayRecipe) -> Key:
    return Key(
        room="clips",
        name=f"{clip.corpus}-{clip.name}",
        title=_title(clip),
        recipe={**recipe.model_dump(mode="json", by_alias=True, exclude=_WAYS), "revision": REVISION},
    )


def _title(clip: Clip) -> str:
    return f"{clip.corpus}/{clip.name}" if clip.corpus else clip.name


def _glance(path: Path) -> float | None:
    """Seconds by a WAV's header; None where it does not tell."""
    try:
        if not path.is_file() or path.stat().st_size > audio.MOST_FILE_BYTES:
            return None
        return wav.glance(path)
    except (OSError, ValueError, UnusableAudio, ZeroDivisionError):
        return None
