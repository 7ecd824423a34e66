"""The words of advice: what is known of a variant's quality, and what stands before one that is worse."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.report.cells import Cell, CellGroup, Figure, Phrase, Stars, Text
from bench.report.findings.candidates import Candidate, Loss
from bench.report.findings.families import Scene
from bench.report.findings.file_sizes import partial
from bench.report.findings.pairs import points
from bench.results import CaseResult
from bench.text.numbers import Quantity


def quality(each: Candidate) -> Cell:
    """What is known of a candidate's quality, in a phrase; a loop on any recording is said with it."""
    known = _loss(each)
    if not each.looped:
        return known
    loops = Phrase(message="advice.loss.recordings", count=each.looped)
    return Phrase(message="advice.loss.loops", params={"quality": known, "loops": loops})


def _loss(each: Candidate) -> Cell:
    case = each.case
    if case.is_baseline:
        return Phrase(message="advice.loss.baseline")
    if each.loss is Loss.NONE:
        return Phrase(message="advice.loss.none")
    if each.change is not None and each.change.value is not None:
        params: dict[str, Cell] = {"change": points(each.change)}
        if each.hardly_heard:
            params["speech"] = Phrase(message="finding.utterances", count=each.change.n)
            return Phrase(message="advice.loss.hardly", params=params)
        return Phrase(message="advice.loss.wer", params=params)
    if case.judgement is not None and case.judgement.stars is not None:
        return Stars(stars=case.judgement.stars)
    return Phrase(message="advice.loss.unknown")


def file_size(case: CaseResult) -> Cell:
    """Bytes of the weights files; of a decoder that is quantized alone said so."""
    size = Figure(value=case.weights_bytes or 0, quantity=Quantity.SIZE)
    return Phrase(message="advice.decoder", params={"size": size}) if partial(case) else size


def worse_first(choice: Candidate, said: Phrase) -> Phrase:
    """The sentence, behind a warning where the variant it names is shown to be worse."""
    return Phrase(message="advice.worse_first", params={"said": said}) if choice.loss is Loss.SHOWN else said


def less_but_worse(
    scene: Scene, worse: Sequence[Candidate], value: Callable[[CaseResult], Cell]
) -> tuple[Phrase, ...]:
    """Variants that would take less, but for a loss that is shown; one that is but likely is named in the verdict."""
    worse = [each for each in worse if each.loss is Loss.SHOWN]
    if not worse:
        return ()
    items = tuple(
        Phrase(
            message="advice.item",
            params={"name": full_name(scene, each), "value": value(each.case), "quality": quality(each)},
        )
        for each in worse
    )
    return (Phrase(message="advice.less_but_worse", params={"items": CellGroup(parts=items, between="; ")}),)


def full_name(scene: Scene, each: Candidate) -> Text:
    """Model and variant; the clip goes without saying."""
    return Text(text=f"{scene.names.model(each.case)} {scene.names.label(each.case)}", strong=True)
