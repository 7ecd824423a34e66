"""Rules on the figures themselves: what a reader should know before believing the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bench.domain import Status
from bench.reasons import told
from bench.report.cells import Cell, CellGroup, Figure, Phrase, Text
from bench.report.findings.families import Scene
from bench.report.findings.model import (
    DISTURBED_SHARE,
    SLOW_CORES_SHARE,
    UNEXPLAINED_SECONDS,
    UNEXPLAINED_WALL,
    Evidence,
    Finding,
    Kind,
    Rule,
    Strength,
)
from bench.results import CaseResult
from bench.statistics import FEWEST_TO_CLAIM
from bench.text.numbers import Quantity


def useless(scene: Scene) -> Iterator[Finding]:
    """Variants whose times are not compared, because their text is unusable."""
    for family in scene.families:
        cases = [case for case in family.front if case.key in scene.useless]
        if cases:
            params: dict[str, Cell] = {
                "model": scene.subject(cases, clip=False),
                "items": CellGroup(parts=tuple(scene.name(case) for case in cases), between=", "),
            }
            yield _finding("trust.useless", "finding.useless", cases, params, table="rates")


def few_runs(scene: Scene) -> Iterator[Finding]:
    """Cases with too few trials for any interval."""
    good = [case for case in scene.figures.cases if case.status.delivered]
    counts = [max((summary.n for summary in case.summaries.values()), default=0) for case in good]
    few = [case for case, count in zip(good, counts, strict=True) if 0 < count < FEWEST_TO_CLAIM]
    if few:
        most = max(count for count in counts if count < FEWEST_TO_CLAIM)
        params: dict[str, Cell] = {
            "runs": Phrase(message="trials", count=most),
            "needed": Phrase(message="finding.blocks", count=FEWEST_TO_CLAIM),
        }
        every = len(few) == len(good)
        yield _finding("trust.few_runs", "finding.few_runs.all" if every else "finding.few_runs", few, params)


def unexplained_wall(scene: Scene) -> Iterator[Finding]:
    """Wall time that start-up, load and transcription do not add up to."""
    for case in scene.figures.cases:
        wall, transcribe = case.median("wall_seconds"), case.median("transcribe_seconds")
        start = case.median("startup_seconds") or case.median("load_seconds")
        passes = case.median("warm_transcribe_seconds")
        if wall is None or transcribe is None or start is None or passes is not None:
            continue
        gap = wall - start - transcribe
        if gap / wall > UNEXPLAINED_WALL and gap > UNEXPLAINED_SECONDS:
            params: dict[str, Cell] = {
                "model": scene.subject([case]),
                "name": scene.name(case),
                "wall": Figure(value=wall, quantity=Quantity.SECONDS),
                "known": Figure(value=start + transcribe, quantity=Quantity.SECONDS),
                "gap": Figure(value=gap, quantity=Quantity.SECONDS),
            }
            yield _finding("trust.wall", "finding.wall", [case], params, table="performance")


def backend(scene: Scene) -> Iterator[Finding]:
    """Cases that ran on another device than was asked, or than what they are compared with."""
    wrong = [case for case in scene.figures.cases if case.trials.get(Status.WRONG_BACKEND)]
    for case in wrong:
        params: dict[str, Cell] = {
            "model": scene.subject([case]),
            "name": scene.name(case),
            "device": Text(text=case.case.variant.device),
            "reason": case.reason or told(""),
        }
        yield _finding("trust.backend", "finding.backend", [case], params, table="performance")
    for anchor, cases in scene.by_anchor():
        for case in cases:
            devices = [each.backend.device for each in (case, anchor) if each.backend]
            if len(set(devices)) > 1:
                yield _mixed(scene, case, anchor, devices)


def _mixed(scene: Scene, case: CaseResult, anchor: CaseResult, devices: Sequence[str]) -> Finding:
    params: dict[str, Cell] = {
        "model": scene.subject([case]),
        "name": scene.name(case),
        "device": Text(text=devices[0]),
        "anchor": scene.name(anchor),
        "other": Text(text=devices[1]),
    }
    return _finding("trust.backend", "finding.backend.mixed", [case, anchor], params, table="performance")


def unlike_trials(scene: Scene) -> Iterator[Finding]:
    """Cases whose own trials ran on different devices, files or versions: their figures are of several things."""
    for case in scene.figures.cases:
        several = {
            "finding.trials.backends": [each.device if each else "?" for each in case.backends],
            "finding.trials.weights": [
                ", ".join(file.sha256[:12] for file in files) or "?" for files in case.all_weights
            ],
            "finding.trials.versions": [version or "?" for version in case.engine_versions],
        }
        for message, values in several.items():
            if len(values) > 1:
                params: dict[str, Cell] = {
                    "model": scene.subject([case]),
                    "name": scene.name(case),
                    "values": CellGroup(parts=tuple(Text(text=value) for value in values), between="; "),
                }
                yield _finding("trust.trials", message, [case], params, table="performance")


def same_weights(scene: Scene) -> Iterator[Finding]:
    """Two variants of different size with one text, one speed and one memory: perhaps one file ran for both.

    Silent where the records prove which files were opened, and where memory tells the files apart.
    """
    for case, anchor in perhaps_one_file(scene):
        memory = case.footprint_metric
        params: dict[str, Cell] = {
            "model": scene.subject([case]),
            "name": scene.name(case),
            "anchor": scene.name(anchor),
            "rtf": Figure(value=case.median("rtf") or 0.0, quantity=Quantity.RTF),
            "other_rtf": Figure(value=anchor.median("rtf") or 0.0, quantity=Quantity.RTF),
            "memory": Figure(value=case.median(memory) or 0.0, quantity=Quantity.MEMORY),
            "other_memory": Figure(value=anchor.median(memory) or 0.0, quantity=Quantity.MEMORY),
        }
        yield _finding("trust.same_weights", "finding.same_weights", [case, anchor], params, table="memory")


def perhaps_one_file(scene: Scene) -> Iterator[tuple[CaseResult, CaseResult]]:
    """A case and its anchor of which nothing shows that two files ran."""
    for anchor, cases in scene.by_anchor():
        for case in cases:
            alike = _same_text(case) and _same_figures(case, anchor) and _other_size(case, anchor)
            if alike and not (case.proven and anchor.proven):
                yield case, anchor


def _same_text(case: CaseResult) -> bool:
    if case.heard.identity is not None:
        return case.heard.identity.exact
    return bool(case.judgement and case.judgement.same_as_baseline)


def _same_figures(case: CaseResult, anchor: CaseResult) -> bool:
    """RTF within a hundredth, footprint within a thousandth: closer than two files of one model come."""
    for metric, tolerance in (("rtf", 0.01), (case.footprint_metric, 0.001), ("peak_rss_bytes", 0.01)):
        mine, theirs = case.median(metric), anchor.median(metric)
        if not mine or not theirs or abs(mine / theirs - 1) > tolerance:
            return False
    return True


def _other_size(case: CaseResult, anchor: CaseResult) -> bool:
    """Files that differ by more than a tenth, by their bytes or, unknown, by their quantization."""
    return case.quantization != anchor.quantization if case.saving is None else abs(case.saving) > 0.1


def texts(scene: Scene) -> Iterator[Finding]:
    """Greedy decoding that gave different texts in different trials."""
    for family in scene.families:
        unlike = [case for case in family.good if case.heard.texts > 1]
        if unlike:
            params: dict[str, Cell] = {
                "model": scene.subject(unlike, clip=False),
                "items": CellGroup(parts=tuple(scene.name(case) for case in unlike), between=", "),
            }
            yield _finding("trust.texts", "finding.texts", unlike, params)


def exit_failed(scene: Scene) -> Iterator[Finding]:
    """Cases whose process came to grief after it had delivered everything: their figures count, marked."""
    for case in scene.figures.cases:
        if failed := case.trials.get(Status.EXIT_FAILED, 0):
            params: dict[str, Cell] = {
                "model": scene.subject([case]),
                "name": scene.name(case),
                "failed": Figure(value=failed, quantity=Quantity.COUNT),
                "trials": Phrase(message="finding.trials", count=sum(case.trials.values())),
            }
            yield _finding("trust.exit_failed", "finding.exit_failed", [case], params)


def unstable(scene: Scene) -> Iterator[Finding]:
    """Cases of which some trials ended well and some did not."""
    for case in scene.figures.cases:
        failed = sum(count for status, count in case.trials.items() if not status.delivered)
        good = sum(count for status, count in case.trials.items() if status.delivered)
        if good and failed:
            params: dict[str, Cell] = {
                "model": scene.subject([case]),
                "name": scene.name(case),
                "failed": Figure(value=failed, quantity=Quantity.COUNT),
                "trials": Phrase(message="finding.trials", count=good + failed),
            }
            yield _finding("trust.unstable", "finding.unstable", [case], params)


def disturbed(scene: Scene) -> Iterator[Finding]:
    """A machine that disturbed most trials: figures may be worse than the engines are."""
    by_host: dict[str, list[CaseResult]] = {}
    for case in scene.figures.cases:
        if case.status.delivered and not case.published:
            by_host.setdefault(case.host.id, []).append(case)
    for cases in by_host.values():
        trials = sum(case.counted for case in cases)
        touched = sum(case.disturbed for case in cases)
        if trials and touched / trials > DISTURBED_SHARE:
            params: dict[str, Cell] = {
                "machine": Text(text=scene.names.machine(cases[0].host)),
                "disturbed": Figure(value=touched, quantity=Quantity.COUNT),
                "trials": Phrase(message="finding.trials", count=trials),
            }
            few = max(case.counted for case in cases) < FEWEST_TO_CLAIM
            message = "finding.disturbed.few" if few else "finding.disturbed"
            yield _finding("trust.disturbed", message, cases, params, table="disturbances")


def slow_cores(scene: Scene) -> Iterator[Finding]:
    """Cases that did part of their work on E-cores, where the kernel tells: their times are of two kinds of cores."""
    for family in scene.families:
        shares = {case.key: share for case in family.front if (share := _slow_share(case)) is not None}
        cases = [case for case in family.front if case.key in shares]
        if any(share > SLOW_CORES_SHARE for share in shares.values()):
            items: list[Cell] = [
                CellGroup(parts=(scene.name(case), Figure(value=shares[case.key], quantity=Quantity.SHARE)))
                for case in cases
            ]
            params: dict[str, Cell] = {
                "model": scene.subject(cases, clip=False),
                "items": CellGroup(parts=tuple(items), between=", "),
            }
            yield _finding("trust.cores", "finding.cores", cases, params, table="cpu")


def _slow_share(case: CaseResult) -> float | None:
    """Share of a case's processor time that was spent on E-cores; None where nothing tells."""
    slow, fast = case.median("efficiency_core_seconds"), case.median("performance_core_seconds")
    return None if slow is None or fast is None or not slow + fast else slow / (slow + fast)


