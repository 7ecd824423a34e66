"""Two runs, or two variants of one, matched case by case."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import nights
import pytest
import records

from bench.domain import Status, Transcript, Variant
from bench.errors import JournalError
from bench.journal import RunData
from bench.language import english
from bench.reasons import told
from bench.regression.compare import Side, compare
from bench.regression.exact import Breach
from bench.regression.interleaved import compare_environments, environment_facts
from bench.regression.texts import comparison_json, comparison_markdown
from bench.statistics import Verdict

BLOCKS = 10


def run(level: float = 4.0, *, noise: float = 0.005, seed: object = 0, **fields: object) -> RunData:
    return nights.run_of(
        {
            "f16": nights.noisy(5.0, noise=noise, blocks=BLOCKS, seed=f"{seed}f"),
            "q8_0": nights.noisy(level, noise=noise, blocks=BLOCKS, seed=f"{seed}q"),
        },
        **fields,  # type: ignore[arg-type]  # fields by name
    )


def verdicts(base: RunData, new: RunData) -> dict[str, Verdict]:
    return {row.case: row.verdict for row in compare(Side(run=base), Side(run=new)).rows}


def test_each_case_is_held_to_its_own_counterpart() -> None:
    new = run(4.8, seed=1, name="r2")
    assert verdicts(run(), new) == {"m.f16.c": Verdict.SAME, "m.q8_0.c": Verdict.WORSE}


def test_the_ratio_is_new_by_base_with_its_interval() -> None:
    rows = compare(Side(run=run()), Side(run=run(4.8, seed=1, name="r2"))).rows
    found = next(row for row in rows if row.case == "m.q8_0.c")
    assert found.comparison.ratio == pytest.approx(1.2, rel=0.02)
    assert not found.comparison.paired
    assert found.base == pytest.approx(4.0, rel=0.02)


def test_runs_of_one_name_on_two_machines_share_no_blocks() -> None:
    mac = dataclasses.replace(records.HOST, id="mac")
    new = dataclasses.replace(run(4.8, seed=1, host=mac), path=Path("/elsewhere/r1"))
    found = compare(Side(run=run()), Side(run=new), across=True)
    assert [row.comparison.paired for row in found.rows] == [False, False]
    assert [row.comparison.n for row in found.rows] == [BLOCKS, BLOCKS]


def test_a_copy_of_a_run_is_another_run() -> None:
    copy = dataclasses.replace(run(4.8, seed=1), path=Path("/elsewhere/r1"))
    found = compare(Side(run=run()), Side(run=copy))
    assert [row.comparison.paired for row in found.rows] == [False, False]


def test_higher_may_be_better() -> None:
    speeds = [nights.run_of({"f16": [level + i / 100 for i in range(10)]}, metric="tokens_per_second", name=name)
              for name, level in (("a", 40.0), ("b", 50.0))]  # fmt: skip
    assert verdicts(*speeds) == {"m.f16.c": Verdict.BETTER}


def test_a_noisy_difference_is_inconclusive_and_says_how_many_blocks_it_takes() -> None:
    rows = compare(Side(run=run(noise=0.2)), Side(run=run(noise=0.2, seed=1, name="r2"))).rows
    assert {row.verdict for row in rows} == {Verdict.INCONCLUSIVE}
    assert all(row.needed is not None and row.needed > BLOCKS for row in rows)


def test_two_variants_of_one_run_are_paired_by_block() -> None:
    one = run()
    found = compare(Side(run=one, variant="f16"), Side(run=one, variant="q8_0"))
    (row,) = found.rows
    assert row.comparison.paired
    assert (row.base_case, row.case, row.verdict) == ("m.f16.c", "m.q8_0.c", Verdict.BETTER)
    assert found.facts == ()


def test_other_machines_are_refused_unless_asked_for_and_then_marked() -> None:
    elsewhere = run(name="r2", host=dataclasses.replace(records.HOST, id="h2", cpu="Other CPU"))
    with pytest.raises(JournalError, match=r"different machines.*Other CPU"):
        compare(Side(run=run()), Side(run=elsewhere))
    marked = compare(Side(run=run()), Side(run=elsewhere), across=True)
    assert "different machines" in english(marked.cautions[0])
    assert "**different machines" in comparison_markdown(marked)


def test_another_protocol_is_refused() -> None:
    new = run(name="r2")
    protocol = dataclasses.replace(new.suite.protocol, cold_cache=True)
    cold = dataclasses.replace(new, suite=dataclasses.replace(new.suite, protocol=protocol))
    with pytest.raises(JournalError, match="different protocol \\(cold_cache: False, True\\)"):
        compare(Side(run=run()), Side(run=cold))


def test_other_audio_under_the_same_name_is_refused() -> None:
    def heard(data: RunData, sha: str) -> RunData:
        clip = dataclasses.replace(data.suite.clips["c"], sha256=sha)
        return dataclasses.replace(data, suite=dataclasses.replace(data.suite, clips={"c": clip}))

    with pytest.raises(JournalError, match="different audio"):
        compare(Side(run=heard(run(), "aa")), Side(run=heard(run(name="r2"), "bb")))


def test_other_weights_of_any_trial_are_marked_not_only_of_the_last() -> None:
    new = run(name="r2")
    other = dataclasses.replace(nights.WEIGHTS, sha256="cd" * 32)
    first, *rest = new.records
    mixed = dataclasses.replace(new, records=(dataclasses.replace(first, weights=(other,)), *rest))
    found = compare(Side(run=run()), Side(run=mixed))
    assert any("other weights: m.f16.c" in english(each) for each in found.cautions)


def test_other_weights_are_compared_and_marked() -> None:
    other = dataclasses.replace(nights.WEIGHTS, sha256="cd" * 32)
    found = compare(Side(run=run()), Side(run=nights.changed(run(name="r2"), "m.q8_0.c", weights=(other,))))
    assert any("other weights: m.q8_0.c" in english(each) for each in found.cautions)
    assert [fact.breach for fact in found.facts] == [Breach.WEIGHTS]


def test_runs_without_a_common_case_are_refused_with_the_way_out() -> None:
    with pytest.raises(JournalError) as error:
        compare(Side(run=nights.run_of({"f16": [4.0]})), Side(run=nights.run_of({"q8_0": [4.0]}, name="r2")))
    assert "--base-variant" in error.value.hint


def test_cases_on_one_side_only_are_named() -> None:
    found = compare(
        Side(run=run()), Side(run=nights.run_of({"f16": [5.0] * 6, "q4_0": [3.0] * 6}, name="r2"))
    )
    assert (found.only_base, found.only_new) == (("m.q8_0.c",), ("m.q4_0.c",))


def test_few_blocks_are_said_to_be_few() -> None:
    found = compare(
        Side(run=nights.run_of({"f16": [4.0, 4.1]})), Side(run=nights.run_of({"f16": [4.0, 4.1]}, name="b"))
    )
    assert any("too few" in english(each) for each in found.cautions)


@pytest.mark.parametrize(
    ("size", "verdict"), [(100.0, Verdict.SAME), (101.0, Verdict.WORSE), (99.0, Verdict.BETTER)]
)
def test_what_does_not_vary_is_judged_exactly_however_few_the_blocks(size: float, verdict: Verdict) -> None:
    runs = [
        dataclasses.replace(made, suite=dataclasses.replace(made.suite, tolerances={"weights_bytes": 0.0}))
        for made in (
            nights.run_of({"f16": [value] * 2}, metric="weights_bytes", name=name)
            for name, value in (("a", 100.0), ("b", size))
        )
    ]
    assert verdicts(*runs) == {"m.f16.c": verdict}


def test_a_failed_case_has_no_row_but_a_fact() -> None:
    new = nights.changed(
        run(name="r2"), "m.q8_0.c", status=Status.CRASHED, reason=told("SIGSEGV"), transcript=None
    )
    found = compare(Side(run=run()), Side(run=new))
    assert [row.case for row in found.rows] == ["m.f16.c"]
    assert [fact.breach for fact in found.facts] == [Breach.FAILED]


def test_the_short_form_lists_what_changed_and_counts_the_rest() -> None:
    text = comparison_markdown(compare(Side(run=run()), Side(run=run(4.8, seed=1, name="r2"))), short=True)
    assert "1 worse, 1 same" in text
    assert "`m.q8_0.c`" in text
    assert "`m.f16.c`" not in text


def test_transcripts_cannot_break_the_markdown() -> None:
    evil = Transcript(text="раз ``` </pre> | <script> \x1b[31m # три")
    new = nights.changed(run(name="r2"), "m.q8_0.c", transcript=evil)
    text = comparison_markdown(compare(Side(run=run()), Side(run=new)))
    assert "\x1b" not in text
    assert "````text" in text


def test_json_holds_everything_by_name() -> None:
    found = compare(Side(run=run()), Side(run=run(4.8, seed=1, name="r2")))
    data = json.loads(json.dumps(comparison_json(found)))
    assert data["schema"] == 1
    assert {row["verdict"] for row in data["rows"]} == {"worse", "same"}


def with_environments(slower: float, *, text: str = "раз два три") -> RunData:
    """f16 as `old`, q8_0 as `new`: the same case in two environments of one run."""
    base = run(5.0 * slower)
    cases = tuple(
        dataclasses.replace(
            case, variant=Variant(name=case.variant.name, quantization="f16", engine="fake", environment=name)
        )
        for case, name in zip(base.suite.cases, ("old", "new"), strict=True)
    )
    changed = nights.changed(base, "m.q8_0.c", transcript=Transcript(text=text))
    return dataclasses.replace(changed, suite=dataclasses.replace(base.suite, cases=cases))


def test_two_environments_are_compared_within_the_blocks_of_one_run() -> None:
    (row,) = compare_environments(with_environments(1.15), "old", {"transcribe_seconds": 0.05})
    assert row.comparison.paired
    assert (row.base_case, row.case, row.verdict) == ("m.f16.c", "m.q8_0.c", Verdict.WORSE)


def test_a_text_that_differs_between_environments_is_a_fact() -> None:
    (fact,) = environment_facts(with_environments(1.0, text="раз два"), "old")
    assert fact.breach is Breach.TRANSCRIPT


def test_an_unknown_reference_environment_names_those_there_are() -> None:
    with pytest.raises(JournalError) as error:
        compare_environments(with_environments(1.0), "newest", {"transcribe_seconds": 0.05})
    assert "new, old" in error.value.hint
