"""How long a report of 10,000 records takes: under 5 s on 2 cores, every case and both languages in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from report_runs import clip, measured_run, model, suite

from bench.report import render


@pytest.mark.parametrize(
    ("models", "clips", "blocks"), [(40, 5, 10), (4, 5, 100)], ids=["1000 cases x 10", "100 cases x 100"]
)
def test_ten_thousand_records_as_markdown(
    benchmark: Any, tmp_path: Path, models: int, clips: int, blocks: int
) -> None:
    asked = suite(
        models=tuple(model(f"model-{number}") for number in range(models)),
        clips=tuple(clip(f"clip-{number}") for number in range(clips)),
        blocks=blocks,
    )
    run = measured_run(tmp_path / "r", asked=asked)
    assert len(run.records) == 10_000
    written = benchmark.pedantic(
        render,
        args=([run],),
        kwargs={"languages": ["ru", "en"], "out": tmp_path, "formats": ["md"]},
        rounds=3,
    )
    assert [path.name for path in written] == ["report.ru.md", "report.en.md"]
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert all(f"Model {number} |" in text for number in range(models))
