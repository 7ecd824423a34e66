"""Steps that a signal may not cut in two: what ends a command waits until they are done."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Final

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Let a signal that comes meanwhile take effect when the block is left; for short steps.

    Python runs its handlers in the main thread alone, so in any other thread nothing is to be done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    handlers = {number: signal.getsignal(number) for number in ENDING}
    heard = {number: handler for number, handler in handlers.items() if callable(handler)}
    try:
        for number in heard:
            signal.signal(number, lambda arrived, _frame: came.append(arrived))
        yield
    finally:
        for number, handler in heard.items():
            signal.signal(number, handler)
    for arrived in dict.fromkeys(came):
        heard[signal.Signals(arrived)](arrived, None)
