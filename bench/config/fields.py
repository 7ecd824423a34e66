"""The kinds of value that a suite's keys take, checked once for all keys."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bench.config.variables import misspelt
from bench.environments import pinned
from bench.metrics import METRICS
from bench.naming import SafeName
from bench.yamlfile import nearest

MOST_TOLERANCE: Final = 1.0  # a change by 100 % that is still no change gates nothing

Name = SafeName


def _report_language(code: str) -> str:
    from bench.language import languages

    if code not in languages():
        raise ValueError(f"there is no catalog of this language{nearest(code, languages())}")
    return code


def _metric(name: str) -> str:
    if name not in METRICS:
        raise ValueError(f"unknown metric{nearest(name, METRICS)}")
    return name


ReportLanguage = Annotated[str, AfterValidator(_report_language)]


def _variable(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError("is not the name of an environment variable")
    if meant := misspelt(name):
        raise ValueError(f"no engine reads this variable; did you mean {meant}?")
    return name


def _plain(value: str) -> str:
    if re.search(r"[\x00\ud800-\udfff]", value):
        raise ValueError("holds a character that no environment can")
    return value


Metric = Annotated[str, AfterValidator(_metric), Field(json_schema_extra={"enum": sorted(METRICS)})]
PlainText = Annotated[str, AfterValidator(_plain)]
Requirement = Annotated[str, AfterValidator(pinned)]
Tolerance = Annotated[float, Field(ge=0, le=MOST_TOLERANCE)]
Variable = Annotated[str, AfterValidator(_variable)]


def one_of(key: str, entry: Any) -> BeforeValidator:
    """A bare string stands for an entry with that key alone."""
    return BeforeValidator(
        lambda value: {key: value} if isinstance(value, str) else value,
        json_schema_input_type=entry | str,
    )


def list_of(key: str, entry: Any) -> BeforeValidator:
    """A bare list stands for an entry with that key alone."""
    return BeforeValidator(
        lambda value: {key: value} if isinstance(value, list) else value,
        json_schema_input_type=entry | list[str],
    )


class Strict(BaseModel):
    """Unknown keys are refused, and so are numbers that are none."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
