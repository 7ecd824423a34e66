"""Clips: recipes become 16 kHz mono s16 WAV files with references, checked and kept in the cache."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, assert_never

from pydantic import TypeAdapter

from bench.assets import audio, debian, hub, say, wav
from bench.assets.manifest import (
    CorpusManifest,
    CutRecipe,
    DebianSource,
    FileRecipe,
    HubSource,
    Recipe,
    SayRecipe,
)
from bench.assets.progress import Need, NeedKind, Progress, Silent
from bench.assets.speech import Corpus, corpus_of, read_transcripts
from bench.assets.store import Key, Landing, Made, found, obtain, sha256_of
from bench.domain import Clip, Utterance
from bench.errors import AssetError, UnusableAudio

WAV_NAME: Final = "clip.wav"
TEXT_NAME: Final = "reference.json"
CUT_REVISION: Final = 1


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
    licence: str = "",
    title: str | None = None,
) -> Clip:
    """A clip of a file of one's own and, where known, the text file with what is said in it.

    Nothing is read but a WAV's header: `duration_seconds` is 0 until it is fetched where that does not tell.
    """
    recipe = FileRecipe(path=str(path.absolute()), text=str(text.absolute()) if text else None)
    return Clip(
        name=name,
        title=title or path.name,
        language=language,
        duration_seconds=_glance(path),
        licence=licence,
        recipe=recipe.model_dump(mode="json"),
    )


def fetch_clip(clip: Clip, *, progress: Progress | None = None) -> Clip:
    """The clip with its WAV's path and sha256, its true length, reference and utterances.

    Raises `UnusableAudio` for a file no engine should get, `SourceUnreachable` where its source does not
    answer, `AssetError` for the rest.
    """
    watcher = progress or Silent()
    recipe = _parse(clip.recipe)
    match recipe:
        case CutRecipe():
            landing = _cut(clip, recipe, watcher)
        case SayRecipe():
            landing = _said(clip, recipe, watcher)
        case FileRecipe():
            landing = _own(clip, recipe, watcher)
        case _:
            assert_never(recipe)
    text = json.loads((landing.folder / TEXT_NAME).read_text(encoding="utf-8"))
    return dataclasses.replace(
        clip,
        path=str(landing.path("clip")),
        sha256=landing.sha256("clip"),
        duration_seconds=text["seconds"],
        reference=text["reference"],
        utterances=tuple(Utterance(**utterance) for utterance in text["utterances"]),
    )


def clip_needs(clip: Clip) -> tuple[Need, ...]:
    """What `fetch_clip` would do, in order; does nothing."""
    recipe = _parse(clip.recipe)
    title = _title(clip)
    if isinstance(recipe, FileRecipe):
        path = Path(recipe.path)
        hint = "" if path.is_file() else f"{path} does not exist"
        size = path.stat().st_size if path.is_file() else None
        return (Need(title=title, kind=NeedKind.FILE, bytes=size, cached=path.is_file(), hint=hint),)
    size = round(clip.duration_seconds * wav.RATE) * wav.SAMPLE_BYTES if clip.duration_seconds else None
    cached = found(_key(clip, recipe)) is not None
    if isinstance(recipe, SayRecipe):
        hint = "" if shutil.which("say") else "needs macOS"
        return (Need(title=title, kind=NeedKind.SYNTHESIZE, bytes=size, cached=cached, hint=hint),)
    cut = Need(title=title, kind=NeedKind.CUT, bytes=size, cached=cached)
    if cached:
        return (cut,)
    source = recipe.source
    maker = debian if isinstance(source, DebianSource) else hub
    download = Need(
        title=_source_title(source),
        kind=NeedKind.DOWNLOAD,
        bytes=maker.download_bytes(source),  # type: ignore[arg-type]
        cached=found(_source_key(source)) is not None,
    )
    return (download, cut)


# ------------------------------------------------------------------ cut from a source


def _cut(clip: Clip, recipe: CutRecipe, progress: Progress) -> Landing:
    def build(folder: Path) -> Made:
        source = _source(recipe.source, progress)
        texts = read_transcripts(source.folder, recipe.transcripts)
        pieces = [
            (name, texts[name], audio.samples_of(_recording(source.folder, recipe.audio, name)))
            for name in recipe.utterances or _fitting(source.folder, recipe, texts)
            if _is_known(name, texts, clip)
        ]
        _write(
            folder,
            _title(clip),
            [(text, samples) for _, text, samples in pieces],
            recipe.seconds,
            recipe.gap_seconds,
            recipe.speaker,
        )
        expected = {WAV_NAME: recipe.sha256} if recipe.sha256 else {}
        return Made(
            roles={"clip": WAV_NAME},
            expected=expected,
            facts={"utterances": [name for name, _, _ in pieces], "source": dict(source.facts)},
        )

    return obtain(_key(clip, recipe), build, progress=progress)


def _source(source: DebianSource | HubSource, progress: Progress) -> Landing:
    title = _source_title(source)

    def build(folder: Path) -> Made:
        if isinstance(source, DebianSource):
            return debian.fill(source, folder, title, progress)
        made = hub.fill(source, folder, title, progress)
        _unpack_archives(folder)
        return made

    return obtain(_source_key(source), build, progress=progress)


def _unpack_archives(folder: Path) -> None:
    """A hub data set's recordings come as tar files."""
    import tarfile

    for archive in sorted(folder.glob("*.tar*")):
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")


