"""What 100,000 shards and 1,000,000 records cost: linear in processor time, below 2 GB of memory.

`python -m pytest -s tests/bench/test_fleet_scale.py`, about three minutes on an idle core.  `fleet_scale.py` does each step in a process of
its own, at a quarter of the size and at the whole.  Planning is done at 100,000 shards.  Merging and reporting the records of
ASR_QUANT_BENCH_UTTERANCES (20000) utterances by four variants; of a million records the memory is then told by the line
through both sizes.  250000 of them are a million records: for an hour or so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("fleet_scale.py")
UTTERANCES = int(os.environ.get("ASR_QUANT_BENCH_UTTERANCES", "20000"))
PLANNED = int(os.environ.get("ASR_QUANT_BENCH_PLANNED", "200000"))  # utterances, two a shard
VARIANTS = 4
RECORDS = 1_000_000
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
    print(
        f"| {step} | {count} | {found['cpu_seconds']:.1f} | {found['seconds']:.1f} "
        f"| {found['peak_bytes'] / 1e6:.0f} | {found['shards']:.0f} |"
    )
    return found


def test_the_head_s_work_is_linear_and_fits_into_memory(tmp_path: Path) -> None:
    print(
        "\n\n| step | utterances | s of processor | s of wall | peak, MB | shards |\n|---|---|---|---|---|---|"
    )
    sizes = {"plan": PLANNED, "merge": UTTERANCES, "report": UTTERANCES}
    found = {
        step: [taken(step, size, tmp_path / f"{size}") for size in (whole // 4, whole)]
        for step, whole in sizes.items()
    }
    for step, (small, large) in found.items():
        growth = (large["peak_bytes"] - small["peak_bytes"]) / (sizes[step] * 3 / 4)
        million = large["peak_bytes"] + growth * max(0.0, RECORDS / VARIANTS - sizes[step])
        costs = large["cpu_seconds"] / small["cpu_seconds"] / 4
        print(
            f"{step}: a million records {million / 1e9:.2f} GB; an utterance costs {costs:.2f} times as much"
        )
        assert large["peak_bytes"] < MEMORY_BAR
        assert million < MEMORY_BAR
        assert costs < LINEAR
    small, large = found["report"]
    assert large["report_bytes"] < 1.1 * small["report_bytes"]  # tables of utterances are bounded
    assert found["plan"][1]["shards"] >= PLANNED // 2
