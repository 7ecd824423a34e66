"""What a published report says beyond measurements: judgements by its author, sizes, provenance.

A run directory of published figures has a `published.yaml` beside its records.  Nothing in it was
measured by this project: whatever uses it must say "published" or "in one run".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.errors import JournalError

PUBLISHED: Final = "published.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """An author's judgement of a transcript that was not published.

    `stars` were given by eye; `remarks` are by language; `heard` are the words quoted as wrong or
    notable; `same_as_baseline` is True where the author says that the text is the baseline's.
    """

    stars: int | None = None
    remarks: Mapping[str, str] = field(default_factory=dict)
    heard: tuple[str, ...] = ()
    same_as_baseline: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A published report: where it is from, its judgements by case, what it says of models.

    `parameters` are rows of its table of test parameters that records cannot hold, by the name
    of the report's own row ("language", "encoder", "quantized") and by language.
    `baseline_bytes` are sizes of baselines that were not run; `notes` are what its figures do not
    settle, by language; `unsupported` what its program refuses, by model.
    """

    source: str
    date: str
    cases: Mapping[str, Judgement] = field(default_factory=dict)
    baseline_bytes: Mapping[str, int] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: tuple[Mapping[str, str], ...] = ()


def read_published(run: Path) -> Published | None:
    """The `published.yaml` of a run directory, None where the run was measured here."""
    file = run / PUBLISHED
    if not file.is_file():
        return None
    from pydantic import TypeAdapter

    from bench.yamlfile import load_plain

    try:
        return TypeAdapter(Published).validate_python(load_plain(file))
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise JournalError(
            f"{file}: cannot be read: {reason}.", hint="Restore the file, or render another run."
        ) from error