def _recording(folder: Path, pattern: str, name: str) -> Path:
    path = folder / pattern.replace("{}", name)
    if not path.is_file():
        raise AssetError(
            f"There is no recording {path}.", hint="Mend `audio` or `utterances` in the manifest."
        )
    return path


def _fitting(folder: Path, recipe: CutRecipe, texts: Mapping[str, str]) -> Sequence[str]:
    """As many utterances as fit, in the transcript's order."""
    names, left = [], recipe.seconds
    for name in texts:
        path = folder / recipe.audio.replace("{}", name)
        if not path.is_file():
            continue
        seconds = wav.seconds_of(audio.samples_of(path))
        if seconds > left:
            break
        names.append(name)
        left -= seconds + recipe.gap_seconds
    return names


def _is_known(name: str, texts: Mapping[str, str], clip: Clip) -> bool:
    if name not in texts:
        raise AssetError(f"{_title(clip)}: no utterance {name} in the transcript.", hint="Mend `utterances`.")
    return True


# ------------------------------------------------------------------ spoken, and one's own


def _said(clip: Clip, recipe: SayRecipe, progress: Progress) -> Landing:
    def build(folder: Path) -> Made:
        work = folder / ".sentences"
        work.mkdir()
        paths = say.speak_all(recipe.voice, recipe.sentences, work, progress)
        spoken = [(text, audio.samples_of(path)) for text, path in zip(recipe.sentences, paths, strict=True)]
        shutil.rmtree(work)
        _write(folder, _title(clip), spoken, recipe.seconds, recipe.gap_seconds, recipe.voice)
        return Made(roles={"clip": WAV_NAME})

    return obtain(_key(clip, recipe), build, progress=progress)


def _own(clip: Clip, recipe: FileRecipe, progress: Progress) -> Landing:
    path = Path(recipe.path)
    reference = _own_text(recipe)
    try:
        digest = sha256_of(path)
    except OSError as error:
        raise UnusableAudio(
            f"{path}: cannot be read: {error.strerror or error}.", hint="Check the path in the suite."
        ) from None

    def build(folder: Path) -> Made:
        samples = audio.samples_of(path)
        wav.write(folder / WAV_NAME, samples)
        _write_text(folder, reference, [], samples)
        return Made(roles={"clip": WAV_NAME}, facts={"source": str(path), "sha256": digest})

    key = Key(
        room="clips",
        name=clip.name,
        title=_title(clip),
        recipe={"file": digest, "suffix": path.suffix, "text": reference, "revision": CUT_REVISION},
    )
    return obtain(key, build, progress=progress)


