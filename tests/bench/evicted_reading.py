"""What a start from an evicted page cache costs beyond a warm one, against what reading the same file costs.

    python tests/bench/evicted_reading.py [--rounds 20] [--write docs/metrics.md]

In every round, in random order: the real worker loads Whisper base f16 warm and with its weights evicted, and a bare
program reads the same file from its beginning to its end, warm and evicted. How much of the file is in memory
is asked of the kernel (mincore) before and after each. The table's last row is the bar: the difference of the loads,
paired by round, less the difference of the readings. For an idle machine; 20 rounds take two minutes.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from paired_trials import replace_between

from bench import host, launch
from bench.config import load_suite
from bench.contract import Job
from bench.domain import Status
from bench.host import describe
from bench.prepare import Ready, prepare
from bench.statistics.signed_rank import Centre, centre

SMOKE: Final = Path(__file__).resolve().parents[2] / "configs" / "smoke.yaml"
START, END = "<!-- measured: tests/bench/evicted_reading.py -->", "<!-- end of evicted reading -->"
# As the engine reads: through a buffer, in order, into memory that is there before.
READ: Final = (
    "import sys, time\n"
    "held = bytearray(1 << 20)\n"
    "begun = time.monotonic()\n"
    "with open(sys.argv[1], 'rb', buffering=0) as file:\n"
    "    while file.readinto(held): pass\n"
    "print(time.monotonic() - begun)"
)
KINDS: Final = ("load", "load, evicted", "read", "read, evicted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """One load or reading: its seconds, and the share of the file that was in memory before and after."""

    seconds: float
    before: float
    after: float


def once(kind: str, job: Job, clip: Path, file: Path, work: Path) -> Took:
    """One of KINDS; SystemExit where the file cannot be evicted or its residency is not told."""
    (host.evict if kind.endswith("evicted") else host.warm)(file)
    before = _resident(file)
    if kind.endswith("evicted") and before:
        raise SystemExit(
            f"{before:.1%} of {file.name} stayed in memory: its folder is on no disk, or it is held"
        )
    seconds = _load(job, clip, work) if kind.startswith("load") else _read(file)
    return Took(seconds=seconds, before=before, after=_resident(file))


def _resident(file: Path) -> float:
    share = host.resident_share(file)
    if share is None:
        raise SystemExit("this system does not tell what is in memory")
    return share


def _load(job: Job, clip: Path, work: Path) -> float:
    limits = launch.Limits(timeout_seconds=120)
    outcome = launch.run(job, audio=clip, passes=0, limits=limits, log=work / "log", sample_hz=0)
    assert outcome.status is Status.OK, outcome.reason
    [seconds] = [each.value for each in outcome.measurements if each.name == "load_seconds"]
    assert seconds is not None
    return seconds


def _read(file: Path) -> float:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", READ, str(file)], stdout=subprocess.PIPE, check=True
    )
    return float(done.stdout)


def measure(rounds: int) -> tuple[int, Mapping[str, Sequence[Took]]]:
    """The file's bytes, and by kind what each round took."""
    prepared = prepare(load_suite(SMOKE))
    case = next(each for each in prepared.suite.cases if each.is_baseline)
    found = prepared.cases[case.id]
    assert isinstance(found, Ready), found
    job = found.engine.job(case, found.settings, prepared.suite.models[case.model], found.clip, found.weights)
    file, clip = Path(found.weights[0].path), Path(found.clip.path)
    chosen = random.Random(20260211)
    took: dict[str, list[Took]] = {kind: [] for kind in KINDS}
    with tempfile.TemporaryDirectory(prefix="evicted-reading-") as folder:
        for _ in range(rounds):
            for kind in chosen.sample(KINDS, len(KINDS)):
                took[kind].append(once(kind, job, clip, file, Path(folder)))
    return file.stat().st_size, took


def beyond(took: Mapping[str, Sequence[Took]], kind: str) -> list[float]:
    """What eviction adds to a load or a reading, round by round, in seconds."""
    pairs = zip(took[f"{kind}, evicted"], took[kind], strict=True)
    return [cold.seconds - warm.seconds for cold, warm in pairs]


def excess(took: Mapping[str, Sequence[Took]]) -> Centre:
    """What eviction adds to a load, less what it adds to a reading: seconds with their 95 % interval."""
    both = zip(beyond(took, "load"), beyond(took, "read"), strict=True)
    return centre([load - reading for load, reading in both], 0.95)


def chapter(rounds: int) -> str:
    """The table of the docs."""
    size, took = measure(rounds)
    machine = describe()
    where = f"{rounds} rounds on {machine.cpu}, {machine.cores} processors, {machine.os}"
    lines = [
        f"Whisper base f16, {size / 1e6:.0f} MB; {where}.",
        "",
        "| | seconds, median (range) | in memory before | after |",
        "|---|--:|--:|--:|",
    ]
    for kind, each in took.items():
        seconds = sorted(one.seconds for one in each)
        lines.append(
            f"| {kind} | {median(seconds):.3f} ({seconds[0]:.3f} to {seconds[-1]:.3f})"
            f" | {median(one.before for one in each):.0%} | {median(one.after for one in each):.0%} |"
        )
    load, reading = (_centre(centre(beyond(took, kind), 0.95)) for kind in ("load", "read"))
    lines += [
        f"| eviction adds to a load | {load} | | |",
        f"| eviction adds to a reading | {reading} | | |",
        f"| the first less the second | {_centre(excess(took))} | | |",
    ]
    return "\n".join(lines)


def _centre(found: Centre) -> str:
    if found.low is None or found.high is None:
        return f"{found.value:+.3f}"
    return f"{found.value:+.3f} (95 %: {found.low:+.3f} to {found.high:+.3f})"


def main() -> None:
    """Print the table, or write it into the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="replace the table of docs/metrics.md")
    options = parser.parse_args()
    text = chapter(options.rounds)
    if not options.write:
        print(text)
        return
    replace_between(options.write, START, END, text)


if __name__ == "__main__":
    main()
