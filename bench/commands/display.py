"""What a person sees while a suite is prepared and measured.

On a terminal a rich display that is painted between trials only: nothing runs beside a
measurement.  Elsewhere (a CI log, a pipe) plain lines.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable
from statistics import median
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from bench.assets.sources import hub
from bench.domain import Reason, Record, Status, Suite
from bench.language import english

if TYPE_CHECKING:
    from pathlib import Path

    from bench.folders import RunFolders
    from bench.plan import Slot
    from bench.prepare import Prepared


class Display:
    """Watches a preparation and a run; see `bench.prepare.Progress` and `bench.runner.Watcher`."""

    def __init__(self, suite: Suite, console: Console | None = None) -> None:
        self.suite = suite
        self.console = console or Console(stderr=True, highlight=False)
        self.live = self.console.is_terminal
        self.bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}"),
            console=self.console,
            auto_refresh=False,  # no thread: painted when told, and never beside a trial
            transient=True,
            disable=not self.live,
        )
        self._walls: dict[str, list[float]] = {}
        self._loads: list[float] = []  # of starts from an evicted page cache
        self._ended: set[tuple[str, int]] = set()
        self._inputs: dict[str, TaskID] = {}
        self._trials: TaskID | None = None
        self._painted = 0.0
        self._run: Path | None = None
        self._wanted = suite.protocol.most_blocks
        self._pins = frozenset(hub.pins())

    def __enter__(self) -> Self:
        """Begin."""
        self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""
        self.bars.stop()

    def advance(self, title: str, done: int, total: int | None) -> None:
        """One more piece of an input; painted ten times a second at most."""
        if title not in self._inputs:
            self._inputs[title] = self.bars.add_task(title, total=total, left="")
            if not self.live:
                self._say(title)
        finished = total is not None and done >= total
        self.bars.update(self._inputs[title], completed=done, total=total, visible=not finished)
        if time.monotonic() - self._painted > 0.1 or finished:
            self._painted = time.monotonic()
            self.bars.refresh()

    def prepared(self, prepared: Prepared) -> None:
        """All inputs are there, or it is known why not."""
        for task in self._inputs.values():
            self.bars.update(task, visible=False)
        for name, pin in hub.pins().items():
            if name not in self._pins:
                self._say(
                    f"{name}: not pinned by its manifest; revision: {pin['commit']}, sha256: {pin['sha256']}"
                )
        for case, found in prepared.blocked.items():
            self._say(f"{case}: {found.status}: {english(found.reason)}", style="red")
        ready = len(prepared.cases) - len(prepared.blocked)
        self._say(f"{ready} of {len(prepared.cases)} cases are ready")

    def measuring(self, folders: RunFolders) -> None:
        """The run begins."""
        self._run = folders.run
        protocol, trials = self.suite.protocol, len(self.suite.cases) * self.suite.protocol.most_blocks
        if protocol.precision is None:
            self._say(f"{trials} trials -> {folders.run}")
        else:
            self._say(
                f"{protocol.min_blocks} to {protocol.most_blocks} blocks of {len(self.suite.cases)} trials, "
                f"until ratios are known to {protocol.precision:.1%} -> {folders.run}"
            )
        self._trials = self.bars.add_task("trials", total=trials, left="")

    def goes_on(self, records: Iterable[Record]) -> None:
        """What a resumed run need not do again."""
        for record in records:
            self._count(record)
        if self._ended:
            self._say(f"{len(self._ended)} of them are in the journal already")

    def waits(self) -> None:
        """Another run holds the machine."""
        self._say("waiting for another run on this machine to end", style="yellow")

    def trial_starts(self, slot: Slot, attempt: int) -> None:
        """Painted before the child is spawned, then left alone."""
        if self._trials is not None:
            again = " again" if attempt > 1 else ""
            where = f"block {slot.block}/{self._wanted}{again}  {slot.case.id}"
            self.bars.update(self._trials, description=where, completed=len(self._ended), left=self._left())
            self.bars.refresh()

    def trial_ended(self, record: Record) -> None:
        """One line a trial."""
        self._count(record)
        total = len(self.suite.cases) * self._wanted
        again = " again" if record.attempt > 1 else ""
        head = f"[{len(self._ended)}/{total}] block {record.block}{again}  {record.case}"
        self._say(f"{head}  {summary(record)}  {self._left()}", style=_style(record))

    def block_repeats(self, number: int, disturbances: Iterable[Reason]) -> None:
        """The machine was disturbed."""
        kinds = dict.fromkeys(re.sub(r"\d[\d.]*\s?%", "some", english(each)) for each in disturbances)
        self._say(f"block {number} was disturbed ({'; '.join(kinds)}); once more", style="yellow")

    def block_ended(self, number: int, records: Collection[Record]) -> None:
        """How far the widest ratio still is from the precision asked for, and what that may take."""
        from bench.pace import paces

        if number == 1 and self.suite.protocol.most_blocks > 1:
            self._first_figures()
        known = {
            case: each for case, each in paces(self.suite, records).items() if each.half_width is not None
        }
        if not known:
            return
        case, widest = max(known.items(), key=lambda item: (not item[1].done, item[1].half_width or 0.0))
        needed = max((each.needed or 0 for each in known.values()), default=0)
        self._wanted = max(number, self.suite.protocol.min_blocks, needed)
        if self._trials is not None:
            self.bars.update(self._trials, total=len(self.suite.cases) * self._wanted)
        ahead = "known well enough" if widest.done else f"about {self._wanted - number} more blocks"
        self._say(
            f"block {number}: widest interval \u00b1{widest.half_width:.1%} ({case}), {ahead}", style="cyan"
        )

    def _first_figures(self) -> None:
        """What the first block shows: a look ahead, without intervals."""
        from bench.commands.terminal import print_first_figures
        from bench.journal import read_run

        if self._run is not None:
            print_first_figures(self.console, read_run(self._run), "en")

    def interrupted(self) -> None:
        """Ctrl-C."""
        self._say("interrupted: writing the report of what was measured", style="yellow")

    def _count(self, record: Record) -> None:
        wall = record.value("wall_seconds")
        if wall is not None:
            self._walls.setdefault(record.case, []).append(wall)
        if (load := record.value("evicted_wall_seconds")) is not None:
            self._loads.append(load)
        self._ended.add((record.case, record.block))

    def _say(self, text: str, style: str | None = None) -> None:
        """A line of its own, above the bars; never wrapped, so that logs can be searched."""
        self.console.print(text, style=style, markup=False, soft_wrap=True)

    def _left(self) -> str:
        """`ETA 3:20`, from the medians of the trials so far."""
        known = [median(values) for values in self._walls.values()]
        if not known:
            return ""
        typical = median(known)
        seconds = 0.0
        for case in self.suite.cases:
            missing = sum((case.id, b) not in self._ended for b in range(1, self._wanted + 1))
            seconds += missing * (median(self._walls[case.id]) if case.id in self._walls else typical)
            if self._loads:
                last = min(self._wanted, self.suite.protocol.evicted_starts)
                ahead = sum((case.id, b) not in self._ended for b in range(1, last + 1))
                seconds += ahead * median(self._loads)
        minutes, rest = divmod(round(seconds), 60)
        return f"ETA {minutes}:{rest:02d}" if seconds else ""


def summary(record: Record) -> str:
    """A trial's figures on a line: `load 0.21 s, transcribe 4.30 s, RTF 0.072, RSS 249 MB`."""
    if not record.status.delivered:
        return f"{record.status}: {english(record.reason).splitlines()[0]}"
    parts = []
    for name, label, scale, form in (
        ("load_seconds", "load", 1.0, "{:.2f} s"),
        ("transcribe_seconds", "transcribe", 1.0, "{:.2f} s"),
        ("rtf", "RTF", 1.0, "{:.3f}"),
        ("peak_rss_bytes", "RSS", 1e-6, "{:.0f} MB"),
    ):
        value = record.value(name)
        if value is not None:
            parts.append(f"{label} {form.format(value * scale)}")
    return ", ".join(parts)


def _style(record: Record) -> str | None:
    return None if record.status is Status.OK else "red"
