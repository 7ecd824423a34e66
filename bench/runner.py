"""Block -> trial -> record.  Resumes; whoever watches hangs here.

Nothing in this room prints, renders or decides: it measures and writes the journal.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bench import plan
from bench.collecting import collect
from bench.contract import Job, Outcome, Reading
from bench.domain import (
    Case,
    Host,
    Measurement,
    Reason,
    Record,
    Status,
    WeightsFile,
)
from bench.errors import UnusableWeights
from bench.folders import RunFolders
from bench.journal import Journal, read_records, unwritable, warn
from bench.language import english
from bench.ledger import Ledger
from bench.pace import enough_blocks
from bench.plan import Slot
from bench.prepare import Blocked, Prepared, Ready
from bench.problems import why
from bench.reasons import reason
from bench.soundness import sound, sound_reason, sound_transcript
from bench.text.safe import whole_characters
from bench.timelimit import at_most
from bench.witness import Witness, refuse_other_inputs

if TYPE_CHECKING:
    from bench.launch import Limits

READING_SECONDS = 10.0  # for patterns of a suite, which may backtrack without end


class Watcher(Protocol):
    """Told between trials, never beside one."""

    def goes_on(self, records: Iterable[Record]) -> None:
        """These trials are in the journal already: a run is resumed."""

    def waits(self) -> None:
        """Another run holds the machine; this one begins when that ends."""

    def trial_starts(self, slot: Slot, attempt: int) -> None:
        """The trial's child is about to be spawned."""

    def trial_ended(self, record: Record) -> None:
        """The trial's record is on disk."""

    def block_ended(self, number: int, records: Collection[Record]) -> None:
        """All trials of the block are on disk; `records` are those of the whole run."""

    def block_repeats(self, number: int, disturbances: Iterable[Reason]) -> None:
        """The block was disturbed and is run once more; both are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Runs a prepared suite into a run directory that `start` has made."""

    prepared: Prepared
    folders: RunFolders
    host: Host
    watcher: Watcher | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    first_use: dict[str, tuple[Measurement, ...]] = field(default_factory=dict, repr=False)

    def run(self) -> None:
        """Run every trial that the journal does not hold yet.

        Raises `JournalError` when a record cannot be written (its trial is lost, those before it are not),
        `UnusableWeights` where inputs changed unseen, `KeyboardInterrupt` as it comes, the child's tree ended.
        """
        from bench.host.awake import awake
        from bench.host.turn import machine_turn

        waiting = self.watcher.waits if self.watcher else lambda: None
        with Journal(self.folders.run) as journal, machine_turn(waiting), awake():
            records, _ = read_records(journal.file) if journal.file.exists() else ((), ())
            refuse_other_inputs(self.folders.run, self.prepared.cases, records)
            if self.watcher:
                self.watcher.goes_on(records)
            history = Ledger(records)
            ready = (found for found in self.prepared.cases.values() if isinstance(found, Ready))
            witness = Witness((found.clip, found.weights) for found in ready)
            self._first_uses(history, witness)
            for block in plan.plan(self.prepared.suite):
                if enough_blocks(self.prepared.suite, history.records, done=block.number - 1):
                    break
                self._block(block, history, journal, witness)
                if self.watcher:
                    self.watcher.block_ended(block.number, history.records)
            self._refuse_silent_changes(witness)

    def _first_uses(self, history: Ledger, witness: Witness) -> None:
        """Before a run's first block: what an engine that this machine's GPU has never seen costs the first time."""
        from bench.first_use import FirstUse, first_uses, take

        def trial(first: FirstUse) -> Record:
            slot = Slot(block=0, position=0, case=first.case)
            if self.watcher:
                self.watcher.trial_starts(slot, 1)
            return self._trial(slot, 1, first.ready, witness)

        if history.records:
            return
        suite = self.prepared.suite
        ready = [(case, self.prepared.cases[case.id]) for case in suite.cases]
        known = [(case, found) for case, found in ready if isinstance(found, Ready)]
        for first in first_uses(known, self.host):
            self.first_use[first.case.id] = take(first, trial)

    def _refuse_silent_changes(self, witness: Witness) -> None:
        """What changed without a trace in its file's times: the run keeps it as a warning."""
        if changed := witness.read_again():
            warn(self.folders.run, changed)
            hint = "Which trials ran with which bytes cannot be told: measure again. Its reports say so."
            raise UnusableWeights("\n".join(map(english, changed)), hint=hint)

    def _block(self, block: plan.Block, history: Ledger, journal: Journal, witness: Witness) -> None:
        attempts = 2 if self.prepared.suite.protocol.rerun_disturbed else 1
        for attempt in range(1, attempts + 1):
            disturbances = history.disturbances(block.number, attempt=1)
            if attempt == 2:
                if not disturbances:
                    return
                if self.watcher and not history.began(block.number, attempt):
                    self.watcher.block_repeats(block.number, disturbances)
            for slot in block.slots:
                found = self.prepared.cases[slot.case.id]
                if history.holds(slot, attempt) or (isinstance(found, Blocked) and history.holds_case(slot)):
                    continue
                if self.watcher:
                    self.watcher.trial_starts(slot, attempt)
                record = self._trial(slot, attempt, found, witness)
                journal.append(record)
                history.add(record)
                if self.watcher:
                    self.watcher.trial_ended(record)

    def _trial(self, slot: Slot, attempt: int, found: Ready | Blocked, witness: Witness) -> Record:
        suite = self.prepared.suite
        record = Record(
            run=self.folders.run_id,
            suite=suite.name,
            case=slot.case.id,
            model=slot.case.model,
            quantization=slot.case.variant.quantization,
            variant=slot.case.variant.name,
            clip=slot.case.clip,
            engine=slot.case.variant.engine,
            engine_version=None,
            host=self.host.id,
            block=slot.block,
            position=slot.position,
            attempt=attempt,
            status=Status.MISSING,
            reason=None,
            started_at=self.clock().isoformat(timespec="milliseconds"),
            measurements={},
        )
        if isinstance(found, Blocked):
            return dataclasses.replace(record, status=found.status, reason=sound_reason(found.reason))
        # Before, so that nothing is measured under another file's hash; and after, for it may come meanwhile.
        if changed := witness.changes(found.clip, found.weights):
            return dataclasses.replace(record, status=Status.UNUSABLE, reason=changed)
        made = self._measured_trial(slot, attempt, found, record)
        if slot.block == 1 and attempt == 1 and (ever := self.first_use.get(slot.case.id)):
            more = {measurement.name: measurement for measurement in ever}
            made = dataclasses.replace(made, measurements={**made.measurements, **more})
        if changed := witness.changes(found.clip, found.weights):
            return dataclasses.replace(record, status=Status.UNUSABLE, reason=changed, log=made.log)
        return made

    def _measured_trial(self, slot: Slot, attempt: int, ready: Ready, record: Record) -> Record:
        from bench import host, launch
        from bench.evicted_start import evicted_start
        from bench.launch import proof

        suite, case = self.prepared.suite, slot.case
        suffix = f".a{attempt}" if attempt > 1 else ""
        log = self.folders.logs / f"{case.id}.b{slot.block}{suffix}.log"
        job = self._job(case, ready)
        if isinstance(job, Blocked):
            return dataclasses.replace(record, status=job.status, reason=job.reason)
        files = [path for file in ready.weights for path in _regular_files(Path(file.path))]
        if suite.protocol.cooldown_seconds:
            time.sleep(suite.protocol.cooldown_seconds)
        settle = host.evict if suite.protocol.cold_cache else host.warm
        for file in files:
            settle(file)
        probe = host.conditions_start(files, cold=suite.protocol.cold_cache)
        try:
            outcome = launch.run(
                job,
                audio=Path(ready.clip.path),
                passes=suite.protocol.passes,
                limits=self._limits(),
                log=log,
                sample_hz=suite.protocol.sample_hz,
                expected=proof.expected(ready.weights, self._siblings(case), job.opens_too),
            )
        except OSError as error:
            raise unwritable(log, error) from error
        conditions = probe.finish()
        reading = _reading(case, ready, outcome)
        measurements = collect(outcome.measurements, reading, ready, suite.protocol.passes)
        if reading.status.delivered and 1 <= slot.block <= suite.protocol.evicted_starts:
            evicted_log = log.with_suffix(".evicted.log")
            started = evicted_start(job, Path(ready.clip.path), files, self._limits(), evicted_log)
            measurements = {**measurements, **{each.name: sound(each) for each in started.measurements}}
            conditions = dataclasses.replace(conditions, facts={**conditions.facts, **started.facts})
        return dataclasses.replace(
            record,
            engine_version=ready.version,
            status=reading.status,
            reason=None if reading.reason is None else sound_reason(reading.reason),
            measurements=measurements,
            command=outcome.argv,
            log=os.path.relpath(log, self.folders.run),
            weights=ready.weights,
            backend=reading.backend,
            transcript=sound_transcript(reading.transcript) if reading.transcript else None,
            conditions=conditions,
            proof=outcome.proof,
        )

    def _limits(self) -> Limits:
        from bench import launch

        protocol = self.prepared.suite.protocol
        return launch.Limits(
            timeout_seconds=protocol.timeout_seconds, memory_limit_bytes=protocol.memory_limit_bytes
        )

    def _job(self, case: Case, ready: Ready) -> Job | Blocked:
        """What the trial's child runs, or why its engine cannot say."""
        model = self.prepared.suite.models[case.model]
        try:
            job = ready.engine.job(case, ready.settings, model, ready.clip, ready.weights)
        except UnusableWeights as error:  # files that the engine, with these settings, has no use for
            return Blocked(status=Status.UNUSABLE, reason=reason("weights.unusable", message=why(error)))
        except Exception as error:  # noqa: BLE001  # a third party's engine: its bug is this case's result
            no_job = reason("engine.no_job", error=whole_characters(repr(error)))
            return Blocked(status=Status.FAILED, reason=no_job)
        return job if ready.interpreter is None else dataclasses.replace(job, interpreter=ready.interpreter)

    def _siblings(self, case: Case) -> Mapping[str, tuple[WeightsFile, ...]]:
        """The weights of the model's other variants."""
        others = (each for each in self.prepared.suite.cases if each.model == case.model)
        return {
            other.variant.name: ready.weights
            for other in others
            if other.variant != case.variant and isinstance(ready := self.prepared.cases[other.id], Ready)
        }


def _reading(case: Case, ready: Ready, outcome: Outcome) -> Reading:
    """What the engine makes of the outcome; trials that opened other weights are wrong, whatever it says."""
    try:
        with at_most(READING_SECONDS):
            reading = ready.engine.read(case, ready.settings, outcome)
    except Exception as error:  # noqa: BLE001  # a third party's reader: its bug is this case's result
        why = reason("engine.not_read", error=repr(error))
        reading = Reading(status=Status.FAILED, reason=why, transcript=None, backend=None)
    if outcome.proof is not None and outcome.proof.wrong and reading.status.delivered:
        return dataclasses.replace(reading, status=Status.WRONG_WEIGHTS, reason=outcome.proof.reason)
    return reading


def _regular_files(path: Path) -> list[Path]:
    """The file, or all files of a folder: some engines' weights are one."""
    return sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
