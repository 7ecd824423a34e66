"""A suite file as read: the models and clips it names, and the places of mistakes in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.config.cliplists import Listed, by_manifest, by_pattern, is_pattern
from bench.config.listening import CorpusEntry, OwnRecordings
from bench.config.shape import ClipEntry, SuiteFile
from bench.config.shipped import manifest_file, manifests
from bench.domain import Clip, CorpusPart, Model
from bench.errors import SuiteError
from bench.naming import as_name, is_safe_name
from bench.yamlfile import dotted, nearest, position


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A suite file: `tree` is the YAML with its positions, `file` what it says.

    Manifests and corpora are looked for in the folders models/ and corpora/ beside it, then in the user's
    `configs/`, then among those that come with the package.
    """

    path: Path
    tree: Any
    file: SuiteFile

    def models(self) -> dict[str, Model]:
        """The models by name; `SuiteError` for a manifest that is not there."""
        from bench.assets import read_model

        models: dict[str, Model] = {}
        for number, entry in enumerate(self.file.models):
            name = entry.manifest
            if not name.endswith(".yaml") and not is_safe_name(name):
                raise self.mistake(
                    ("models", number), f'"{name}" is not the name of a manifest under models/'
                )
            beside = self.path.parent
            file = beside / name if name.endswith(".yaml") else manifest_file("models", name, beside)
            if file is None or not file.is_file():
                known = manifests("models", beside)
                raise self.mistake(
                    ("models", number), f'no manifest for model "{name}"{nearest(name, known)}'
                )
            model = read_model(file)
            if model.name in models:
                raise self.mistake(("models", number), f'model "{model.name}" is listed twice')
            models[model.name] = model
        return models

    def clips(self) -> dict[str, Clip]:
        """The clips by name; `SuiteError` for a corpus or clip that is not there."""
        clips: dict[str, Clip] = {}
        for number, entry in enumerate(self.file.clips):
            several = (
                [self._corpus_clip(number, entry)] if isinstance(entry, str) else self._own(number, entry)
            )
            for clip in several:
                if clip.name in clips:
                    raise self.mistake(
                        ("clips", number), f'clip "{clip.name}" is listed twice; give one a name'
                    )
                clips[clip.name] = clip
        return clips

    def _corpus_clip(self, number: int, reference: str) -> Clip:
        from bench.assets import read_corpus

        corpus_name, _, clip_name = reference.partition("/")
        file = manifest_file("corpora", corpus_name, self.path.parent)
        if file is None:
            known = manifests("corpora", self.path.parent)
            raise self.mistake(("clips", number), f'no corpus "{corpus_name}"{nearest(corpus_name, known)}')
        corpus = read_corpus(file)
        if clip_name not in corpus.clips:
            raise self.mistake(
                ("clips", number),
                f'corpus {corpus_name} has no clip "{clip_name}"{nearest(clip_name, corpus.clips)}',
            )
        return corpus.clips[clip_name]

    def _own(self, number: int, entry: ClipEntry) -> list[Clip]:
        """The clips of an entry: one, or all that its pattern or its manifest names."""
        from bench.assets import own_clip

        listed = self._listed(number, entry)
        names = _names([entry.name or as_name(each.path.stem) or "clip" for each in listed])
        return [
            own_clip(
                path=each.path,
                name=name,
                text=each.text,
                said=each.said,
                language=each.language or entry.language,
                licence=entry.licence,
            )
            for each, name in zip(listed, names, strict=True)
        ]

    def _listed(self, number: int, entry: ClipEntry) -> list[Listed]:
        folder = self.path.parent
        try:
            if entry.manifest is not None:
                return by_manifest(folder / entry.manifest)
            if is_pattern(entry.source):
                return by_pattern(folder, entry.source)
        except ValueError as error:
            key = "path" if entry.manifest is None else "manifest"
            raise self.mistake(("clips", number, key), str(error)) from None
        return [Listed(path=folder / entry.source, text=folder / entry.text if entry.text else None)]

    def corpus_parts(self) -> tuple[CorpusPart, ...]:
        """What the quality pass hears; `SuiteError` for a corpus that is not there, or is heard twice."""
        parts: dict[str, CorpusPart] = {}
        for number, entry in enumerate(self.file.quality.corpora):
            loc = ("quality", "corpora", number)
            part = self._own_part(own, entry) if (own := entry.own) else self._corpus_part(loc, entry)
            if part.corpus in parts:
                raise self.mistake(loc, f'corpus "{part.corpus}" is listed twice')
            parts[part.corpus] = replace(
                part,
                hours=entry.hours,
                utterances=entry.utterances,
                conditions=tuple(each.condition() for each in entry.conditions),
            )
        return tuple(parts.values())

    def _corpus_part(self, loc: tuple[int | str, ...], entry: CorpusEntry) -> CorpusPart:
        from bench.assets.speech.utterances import corpus_part

        file = manifest_file("corpora", entry.corpus or "", self.path.parent)
        if file is None:
            known = manifests("corpora", self.path.parent)
            raise self.mistake(
                (*loc, "corpus"), f'no corpus "{entry.corpus}"{nearest(entry.corpus or "", known)}'
            )
        return corpus_part(file)

    def _own_part(self, own: OwnRecordings, entry: CorpusEntry) -> CorpusPart:
        from bench.assets.speech.utterances import own_part

        manifest = self.path.parent / own.manifest
        return own_part(
            manifest=manifest,
            audio=self.path.parent / entry.audio if entry.audio else None,
            name=entry.name or as_name(manifest.stem) or "own",
            language=own.language,
            licence=entry.licence,
            speaker=entry.speaker,
        )

    def mistake(self, loc: tuple[int | str, ...], message: str) -> SuiteError:
        """The error that names the place in the file and what is wrong there."""
        place = position(self.path, self.tree, loc)
        return SuiteError(
            f"{place}: {dotted(self.tree, loc)}: {message}", hint=f"Fix {self.path} and try again."
        )


def _names(wanted: list[str]) -> list[str]:
    """The names, numbered where files of several folders have the same."""
    seen: dict[str, int] = {}
    made = []
    for name in wanted:
        seen[name] = seen.get(name, 0) + 1
        made.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return made
