"""Time a suite on this host: the work that `run --on` hands to a worker with a label.

The trials' children are started by the supervisor as ever; the worker's own process sleeps meanwhile.  The
run lies in this host's cache until it has come back, so that one that was cut short goes on where it was.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.assets import handed
from bench.assets.handed import WrongContent
from bench.domain import Reason, WeightsFile
from bench.errors import BenchError
from bench.executor import Site, code_version
from bench.fleet.orders import TimingOrder, gathered, order_of
from bench.folders import RunFolders, refuse_other_inputs, start
from bench.journal import RECORDS
from bench.listening.hearing import NO_ROOM, answer_of, no_room
from bench.listening.templates import plain
from bench.naming import below
from bench.pace import wanted_blocks
from bench.places import cache_root
from bench.prepare import Given, prepare
from bench.problems import why
from bench.reasons import reason

if TYPE_CHECKING:
    from bench.domain import Record, Suite
    from bench.plan import Slot

KEPT_DAYS: Final = 14.0


def time_suite(payload: bytes, site: Site) -> bytes:
    """Run the order's suite; `files` of the run come back, or `lacks` or `refused` as of `hear_shard`."""
    ours = json.loads(payload).get("code")
    if ours != code_version():
        return answer_of(refused=plain(reason("fleet.other_code", theirs=code_version(), ours=str(ours))))
    order = order_of(payload)
    try:
        found = {sha: handed.find(each, site.shared) for sha, each in order.inputs.items()}
        if lacks := [sha for sha, path in found.items() if path is None]:
            return answer_of(lacks=lacks)
        folders = _timed(order, {sha: path for sha, path in found.items() if path is not None}, site)
        return answer_of(files=gathered(folders))
    except WrongContent as error:
        return answer_of(refused=plain(reason("fleet.wrong_content", message=why(error))))
    except BenchError as error:
        return answer_of(refused=plain(why(error)))
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        return answer_of(refused=plain(no_room(error)))


def _timed(order: TimingOrder, paths: dict[str, Path], site: Site) -> RunFolders:
    from bench import host
    from bench.engines import registry
    from bench.runner import Runner

    kept = cache_root() / "timed"
    _forget_old(kept)
    root = below(kept, order.nonce)
    folders = RunFolders(
        run=below(root, "reports", order.suite.name, order.run),
        logs=below(root, "logs", order.suite.name, order.run),
    )
    prepared = prepare(order.suite, given=_given(order, paths))
    machine = host.describe(registry.packages())
    if (folders.run / RECORDS).exists():
        refuse_other_inputs(folders, prepared.suite)
    else:
        start(folders, prepared.suite, machine)
    watcher = _Wanted(prepared.suite, site)
    Runner(prepared=prepared, folders=folders, host=machine, watcher=watcher).run()
    return folders


def _given(order: TimingOrder, paths: dict[str, Path]) -> Given:
    def here(file: WeightsFile) -> WeightsFile:
        return dataclasses.replace(file, path=str(paths[file.sha256]))

    return Given(
        weights={
            (each.model, each.quantization, each.form): tuple(map(here, each.files)) for each in order.weights
        },
        clips={
            name: dataclasses.replace(clip, path=str(paths[clip.sha256]))
            for name, clip in order.clips.items()
        },
    )


def _forget_old(kept: Path) -> None:
    """Runs that nobody asked for again."""
    oldest = time.time() - KEPT_DAYS * 86400
    for run in kept.glob("*"):
        with suppress(OSError):
            if run.lstat().st_mtime < oldest:
                shutil.rmtree(run)


class _Wanted:
    """Ends the run between two trials once nobody waits for it any more; between blocks it says how far it is."""

    def __init__(self, suite: Suite, site: Site) -> None:
        self._suite, self._stop, self._tell = suite, site.stop, site.tell

    def _say(self, done: int, records: Collection[Record]) -> None:
        """So many blocks are done, of as many as the run may have."""
        if self._tell is not None:
            self._tell({"block": done, "of": wanted_blocks(self._suite, records)})

    def goes_on(self, records: Iterable[Record]) -> None:
        known = list(records)
        self._say(max((record.block for record in known), default=1) - 1, known)

    def waits(self) -> None: ...

    def trial_starts(self, slot: Slot, attempt: int) -> None:
        if self._stop.is_set():
            raise KeyboardInterrupt

    def trial_ended(self, record: Record) -> None: ...

    def block_ended(self, number: int, records: Collection[Record]) -> None:
        self._say(number, records)

    def block_repeats(self, number: int, disturbances: Iterable[Reason]) -> None: ...
