"""Which run, which case: values that are looked up by.  Text is made of them and never taken apart again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RunKey:
    """A suite's run on one machine.

    Two machines may have runs of one name, and a run's records may come from two machines: the
    machine is a part of the key.  `copy` tells directories of one run apart where several are read.
    """

    suite: str
    run: str
    host: str
    copy: int = 1

    @property
    def name(self) -> str:
        """The run's directory, `20261129T012617Z`, with the number of the copy where it is another one."""
        return self.run if self.copy == 1 else f"{self.run}#{self.copy}"

    def __str__(self) -> str:
        return f"{self.suite}/{self.name}/{self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseKey:
    """A case of a run.  `environment` is the variant's, where it has one."""

    of: RunKey
    model: str
    variant: str
    clip: str
    environment: str | None = None

    @property
    def suite(self) -> str:
        """The suite's name."""
        return self.of.suite

    @property
    def run(self) -> str:
        """The run's name."""
        return self.of.name

    @property
    def host(self) -> str:
        """The machine's id."""
        return self.of.host

    def __str__(self) -> str:
        return f"{self.of}/{self.model}.{self.variant}.{self.clip}"
