"""`doctor --remedies`: how much this machine's times scatter now, and what each remedy gains, tried on the spot.

A fixed piece of work is run in fresh processes, as the machine is and under each remedy, in turn within
rounds, so that what disturbs a round disturbs all of them.  A gain is claimed where the test of
Fligner and Killeen (equality of scatter by ranks, which a burst does not mislead) says so.
"""

from __future__ import annotations

import math
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench.seeded import Draws

ROUNDS: Final = 20
LEVEL: Final = 0.05
REST_SECONDS: Final = 0.5
NORMAL: Final = 1.4826  # of a normal sample the standard deviation over the median absolute deviation
# Two threads of hashing, which hold no lock: a third of a second on a laptop.
WORK: Final = (
    "import hashlib, threading\n"
    "def one():\n"
    "    own = hashlib.sha256()\n"
    "    for _ in range(160): own.update(block)\n"
    "block = bytes(1 << 20)\n"
    "each = [threading.Thread(target=one) for _ in range(2)]\n"
    "[thread.start() for thread in each]; [thread.join() for thread in each]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What can be done: a name, what to put before the command, and the rest before each process in seconds."""

    name: str
    prefix: tuple[str, ...] = ()
    rest: float = 0.0
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A remedy and the scatter under it: a robust relative standard deviation, 0.01 = 1 %.

    `gains` says whether it is shown to be smaller than without; None for the machine as it is.
    """

    remedy: Remedy
    scatter: float
    median_seconds: float
    gains: bool | None = None


AS_IS: Final = Remedy(name="as it is")


def known_remedies(cores: Sequence[int]) -> tuple[Remedy, ...]:
    """What can be tried here: pinning and priority where the system has them, a rest everywhere."""
    found = [AS_IS]
    if shutil.which("taskset") and len(cores) > 1:
        last = f"{cores[-2]},{cores[-1]}"
        found.append(
            Remedy(name="kept on two cores", prefix=("taskset", "-c", last), advice=f"taskset -c {last}")
        )
    if may_raise_priority():
        found.append(
            Remedy(name="priority raised", prefix=("nice", "-n", "-10"), advice="nice -n -10, as root")
        )
    found.append(
        Remedy(
            name="a rest before each",
            rest=REST_SECONDS,
            advice=f"protocol: {{cooldown: {REST_SECONDS:g} s}} in the suite",
        )
    )
    return tuple(found)


def may_raise_priority() -> bool:
    """Whether this user may; tried on a process of our own."""
    asked = subprocess.run(["nice", "-n", "-10", "true"], capture_output=True, check=False, text=True)
    return asked.returncode == 0 and not asked.stderr


def usable_cores() -> tuple[int, ...]:
    """The numbers of the cores this process may use; empty where the system does not say."""
    return tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()


def try_remedies(
    remedies: Sequence[Remedy],
    *,
    rounds: int = ROUNDS,
    run: Callable[[Remedy], float] | None = None,
    seed: int = 1,
) -> Iterator[Mapping[str, list[float]]]:
    """Seconds by remedy, after each round; the order within a round is drawn each time.

    OSError and CalledProcessError where the work cannot be started.
    """
    times: dict[str, list[float]] = {each.name: [] for each in remedies}
    draws = Draws(seed)
    for _ in range(rounds):
        for remedy in draws.ordered(remedies):
            times[remedy.name].append((run or seconds_of)(remedy))
        yield times


def seconds_of(remedy: Remedy) -> float:
    """The work once, in a process of its own."""
    if remedy.rest:
        time.sleep(remedy.rest)
    start = time.perf_counter()
    subprocess.run([*remedy.prefix, sys.executable, "-I", "-S", "-c", WORK], check=True)
    return time.perf_counter() - start


def judged(remedies: Iterable[Remedy], times: Mapping[str, Sequence[float]]) -> tuple[Tried, ...]:
    """What each remedy does to the scatter, the machine as it is first.

    One false claim in `1 / LEVEL` tables at most: the level is shared among the remedies.
    """
    from scipy.stats import fligner

    given = list(remedies)
    bare = times[AS_IS.name]
    level = LEVEL / max(1, len(given) - 1)
    found = []
    for remedy in given:
        own = times[remedy.name]
        gains = None
        if remedy is not AS_IS:
            p = fligner(*(list(map(math.log, each)) for each in (bare, own)), center="median").pvalue
            gains = bool(p < level and scatter(own) < scatter(bare))
        found.append(
            Tried(remedy=remedy, scatter=scatter(own), median_seconds=statistics.median(own), gains=gains)
        )
    return tuple(found)


def scatter(seconds: Sequence[float]) -> float:
    """The relative standard deviation, by the median absolute deviation of the logarithms."""
    logs = [math.log(each) for each in seconds]
    middle = statistics.median(logs)
    return NORMAL * statistics.median(abs(each - middle) for each in logs)
