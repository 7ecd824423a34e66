"""What can go wrong, each with an exit code and the next step.

Every message says what happened *and* what to do about it.  A failing case is no exception: it is
a record with a status (see `bench.domain.Status`).  Only what stops the whole command is raised.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class BenchError(Exception):
    """Base of the errors a user can fix.  `exit_code` is the process's exit status.

    `code` and `parameters` are those of a reason, where it has one: see `bench.problems`.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = ""
        self.parameters: Mapping[str, object] = {}

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class SuiteError(BenchError):
    """A suite or manifest that cannot be used; names file, line, column and key."""

    exit_code = 64


class AssetError(BenchError):
    """Weights or speech that cannot be had, built or trusted."""

    exit_code = 65


class UnusableWeights(AssetError):
    """A weights file the engine must not be given: missing, truncated, foreign or corrupt."""


class UnusableAudio(AssetError):
    """An audio file that is empty, unreadable or not what its header says."""


class UnusableTranscript(AssetError):
    """A transcript file that cannot be read as any of the formats there are."""


class SourceUnreachable(AssetError):
    """A source that does not answer; another source of the same asset may."""


class EngineMissing(BenchError):
    """An engine whose package is not installed; the hint names the extra."""

    exit_code = 66


class JournalError(BenchError):
    """Records that cannot be read or written: a foreign schema, a full disk, a locked run."""

    exit_code = 67


class ReportError(BenchError):
    """A report that cannot be rendered from the records given."""

    exit_code = 68


class FleetError(BenchError):
    """Workers that cannot be reached, trusted or found."""

    exit_code = 69


class Interrupted(BenchError):
    """Ctrl-C: what was measured is kept; the hint says how to go on."""

    exit_code = 130
