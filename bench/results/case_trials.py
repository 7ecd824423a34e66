"""The trials of one case: what they say by themselves, each part worked out when it is first asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from bench.domain import Backend, Reason, Record, Status, Transcript, WeightsFile
from bench.results.trials import commonest, content
from bench.statistics import Summary, summarize


@dataclass(frozen=True, kw_only=True, eq=False)
class CaseTrials:
    """`records` are all trials of the case as the journal has them, of every attempt; `settled` those that
    count, one a block; the figures are of those of them that delivered.
    """

    records: tuple[Record, ...]
    settled: tuple[Record, ...]

    # --------------------------------------------------------------------- trials

    @cached_property
    def good(self) -> tuple[Record, ...]:
        """The trials behind the figures: those that count and delivered, blocks rising."""
        return tuple(record for record in self.settled if record.status.delivered)

    @property
    def counted(self) -> int:
        """How many trials are behind the figures."""
        return len(self.good)

    @cached_property
    def proven(self) -> bool:
        """Whether every trial behind the figures was seen to open its own weights, and no other's."""
        return bool(self.good) and all(record.proof and record.proof.proven for record in self.good)

    @cached_property
    def disturbed(self) -> int:
        """How many of those ran with the machine busy."""
        return sum(bool(record.conditions.disturbances) for record in self.good)

    @cached_property
    def disturbances(self) -> Mapping[Reason, int]:
        """What disturbed them, and how many of them."""
        return Counter(kind for record in self.good for kind in record.conditions.disturbances)

    @cached_property
    def trials(self) -> Mapping[Status, int]:
        """How all its trials ended, those of discarded attempts included."""
        return Counter(record.status for record in self.records)

    @property
    def _last(self) -> Record:
        return (self.good or self.settled)[-1]

    @property
    def status(self) -> Status:
        """OK where a trial that counts was."""
        return self._last.status

    @property
    def reason(self) -> Reason | None:
        """Why it is not OK."""
        return self._last.reason

    @property
    def command(self) -> tuple[str, ...]:
        """What its measured process ran."""
        return self._last.command

    @property
    def logs(self) -> tuple[str, ...]:
        """The logs of all its trials, relative to the run directory."""
        return tuple(record.log for record in self.records if record.log)

    # ------------------------------------------------- what must be one and may be several

    @cached_property
    def backends(self) -> tuple[Backend | None, ...]:
        """What its trials ran on, device by device, the commonest first; None where nothing tells."""
        return commonest(
            {record.backend.device if record.backend else None: record.backend for record in self._ran},
            (record.backend.device if record.backend else None for record in self._ran),
        )

    @cached_property
    def engine_versions(self) -> tuple[str | None, ...]:
        """The engine's versions, the commonest first."""
        versions = [record.engine_version for record in self._ran]
        return commonest({version: version for version in versions}, versions)

    @cached_property
    def all_weights(self) -> tuple[tuple[WeightsFile, ...], ...]:
        """The weights its trials were given, told apart by their content, the commonest first."""
        return commonest(
            {content(record.weights): record.weights for record in self._ran},
            (content(record.weights) for record in self._ran),
        )

    @property
    def _ran(self) -> tuple[Record, ...]:
        return self.good or self.settled[-1:]

    @property
    def backend(self) -> Backend | None:
        """What ran, of most trials where they differ."""
        return self.backends[0]

    @property
    def engine_version(self) -> str | None:
        """The engine's version, of most trials where they differ."""
        return self.engine_versions[0]

    @property
    def weights(self) -> tuple[WeightsFile, ...]:
        """The weights files, of most trials where they differ."""
        return self.all_weights[0]

    @property
    def weights_bytes(self) -> int | None:
        """Bytes of all the weights files together."""
        return sum(file.bytes for file in self.weights) if self.weights else None

    # -------------------------------------------------------------------- figures

    @cached_property
    def values(self) -> Mapping[str, tuple[tuple[int, float], ...]]:
        """Per metric the (block, value) pairs of the trials that have one."""
        found: dict[str, list[tuple[int, float]]] = {}
        for record in self.good:
            for name, measurement in record.measurements.items():
                if measurement.value is not None:
                    found.setdefault(name, []).append((record.block, measurement.value))
        return {name: tuple(pairs) for name, pairs in found.items()}

    @cached_property
    def summaries(self) -> Mapping[str, Summary]:
        """The metrics that have a value, summed up."""
        made = {name: summarize(value for _, value in pairs) for name, pairs in self.values.items()}
        return {name: summary for name, summary in made.items() if summary is not None}

    @cached_property
    def absences(self) -> Mapping[str, Reason]:
        """The last reason of each metric that no trial has a value of."""
        return {
            name: measurement.reason
            for record in self.good or self.settled
            for name, measurement in record.measurements.items()
            if name not in self.values and measurement.reason is not None
        }

    def median(self, metric: str) -> float | None:
        """The metric's median, None where it is absent."""
        found = self.summaries.get(metric)
        return found.median if found else None

    @property
    def footprint_metric(self) -> str:
        """The metric that stands for memory on this machine: the kernel's, or the sampled one."""
        return "peak_footprint_bytes" if "peak_footprint_bytes" in self.values else "peak_anonymous_bytes"

    # -------------------------------------------------------------------- quality

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The different texts its trials gave, the commonest first."""
        texts = [record.transcript.text for record in self.good if record.transcript]
        return tuple(text for text, _ in Counter(texts).most_common())

    @cached_property
    def transcript(self) -> Transcript | None:
        """The first transcript with the commonest text."""
        for record in self.good:
            if record.transcript is not None and record.transcript.text == self.texts[0]:
                return record.transcript
        return None
