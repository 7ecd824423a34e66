"""How long a run will take: from what ran before, else by the size of the weights and the threads."""

from __future__ import annotations

import os
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bench.domain import Case, CorpusPart, Suite

# Where no earlier run tells: guesses for the time estimate, never figures of a report.
GUESSED_RTF: Final = 0.25  # of weights of unknown size
RTF_A_GIGABYTE: Final = 0.9  # of weights in 16 bits, on two threads: docs/suite-format.md, How long it takes
GUESSED_START_SECONDS: Final = 2.0
# Of a corpus that is not there yet.
GUESSED_UTTERANCES: Final = 600
GUESSED_UTTERANCE_SECONDS: Final = 9.0


def estimate(suite: Suite, reports: Path) -> tuple[float, str]:
    """Seconds of a run of the suite, and where the estimate comes from."""
    latest = reports / suite.name / "latest"
    seen = _earlier(latest, "wall_seconds")
    alike = _earlier_rtfs(reports)
    seconds: dict[str, float] = {}
    sources = {"latest": 0, "alike": 0, "guess": 0}
    for case in suite.cases:
        if case.id in seen:
            seconds[case.id] = seen[case.id]
            sources["latest"] += 1
            continue
        rtf = alike.get(_likeness(case.model, case.variant.engine, case.variant.quantization))
        sources["guess" if rtf is None else "alike"] += 1
        rtf = _guessed_rtf(suite, case) if rtf is None else rtf
        spoken = suite.protocol.passes * (suite.clips[case.clip].duration_seconds or 0.0)
        seconds[case.id] = GUESSED_START_SECONDS + rtf * spoken
    each = sum(seconds.values()) + len(suite.cases) * suite.protocol.cooldown_seconds
    longest = each * suite.protocol.most_blocks
    evicted = _earlier(latest, "evicted_wall_seconds")
    loads = sum(evicted.get(case.id, GUESSED_START_SECONDS) for case in suite.cases)
    longest += loads * min(suite.protocol.evicted_starts, suite.protocol.most_blocks)
    if suite.protocol.precision is not None and suite.protocol.max_seconds is not None:
        fewest = suite.protocol.min_blocks
        least = each * fewest + loads * min(suite.protocol.evicted_starts, fewest)
        longest = min(longest, max(suite.protocol.max_seconds, least))
    return longest, _source(sources)


def estimate_pass(suite: Suite, reports: Path, workers: int | None = None) -> tuple[float, int]:
    """Seconds of a suite's quality pass, and its utterances, each of which every variant hears; 0 and 0 of none.

    Hearing takes as much processor time a second of speech as the same variant's trials do.
    """
    spoken = [_spoken(part) for part in suite.quality.corpora]
    alike = _earlier_rtfs(reports)
    variants = {(case.model, case.variant.name): case for case in suite.cases}
    processor = 0.0
    for case in variants.values():
        rtf = alike.get(_likeness(case.model, case.variant.engine, case.variant.quantization))
        threads = int(case.variant.settings_by_name.get("threads") or 2)
        processor += (_guessed_rtf(suite, case) if rtf is None else rtf) * min(threads, os.cpu_count() or 1)
    beside = workers or suite.quality.workers or os.cpu_count() or 1
    return processor * sum(seconds for _, seconds in spoken) / beside, sum(count for count, _ in spoken)


def _spoken(part: CorpusPart) -> tuple[int, float]:
    """Utterances that are heard of a corpus, each once a condition, and their seconds; guessed where unlimited."""
    whole = part.utterances or GUESSED_UTTERANCES
    if part.hours is not None:
        whole = min(whole, round(part.hours * 3600 / GUESSED_UTTERANCE_SECONDS))
    count = sum(min(each.utterances or whole, whole) for each in part.conditions)
    return count, count * GUESSED_UTTERANCE_SECONDS


def _source(cases: dict[str, int]) -> str:
    total = sum(cases.values())
    words = {
        "latest": "from the latest run",
        "alike": "from earlier runs of the same weights",
        "guess": "a guess by the size of the weights",
    }
    used = [(words[kind], count) for kind, count in cases.items() if count]
    return used[0][0] if len(used) == 1 else ", ".join(f"{word}: {n} of {total} cases" for word, n in used)


def _guessed_rtf(suite: Suite, case: Case) -> float:
    """By the bytes of what the weights are made from, and the threads: within a factor of two on a quiet machine."""
    from bench.assets import needs
    from bench.engines import registry
    from bench.errors import BenchError

    model = suite.models[case.model]
    try:
        engine, settings = registry.get(case.variant.engine), registry.settings_of(case.variant)
        if engine.refusal(model, settings, case.variant.quantization):
            return 0.0
        form = registry.format_of(engine, settings)
        steps = [
            need for name in (case.variant.quantization, model.baseline) for need in needs(model, name, form)
        ]
    except (BenchError, ValueError):  # what cannot be had, or a manifest of another version
        return GUESSED_RTF
    size = max((need.bytes or 0 for need in steps), default=0)
    threads = min(int(case.variant.settings_by_name.get("threads") or 2), os.cpu_count() or 1)
    return RTF_A_GIGABYTE * size / 1e9 * 2 / threads if size else GUESSED_RTF


def _likeness(model: str, engine: str, quantization: str) -> tuple[str, str, str]:
    return model, engine, quantization


def _earlier_rtfs(reports: Path) -> dict[tuple[str, str, str], float]:
    """Median RTF by model, engine and quantization, of the latest runs of other suites on this machine."""
    from bench import host
    from bench.journal import RECORDS, read_records

    here = host.describe().id
    found: dict[tuple[str, str, str], list[float]] = {}
    for file in reports.glob(f"*/latest/{RECORDS}"):
        for record in read_records(file)[0]:
            if record.host == here and (rtf := record.value("rtf")) is not None:
                key = _likeness(record.model, record.engine, record.quantization)
                found.setdefault(key, []).append(rtf)
    return {key: median(values) for key, values in found.items()}


def _earlier(run: Path, metric: str) -> dict[str, float]:
    """The median of a metric in a run, by the case's id; empty where there is no such run."""
    from bench.journal import RECORDS, read_records

    if not (run / RECORDS).exists():
        return {}
    found: dict[str, list[float]] = {}
    for record in read_records(run / RECORDS)[0]:
        if (value := record.value(metric)) is not None:
            found.setdefault(record.case, []).append(value)
    return {case: median(values) for case, values in found.items()}
