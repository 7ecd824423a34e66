"""Which weights really ran: what the supervisor saw the child open, held against what it was to open.

The name of a setting proves nothing: a program may prefer another file that lies beside the one it
was told.  Docs: docs/metrics.md, "Which weights ran".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.domain import OpenedFile, Reason, WeightsFile, WeightsProof
from bench.reasons import reason

ELSEWHERE: Final = reason("proof.elsewhere")
NOT_WATCHED: Final = reason("proof.not_watched")
# A notice alone may be of another program, or of a look at a file's header.
STRENGTH: Final = {"noticed": 0, "descriptor": 1, "mapped": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The files a child is to open.

    `own` are the case's, `others` those of the model's other variants by path, with the variant's
    name; a file may be another's and rightly opened (`opens_too`).
    """

    own: tuple[Path, ...] = ()
    others: Mapping[Path, str] = field(default_factory=dict)

    @property
    def asked(self) -> list[str]:
        """All paths, for the supervisor."""
        return [str(path) for path in dict.fromkeys((*self.own, *self.others))]


def expected(
    weights: Iterable[WeightsFile], siblings: Mapping[str, Iterable[WeightsFile]], opens_too: Iterable[str]
) -> Expected:
    """What a case is to open, and what it is not: `siblings` are weights by variant."""
    own = tuple(dict.fromkeys(_main_file(Path(file.path)) for file in weights))
    fine = {_identity(path) for path in (*own, *map(Path, opens_too))}
    others: dict[Path, str] = {}
    for variant, files in siblings.items():
        for path in (_main_file(Path(file.path)) for file in files):
            if _identity(path) not in fine:
                others.setdefault(path, variant)
    return Expected(own=own, others=others)


def judge(found: Mapping[str, Any] | None, wanted: Expected) -> WeightsProof:
    """What the supervisor saw, held against what the child was to open."""
    if found is None:
        return WeightsProof(proven=False, reason=NOT_WATCHED)
    files = tuple(OpenedFile(path=each["path"], how=each["how"]) for each in found["files"])
    how = {file.path: STRENGTH[file.how] for file in files}
    missing = [path for path in wanted.own if str(path) not in how]
    weakest = min((how[str(path)] for path in wanted.own if str(path) in how), default=0)
    foreign = [(path, variant) for path, variant in wanted.others.items() if str(path) in how]
    for path, variant in foreign:
        if missing or how[str(path)] >= weakest:
            code = "proof.instead" if missing else "proof.beside"
            return _wrong(files, reason(code, file=path.name, variant=variant))
    if foreign:
        path, variant = foreign[0]
        briefly = reason("proof.briefly", file=path.name, variant=variant)
        return WeightsProof(proven=False, files=files, reason=briefly)
    if not missing:
        return WeightsProof(proven=True, files=files)
    if not found["complete"]:
        return WeightsProof(proven=False, files=files, reason=reason("proof.not_seen", file=missing[0].name))
    return _wrong(files, _not_opened(missing[0], files, wanted))


def _wrong(files: tuple[OpenedFile, ...], why: Reason) -> WeightsProof:
    return WeightsProof(proven=False, wrong=True, files=files, reason=why)


def _not_opened(path: Path, files: Sequence[OpenedFile], wanted: Expected) -> Reason:
    own = {str(path) for path in wanted.own}
    rest = [Path(file.path).name for file in files if file.path not in own]
    if rest:
        return reason("proof.opened_others", file=path.name, others=", ".join(rest[:3]))
    return reason("proof.not_opened", file=path.name)


def _main_file(path: Path) -> Path:
    """The file itself, or the largest one of a folder: some engines' weights are one."""
    if not path.is_dir():
        return path
    files = [each for each in sorted(path.rglob("*")) if each.is_file()]
    return max(files, key=lambda each: each.stat().st_size, default=path)


def _identity(path: Path) -> tuple[int, int] | str:
    try:
        found = path.stat()
    except OSError:
        return str(path)
    return found.st_dev, found.st_ino
