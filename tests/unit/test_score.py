"""Error rates are counts first: against the reference, raw and normalized, by utterance and pooled."""

from __future__ import annotations

import pytest

from bench.domain import Quality
from bench.quality import (
    identical,
    no_regression_share,
    normalizer,
    paired_wer_difference,
    pool,
    score,
    stars,
    utterance_scores,
    wer_difference,
    wer_interval,
)

RU = normalizer("ru-1")
RAW = normalizer("raw")


def test_counts_are_kept_by_kind() -> None:
    found = score("раз два три четыре", "раз два-с три четыре пять", RU)
    assert (found.hits, found.substitutions, found.deletions, found.insertions) == (4, 0, 0, 2)
    assert found.reference_words == 4
    assert found.hypothesis_words == 6
    assert found.wer == 0.5


def test_raw_counts_case_and_punctuation_and_normalized_does_not() -> None:
    reference, hypothesis = "Да, 5 раз!", "да пять раз"
    assert score(reference, hypothesis, RAW).wer == 1.0
    assert score(reference, hypothesis, RU).wer == 0.0


def test_characters_are_those_of_the_normalized_text() -> None:
    found = score("Да, мир", "да миг", RU)
    assert found.reference_characters == len("да мир")
    assert found.cer == pytest.approx(1 / 6)


def test_character_errors_are_jiwers() -> None:
    import jiwer

    pairs = [("мама мыла раму", "мамам ыла рану"), ("а", "аб вг"), ("один два", "два один")]
    for reference, hypothesis in pairs:
        output = jiwer.process_characters(reference, hypothesis)
        errors = output.substitutions + output.deletions + output.insertions
        assert score(reference, hypothesis, RU).character_errors == errors


def test_an_empty_reference_has_no_rate_but_a_reason() -> None:
    found = score("—", "два слова", RU)
    assert found.wer is None
    assert found.cer is None
    assert found.reason
    assert found.insertions == 2


def test_an_empty_hypothesis_misses_everything() -> None:
    found = score("три слова тут", "", RU)
    assert found.wer == 1.0
    assert found.cer == 1.0
    assert found.deletions == 3


def test_two_empty_texts_agree_and_have_no_rate() -> None:
    found = score("", "", RU)
    assert found.errors == 0
    assert found.wer is None


def test_a_corpus_is_pooled_by_counts_not_by_rates() -> None:
    short, long = score("да", "нет", RU), score("а б в г д е ж з и", "а б в г д е ж з и", RU)
    pooled = pool([short, long])
    assert pooled is not None
    assert pooled.wer == pytest.approx(0.1)
    assert pool([]) is None


def test_scores_under_different_normalizers_are_not_pooled() -> None:
    with pytest.raises(ValueError, match="different normalizers"):
        pool([score("а", "а", RU), score("а", "а", RAW)])


def test_errors_are_counted_where_they_were_made() -> None:
    spoken = ("раз два три", "четыре пять", "шесть")
    first, second, third = utterance_scores(spoken, "раз два четыре пять лишнее слово шесть", RU)
    assert (first.deletions, first.errors) == (1, 1)
    assert (second.insertions, second.errors) == (2, 2)
    assert third.errors == 0


def test_utterances_add_up_to_the_clip() -> None:
    spoken = ("раз два три", "", "четыре 5", "шесть семь")
    heard = "два два три черты пять семь восемь"
    pooled, whole = pool(utterance_scores(spoken, heard, RU)), score(" ".join(spoken), heard, RU)
    assert pooled is not None
    assert (pooled.errors, pooled.reference_words) == (whole.errors, whole.reference_words)


def test_the_difference_to_the_baseline_is_paired_by_utterance() -> None:
    """Both stumble over the same hard utterance: that says nothing about the quantization."""
    spoken = [f"слово{i} другое{i} третье{i} конец{i}" for i in "абвгдежзиклм"]
    baseline = " ".join([*spoken[:-1], "сплошной шум тут вместо"])
    worse = baseline.replace("третье", "третья")
    shown = paired_wer_difference(spoken, worse, baseline, RU)
    assert shown.value == pytest.approx(11 / 48)
    assert shown.excludes_zero
    none = paired_wer_difference(spoken, baseline, baseline, RU)
    assert none.value == 0
    assert not none.excludes_zero


