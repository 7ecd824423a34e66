"""Why something is absent, refused, failed or disturbed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something is absent, refused, failed or disturbed: a code of `bench.reasons` and what varies in it.

    The words are the catalogs' (`bench.language`): records are of no language.
    """

    code: str
    parameters: Mapping[str, str | int | float | Reason] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.code, tuple(sorted((name, str(v)) for name, v in self.parameters.items()))))
