"""What 100,000 shards and 1,000,000 records cost the head: linear in time, below 2 GB of memory.

`fleet_scale.py` does each step in a process of its own.  Bars: planning 100,000 shards, and merging the records of
250,000 utterances by four variants into the journal.  ASR_QUANT_BENCH_UTTERANCES (250000) makes it smaller.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("fleet_scale.py")
UTTERANCES = int(os.environ.get("ASR_QUANT_BENCH_UTTERANCES", "250000"))
MEMORY_BAR = 2e9
LINEAR = 1.3  # the cost of one utterance at four times as many


def taken(step: str, count: int, folder: Path) -> dict[str, float]:
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, str(SCRIPT), step, str(count), str(folder)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(f"{step} {count}: {found}")
    return found


@pytest.mark.parametrize("step", ["plan", "merge", "report"])
def test_the_head_s_work_is_linear_and_fits_into_memory(step: str, tmp_path: Path) -> None:
    found = []
    for count in (UTTERANCES // 4, UTTERANCES):
        folder = tmp_path / str(count)
        if step == "report":
            taken("merge", count, folder)
        found.append(taken(step, count, folder))
    small, large = found
    assert large["peak_bytes"] < MEMORY_BAR
    assert large["seconds"] / small["seconds"] < 4 * LINEAR
    if step == "plan" and UTTERANCES == 250_000:
        assert large["shards"] >= 100_000
