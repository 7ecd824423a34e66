"""Work of known cost, for instruments to be held against: `doctor --self-test`, and tests/bench in the long form.

Each is a program of a few lines that a bare interpreter runs.  What it costs *beyond* an interpreter that does
nothing is known from what it is told to do; the interpreter itself is a workload, too (`NOTHING`).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

MIB: Final = 1 << 20
PAGE: Final = 4096  # bytes; asked for one by one, without huge pages
WITH_TABLES: Final = 1 + 8 / PAGE  # memory with the entries of its page tables

_TOUCH: Final = (
    "import mmap, os, sys, time\n"
    "def touched(size, step=4096):\n"
    "    held = mmap.mmap(-1, size)\n"
    "    if hasattr(mmap, 'MADV_NOHUGEPAGE'): held.madvise(mmap.MADV_NOHUGEPAGE)\n"
    "    for at in range(0, size, step): held[at] = 1\n"
    "    return held\n"
)
_BURN: Final = (
    "import sys, time\n"
    "def burn(seconds):\n"
    "    end = time.process_time() + seconds\n"
    "    while time.process_time() < end: pass\n"
)
NOTHING: Final = "import mmap, os, sys, time; time.sleep(0.1)"  # long enough to be sampled
HOLD: Final = f"{_TOUCH}held = touched(int(sys.argv[1])); time.sleep(0.3)"
SPIKE: Final = (
    f"{_TOUCH}time.sleep(0.1); held = touched(int(sys.argv[1])); time.sleep(float(sys.argv[2]))\n"
    "held.close(); time.sleep(0.2)"
)
FAULT: Final = f"{_TOUCH}held = touched(int(sys.argv[1]) * 4096)"
BURN: Final = f"{_BURN}burn(float(sys.argv[1]))"
THREADS: Final = (
    "import sys, threading, time\n"
    "end = time.process_time() + float(sys.argv[1])\n"
    "def burn():\n"
    "    while time.process_time() < end: pass\n"
    "threads = [threading.Thread(target=burn) for _ in range(4)]\n"
    "for thread in threads: thread.start()\n"
    "for thread in threads: thread.join()"
)
_CHILD: Final = (
    f"{_TOUCH}held = touched(int(sys.argv[1]))\n"
    "time.sleep(0.5); held.close()\n"
    "while time.process_time() < float(sys.argv[2]): pass"
)
CHILDREN: Final = (
    "import mmap, os, sys, time\n"
    f"child = [sys.executable, '-I', '-S', '-c', {_CHILD!r}, *sys.argv[1:]]\n"
    "pids = [os.posix_spawn(sys.executable, child, os.environ) for _ in range(2)]\n"
    "for pid in pids: os.waitpid(pid, 0)"
)
EXEC: Final = (
    f"{_TOUCH}"
    "if len(sys.argv) > 2:\n"
    "    held = touched(int(sys.argv[1]))\n"
    "    os.execv(sys.executable, [sys.executable, '-I', '-S', '-c', sys.orig_argv[4], sys.argv[1]])\n"
    "held = touched(int(sys.argv[1]) // 3); time.sleep(0.2)"
)
GROW: Final = "import time\nheld = []\nwhile True: held.append(b'x' * (4 << 20)); time.sleep(0.02)"
READ: Final = (
    "import sys\nwith open(sys.argv[1], 'rb', buffering=0) as file:\n    while file.read(1 << 20): pass"
)
MAP: Final = (
    "import mmap, sys, time\nwith open(sys.argv[1], 'rb') as file:\n"
    "    held = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)\n"
    "sum(held[at] for at in range(0, len(held), 4096)); time.sleep(0.5)"
)
KILL: Final = "import os, time; held = b'x' * (50 << 20); time.sleep(0.3); os.kill(os.getpid(), 9)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A program and its arguments.  `truth` is what it costs beyond an interpreter that does nothing, by metric,
    in base units; what is not in it is not known beforehand.  `file_bytes` is the size of the file whose path is its
    first argument, None where it takes none; `evicted` says that the file must be out of memory before;
    `interpreters` are alive at once: what is summed over processes has the idle one that often.
    """

    name: str
    program: str
    words: Sequence[str] = ()
    truth: Mapping[str, float] = field(default_factory=dict)
    file_bytes: int | None = None
    evicted: bool = False
    interpreters: int = 1

    def argv(self, file: str | None = None) -> tuple[str, ...]:
        """What to run."""
        given = [file] if file is not None else []
        return (sys.executable, "-I", "-S", "-c", self.program, *given, *self.words)


IDLE: Final = Workload(name="nothing", program=NOTHING)
SPIKES_MILLISECONDS: Final = (1, 5, 20, 60)
WORKLOADS: Final = (
    Workload(
        name="200 MiB allocated",
        program=HOLD,
        words=[str(200 * MIB)],
        truth={
            "peak_rss_bytes": 200 * MIB,
            "peak_anonymous_bytes": 200 * MIB * WITH_TABLES,
            "minor_faults": 200 * MIB / PAGE,
        },
    ),
    Workload(
        name="64 MiB file mapped",
        program=MAP,
        file_bytes=64 * MIB,
        truth={"peak_rss_bytes": 64 * MIB, "peak_anonymous_bytes": 0},
    ),
    Workload(
        name="64 MiB evicted file read",
        program=READ,
        file_bytes=64 * MIB,
        evicted=True,
        truth={"read_bytes": 64 * MIB},
    ),
    Workload(name="1 s burnt", program=BURN, words=["1.0"], truth={"processor_seconds": 1.0}),
    Workload(name="20 000 pages faulted", program=FAULT, words=["20000"], truth={"minor_faults": 20_000}),
    *(
        Workload(
            name=f"100 MiB for {milliseconds} ms",
            program=SPIKE,
            words=[str(100 * MIB), str(milliseconds / 1000)],
            truth={"peak_rss_bytes": 100 * MIB, "peak_anonymous_bytes": 100 * MIB * WITH_TABLES},
        )
        for milliseconds in SPIKES_MILLISECONDS
    ),
    Workload(name="1 s burnt by 4 threads", program=THREADS, words=["1.0"], truth={"processor_seconds": 1.0}),
    Workload(
        name="2 children, 50 MiB and 0.3 s each",
        program=CHILDREN,
        words=[str(50 * MIB), "0.3"],
        truth={"peak_rss_bytes": 50 * MIB, "peak_tree_rss_bytes": 100 * MIB, "processor_seconds": 0.6},
        interpreters=3,
    ),
    Workload(
        name="150 MiB, then exec of itself with 50",
        program=EXEC,
        words=[str(150 * MIB), "first"],
        truth={"peak_rss_bytes": 150 * MIB},
    ),
)
