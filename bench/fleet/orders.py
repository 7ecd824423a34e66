"""What a host is asked to time: a whole suite, with the inputs that whoever asks has, by their hashes.

A host takes those it is given, so that every host times the same bytes; what it is not given it fetches
itself.  What comes back are the files of its run: data, and no more than that is done with them.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.assets import fetch_clip, fetch_weights
from bench.assets.handed import HandedInput
from bench.domain import FetchedClip, Suite, WeightsFile
from bench.errors import AssetError, FleetError
from bench.executor import code_version
from bench.files import replace_file
from bench.journal import HOST, RECORDS, SUITE
from bench.naming import SafeName, below
from bench.places import portable
from bench.prepare import wanted_weights
from bench.resolution import IN_RUN

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from bench.folders import RunFolders
    from bench.hostruns import HostRun
    from bench.prepare import PrepareProgress

RUN_FILES: Final = (SUITE, HOST, RECORDS, IN_RUN)
MOST_BYTES: Final = 1 << 30  # of a run with its logs
MOST_FILES: Final = 100_000
_LOG: Final = re.compile(r"[\w+-]+(\.[\w+-]+)*\.log")


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenWeights:
    """The files of a model in one quantization and format."""

    model: str
    quantization: str
    form: str
    files: tuple[WeightsFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingOrder:
    """A suite to time into a run of that name; `nonce` is its host's (`bench.hostruns`)."""

    code: str
    suite: Suite
    run: SafeName
    nonce: SafeName
    weights: tuple[GivenWeights, ...]
    clips: Mapping[str, FetchedClip]

    def encoded(self) -> bytes:
        """As JSON."""
        return _adapter().dump_json(self, by_alias=True)

    @property
    def inputs(self) -> dict[str, HandedInput]:
        """Everything that is given, by hash."""
        files = [file for each in self.weights for file in each.files]
        found = {file.sha256: handed(file.path, file.sha256) for file in files}
        return found | {clip.sha256: handed(clip.path, clip.sha256) for clip in self.clips.values()}


def handed(path: str, sha256: str) -> HandedInput:
    """An input under its own name."""
    return HandedInput(sha256=sha256, name=Path(path).name, place=portable(path))


@cache
def _adapter() -> TypeAdapter[TimingOrder]:
    from pydantic import TypeAdapter

    return TypeAdapter(TimingOrder)


def order_of(payload: bytes) -> TimingOrder:
    """An order from its JSON; pydantic's ValidationError for what is none."""
    return _adapter().validate_json(payload)


def orders(asked: Suite, progress: PrepareProgress | None = None) -> TimingOrder:
    """An order without a run's name, with every input of the suite that can be had on this machine.

    What cannot be had here may be had there: another engine's maker, a file of that host's own.
    """
    weights = []
    for model, quantization, form in wanted_weights(asked):
        try:
            files = fetch_weights(asked.models[model], quantization, form, progress=progress)
        except AssetError:
            continue
        weights.append(GivenWeights(model=model, quantization=quantization, form=form, files=files))
    clips = {}
    for name, clip in asked.clips.items():
        try:
            clips[name] = fetch_clip(clip, progress=progress)
        except AssetError:
            continue
    return TimingOrder(
        code=code_version(), suite=asked, run="none", nonce="none", weights=tuple(weights), clips=clips
    )


def for_host(order: TimingOrder, host: HostRun) -> TimingOrder:
    """The order of one host."""
    return dataclasses.replace(order, run=host.run, nonce=host.nonce)


# ---------------------------------------------------------------------- what comes back


def gathered(folders: RunFolders) -> dict[str, str]:
    """The files of a run and its logs by name, in base64."""
    found = {f"run/{name}": folders.run / name for name in RUN_FILES if (folders.run / name).is_file()}
    found |= {f"logs/{file.name}": file for file in sorted(folders.logs.glob("*.log"))}
    return {name: base64.b64encode(file.read_bytes()).decode() for name, file in found.items()}


def put(files: Mapping[str, str], folders: RunFolders) -> None:
    """Write the files of another host's run: those that a run has, below its folders, and no others.

    Raises FleetError for what is no run.
    """
    if len(files) > MOST_FILES or sum(map(len, files.values())) > MOST_BYTES * 4 / 3:
        raise FleetError(f"{folders.run_id}: the host sent more than a run can hold.")
    for name, text in files.items():
        place, _, file = name.partition("/")
        if not ((place == "run" and file in RUN_FILES) or (place == "logs" and _LOG.fullmatch(file))):
            raise FleetError(
                f"{folders.run_id}: the host sent a file {json.dumps(name[:80])}, which belongs to no run."
            )
        try:
            content = base64.b64decode(text, validate=True)
        except ValueError as error:
            raise FleetError(f"{folders.run_id}: {file} came back damaged: {error}.") from error
        replace_file(below(folders.run if place == "run" else folders.logs, file), content)
    if missing := [name for name in (SUITE, HOST, RECORDS) if f"run/{name}" not in files]:
        raise FleetError(f"{folders.run_id}: the host sent no {missing[0]}.")
