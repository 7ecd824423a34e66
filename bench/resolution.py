"""What a machine can tell apart, as an A/A run has shown; kept per machine, and beside every run's records."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench import jsonlines

SCHEMA: Final = 1
IN_RUN: Final = "audit.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What one metric's paired ratio resolves in so many blocks; all are shares, 0.01 = 1 %.

    `resolvable` is the smallest true difference whose interval excludes "none" in `POWER` of the pairs; `error`
    the median and `worst` the largest difference shown between cases that do not differ; `false_alarms` the
    share of pairs whose interval claims one.
    """

    metric: str
    blocks: int
    pairs: int
    resolvable: float
    error: float
    worst: float
    false_alarms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """A machine's own error, as measured at `date` (ISO 8601, UTC) on one case of a suite."""

    date: str
    host: str
    suite: str
    case: str
    blocks: int
    resolutions: tuple[Resolution, ...]

    def of(self, metric: str) -> Resolution | None:
        """What is known of a metric."""
        return next((each for each in self.resolutions if each.metric == metric), None)

    def resolvable(self, metric: str, blocks: int) -> float | None:
        """The smallest true difference of a metric that so many blocks show; None where it was not audited.

        Noise falls with the square root of the blocks.
        """
        known = self.of(metric)
        if known is None or blocks < 1:
            return None
        return math.expm1(math.log1p(known.resolvable) * math.sqrt(known.blocks / blocks))


def read_newest(file: Path) -> Audit | None:
    """The last audit of a file; None where there is no file or none in it can be read."""
    found, _ = jsonlines.read_lines(file, SCHEMA, _audit)
    return found[-1] if found else None


def encode(audit: Audit) -> bytes:
    """One line of the file, newline included."""
    return jsonlines.encode(SCHEMA, dataclasses.asdict(audit))


def _audit(data: dict[str, Any]) -> Audit:
    from pydantic import TypeAdapter

    audit: Audit = TypeAdapter(Audit).validate_python(data)
    shares = [share for each in audit.resolutions for share in (each.resolvable, each.error, each.worst)]
    if not all(math.isfinite(share) and share >= 0 for share in shares) or audit.blocks < 1:
        raise ValueError("a share of an audit is none")
    return audit
