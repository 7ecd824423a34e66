"""Numbers with a unit, as people write them: `90 s`, `5 min`, `4 GB`, `1 %`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BeforeValidator

_DURATIONS: Final = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
_SIZES: Final = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def _scaled(value: Any, units: Mapping[str, float], example: str) -> Any:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+|%)?\s*", value)
    unit = found.group(2) or "" if found else ""
    if not found or unit not in units:
        known = ", ".join(filter(None, units))
        raise ValueError(f'expected a number with a unit, like "{example}"; units: {known}')
    return float(found.group(1)) * units[unit]


def parse_duration(value: Any) -> Any:
    """`90 s`, `5 min` or a bare number of seconds -> seconds."""
    return _scaled(value, _DURATIONS, "5 min")


def parse_size(value: Any) -> Any:
    """`4 GB`, `512 MiB` or a bare number of bytes -> bytes."""
    size = _scaled(value, _SIZES, "4 GB")
    return int(size) if isinstance(size, float) else size


def parse_share(value: Any) -> Any:
    """`1 %` or a bare ratio like 0.01 -> ratio."""
    return _scaled(value, {"": 1.0, "%": 0.01}, "1 %")


Duration = Annotated[float, BeforeValidator(parse_duration, json_schema_input_type=str | float)]
Size = Annotated[int, BeforeValidator(parse_size, json_schema_input_type=str | int)]
Share = Annotated[float, BeforeValidator(parse_share, json_schema_input_type=str | float)]