def _finding(
    rule: str,
    message: str,
    cases: Sequence[CaseResult],
    params: dict[str, Cell],
    *,
    table: str = "performance",
) -> Finding:
    return Finding(
        rule=rule,
        kind=Kind.TRUST,
        phrase=Phrase(message=message, params=params),
        subjects=tuple(case.key for case in cases),
        evidence=tuple(Evidence(case=case.key, table=table) for case in cases),
        strength=Strength.EXACT,
    )


RULES: Final = (
    Rule(
        id="trust.useless", kind=Kind.TRUST, why="times of variants that wrote nothing of use", find=useless
    ),
    Rule(id="trust.few_runs", kind=Kind.TRUST, why="too few trials for intervals", find=few_runs),
    Rule(id="trust.wall", kind=Kind.TRUST, why="wall time that does not add up", find=unexplained_wall),
    Rule(id="trust.backend", kind=Kind.TRUST, why="another device than asked", find=backend),
    Rule(
        id="trust.trials", kind=Kind.TRUST, why="trials of one case that are of several", find=unlike_trials
    ),
    Rule(
        id="trust.same_weights", kind=Kind.TRUST, why="two variants that may be one file", find=same_weights
    ),
    Rule(id="trust.texts", kind=Kind.TRUST, why="decoding that is not repeatable", find=texts),
    Rule(id="trust.exit_failed", kind=Kind.TRUST, why="a failure after all was delivered", find=exit_failed),
    Rule(id="trust.unstable", kind=Kind.TRUST, why="trials that ended differently", find=unstable),
    Rule(id="trust.cores", kind=Kind.TRUST, why="work done on slow cores", find=slow_cores),
    Rule(id="trust.disturbed", kind=Kind.TRUST, why="a machine busy with other things", find=disturbed),
)
