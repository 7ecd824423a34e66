"""Which of encoder and decoder loses: told by a two by two, paired by utterance."""

from __future__ import annotations

import random
from typing import Any

import pytest

from bench.domain import Quality, Status
from bench.language import language
from bench.quality.hearings import HeardRecords
from bench.quality.parts import parted
from bench.quality.pass_results import PassResults, pass_results
from bench.quality.utterances import UtteranceRecord
from bench.report.footnotes import Notes
from bench.report.pass_groups import PassGroup
from bench.report.tables.model_parts import model_parts
from bench.report.writing.writers import MarkdownWriter
from bench.results import RunKey

CELLS = {
    "bf16": (0.0, 0.0),
    "q4_0": (0.2, 0.0),
    "bf16-encoder-q8_0": (0.0, 0.01),
    "q4_0-encoder-q8_0": (0.2, 0.01),
}


def heard(cells: dict[str, tuple[float, float]], count: int = 40) -> PassResults:
    draw = random.Random(5)
    records = []
    for at in range(count):
        hard = draw.uniform(0.5, 2.0)  # what is hard for one part is for the other
        for name, losses in cells.items():
            facts: dict[str, Any] = {
                "corpus": "c", "condition": "clean", "utterance": f"u{at}", "language": "ru", "seconds": 3.0, "model": "m",
                "quantization": name, "engine": "e", "host": "h", "status": Status.OK, "text": "да", "logp": (-0.1,) * 9,
            }  # fmt: skip
            if name == "bf16":
                facts["tokens"] = tuple(range(9))
            else:
                facts["baseline"] = "bf16"
                facts["kl"] = tuple(hard * sum(losses) * draw.uniform(0.5, 1.5) for _ in range(9))
            records.append(UtteranceRecord(variant=name, **facts))
    found = pass_results(HeardRecords(records), Quality(), {("m", name): "bf16" for name in cells})
    assert found is not None
    return found


def test_the_decoder_is_said_to_lose_where_it_does() -> None:
    results = heard(CELLS)
    [cell] = parted(results.rows)
    assert (cell.decoder_type, cell.encoder_type) == ("q4_0", "q8_0")
    assert cell.both is not None
    assert cell.difference.clear
    assert cell.decoder.divergence is not None
    assert cell.encoder.divergence is not None
    assert cell.difference.value == pytest.approx(
        cell.decoder.divergence.mean.value - cell.encoder.divergence.mean.value
    )


def test_two_parts_that_lose_alike_are_not_told_apart() -> None:
    results = heard({**CELLS, "bf16-encoder-q8_0": (0.0, 0.2)})
    [cell] = parted(results.rows)
    assert not cell.difference.clear


def test_a_model_in_one_file_has_no_parts() -> None:
    results = heard({"bf16": (0.0, 0.0), "q8_0": (0.1, 0.0), "q4_0": (0.2, 0.0)})
    assert parted(results.rows) == ()


def test_without_both_together_the_parts_are_told_all_the_same() -> None:
    results = heard({name: losses for name, losses in CELLS.items() if name != "q4_0-encoder-q8_0"})
    [cell] = parted(results.rows)
    assert cell.both is None
    group = PassGroup(
        run=RunKey(suite="s", run="r", host="h"), results=results, model="M", corpus="C", synthetic=False,
        rows=results.rows, cases={},
    )  # fmt: skip
    table = model_parts(group, Notes())
    assert table is not None
    write = MarkdownWriter(language("en"))
    text = [str(write.cell(each)) for each in table.rows[0].cells]
    assert text[0] == "decoder Q4_0, encoder Q8_0"
    assert text[1].startswith("0.2")
    assert text[3].startswith("n/a")
