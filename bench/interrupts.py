"""When a signal takes effect: never within a step that it may not cut in two, nor where Python would swallow it."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Final

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_A_MOMENT: Final = 0.01  # seconds in which Python is done with what it swallowed


def never_swallowed() -> None:
    """Send an interrupt again that Python swallowed.

    What a finalizer or a callback of a weak reference raises ends nothing: Python prints "Exception ignored"
    and goes on, also where a Ctrl-C happens to come in one.
    """
    sys.unraisablehook = _send_again


def _send_again(swallowed: sys.UnraisableHookArgs) -> None:
    if swallowed.exc_type is None or not issubclass(swallowed.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(swallowed)
        return
    main = threading.main_thread().ident
    if main is not None:
        threading.Timer(_A_MOMENT, signal.pthread_kill, (main, signal.SIGINT)).start()


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
