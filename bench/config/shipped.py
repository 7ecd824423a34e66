"""Suites, models and corpora by name: the user's `configs/` first, then those that come with the package."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.errors import SuiteError

#: In an installed package, else in a checkout.
_HERE: Final = Path(__file__).resolve().parents[1]
SHIPPED: Final = _HERE / "configs" if (_HERE / "configs").is_dir() else _HERE.parent / "configs"
OWN: Final = "configs"  # below the working folder


def suite_file(given: Path) -> Path:
    """The suite's file: a path, or a name such as `whisper-base`.

    A name is looked for as `NAME.yaml` here, in `configs/` here, then among the shipped suites.  Raises
    `SuiteError` with the nearest name where nothing is called so; a path that is not there is left as it is.
    """
    if len(given.parts) > 1 or given.suffix in (".yaml", ".yml") or given.is_file():
        return given
    for folder in (Path(), *_folders(None)):
        if (file := folder / f"{given}.yaml").is_file():
            return file
    from bench.yamlfile import nearest

    raise SuiteError(
        f"{given}: there is no such suite{nearest(str(given), suites())}",
        hint="Give the name of one, or the path of a YAML file.  asr-quant-bench suites lists them.",
    )


def suites() -> dict[str, Path]:
    """Every suite that can be given by name, the user's own first."""
    return _named("", None)


def manifest_file(kind: str, name: str, beside: Path) -> Path | None:
    """The manifest `name` of that kind ("models" or "corpora") for a suite in the folder `beside`."""
    return _named(kind, beside).get(name)


def manifests(kind: str, beside: Path) -> tuple[str, ...]:
    """The names that `manifest_file` answers to."""
    return tuple(sorted(_named(kind, beside)))


def _named(kind: str, beside: Path | None) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in _folders(beside):
        for file in sorted((folder / kind).glob("*.yaml")):
            found.setdefault(file.stem, file)
    return found


def _folders(beside: Path | None) -> Iterator[Path]:
    """Where to look, the most particular first.  A shipped suite takes the user's manifests before its own."""
    if beside is not None and beside.resolve() != SHIPPED:
        yield beside
    yield Path(OWN)
    yield SHIPPED
