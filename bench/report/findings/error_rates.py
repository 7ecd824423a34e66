"""Rules on quality: the same text, no difference shown, degraded, and in which words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from bench.report.cells import Cell, CellGroup, Figure, Phrase, Stars, Text
from bench.report.findings import pass_alone
from bench.report.findings.families import Scene, smaller
from bench.report.findings.model import SAME_WER, Evidence, Finding, Kind, Rule, Strength
from bench.report.findings.pairs import (
    Pair,
    difference,
    fresh_errors,
    pairs,
    points,
    same_texts,
)
from bench.report.findings.wer_sentences import Held, error_words, wer_findings
from bench.results import CaseResult
from bench.statistics import Estimate
from bench.text.numbers import Quantity

# --------------------------------------------------------------------- identical


def identical(scene: Scene) -> Iterator[Finding]:
    """Variants whose text is the baseline's, to the letter or in words."""
    for family in scene.families:
        found: dict[tuple[str, Strength], list[Pair]] = {}
        for pair in pairs(family):
            key = _sameness(pair)
            if key:
                found.setdefault(key, []).append(pair)
        for (message, strength), same in found.items():
            yield Finding(
                rule="quality.identical",
                kind=Kind.QUALITY,
                phrase=Phrase(
                    message=message,
                    params={
                        "model": scene.subject([*same[0].mine, *same[0].theirs], clip=False),
                        "anchor": scene.name(same[0].theirs[0]),
                        "items": _names(scene, same),
                    },
                ),
                subjects=tuple(case.key for pair in same for case in pair.mine),
                evidence=tuple(row for pair in same for row in pair.evidence()),
                strength=strength,
            )


def _sameness(pair: Pair) -> tuple[str, Strength] | None:
    if same_texts(pair) is False:
        return None  # many utterances differ where one clip does not
    identities = [case.heard.identity for case in pair.mine]
    if all(each is not None and each.exact for each in identities):
        return "finding.identical", Strength.EXACT
    if all(each is not None and each.normalized for each in identities):
        return "finding.identical_words", Strength.EXACT
    if pair.published and all(case.judgement and case.judgement.same_as_baseline for case in pair.mine):
        return "finding.identical", Strength.JUDGED
    return None


def _names(scene: Scene, found: Iterable[Pair]) -> CellGroup:
    return CellGroup(parts=tuple(scene.name(pair.mine[0]) for pair in found), between=", ")


# ------------------------------------------------------------ near, degraded, better


def against_baseline(scene: Scene) -> Iterator[Finding]:
    """Error rates against the baseline's, over utterances, paired; those of passes without timed cases too."""
    yield from pass_alone.error_rates(scene)
    for family in scene.families:
        held: list[Held] = []
        for pair in pairs(family):
            if _sameness(pair):
                continue
            change = difference(pair)
            if change is not None:
                held.append(_held(scene, pair, change))
            elif any(case.heard.to_baseline for case in pair.mine):
                yield _unlike(scene, pair)
        yield from wer_findings(held)


def _held(scene: Scene, pair: Pair, change: Estimate) -> Held:
    return Held(
        model=scene.subject([*pair.mine, *pair.theirs], clip=False),
        name=scene.name(pair.mine[0]),
        anchor=scene.name(pair.theirs[0]),
        change=change,
        group=pair.theirs[0].key,
        words=lambda: fresh_errors(pair),
        subjects=tuple(case.key for case in pair.mine),
        evidence=pair.evidence("rates"),
    )


def _unlike(scene: Scene, pair: Pair) -> Finding:
    """Without a reference by utterance: how much the text changed, not whether for the worse."""
    changes = sorted((each for case in pair.mine for each in case.heard.changes), key=lambda each: each.order)
    scores = [case.heard.to_baseline for case in pair.mine if case.heard.to_baseline]
    errors, words = sum(each.errors for each in scores), sum(each.reference_words for each in scores)
    params: dict[str, Cell] = {
        "model": scene.subject([*pair.mine, *pair.theirs], clip=False),
        "name": scene.name(pair.mine[0]),
        "anchor": scene.name(pair.theirs[0]),
        "share": Figure(value=errors / words if words else 0.0, quantity=Quantity.PERCENT),
        "words": error_words(changes),
    }
    return Finding(
        rule="quality.unlike",
        kind=Kind.QUALITY,
        phrase=Phrase(message="finding.unlike", params=params),
        subjects=tuple(case.key for case in pair.mine),
        evidence=pair.evidence("rates"),
        strength=Strength.EXACT,
    )


