"""The verdict: what to ship for which need, at what cost, how sure that is, and what is not known.

It stands on top of a report, in at most `MOST_LINES` lines, and takes what it says from the advice:
no rule of its own names a variant.  What is known of a loss is worded by `advice_words.quality`,
whatever that rests on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Final

from bench.report.cells import Cell, CellGroup, Figure, Phrase, Text
from bench.report.findings.advice import SCENARIOS, by_machine, refused
from bench.report.findings.advice_words import full_name, quality
from bench.report.findings.candidates import Candidate, Loss
from bench.report.findings.families import LEAST_SHOWN_SAVING, Scene
from bench.report.findings.model import DISTURBED_SHARE, LONG_SECONDS
from bench.report.findings.overall import Overall, overall
from bench.report.findings.pairs import speech_wanted
from bench.report.findings.pass_verdict import pass_verdict
from bench.report.findings.reliability import perhaps_one_file
from bench.report.findings.speed_and_memory import TRANSCRIBE
from bench.statistics import FEWEST_TO_CLAIM, Comparison, RatioEstimate
from bench.text.numbers import Quantity

MOST_LINES: Final = 8
MOST_SHIPPED: Final = 5  # lines that name a variant; the rest say how sure that is
MOST_NAMED: Final = 3  # variants to stay away from, in one line
_NEEDS: Final = ("least_loss", "balance", "throughput", "memory", "smallest", "start", "long")
_BRIEFLY: Final = {"advice.loss.wer": "verdict.loss.wer", "advice.loss.hardly": "verdict.loss.hardly"}

Line = tuple[Cell, ...]


def verdict(scene: Scene) -> tuple[Line, ...]:
    """The lines, the most needed first; of a quality pass alone those of `pass_verdict`."""
    if not scene.figures.cases:
        return pass_verdict(scene)[:MOST_LINES]
    rows = list(overall(scene))
    shipped = list(_shipped(scene, rows))[:MOST_SHIPPED]
    rest = [*_avoid(scene, rows), *_sure(scene, rows), *_unknown(scene, rows)]
    return (*shipped, *rest)[:MOST_LINES]


# ------------------------------------------------------------------------- what to ship


def _shipped(scene: Scene, rows: Sequence[Overall]) -> Iterator[Line]:
    """A line a variant that some need is best served by, with all the needs it serves."""
    found: dict[int, tuple[Candidate, list[str]]] = {}
    for every in by_machine(scene).values():
        here = [each for each in every if not _bad(each)]
        if len(here) == 1:
            found[id(here[0].case)] = (here[0], ["alone" if len(every) == 1 else "every"])
            continue
        for need in _NEEDS:
            scenario = next(each for each in SCENARIOS if each.id == need)
            for advised in scenario.advise(scene, here):
                if advised.choice is not None:
                    found.setdefault(id(advised.choice.case), (advised.choice, []))[1].append(need)
    settled = {_model(choice) for choice, needs in found.values() if "least_loss" in needs}
    # What is known to lose nothing comes first.
    for choice, needs in sorted(found.values(), key=lambda each: each[0].loss is Loss.UNKNOWN):
        own = [need for need in dict.fromkeys(needs) if need != "balance" or _model(choice) not in settled]
        row = next((each for each in rows if choice.case in each.cases), None)
        if own and row is not None:
            yield (_ship(scene, choice, own, row),)


def _model(choice: Candidate) -> tuple[object, ...]:
    return choice.case.host.id, choice.case.run, choice.case.case.model


def _ship(scene: Scene, choice: Candidate, needs: Sequence[str], row: Overall) -> Phrase:
    words = tuple(Phrase(message=f"verdict.need.{need}") for need in needs)
    costs = tuple(_costs(row))
    name = full_name(scene, choice) if scene.names.many_models else scene.name(choice.case)
    params: dict[str, Cell] = {
        "needs": CellGroup(parts=words, between=", "),
        "name": name,
        "costs": CellGroup(parts=costs, between=", "),
        "quality": _brief(quality(choice)),
    }
    if scene.names.many_machines:
        params["needs"] = CellGroup(
            parts=(Text(text=scene.names.machine(choice.case.host)), params["needs"]), between=": "
        )
    message = "verdict.ship.open" if choice.loss is Loss.UNKNOWN and choice.change else "verdict.ship"
    return Phrase(message=message if costs else "verdict.ship.bare", params=params)


def _brief(known: Cell) -> Cell:
    """What is known of a loss, without saying against what: the box is all about that."""
    if isinstance(known, Phrase) and known.message in _BRIEFLY:
        return Phrase(message=_BRIEFLY[known.message], params=known.params)
    return known


def _costs(row: Overall) -> Iterator[Cell]:
    """Size, speed and memory against the baseline, as far as they are known; no times that the findings do not compare."""
    case = row.case
    if case.weights_bytes:
        size = Figure(value=case.weights_bytes, quantity=Quantity.SIZE)
        if case.saving and abs(case.saving) >= LEAST_SHOWN_SAVING:
            saving = Figure(value=-case.saving, quantity=Quantity.SAVING)
            yield Phrase(message="verdict.size", params={"size": size, "saving": saving})
        else:
            yield size
    compared = [each for case in row.good for each in (case, case.base) if each is not None]
    if isinstance(row.speed, RatioEstimate) and not any(refused(each, TRANSCRIBE) for each in compared):
        yield Phrase(
            message="verdict.speed",
            params={"times": dataclasses.replace(faster(row.speed), low=None, high=None)},
        )
    if isinstance(row.memory, RatioEstimate):
        yield Phrase(message="verdict.memory", params={"change": change(row.memory)})


def faster(speed: RatioEstimate) -> Figure:
    """How many times as fast as the baseline, of a ratio of times, with its interval; of too few blocks without one."""
    return Figure(
        value=1 / speed.ratio,
        quantity=Quantity.TIMES,
        low=1 / speed.high if speed.high and not speed.few else None,
        high=1 / speed.low if speed.low and not speed.few else None,
        n=speed.n,
        strong=speed.shown,
    )


def change(memory: RatioEstimate) -> Figure:
    """A ratio as the change it is: 0.72 is -28 %."""
    return Figure(value=memory.ratio - 1, quantity=Quantity.SAVING, n=memory.n)


# ------------------------------------------------------------------- what to stay away from


def _avoid(scene: Scene, rows: Sequence[Overall]) -> Iterator[Line]:
    bad = [row for row in rows if row.candidate and _bad(row.candidate)]
    if not bad:
        return
    items = [_worse(scene, row.candidate) for row in bad[:MOST_NAMED] if row.candidate]
    more = len(bad) - len(items)
    if more:
        items.append(Phrase(message="verdict.more", count=more))
    yield (Phrase(message="verdict.avoid", params={"items": CellGroup(parts=tuple(items), between="; ")}),)


def _bad(each: Candidate) -> bool:
    """Whether it is unusable, shown to be worse, or likely to be."""
    return not each.case.model.synthetic and (each.broken or each.loss is Loss.SHOWN or each.likely_worse)


def _worse(scene: Scene, each: Candidate) -> Phrase:
    name = full_name(scene, each) if scene.names.many_models else scene.name(each.case)
    said = Phrase(message="verdict.broken") if each.broken and each.change is None else _brief(quality(each))
    open_ = each.likely_worse and not each.broken
    return Phrase(
        message="verdict.item.open" if open_ else "verdict.item", params={"name": name, "quality": said}
    )


# ------------------------------------------------------------------------------ how sure


def _sure(scene: Scene, rows: Sequence[Overall]) -> Iterator[Line]:
    """How many blocks and utterances are behind it, how well the ratios are known, and what disturbed."""
    good = [case for row in rows for case in row.good]
    if not good:
        return
    parts: list[Cell] = []
    if all(case.published for case in good):
        parts.append(Phrase(message="verdict.sure.published"))
    fewest, most = min(case.counted for case in good), max(case.counted for case in good)
    if not all(case.published for case in good):
        blocks = Phrase(message="blocks", count=fewest)
        parts.append(
            blocks if fewest == most else Phrase(message="verdict.sure.blocks", params={"n": blocks})
        )
    widths = [width for row in rows if (width := _half_width(row.speed)) is not None]
    if widths and fewest >= FEWEST_TO_CLAIM:
        widest = Figure(value=max(widths), quantity=Quantity.PERCENT)
        parts.append(Phrase(message="verdict.sure.speed", params={"width": widest}))
    spoken = max((len(case.heard.utterances) for case in good), default=0)
    counts = [row.candidate.change.n for row in rows if row.candidate and row.candidate.change]
    if counts or spoken:
        parts.append(Phrase(message="verdict.utterances", count=max(counts, default=spoken)))
    touched, trials = sum(case.disturbed for case in good), sum(case.counted for case in good)
    if trials and touched / trials > DISTURBED_SHARE:
        share = Figure(value=touched / trials, quantity=Quantity.SHARE)
        parts.append(Phrase(message="verdict.sure.disturbed", params={"share": share}))
    yield (Phrase(message="verdict.sure", params={"items": CellGroup(parts=tuple(parts), between="; ")}),)


def _half_width(speed: Comparison | None) -> float | None:
    """Half of the interval of a ratio, relative to the ratio."""
    if speed is None or not speed.ratio or speed.low is None or speed.high is None:
        return None
    return (speed.high - speed.low) / 2 / speed.ratio


# -------------------------------------------------------------------------- what is not known


def _unknown(scene: Scene, rows: Sequence[Overall]) -> Iterator[Line]:
    parts = tuple(_gaps(scene, rows)) if rows else ()
    if parts:
        yield (Phrase(message="verdict.unknown", params={"items": CellGroup(parts=parts, between="; ")}),)


def _gaps(scene: Scene, rows: Sequence[Overall]) -> Iterator[Cell]:
    if any(row.case.model.synthetic for row in rows):
        yield Phrase(message="verdict.gap.synthetic")
        return
    known = [row.candidate for row in rows if row.candidate]
    open_ = [each for each in known if each.open and not _bad(each)]
    if open_:
        names = CellGroup(parts=tuple(scene.name(each.case) for each in open_[:MOST_NAMED]), between=", ")
        more = len(open_) - MOST_NAMED
        if more > 0:
            names = CellGroup(parts=(names, Phrase(message="verdict.more", count=more)), between=" ")
        yield _open_loss(names, open_)
    if not any(case.audio_seconds >= LONG_SECONDS for row in rows for case in row.good):
        length = Figure(value=LONG_SECONDS, quantity=Quantity.COUNT)
        yield Phrase(message="verdict.gap.long", params={"seconds": length})
    if any(each.case.counted < FEWEST_TO_CLAIM and not each.case.published for each in known):
        needed = Phrase(message="finding.blocks", count=FEWEST_TO_CLAIM)
        yield Phrase(message="verdict.gap.blocks", params={"needed": needed})
    for case, anchor in perhaps_one_file(scene):
        both: dict[str, Cell] = {"name": scene.name(case), "anchor": scene.name(anchor)}
        both["model"] = scene.subject([case], clip=False)
        yield Phrase(message="verdict.gap.one_file", params=both)
    failed = [row for row in rows if row.failed]
    if failed:
        names = CellGroup(parts=tuple(scene.name(row.case) for row in failed[:MOST_NAMED]), between=", ")
        yield Phrase(message="verdict.gap.failed", params={"names": names})


def _open_loss(names: Cell, cases: Sequence[Candidate]) -> Phrase:
    """That a loss is open, and what would settle it."""
    needed = [each.needed for each in cases if each.needed]
    if not needed:
        return Phrase(message="verdict.gap.reference", params={"names": names})
    heard = max(each.heard_utterances for each in cases)
    wanted = speech_wanted(max(needed), heard)
    return Phrase(message="verdict.gap.loss", params={"names": names, "needed": wanted})
