"""Strings that become paths: a safe name is one step of a path, a safe path stays below a root.

Suites, manifests and run directories come from strangers.  Whatever of them becomes a part of a path
is of one of these two types, or goes through `below`.  What a quantization's name says is here too.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path, PurePosixPath
from typing import Annotated, Final

from pydantic import AfterValidator, Field

# Letters of any script, digits, _ + - and single dots inside: no separator, no "..", no hidden file.
NAME_PATTERN: Final = r"^[^\W_][\w+-]*(\.[\w+-]+)*$"
# A file system takes 255 bytes a name; suffixes such as ".b10.a2.log" must still fit.
NAME_BYTES: Final = 200
PATH_BYTES: Final = 1000
_NAME: Final = re.compile(NAME_PATTERN)


def safe_name(text: str) -> str:
    """The text where it can be one step of a path anywhere; ValueError says why it cannot."""
    if not _NAME.fullmatch(text):
        raise ValueError("is no safe name: letters, digits, _ + - and single dots inside")
    if len(text.encode()) > NAME_BYTES:
        raise ValueError(f"is too long for a name: at most {NAME_BYTES} bytes")
    if unicodedata.normalize("NFC", text) != text:
        raise ValueError("is not in the composed form of its letters (Unicode NFC)")
    return text


def is_safe_name(text: str) -> bool:
    """Whether the text can be one step of a path anywhere."""
    try:
        safe_name(text)
    except ValueError:
        return False
    return True


def safe_path(text: str) -> str:
    """The text where it is a relative path that stays below whatever it is joined to; ValueError else."""
    steps = text.split("/")
    if (
        not text
        or PurePosixPath(text).is_absolute()
        or any(step in ("", ".", "..") or step != step.strip() for step in steps)
    ):
        raise ValueError("must be a relative path that goes down: no .., no leading /, no empty step")
    if re.search(r"[\x00-\x1f\x7f\\\ud800-\udfff]", text) or re.match(r"^[A-Za-z]:", text):
        raise ValueError("must be a plain path: no control characters, backslashes or drives")
    if len(text.encode()) > PATH_BYTES or any(len(step.encode()) > 255 for step in steps):
        raise ValueError("is too long for a path")
    return text


def below(root: Path, *steps: str) -> Path:
    """`root` and steps below it; ValueError where a step, or a symbolic link on the way, leads out of it."""
    path = root.joinpath(*(safe_path(step) for step in steps))
    if not path.resolve().is_relative_to(root.resolve()):
        raise ValueError(f"{'/'.join(steps)}: leads out of {root}")
    return path


def as_name(text: str) -> str:
    """A safe name made of any text, letters of every script kept; empty where it has none."""
    composed = unicodedata.normalize("NFC", text)
    name = re.sub(r"[^\w+-]+", "-", composed).strip("-_+")
    return name.encode()[:NAME_BYTES].decode(errors="ignore").rstrip("-_+")


SafeName = Annotated[
    str,
    AfterValidator(safe_name),
    Field(
        json_schema_extra={
            "pattern": r"^[\p{L}\p{N}][\p{L}\p{N}_+-]*(\.[\p{L}\p{N}_+-]+)*$",
            "maxLength": NAME_BYTES,
        }
    ),
]
SafePath = Annotated[str, AfterValidator(safe_path)]


_BETWEEN: Final = "-encoder-"


def quantized_parts(quantization: str) -> tuple[str, str | None]:
    """What a quantization's name asks of decoder and encoder; None where the encoder stays as it is.

    `q4_0` is the decoder's, `q4_0-encoder-q8_0` quantizes both, `f16-encoder-q8_0` the encoder alone.
    """
    decoder, between, encoder = quantization.partition(_BETWEEN)
    return decoder, encoder if between else None
