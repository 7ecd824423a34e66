"""Whether the files that trials are given are still those whose hashes stand in the records.

A hash is taken once and a run takes hours: weights overwritten meanwhile would be measured under the
hash of what they were.  Before and after every trial the files' states are compared (inode, size,
both times in ns: microseconds a file); on suspicion, and once at the end, they are read again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from bench.domain import Clip, Reason, Record, WeightsFile
from bench.errors import JournalError
from bench.prepare import Blocked, Ready
from bench.reasons import reason

State = tuple[int, ...]


class Witness:
    """The inputs of a run, as they were when it began."""

    def __init__(self, inputs: Iterable[tuple[Clip, Iterable[WeightsFile]]]) -> None:
        self._expected: dict[str, str] = {}
        self._states: dict[str, Mapping[str, State] | None] = {}
        for clip, weights in inputs:
            for path, sha256 in _named(clip, weights):
                self._expected[path] = sha256
        for path in self._expected:
            self.change(path)

    def changes(self, clip: Clip, weights: Iterable[WeightsFile]) -> Reason | None:
        """What is wrong with a trial's inputs now; None where they are what they were."""
        found = (self.change(path) for path, _ in _named(clip, weights))
        return next((changed for changed in found if changed), None)

    def change(self, path: str, *, read: bool = False) -> Reason | None:
        """What became of one input; `read` hashes its bytes whatever its state says."""
        state = _state(path)
        if state is not None and not read and state == self._states.get(path):
            return None
        expected = self._expected[path]
        if state is None:
            return reason("input.gone", path=path)
        try:
            actual = _hash(path)
        except OSError as error:
            return reason("input.unreadable", path=path, error=str(error.strerror or error))
        if actual != expected:
            return reason("input.overwritten", path=path, before=expected, now=actual)
        self._states[path] = state
        return None

    def read_again(self) -> tuple[Reason, ...]:
        """What is wrong with any input, by its bytes."""
        found = (self.change(path, read=True) for path in self._expected)
        return tuple(changed for changed in found if changed)


def refuse_other_inputs(run: Path, cases: Mapping[str, Ready | Blocked], records: Iterable[Record]) -> None:
    """JournalError where a run that goes on began with other files or engines: one median would mix the two."""
    known = list(records)
    engines = {record.case: record.engine_version for record in known if record.engine_version}
    weights = {record.case: _hashes(record.weights) for record in known if record.weights}
    ready = {case_id: found for case_id, found in cases.items() if isinstance(found, Ready)}
    for case_id, found in ready.items():
        if found.version and engines.get(case_id, found.version) != found.version:
            raise JournalError(
                f"{run}: {case_id} began on {found.engine.name} {engines[case_id]}; "
                f"{found.version} is installed now.",
                hint="Start a new run without --resume, or install that version.",
            )
    for case_id, found in ready.items():
        now = _hashes(found.weights)
        if weights.get(case_id, now) != now:
            raise JournalError(
                f"{run}: the weights of {case_id} have changed since this run began.",
                hint="Start a new run without --resume.",
            )


def _hashes(weights: Iterable[WeightsFile]) -> tuple[str, ...]:
    return tuple(file.sha256 for file in weights)


def _named(clip: Clip, weights: Iterable[WeightsFile]) -> list[tuple[str, str]]:
    named = [(file.path, file.sha256) for file in weights]
    return [*named, (clip.path, clip.sha256)] if clip.path and clip.sha256 else named


def _state(path: str) -> Mapping[str, State] | None:
    """What tells a file, or each file of a folder, from another one; None where it is not there."""
    try:
        place = Path(path)
        files = sorted(p for p in place.rglob("*") if p.is_file()) if place.is_dir() else [place]
        return {str(file): _facts(os.stat(file)) for file in files}  # noqa: PTH116  # one call a file
    except OSError:
        return None


def _facts(stat: os.stat_result) -> State:
    return (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


def _hash(path: str) -> str:
    from bench.assets.hashes import read_tree_sha256

    return read_tree_sha256(Path(path))
