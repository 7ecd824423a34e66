"""Hear a shard on this machine: the work that a quality pass hands to an executor.

What comes back is JSON: `host` (the machine's id), and one of `events` (what `Templates.record` reads, with
`log` where something went wrong), `lacks` (hashes of inputs that have to be sent first) or `refused` (why
this host cannot hear it, as a reason; `engine` where that is so for one engine alone).
"""

from __future__ import annotations

import errno
import json
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from bench.assets import handed
from bench.assets.handed import WrongContent
from bench.domain import Reason, Status
from bench.engines import registry
from bench.errors import BenchError, EngineMissing
from bench.executor import Said, Site, code_version
from bench.listening import shards
from bench.listening.lanes import Lane, Unheard
from bench.listening.plan import fitting
from bench.listening.shards import Shard
from bench.listening.templates import ended, plain
from bench.places import cache_root, portable
from bench.problems import why as because
from bench.reasons import reason

NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.ENOTDIR, errno.EACCES)
_LOG_BYTES: Final = 64_000


def hear_shard(payload: bytes, site: Site) -> bytes:
    """What the shard's listeners hear; see the module for what comes back."""
    ours = json.loads(payload).get("code")
    if ours != code_version():  # before anything of it is believed to mean what it means here
        return answer_of(refused=plain(reason("fleet.other_code", theirs=code_version(), ours=str(ours))))
    shard = shards.decoded(payload)
    apart = any(each.sha256 for each in shard.utterances)
    try:
        if apart and (why := _unfit(shard)) is not None:
            return answer_of(refused=plain(why), engine=_engine(shard))
        paths: dict[str, Path] = {}
        if apart:
            wanted = shards.inputs_of(shard)
            found = {sha: handed.find(each, site.shared) for sha, each in wanted.items()}
            if lacks := [sha for sha, path in found.items() if path is None]:
                return answer_of(lacks=lacks)
            paths = {sha: path for sha, path in found.items() if path is not None}
        return _heard(shard, site, paths, apart=apart)
    except WrongContent as error:
        return answer_of(refused=plain(reason("fleet.wrong_content", message=because(error))))
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        return answer_of(refused=plain(no_room(error)))


def lay_pack(payload: bytes, site: Site) -> bytes:
    """Take in a pack of inputs; `refused` where its bytes are others or find no room, else `laid`."""
    try:
        handed.lay(payload)
    except WrongContent as error:
        return answer_of(refused=plain(reason("fleet.wrong_content", message=because(error))))
    except OSError as error:
        return answer_of(refused=plain(no_room(error)))
    return answer_of(laid=True)


def no_room(error: OSError) -> Reason:
    """What is said of a disk that takes no more."""
    return reason(
        "fleet.no_room",
        folder=str(error.filename or cache_root()),
        error=str(error.strerror or error),
    )


def answer_of(**content: object) -> bytes:
    """What work gives back: JSON in which this machine's paths are portable, with its id as `host`."""
    return portable(json.dumps({"host": _host_id(), **content}, ensure_ascii=False)).encode()


@cache
def _host_id() -> str:
    from bench import host

    return host.describe().id


def _engine(shard: Shard) -> str:
    return shard.listeners[0].case.variant.engine


def _unfit(shard: Shard) -> Reason | None:
    """Why this host's engine is not the one that the shard is to be heard with; None where it is."""
    for each in shard.listeners:
        name = each.case.variant.engine
        try:
            found = registry.get(name).availability()
        except EngineMissing as error:
            return reason("fleet.no_engine", engine=name, why=because(error))
        if each.pins is not None:
            continue  # made by its pins
        if found.reason is not None:
            return reason("fleet.no_engine", engine=name, why=found.reason)
        if found.version != each.version:
            return reason(
                "fleet.other_engine", engine=name, theirs=str(found.version), ours=str(each.version)
            )
    return None


def _heard(shard: Shard, site: Site, paths: Mapping[str, Path], *, apart: bool) -> bytes:
    events: list[Said] = []
    say = site.tell or events.append
    unheard = [
        Unheard(
            name=str(number),
            clip=shards.spoken_clip(each, paths.get(each.sha256) or Path(each.place)),
            on_floor=each.on_floor,
            missing=frozenset(each.missing),
        )
        for number, each in enumerate(shard.utterances)
    ]
    try:
        whole = shards.company_of(shard, paths)
    except BenchError as error:
        if not apart:
            raise
        return answer_of(refused=plain(because(error)), engine=_engine(shard))
    for company in fitting(whole, site.memory_bytes):
        lanes = [
            Lane(
                company=company,
                share=share,
                model=shard.model,
                timeout_seconds=shard.timeout_seconds,
                stop=site.stop,
                spool=site.scratch if site.lanes == 1 else site.scratch / str(number),
                log=site.log.with_name(f"{site.log.stem}.{number}.log") if number else site.log,
                say=say,
            )
            for number, share in enumerate(_dealt(unheard, site.lanes))
        ]
        _run(lanes)
    if apart and not site.stop.is_set():
        for each in shard.utterances:
            handed.forget(shards.audio_input(each))
    log = _log(site, lanes=site.lanes) if any(each["event"] == "ended" for each in events) else ""
    return answer_of(events=events, log=log)


def _dealt(unheard: Sequence[Unheard], lanes: int) -> list[list[Unheard]]:
    count = max(1, min(lanes, len(unheard)))
    return [list(unheard[number::count]) for number in range(count)]


def _run(lanes: Sequence[Lane]) -> None:
    """All lanes side by side; the first error of one is raised when all have ended."""
    if len(lanes) == 1:
        lanes[0].run()
        return
    failed: list[BaseException] = []

    def run(lane: Lane) -> None:
        try:
            lane.run()
        except BaseException as error:  # noqa: BLE001  # raised again below
            failed.append(error)

    threads = [threading.Thread(target=run, args=(lane,), daemon=True) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def _log(site: Site, lanes: int) -> str:
    texts = [
        path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(site.log.parent.glob(f"{site.log.stem}*.log"))[:lanes]
    ]
    return "\n".join(texts)[-_LOG_BYTES:]


def given_up(shard: Shard, why: Reason) -> list[Said]:
    """The events of a shard that nobody could hear."""
    return [
        ended(str(number), name, Status.CRASHED, why)
        for number, each in enumerate(shard.utterances)
        for name in each.missing
    ]
