"""Programs that fetch and make things, and are not measured: pip, apt, converters, builds.

Their own end and whatever ends the command end them whole, with all that they started: each runs in a session of its own with
a mark in its environment and a temporary folder that goes with it.  After a kill the next command finds both.
"""

from __future__ import annotations

import contextlib
import secrets
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.interrupts import uninterrupted
from bench.scratch import scratch_folder
from bench.strays import MARK, end_strays


@contextlib.contextmanager
def helper(
    argv: Sequence[str],
    *,
    environ: Mapping[str, str],
    folder: Path | None = None,
    text: str | None = None,
    together: bool = False,
) -> Iterator[subprocess.Popen[str]]:
    """The program, started in `folder`, to be communicated with in the block.

    `text` says that its standard input will be written to; `together` puts its complaints into its output.
    OSError where it cannot be started.
    """
    mark = secrets.token_hex(8)
    with scratch_folder(mark) as scratch:
        process = None
        try:
            with uninterrupted():
                process = subprocess.Popen(
                    argv,
                    cwd=folder,
                    env={**environ, MARK: mark, "TMPDIR": str(scratch)},
                    stdin=subprocess.DEVNULL if text is None else subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT if together else subprocess.PIPE,
                    text=True,
                    errors="replace",
                    start_new_session=True,
                )
            yield process
        finally:
            if process is not None:
                with uninterrupted():
                    end_strays(process.pid, mark)  # it, where it still runs, and what it left
                    process.wait()
                for pipe in (process.stdin, process.stdout, process.stderr):
                    if pipe is not None:
                        pipe.close()


def run_helper(
    argv: Sequence[str], *, environ: Mapping[str, str], folder: Path | None = None, text: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the program to its end, `text` its standard input; what it printed and how it ended."""
    with helper(argv, environ=environ, folder=folder, text=text) as process:
        out, err = process.communicate(text)
    return subprocess.CompletedProcess(argv, process.returncode, out, err)