def _own_text(recipe: FileRecipe) -> str | None:
    if recipe.text is None:
        return None
    path = Path(recipe.text)
    try:
        text = " ".join(path.read_text(encoding="utf-8-sig").split())
    except OSError as error:
        raise AssetError(
            f"{path}: the reference text cannot be read: {error.strerror or error}.",
            hint="Mend `text` of the clip, or leave it out: the quality is then judged against the baseline alone.",
        ) from None
    except UnicodeDecodeError as error:
        raise AssetError(
            f"{path}: the reference text is not UTF-8: {error}.", hint="Save it as UTF-8."
        ) from None
    if not text:
        raise AssetError(
            f"{path}: the reference text is empty.", hint="Write what is said, or leave `text` out."
        )
    return text


# ------------------------------------------------------------------ writing


def _write(
    folder: Path,
    title: str,
    spoken: Sequence[tuple[str, bytes]],
    seconds: float | None,
    gap_seconds: float,
    speaker: str | None,
) -> None:
    """Pieces one after another with gaps between, zero-padded to `seconds`."""
    if not spoken:
        raise AssetError(f"{title}: no utterance fits.", hint="Mend `seconds` in the manifest.")
    samples = bytearray()
    utterances = []
    for text, piece in spoken:
        if samples:
            samples += wav.silence(gap_seconds)
        start = wav.seconds_of(bytes(samples[:0])) + len(samples) / wav.SAMPLE_BYTES / wav.RATE
        samples += piece
        end = len(samples) / wav.SAMPLE_BYTES / wav.RATE
        utterances.append(Utterance(start_seconds=start, end_seconds=end, text=text, speaker=speaker))
    if seconds is not None:
        missing = round(seconds * wav.RATE) * wav.SAMPLE_BYTES - len(samples)
        if missing < 0:
            raise AssetError(
                f"{title}: its utterances last {utterances[-1].end_seconds:.3f} s, more than {seconds} s.",
                hint="Take fewer utterances or more seconds.",
            )
        samples += bytes(missing)
    wav.write(folder / WAV_NAME, bytes(samples))
    _write_text(folder, " ".join(text for text, _ in spoken), utterances, bytes(samples))


def _write_text(folder: Path, reference: str | None, utterances: Sequence[Utterance], samples: bytes) -> None:
    text = {
        "seconds": wav.seconds_of(samples),
        "reference": reference,
        "utterances": [dataclasses.asdict(utterance) for utterance in utterances],
    }
    (folder / TEXT_NAME).write_text(json.dumps(text, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


# ------------------------------------------------------------------ keys


_RECIPE: Final[TypeAdapter[Any]] = TypeAdapter(Recipe)


def _parse(recipe: Mapping[str, Any]) -> CutRecipe | SayRecipe | FileRecipe:
    parsed: CutRecipe | SayRecipe | FileRecipe = _RECIPE.validate_python(dict(recipe))
    return parsed


def _key(clip: Clip, recipe: CutRecipe | SayRecipe) -> Key:
    return Key(
        room="clips",
        name=f"{clip.corpus}-{clip.name}",
        title=_title(clip),
        recipe={**recipe.model_dump(mode="json", by_alias=True), "revision": CUT_REVISION},
    )


def _source_key(source: DebianSource | HubSource) -> Key:
    name = source.packages[0].package if isinstance(source, DebianSource) else source.repo.replace("/", "--")
    return Key(
        room="speech",
        name=name,
        title=_source_title(source),
        recipe=source.model_dump(mode="json", by_alias=True),
    )


def _source_title(source: DebianSource | HubSource) -> str:
    if isinstance(source, DebianSource):
        return " + ".join(package.package for package in source.packages)
    return source.repo


def _title(clip: Clip) -> str:
    return f"{clip.corpus}/{clip.name}" if clip.corpus else clip.name


def _glance(path: Path) -> float:
    import wave

    try:
        with wave.open(str(path)) as file:
            return file.getnframes() / file.getframerate()
    except (OSError, EOFError, wave.Error, ZeroDivisionError):
        return 0.0
