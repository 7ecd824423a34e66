"""Trials for experiments with pairs: the real worker on one thread, slowed by a known share, pinned or in twos.

    trials = Trials.of_whisper(work, audio_ctx=512)
    took = trials.one(Arm("+3 %", 0.03))
    mine, theirs = trials.duet(Arm("A", 0.0), Arm("+3 %", 0.03), cores=(0, 1))

`Burner` is a machine state: one core kept busy by a process of our own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from bench import launch
from bench.config import load_suite
from bench.contract import Job
from bench.domain import Status
from bench.prepare import Ready, prepare

HALF: Final = Path(__file__).with_name("paired_half.py")
SMOKE: Final = Path(__file__).resolve().parents[2] / "configs" / "smoke.yaml"
LIMITS: Final = launch.Limits(timeout_seconds=120)


@dataclass(frozen=True, slots=True)
class Arm:
    """A case of an experiment: `slower` is the share of its processor time that is burnt beyond the work."""

    name: str
    slower: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One child: seconds of its phases and its processor, the slowdown that was achieved, and what disturbed it."""

    arm: str
    slower: float
    achieved: float
    core: int | None
    seconds: float
    cpu: float
    load: float
    switches: float
    steal: float
    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """How children of one experiment are started; `work` is its folder."""

    job: Job
    clip: Path
    work: Path

    @classmethod
    def of_whisper(cls, work: Path, *, audio_ctx: int, quantization: str = "f16") -> Trials:
        """Whisper base on the ten seconds of the smoke suite, one thread, the encoder's window cut to `audio_ctx`."""
        prepared = prepare(load_suite(SMOKE))
        case = next(each for each in prepared.suite.cases if each.variant.quantization == quantization)
        found = prepared.cases[case.id]
        assert isinstance(found, Ready), found
        model = prepared.suite.models[case.model]
        job = found.engine.job(case, found.settings, model, found.clip, found.weights)
        payload = {**job.payload, "threads": 1, "engine": str(job.half), "audio_ctx": audio_ctx}
        return cls(job=replace(job, half=HALF, payload=payload), clip=Path(found.clip.path), work=work)

    @classmethod
    def synthetic(cls, work: Path, *, rounds: int = 400_000) -> Trials:
        """Hashing in place of Whisper: for the shape of an experiment alone."""
        clip = work / "clip.wav"
        clip.write_bytes(b"RIFF")
        job = Job(half=HALF, payload={"engine": "", "synthetic": rounds}, environ={})
        return cls(job=job, clip=_silence(clip), work=work)

    def one(self, arm: Arm, *, core: int | None = None, meet: tuple[str, str] | None = None) -> Trial:
        """One child to its end."""
        payload = {**self.job.payload, "slower": arm.slower, "core": core, "meet": meet}
        running, stolen = _running(), _steal()
        outcome = launch.run(
            replace(self.job, payload=payload),
            audio=self.clip,
            passes=1,
            limits=LIMITS,
            log=self.work / f"{core}.log",
            sample_hz=50,
        )
        assert outcome.status is Status.OK, outcome.reason
        said = {each.name: each.value for each in outcome.measurements if each.value is not None}
        event = outcome.event("transcribed")
        assert event is not None
        own: dict[str, float] = event.data["result"]["paired"]
        return Trial(
            arm=arm.name,
            slower=arm.slower,
            achieved=own["achieved"],
            core=core,
            seconds=said["transcribe_seconds"],
            cpu=own["cpu"],
            load=said["load_seconds"],
            switches=said["involuntary_switches"],
            steal=_steal() - stolen,
            running=running,
        )

    def duet(self, first: Arm, second: Arm, *, cores: tuple[int, int]) -> tuple[Trial, Trial]:
        """Two children at once, each kept to its core, who begin to transcribe together."""
        fifo = self.work / "meet"
        fifo.unlink(missing_ok=True)
        os.mkfifo(fifo)
        with ThreadPoolExecutor(2) as pool:
            ends = ((first, cores[0], "read"), (second, cores[1], "write"))
            waiting = [
                pool.submit(self.one, arm, core=core, meet=(str(fifo), end)) for arm, core, end in ends
            ]
            mine, theirs = (each.result() for each in waiting)
        return mine, theirs


@contextmanager
def burner(core: int | None = None) -> Iterator[None]:
    """One core kept busy meanwhile, by a process that may move or is kept to `core`."""
    keep = f"import os; os.sched_setaffinity(0, {{{core}}})\n" if core is not None else ""
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", keep + "while True: pass"])
    try:
        time.sleep(0.2)
        yield
    finally:
        process.kill()
        process.wait()


def append(file: Path, kind: str, data: Any) -> None:
    """One line more of raw results."""
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps({"line": kind, **asdict(data)}) + "\n")


def read(file: Path, kind: str) -> Iterable[dict[str, Any]]:
    """The raw results of a kind, oldest first."""
    with file.open(encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    return [each for each in found if each.pop("line") == kind]


def replace_between(page: Path, start: str, end: str, text: str) -> None:
    """Put a measured table between its marks in a page of the docs."""
    before, _, rest = page.read_text(encoding="utf-8").partition(start)
    after = rest.partition(end)[2]
    page.write_text(f"{before}{start}\n\n{text}\n\n{end}{after}", encoding="utf-8")


def _silence(path: Path) -> Path:
    import wave

    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", "not compressed"))
        file.writeframes(bytes(3200))
    return path


def _steal() -> float:
    """Seconds that the hypervisor has taken from this machine since it began."""
    first = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0]
    return int(first.split()[8]) / os.sysconf("SC_CLK_TCK")


def _running() -> int:
    """Processes that can run now."""
    return int(Path("/proc/loadavg").read_text(encoding="ascii").split()[3].split("/")[0])
