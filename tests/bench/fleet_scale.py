"""One step of `test_fleet_scale.py`, in a process of its own: `python fleet_scale.py plan|merge|report UTTERANCES FOLDER`.

Prints JSON: seconds of wall and processor time, peak bytes, how many shards.  The shards are real and so is the journal; what
hears them is a stub that answers at once, for what is weighed is the head.  Figures that were measured: docs/fleet.md
("Past these machines"); a report of 1,000,000 records took 1.29 GB and 439 s of one core, one of 100,000 433 MB and 40 s.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import time
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any
from unittest import mock

import fake_engine
import fleets

from bench import host
from bench.assets.speech.utterances import SpokenUtterance
from bench.config import load_suite
from bench.domain import AudioCondition, Reason
from bench.executor import Done, Task
from bench.folders import RunFolders, start
from bench.journal import RECORDS, read_run
from bench.listening import passes, shards
from bench.listening.hearables import Hearable
from bench.listening.passes import QualityPass
from bench.prepare import prepare
from bench.report import render

WORDS, TOKENS, SECONDS = 12, 26, 5.0
LETTERS = "абвгдежзийклмнопрстуфхцчшщыэюя"
FOUR_VARIANTS = """
name: demo
title: Demo
models: [m]
variants:
  - f16
  - {quantization: q8_0, settings: {blur: 0.03}}
  - {quantization: q4_0, settings: {blur: 0.8}}
  - {quantization: q4_0, name: q4_0-b, settings: {blur: 0.5}}
clips: [{path: u1.wav, name: clip}]
defaults: {engine: fake}
quality: {floor: 0, corpora: [{manifest: list.tsv, name: own, language: ru}]}
"""


class Answering:
    """Hears every shard at once: six words in a hundred are wrong, one more of a variant, and every token has its figures.

    Which utterance it is, is told by its length.
    """

    apart = True

    def __init__(self, vocabulary: list[str]) -> None:
        self.random, self.vocabulary, self.shards = random.Random(2), vocabulary, 0

    def room(self, avoid: frozenset[str], labels: tuple[str, ...] = ()) -> int:
        return 64

    def unfit(self) -> Mapping[str, Reason]:
        return {}

    def title(self, worker: str) -> str:
        return worker

    def stop(self) -> None: ...

    def close(self) -> None: ...

    def submit(self, task: Task) -> Future[Done]:
        self.shards += 1
        shard = shards.decoded(task.payload)
        events = [
            {
                "event": "heard",
                "utterance": str(number),
                "variant": name,
                "cpu_seconds": 0.51,
                "windows": 1,
                "result": self._heard(round((each.seconds - SECONDS) * 1e6), leads=name == "f16"),
            }
            for number, each in enumerate(shard.utterances)
            for name in each.missing
        ]
        future: Future[Done] = Future()
        future.set_result(
            Done(worker="w", content=json.dumps({"host": "abcdefabcdef", "events": events}).encode())
        )
        return future

    def _heard(self, number: int, *, leads: bool) -> dict[str, object]:
        draw, own = self.random, random.Random(-number)
        said = [
            own.choice(self.vocabulary) if own.random() < 0.06 else word
            for word in spoken(number, self.vocabulary)
        ]
        if not leads:
            said = [draw.choice(self.vocabulary) if draw.random() < 0.01 else word for word in said]
        logp = [-round(draw.random(), 6) for _ in range(TOKENS)]
        common = {
            "text": " ".join(said),
            "words": [[word, 2, round(draw.uniform(0.5, 1.0), 5)] for word in said],
            "logp": logp,
        }
        if leads:
            tokens = [draw.randrange(50_000) for _ in range(TOKENS)]
            return {**common, "tokens": tokens, "entropy": [round(-each, 5) for each in logp]}
        return {**common, "kl": [round(-each / 100, 8) for each in logp], "changed": [3], "changed_to": [17]}


def spoken(number: int, vocabulary: list[str]) -> list[str]:
    """The words of an utterance."""
    return random.Random(number).choices(vocabulary, k=WORDS)


def utterances(folder: Path, count: int, vocabulary: list[str]) -> list[Hearable]:
    """So many utterances of about 5 s on one recording."""
    part = load_suite(folder / "demo.yaml").quality.corpora[0]
    clean = AudioCondition()
    return [
        Hearable(
            part=part,
            condition=clean,
            spoken=SpokenUtterance(
                name=f"u{number:07}",
                text=" ".join(spoken(number, vocabulary)),
                path=folder / "u1.wav",
                seconds=SECONDS + number / 1e6,
                speaker=f"s{number % 97}",
            ),
            on_floor=False,
            audio=folder / "u1.wav",
        )
        for number in range(count)
    ]


def main(step: str, count: int, folder: Path) -> None:
    """Do the step, print what it took."""
    fake_engine.install()
    os.environ["ASR_QUANT_BENCH_CACHE"] = str(folder / "cache")
    if not (folder / "demo.yaml").exists():
        fleets.make_suite(folder, 1, FOUR_VARIANTS)
    os.chdir(folder)
    draw = random.Random(3)
    vocabulary = ["".join(draw.choices(LETTERS, k=draw.randint(2, 9))) for _ in range(5000)]
    folders = RunFolders(run=folder / "reports" / "demo" / "r", logs=folder / "logs" / "demo" / "r")
    begun, started = time.monotonic(), time.process_time()
    made = 0
    if step == "report":
        render([read_run(folders.run)], languages=["en"], out=folders.run, formats=["md", "html", "json"])
    else:
        prepared = prepare(load_suite(folder / "demo.yaml"))
        start(folders, prepared.suite, host.describe())
        (folders.run / RECORDS).touch()
        heard = utterances(folder, count, vocabulary)
        begun, started = time.monotonic(), time.process_time()
        answering = Answering(vocabulary)
        whole = QualityPass(
            prepared=prepared,
            folders=folders,
            host=host.describe(),
            workers=1,
            watcher=fleets.Watching(),
            memory_bytes=1e12,
            executor=answering,
            share_seconds=10.0,
        )
        if step == "plan":
            companies = whole._companies(heard, "ru")
            plans = [(company, heard) for company in companies]
            under_way: dict[Any, Any] = {}
            for ticket in whole._tickets(plans, under_way, apart=True):
                made += len(ticket.key) > 64
                under_way.clear()  # as shards are taken in
        else:
            with mock.patch.object(passes, "hearables", return_value=heard):
                whole.run()
            made = answering.shards
    used = resource.getrusage(resource.RUSAGE_SELF)
    told = {
        "seconds": time.monotonic() - begun,
        "cpu_seconds": time.process_time() - started,
        "peak_bytes": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        "shards": made,
        "report_bytes": sum(file.stat().st_size for file in folders.run.glob("report.*")),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
