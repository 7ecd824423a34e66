"""What a person sees while a quality pass goes on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from bench.domain import Reason
    from bench.quality.utterances import UtteranceRecord

_LINE_SECONDS = 15.0  # how often a log that is no terminal gets a line
_MOST_FAILURES = 20  # told one by one; the rest are counted


class PassDisplay:
    """Progress of a quality pass: a line that is written over on a terminal, a line now and then elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)
        self.done = self.total = self.before = self.bad = 0
        self.begun = self.said = time.monotonic()
        self._inputs: set[str] = set()

    def advance(self, title: str, done: int, total: int | None) -> None:
        """An input is being made."""
        if title not in self._inputs:
            self._inputs.add(title)
            self._line(title)

    def listening(self, done: int, total: int) -> None:
        """The pass begins."""
        self.done = self.before = done
        self.total = total
        self.begun = self.said = time.monotonic()
        again = f", {done} of them on disk already" if done else ""
        self._line(f"quality: {total} utterances x variants{again}")

    def heard(self, record: UtteranceRecord) -> None:
        """One more."""
        from bench.domain import Status
        from bench.language import english

        self.done += 1
        if record.status is not Status.OK:
            self.bad += 1
            where = f"{record.corpus}/{record.utterance} {record.model} {record.variant}"
            if self.bad <= _MOST_FAILURES:
                self._line(f"{where}: {record.status}: {english(record.reason).splitlines()[0]}", style="red")
        now = time.monotonic()
        if self.console.is_terminal:
            self.console.print(self._state(now), end="\r", markup=False, soft_wrap=True)
        elif now - self.said >= _LINE_SECONDS:
            self.said = now
            self._line(self._state(now))

    def refused(self, host: str, why: Reason) -> None:
        """A host gets no more of the pass."""
        from bench.language import english

        self._line(f"{host}: refused: {english(why).splitlines()[0]}", style="red")

    def waiting(self) -> None:
        """Nobody may take what is left."""
        self._line("quality: no worker may take what is left; waiting for one")

    def ended(self) -> None:
        """The pass is over."""
        failed = f", {self.bad} without a transcript" if self.bad else ""
        self._line(f"quality: {self.done} heard in {clock(time.monotonic() - self.begun)}{failed}")

    def _state(self, now: float) -> str:
        new = self.done - self.before
        left = (now - self.begun) / new * (self.total - self.done) if new else 0.0
        return f"[{self.done}/{self.total}] ETA {clock(left)}"

    def _line(self, text: str, style: str | None = None) -> None:
        self.console.print(text, style=style, markup=False, soft_wrap=True)


def clock(seconds: float) -> str:
    """`3:07`, or `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
