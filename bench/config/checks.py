"""What `validate` finds beside mistakes of the file: recordings that are not there, cases that cannot run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.domain import Suite


def absent_files(suite: Suite) -> Iterator[str]:
    """Recordings and texts of one's own that do not exist."""
    from bench.assets import FileRecipe, recipe_of

    for clip in suite.clips.values():
        recipe = recipe_of(clip)
        if isinstance(recipe, FileRecipe):
            for given, what in ((recipe.path, "recording"), (recipe.text, "text")):
                if given and not Path(given).is_file():
                    yield f"clip {clip.name}: its {what} {given} is not there"


def refused_cases(suite: Suite) -> dict[str, str]:
    """Cases that their engine refuses, by id, in its words: a result of a run, and no mistake."""
    from bench.engines import registry
    from bench.language import english

    found: dict[str, str] = {}
    for case in suite.cases:
        engine, settings = registry.get(case.variant.engine), registry.settings_of(case.variant)
        why = engine.refusal(suite.models[case.model], settings, case.variant.quantization)
        if why:
            found[case.id] = english(why)
    return found