# ------------------------------------------------------------------- non-monotonic


def better_than_larger(scene: Scene) -> Iterator[Finding]:
    """Quantizations with fewer errors than a larger one, where utterances show it."""
    for family in scene.families:
        variants = list(family.by_variant.values())
        for small in variants:
            for large in variants:
                pair = _smaller_pair(small, large)
                change = difference(pair) if pair and _fewer_errors(pair) else None
                if pair and change and change.clear and change.high is not None and change.high < 0:
                    yield _better(scene, pair, change)


def _smaller_pair(small: Sequence[CaseResult], large: Sequence[CaseResult]) -> Pair | None:
    there = {case.case.clip: case for case in large if not case.is_baseline}
    both = [
        (case, there[case.case.clip])
        for case in small
        if case.case.clip in there and smaller(case, there[case.case.clip]) and not case.is_baseline
    ]
    return (
        Pair(mine=tuple(one for one, _ in both), theirs=tuple(other for _, other in both)) if both else None
    )


def _fewer_errors(pair: Pair) -> bool:
    """Whether it is worth resampling: the clips' own error rates say so by more than half a point."""
    scores = [
        (mine.heard.score, other.heard.score) for mine, other in zip(pair.mine, pair.theirs, strict=True)
    ]
    both = [(mine, other) for mine, other in scores if mine and other]
    words = sum(mine.reference_words for mine, _ in both)
    return sum(mine.errors - other.errors for mine, other in both) < -SAME_WER * words


def _better(scene: Scene, pair: Pair, change: Estimate) -> Finding:
    return Finding(
        rule="quality.not_monotonic",
        kind=Kind.QUALITY,
        phrase=Phrase(
            message="finding.wer.not_monotonic",
            params={
                "model": scene.subject([*pair.mine, *pair.theirs], clip=False),
                "name": scene.name(pair.mine[0]),
                "other": scene.name(pair.theirs[0]),
                "change": points(change),
                "utterances": Phrase(message="finding.utterances", count=change.n),
            },
        ),
        subjects=tuple(case.key for case in pair.mine),
        evidence=pair.evidence("rates"),
        strength=Strength.SHOWN,
    )


# -------------------------------------------------------------------- as judged


def judged(scene: Scene) -> Iterator[Finding]:
    """Published stars: variants that their author put below a sibling."""
    for family in scene.families:
        rated = [case for case in family.good if case.judgement and case.judgement.stars is not None]
        rated = [case for case in rated if case.heard.transcript is None]
        best = max((case.judgement.stars or 0 for case in rated if case.judgement), default=0)
        top = [case for case in rated if case.judgement and case.judgement.stars == best]
        for case in rated:
            if case in top or case.judgement is None:
                continue
            params: dict[str, Cell] = {
                "model": scene.subject([case], clip=False),
                "name": scene.name(case),
                "stars": Stars(stars=case.judgement.stars or 0),
                "others": CellGroup(parts=tuple(scene.name(each) for each in top), between=", "),
                "best": Stars(stars=best),
                "words": CellGroup(
                    parts=tuple(
                        Phrase(message="quoted", params={"words": Text(text=word)})
                        for word in case.judgement.heard
                    ),
                    between=", ",
                ),
            }
            yield Finding(
                rule="quality.judged",
                kind=Kind.QUALITY,
                phrase=Phrase(
                    message="finding.judged.lower.words" if case.judgement.heard else "finding.judged.lower",
                    params=params,
                ),
                subjects=(case.key,),
                evidence=tuple(Evidence(case=each.key, table="quality") for each in (case, *top)),
                strength=Strength.JUDGED,
            )


RULES: Final = (
    Rule(id="quality.identical", kind=Kind.QUALITY, why="the baseline's own text", find=identical),
    Rule(
        id="quality.wer",
        kind=Kind.QUALITY,
        why="errors against the baseline, in which words",
        find=against_baseline,
    ),
    Rule(
        id="quality.not_monotonic",
        kind=Kind.QUALITY,
        why="a smaller quantization with fewer errors than a larger one",
        find=better_than_larger,
    ),
    Rule(id="quality.judged", kind=Kind.QUALITY, why="published stars, as their author's", find=judged),
)
