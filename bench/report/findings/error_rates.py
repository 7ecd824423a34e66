"""Rules on quality: the same text, no difference shown, degraded, and in which words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from bench.quality import ErrorPair
from bench.report.cells import Cell, CellGroup, Figure, Phrase, Stars, Text, WordErrors
from bench.report.findings.families import Scene, smaller
from bench.report.findings.model import SAME_WER, Evidence, Finding, Kind, Rule, Strength
from bench.report.findings.pairs import (
    Pair,
    difference,
    fresh_errors,
    pairs,
    points,
    same_texts,
    utterances_needed,
)
from bench.results import CaseResult
from bench.statistics import FEWEST_TO_CLAIM, Estimate
from bench.text.numbers import Quantity

WORDS_SHOWN: Final = 3


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
    """Error rates against the baseline's, over utterances, paired."""
    for family in scene.families:
        alike: dict[tuple[object, int], list[tuple[Pair, Estimate]]] = {}
        for pair in pairs(family):
            if _sameness(pair):
                continue
            change = difference(pair)
            if change is not None:
                if _reading(change)[0] == "finding.wer.none":
                    alike.setdefault((pair.theirs[0].key, change.n), []).append((pair, change))
                else:
                    yield _changed(scene, pair, change)
            elif any(case.heard.to_baseline for case in pair.mine):
                yield _unlike(scene, pair)
        for group in alike.values():
            yield _none_shown(scene, group) if len(group) > 1 else _changed(scene, *group[0])


def _none_shown(scene: Scene, group: Sequence[tuple[Pair, Estimate]]) -> Finding:
    """Variants without a difference shown, in one sentence: what is possible all the same."""
    worst, widest = max(group, key=lambda each: each[1].high or 0.0)
    theirs = worst.theirs
    mine = [case for pair, _ in group for case in pair.mine]
    params: dict[str, Cell] = {
        "model": scene.subject([*mine, *theirs], clip=False),
        "items": _names(scene, (pair for pair, _ in group)),
        "anchor": scene.name(theirs[0]),
        "bound": Figure(value=widest.high or 0.0, quantity=Quantity.POINTS),
        "worst": scene.name(worst.mine[0]),
        "utterances": Phrase(message="finding.utterances", count=widest.n),
        "needed": Phrase(
            message="finding.utterances.needed",
            count=max(utterances_needed(change) for _, change in group),
        ),
    }
    return Finding(
        rule="quality.wer",
        kind=Kind.QUALITY,
        phrase=Phrase(message="finding.wer.none.several", params=params),
        subjects=tuple(case.key for case in mine),
        evidence=tuple(each for pair, _ in group for each in pair.evidence("rates")),
        strength=Strength.SHOWN,
    )


def _changed(scene: Scene, pair: Pair, change: Estimate) -> Finding:
    message, strength = _reading(change)
    params: dict[str, Cell] = {
        "model": scene.subject([*pair.mine, *pair.theirs], clip=False),
        "name": scene.name(pair.mine[0]),
        "anchor": scene.name(pair.theirs[0]),
        "change": points(change, shown=strength is Strength.SHOWN),
        "utterances": Phrase(message="finding.utterances", count=change.n),
    }
    words = fresh_errors(pair)
    if message in {"finding.wer.worse", "finding.wer.seen_worse"} and words:
        params["words"] = _error_words(words)
        message += ".words"
    if message in {"finding.wer.none", "finding.wer.hint"}:
        params["needed"] = Phrase(message="finding.utterances.needed", count=utterances_needed(change))
    return Finding(
        rule="quality.wer",
        kind=Kind.QUALITY,
        phrase=Phrase(message=message, params=params),
        subjects=tuple(case.key for case in pair.mine),
        evidence=pair.evidence("rates"),
        strength=strength,
    )


def _reading(change: Estimate) -> tuple[str, Strength]:
    """The message of a difference and how firmly it stands."""
    low, high = change.possible_low, change.possible_high
    if low is None or high is None or change.n < FEWEST_TO_CLAIM:
        seen = "worse" if change.value > SAME_WER else "better" if change.value < -SAME_WER else "same"
        return f"finding.wer.seen_{seen}", Strength.OBSERVED
    if low >= -SAME_WER and high <= SAME_WER:
        return "finding.wer.same", Strength.SHOWN
    if change.clear:
        return ("finding.wer.worse" if change.value > 0 else "finding.wer.better"), Strength.SHOWN
    return "finding.wer.hint" if change.excludes_zero else "finding.wer.none", Strength.SHOWN


def _error_words(found: Sequence[ErrorPair]) -> WordErrors:
    shown = found[:WORDS_SHOWN]
    return WordErrors(errors=tuple((each.reference, each.hypothesis, each.count) for each in shown))


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
        "words": _error_words(changes),
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
                    parts=tuple(Text(text=f"«{word}»") for word in case.judgement.heard), between=", "
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
