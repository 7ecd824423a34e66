"""The instruments against work of known cost, beside GNU time and hyperfine: a table with the spread of every error.

    python tests/bench/known_workloads.py [--runs 20] [--write docs/metrics.md]

Run it on an idle machine.  Every workload of `bench.workloads` and an interpreter that does nothing are run in
turn, each under each instrument, so that all of them see the same hour.  An error is what the instrument said,
less what it said of the idle interpreter (its median), less the truth.  hyperfine is taken from PATH or from
ASR_QUANT_BENCH_HYPERFINE; an instrument that is not here is named below the table.  tests/bench/test_known_workloads.py
holds our own errors to the bars.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from bench import host, launch
from bench.contract import Job
from bench.domain import Status
from bench.host import describe
from bench.workloads import IDLE, MIB, WORKLOADS, Workload

START, END = "<!-- measured: tests/bench/known_workloads.py -->", "<!-- end of known workloads -->"
OURS: Final = "asr-quant-bench"
GNU_TIME: Final = Path("/usr/bin/time")
Said = Mapping[str, float]  # metric -> value in base units
Instrument = Callable[[tuple[str, ...], Path], Said]


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """What an instrument was wrong by in one metric of one workload, run by run, in base units."""

    workload: str
    metric: str
    truth: float
    instrument: str
    values: tuple[float, ...]

    @property
    def middle(self) -> float:
        """The median error."""
        return median(self.values)

    @property
    def worst(self) -> float:
        """The largest error by size."""
        return max(self.values, key=abs)


def ours(argv: tuple[str, ...], work: Path) -> Said:
    """Under the supervisor, as every trial is."""
    outcome = launch.run(
        Job(argv=argv, environ={}),
        audio=work,
        passes=1,
        limits=launch.Limits(timeout_seconds=120),
        log=work / "log",
        sample_hz=50,
    )
    assert outcome.status is Status.OK, outcome.reason
    said = {each.name: each.value for each in outcome.measurements if each.value is not None}
    return {**said, "processor_seconds": said["user_seconds"] + said["system_seconds"]}


def gnu_time(argv: tuple[str, ...], work: Path) -> Said:
    """/usr/bin/time: the same wait4, asked by another program; processor time in hundredths of a second."""
    told = work / "time"
    subprocess.run([str(GNU_TIME), "-o", str(told), "-f", "%M %U %S %R %I", *argv], check=True)
    peak, user, system, minor, blocks = map(float, told.read_text().split())
    return {
        "peak_rss_bytes": peak * 1024,
        "processor_seconds": user + system,
        "minor_faults": minor,
        "read_bytes": blocks * 512,
    }


def hyperfine(program: str) -> Instrument:
    """hyperfine without a shell: processor time alone."""

    def run(argv: tuple[str, ...], work: Path) -> Said:
        told = work / "hyperfine.json"
        words = " ".join("'" + word.replace("'", "'\\''") + "'" for word in argv)
        asked = [
            program,
            "--runs",
            "1",
            "--shell",
            "none",
            "--style",
            "none",
            "--export-json",
            str(told),
            words,
        ]
        subprocess.run(asked, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found = json.loads(told.read_text())["results"][0]
        return {"processor_seconds": found["user"] + found["system"]}

    return run


def instruments() -> tuple[dict[str, Instrument], list[str]]:
    """Those that are here, by name, and the names of those that are not."""
    found: dict[str, Instrument] = {OURS: ours}
    missing = []
    if GNU_TIME.exists() and sys.platform == "linux":
        found["GNU time"] = gnu_time
    else:
        missing.append("GNU time")
    program = os.environ.get("ASR_QUANT_BENCH_HYPERFINE") or shutil.which("hyperfine")
    if program:
        found["hyperfine"] = hyperfine(program)
    else:
        missing.append("hyperfine")
    return found, missing


def measure(runs: int) -> Iterator[Errors]:
    """The errors of every instrument on every workload; `runs` rounds over all of them."""
    here, _ = instruments()
    said: dict[tuple[str, str], list[Said]] = {}
    with tempfile.TemporaryDirectory(prefix="known-workloads-") as folder:
        work = Path(folder)
        for number in range(1, runs + 1):
            for workload in (IDLE, *WORKLOADS):
                for name, instrument in here.items():
                    found = instrument(workload.argv(_file(workload, work)), work)
                    said.setdefault((workload.name, name), []).append(found)
            print(f"round {number} of {runs}", file=sys.stderr)
    for workload in WORKLOADS:
        for metric, truth in workload.truth.items():
            for name in here:
                yield from _errors(workload, metric, truth, name, said)


def _file(workload: Workload, work: Path) -> str | None:
    """The workload's file: there, of its size, and in or out of memory as it wants."""
    if workload.file_bytes is None:
        return None
    path = work / f"file-{workload.file_bytes}"
    if not path.exists():
        path.write_bytes(os.urandom(workload.file_bytes))
    left = host.evict(path) if workload.evicted else host.warm(path)
    if workload.evicted and left:
        raise SystemExit(f"{path}: {left:.1%} of it stayed in memory; set TMPDIR to a folder on a disk.")
    return str(path)


