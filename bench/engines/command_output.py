"""What a program prints, read by a suite's patterns: times, tokens, the device that ran."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bench.domain import Backend, Measurement, absent, measured
from bench.reasons import reason
from bench.text.safe import without_escapes

OUTPUT: Final = "the program's own output"
_UNITS: Final[Mapping[str, float]] = {"minutes": 60.0, "seconds": 1.0, "milliseconds": 0.001}


def _regular(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    return value


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Pattern = Annotated[str, AfterValidator(_regular)]
Patterns = Annotated[tuple[Pattern, ...], BeforeValidator(_several, json_schema_input_type=str | list[str])]


class OutputPatterns(BaseModel):
    """What to look for in stdout and stderr; several patterns are tried in turn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    load_seconds: Patterns = ()
    transcribe_seconds: Patterns = ()
    mel_seconds: Patterns = ()
    encode_seconds: Patterns = ()
    prefill_seconds: Patterns = ()
    decode_seconds: Patterns = ()
    tokens: Patterns = ()
    text: Patterns = Field(default=(), description="Group 1 of every match, joined by spaces")
    language: Patterns = ()
    unsupported: Patterns = Field(
        default=(), description="Says that the program refuses the model: its words"
    )
    backend: dict[Literal["cpu", "metal", "cuda", "vulkan"], Pattern] = Field(
        default_factory=dict, description="device: pattern, the first that matches"
    )


def seconds_of(found: re.Match[str]) -> float:
    """A time by named groups, else group 1 in seconds; raises ValueError where they are no numbers."""
    named = {unit: text for unit, text in found.groupdict().items() if unit in _UNITS and text}
    if named:
        return sum(_number(text) * _UNITS[unit] for unit, text in named.items())
    return _number(found.group(1))


def _number(text: str) -> float:
    return float(text.strip().replace(",", "."))


def plain(text: str) -> str:
    """Without colours; a line that was overwritten in place counts as lines."""
    return without_escapes(text).replace("\r", "\n")


def search(patterns: Sequence[str], output: str) -> re.Match[str] | None:
    """The first match of the first pattern that has one."""
    found = (re.search(pattern, output, re.MULTILINE) for pattern in patterns)
    return next((match for match in found if match), None)


def line_of(patterns: Sequence[str], output: str) -> str | None:
    """The whole line in which a pattern matches: the program's own words."""
    found = search(patterns, output)
    if found is None:
        return None
    start = output.rfind("\n", 0, found.start()) + 1
    end = output.find("\n", found.end())
    return output[start : end if end >= 0 else len(output)].strip()


def backend_of(patterns: Mapping[str, str], output: str) -> Backend | None:
    """The first device whose pattern matches, with the program's words."""
    for device, pattern in patterns.items():
        if words := line_of((pattern,), output):
            return Backend(device=device, detail=words, source=OUTPUT)
    return None


def measurements_of(patterns: OutputPatterns, output: str) -> tuple[Measurement, ...]:
    """Every time that there is a pattern for, and the tokens; what no pattern finds is absent."""
    return (
        *(
            _time(name, getattr(patterns, name), output)
            for name in OutputPatterns.model_fields
            if name.endswith("_seconds")
        ),
        _tokens(patterns.tokens, output),
    )


def _time(name: str, patterns: Sequence[str], output: str) -> Measurement:
    if not patterns:
        return absent(name, reason("pattern.not_given"), OUTPUT)
    found = search(patterns, output)
    if found is None:
        return absent(name, reason("pattern.not_found"), OUTPUT)
    try:
        return measured(name, seconds_of(found), OUTPUT)
    except (ValueError, IndexError):
        return absent(name, reason("pattern.no_time", words=found.group(0)[:80]), OUTPUT)


def _tokens(patterns: Sequence[str], output: str) -> Measurement:
    found = search(patterns, output)
    if found is None or not found.group(1).isdigit():
        return absent("tokens", reason("pattern.not_found"), OUTPUT)
    return measured("tokens", int(found.group(1)), OUTPUT)
