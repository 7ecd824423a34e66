"""What is refused of a suite although each part of it alone is right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bench.config.languages import known_language, unknown
from bench.errors import SuiteError
from bench.naming import is_safe_name
from bench.yamlfile import nearest

if TYPE_CHECKING:
    from bench.config.shape import Knobs, SuiteFile
    from bench.config.source import Source
    from bench.domain import Case, Clip, Variant


def misfit(source: Source, loc: tuple[int | str, ...], variant: Variant, clip: Clip) -> None:
    """`SuiteError` for what the engine's settings cannot mean with that clip."""
    settings = variant.settings_by_name
    names, language = settings.get("language_names"), settings.get("language")
    code = clip.language if language == "clip" else language
    if names and code not in names:
        raise source.mistake(
            loc,
            f"settings.language_names: no name of {code}, the language of {clip.name}{nearest(str(code), names)}",
        )


def unknown_languages(source: Source) -> None:
    """`SuiteError` for a language that is none, of a clip or in the settings of any layer."""
    for number, entry in enumerate(source.file.clips):
        if not isinstance(entry, str) and not known_language(entry.language):
            raise source.mistake(("clips", number, "language"), unknown(entry.language))
    for loc, layer in layers(source.file):
        code = layer.settings.get("language")
        if isinstance(code, str) and code not in ("clip", "auto") and not known_language(code):
            raise source.mistake((*loc, "settings", "language"), unknown(code))


def layers(file: SuiteFile) -> Iterator[tuple[tuple[int | str, ...], Knobs]]:
    """Every place of the file that may set knobs."""
    yield ("defaults",), file.defaults
    for number, model in enumerate(file.models):
        yield ("models", number), model
    for number, variant in enumerate(file.variants):
        yield ("variants", number), variant
    for number, case in enumerate(file.include):
        yield ("include", number, "variant"), case.variant


def two_baselines(source: Source) -> None:
    """`SuiteError` for two of them that differ in their quantization alone: the others are held to one."""
    seen: list[tuple[object, ...]] = []
    for number, entry in enumerate(source.file.variants):
        if not entry.baseline:
            continue
        alike = (entry.engine, entry.device, entry.settings, entry.environ, entry.environment)
        if alike in seen:
            raise source.mistake(
                ("variants", number, "baseline"), "a second baseline; the others are compared with one"
            )
        seen.append(alike)


def unknown_normalizer(source: Source) -> None:
    """`SuiteError` for a normalizer that nobody has, or whose package is not installed."""
    wrong = source.file.quality.normalizer
    if wrong == "auto":
        return
    from bench.quality.normalizer import NORMALIZERS, OTHERS, normalizer

    known = [*NORMALIZERS, *OTHERS]
    if wrong not in known:
        raise source.mistake(
            ("quality", "normalizer"), f'no normalizer "{wrong}"{nearest(wrong, ["auto", *known])}'
        )
    try:
        normalizer(wrong)
    except SuiteError as error:
        raise source.mistake(
            ("quality", "normalizer"), f"{error.message.partition(': ')[2]} {error.hint}"
        ) from None


def doubles(source: Source, cases: Sequence[Case]) -> None:
    """`SuiteError` for two cases of one name, and for a name that no log's file can bear."""
    seen: set[str] = set()
    for case in cases:
        if not is_safe_name(case.id):  # each of its parts is one, the whole too long for a log's name
            raise SuiteError(f"{source.path}: {case.id}: is too long.", hint="Give shorter names.")
        if case.id.casefold() in seen:  # their logs would be one file where a disk knows no case
            raise SuiteError(
                f"{source.path}: two cases are called {case.id}.",
                hint="Give one of the two variants a name of its own: name: q8_0-4threads",
            )
        seen.add(case.id.casefold())