def _errors(
    workload: Workload, metric: str, truth: float, name: str, said: Mapping[tuple[str, str], list[Said]]
) -> Iterator[Errors]:
    idle = [each[metric] for each in said[IDLE.name, name] if metric in each]
    values = [each[metric] for each in said[workload.name, name] if metric in each]
    if idle and values:
        floor = median(idle) * (workload.interpreters if metric == "peak_tree_rss_bytes" else 1)
        errors = tuple(value - floor - truth for value in values)
        yield Errors(workload=workload.name, metric=metric, truth=truth, instrument=name, values=errors)


def chapter(runs: int) -> str:
    """The table of the docs."""
    names, missing = instruments()
    rows: dict[tuple[str, str, float], dict[str, Errors]] = {}
    for errors in measure(runs):
        rows.setdefault((errors.workload, errors.metric, errors.truth), {})[errors.instrument] = errors
    machine = describe()
    lines = [
        f"{runs} runs each on {machine.cpu}, {machine.cores} processors, {machine.os}.",
        "Each cell: the median error and, in brackets, from the smallest to the largest.",
        "",
        f"| workload | metric | truth beyond an idle interpreter | {' | '.join(names)} |",
        f"|---|---|--:|{'--:|' * len(names)}",
    ]
    for (workload, metric, truth), found in rows.items():
        cells = [_cell(found.get(name), metric) for name in names]
        lines.append(f"| {workload} | `{metric}` | {_amount(truth, metric, sign='')} | {' | '.join(cells)} |")
    if missing:
        lines += ["", f"Not on this machine: {', '.join(missing)}."]
    return "\n".join(lines)


def _cell(errors: Errors | None, metric: str) -> str:
    if errors is None:
        return "-"
    low, high = (_amount(each, metric) for each in (min(errors.values), max(errors.values)))
    return f"{_amount(errors.middle, metric)} ({low} to {high})"


def _amount(value: float, metric: str, sign: str = "+") -> str:
    if metric.endswith("_bytes"):
        return f"{value / 1e6:{sign}.2f} MB"
    return f"{value:{sign}.3f} s" if metric.endswith("_seconds") else f"{value:{sign}.0f}"


def within_bar(errors: Errors, value: float) -> bool:
    """Within 1 % of the truth, or 0.5 MB, or 20 ms, or 20 pages."""
    slack = 0.5 * MIB if errors.metric.endswith("_bytes") else 0.02
    slack = 20 if errors.metric.endswith("_faults") else slack
    return abs(value) <= max(0.01 * errors.truth, slack)


def main() -> None:
    """Print the table, or write it into the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="replace the table of docs/metrics.md")
    options = parser.parse_args()
    text = chapter(options.runs)
    if not options.write:
        print(text)
        return
    page = options.write.read_text(encoding="utf-8")
    before, _, rest = page.partition(START)
    after = rest.partition(END)[2]
    options.write.write_text(f"{before}{START}\n\n{text}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
