"""What a process owes its surroundings: its streams, its signals, its exit code.

Nothing that happens to the reader of our output may end a measurement, and nothing that ends us may
leave a child, a folder or a half-told story behind.
"""

from __future__ import annotations

import errno
import io
import os
import select
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Final

from bench.errors import BenchError, Interrupted

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

BUG: Final = 70
OUTPUT: Final = 74
_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)


class Signalled(KeyboardInterrupt):
    """SIGTERM or SIGHUP: ends a command just as Ctrl-C does."""


class Stream(io.RawIOBase):
    """Standard output or error that never fails: what cannot be written goes nowhere, and `failed` says why."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self.descriptor = descriptor
        self.failed: OSError | None = None

    def writable(self) -> bool:
        """It is for writing."""
        return True

    def fileno(self) -> int:
        """The descriptor children inherit."""
        return self.descriptor

    def isatty(self) -> bool:
        """Whether a terminal shows it."""
        return os.isatty(self.descriptor)

    def write(self, data: ReadableBuffer, /) -> int:
        """Write all of it, or, from the first failure on, nothing."""
        left = memoryview(data).cast("B")
        size = len(left)
        while left and self.failed is None:
            try:
                left = left[os.write(self.descriptor, left) :]
            except BlockingIOError:
                select.select([], [self.descriptor], [])
            except OSError as error:
                self.failed = error
        return size


def hold_streams() -> tuple[Stream, Stream]:
    """Put streams that never fail in the place of standard output and error, and return them.

    A closed one would be the descriptor of the next file opened, the journal perhaps: it is filled first.
    """
    for descriptor, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            opened = os.open(os.devnull, flags)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
    out, err = Stream(1), Stream(2)
    for name, stream in (("stdout", out), ("stderr", err)):
        before = getattr(sys, name)
        text = io.TextIOWrapper(
            io.BufferedWriter(stream),
            encoding=getattr(before, "encoding", None) or "utf-8",
            errors="backslashreplace",
            line_buffering=stream.isatty() or name == "stderr",
        )
        setattr(sys, name, text)
    return out, err


def listen() -> list[int]:
    """Make SIGTERM and SIGHUP end the command as Ctrl-C does; the list holds the one that came.

    A signal that was ignored when we were started (nohup) stays ignored; a second one is too, so that
    the report of what was measured is written.
    """
    came: list[int] = []

    def heard(number: int, frame: FrameType | None) -> None:
        if came:
            return
        came.append(number)
        if number == signal.SIGHUP:
            _leave_terminal()
        raise Signalled

    for number in _ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, heard)
    return came


def _leave_terminal() -> None:
    """The terminal is gone: what is still said goes nowhere."""
    for descriptor in (1, 2):
        if os.isatty(descriptor):
            silent = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silent, descriptor)
            os.close(silent)


def run(command: Callable[[], object]) -> int:
    """Run a command to its exit code; a user's error is one message with a next step, never a traceback."""
    out, _ = hold_streams()
    came = listen()
    code = _guarded(command)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done: a late Ctrl-C has nothing left to end
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    if came and code in (0, Interrupted.exit_code):
        return 128 + came[0]
    if code == 0 and out.failed is not None:
        if out.failed.errno != errno.EPIPE:
            sys.stderr.write(f"error: standard output: {out.failed.strerror}.\n")
            sys.stderr.flush()
        return OUTPUT
    return code


def _guarded(command: Callable[[], object]) -> int:
    try:
        command()
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 0 if left.code is None else 1
    except BenchError as error:
        return _say(error.message, error.hint, error.exit_code)
    except KeyboardInterrupt:
        return _say("interrupted.", "", Interrupted.exit_code)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _say(f"{where}{error.strerror or error}.", "Fix it and start the command again.", OUTPUT)
    except (MemoryError, RecursionError) as error:
        return _say(f"{type(error).__name__}: the input is too large.", "Give a smaller one.", OUTPUT)
    except Exception:  # noqa: BLE001  # a bug: its traceback is all that helps, and 1 would read as FAIL
        import traceback

        traceback.print_exc()
        sys.stderr.write("This is a bug of asr-quant-bench: please report it with the lines above.\n")
        return BUG
    return 0


def _say(message: str, hint: str, code: int) -> int:
    import typer

    from bench.text.safe import clean

    typer.secho(f"error: {clean(message)}", fg="red", err=True)
    if hint:
        typer.echo(f"  {clean(hint)}", err=True)
    return code
