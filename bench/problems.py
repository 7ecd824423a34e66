"""Errors of inputs and engines whose words are the catalogs': an error here is a reason in a report.

`problem(AssetError, "store.changed", title=..., folder=...)` is raised; the terminal shows it in English, a
report in its own language.
"""

from __future__ import annotations

from typing import TypeVar

from bench.domain import Reason
from bench.errors import BenchError
from bench.language import language
from bench.reasons import reason, told

E = TypeVar("E", bound=BenchError)


def problem(kind: type[E], code: str, /, **parameters: str | float | Reason) -> E:
    """The error of that kind: the first line of the code's words is its message, the rest its next step."""
    message, hint = language("en").problem(reason(code, **parameters))
    error = kind(message, hint=hint)
    error.code, error.parameters = code, parameters
    return error


def again(kind: type[E], error: BenchError) -> E:
    """The same in another kind of error: what is wrong with a part is another matter for the whole."""
    made = kind(error.message, hint=error.hint)
    made.code, made.parameters = error.code, error.parameters
    return made


def why(error: BenchError) -> Reason:
    """An error as a reason; the words of one that has no code are quoted as they are."""
    if not error.code:
        return told(str(error))
    return Reason(code=error.code, parameters=dict(error.parameters))  # type: ignore[arg-type]  # as `problem` got them