def test_a_few_words_without_a_difference_do_not_show_that_there_is_none() -> None:
    """The rule of three: what was seen 0 times in n words may be as frequent as 3 / n."""
    spoken = [f"слово{i} другое{i} третье{i} конец{i}" for i in "абвгдежзиклм"]
    found = paired_wer_difference(spoken, " ".join(spoken), " ".join(spoken), RU)
    assert (found.value, found.low, found.high) == (0, -3 / 48, 3 / 48)
    one_better = " ".join(spoken).replace("третьеа", "третьяа")
    found = paired_wer_difference(spoken, " ".join(spoken), one_better, RU)
    assert found.high is not None
    assert found.low is not None
    assert found.low < -1 / 48 < 0 < found.high


def test_rare_disasters_are_held_against_utterances_not_words() -> None:
    """Twelve utterances without a difference leave a loop in every fourth open, however many their words."""
    spoken = [" ".join(f"слово{i}{at}" for at in range(100)) for i in "абвгдежзиклм"]
    found = paired_wer_difference(spoken, " ".join(spoken), " ".join(spoken), RU)
    assert found.high is not None
    assert found.high < 0.003
    assert found.possible_high == 3 / 12


def test_utterances_of_one_speaker_are_no_independent_units() -> None:
    """Of ten speakers one is heard badly, throughout: a hundred utterances tell no more than ten."""
    spoken = [f"слово{at} другое{at} третье{at} конец{at}" for at in range(100)]
    heard = [text if at % 10 else text.replace("другое", "друзе") for at, text in enumerate(spoken)]
    scores = [score(*both, RU) for both in zip(spoken, heard, strict=True)]
    apart, together = wer_interval(scores), wer_interval(scores, [at % 10 for at in range(100)])
    assert (apart.value, apart.units, together.units) == (together.value, 100, 10)
    assert together.high is not None
    assert apart.high is not None
    assert together.high > 1.5 * apart.high


def test_a_difference_in_few_utterances_is_not_shown() -> None:
    spoken = ["раз два", "три четыре"]
    found = paired_wer_difference(spoken, "раз ни три ни", "раз два три четыре", RU)
    assert found.value == 0.5
    assert not found.excludes_zero


def test_different_utterances_cannot_be_paired() -> None:
    with pytest.raises(ValueError, match="same utterances"):
        wer_difference(utterance_scores(("а б",), "а", RU), utterance_scores(("а",), "а", RU))


def test_the_interval_of_a_rate_is_over_utterances() -> None:
    scores = utterance_scores(tuple(f"слово{i} еще{i}" for i in "абвгдежзиклмнопрстуф"), "словоа ещеа", RU)
    found = wer_interval(scores)
    assert found.n == 20
    assert found.value == pytest.approx(38 / 40)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 38 / 40 < found.high


def test_the_share_without_regression_sees_what_an_average_hides() -> None:
    spoken = ("раз два", "три четыре")
    baseline = utterance_scores(spoken, "раз два три шум", RU)
    other = utterance_scores(spoken, "раз шум три четыре", RU)
    assert pool(baseline) == pool(other)
    assert no_regression_share(other, baseline) == 0.5
    assert no_regression_share((), ()) is None


def test_identity_is_to_the_letter_or_in_words() -> None:
    assert identical("Да.", "Да.", RU).exact
    same_words = identical("Да, 5.", "да пять", RU)
    assert (same_words.exact, same_words.normalized) == (False, True)
    assert not identical("да", "нет", RU).normalized


@pytest.mark.parametrize(
    ("wer", "given"), [(0.0, 5), (0.05, 5), (0.0501, 4), (0.25, 4), (0.4, 3), (0.6, 2), (0.61, 1), (3.0, 1)]
)
def test_stars_follow_the_bands(wer: float, given: int) -> None:
    assert stars(wer, Quality().stars) == given
