"""A quality pass hears every utterance with every variant, loses nothing, and says why where it hears nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import fake_engine
import fleets
import half_tokens
import numpy as np
import pytest

from bench import host
from bench.config import load_suite
from bench.domain import Reason, Status
from bench.errors import JournalError
from bench.folders import RunFolders, new_folders, start
from bench.journal import RECORDS
from bench.language import english
from bench.listening.passes import QualityPass
from bench.prepare import prepare
from bench.quality.utterances import UTTERANCES, UtteranceRecord, read_utterances

FAKES = Path(__file__).resolve().parent.parent / "fakes"

UTTERANCES_HERE = 9


class Silent:
    """Watches, and says nothing."""

    def __init__(self) -> None:
        self.counts: tuple[int, int] | None = None

    def advance(self, title: str, done: int, total: int | None) -> None: ...

    def listening(self, done: int, total: int) -> None:
        self.counts = (done, total)

    def heard(self, record: UtteranceRecord) -> None: ...

    def refused(self, host: str, why: Reason) -> None:
        raise AssertionError(host, why)

    def waiting(self) -> None: ...


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suite with nine utterances of 0.7 to 4.1 s, the longest of two windows."""
    fake_engine.install()
    fleets.make_suite(tmp_path, UTTERANCES_HERE, seconds=lambda number: 0.27 + 0.43 * number)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path


def a_pass(folder: Path, folders: RunFolders | None = None, workers: int = 2) -> tuple[QualityPass, Silent]:
    prepared = prepare(load_suite(folder / "demo.yaml"))
    if folders is None:
        folders = new_folders("demo", reports=folder / "reports", logs=folder / "logs")
        start(folders, prepared.suite, host.describe())
        (folders.run / RECORDS).touch()
    watcher = Silent()
    made = QualityPass(
        prepared=prepared,
        folders=folders,
        host=host.describe(),
        workers=workers,
        watcher=watcher,
        memory_bytes=1e12,
    )
    return made, watcher


def hear(folder: Path, folders: RunFolders | None = None, workers: int = 2) -> tuple[UtteranceRecord, ...]:
    made, _ = a_pass(folder, folders, workers)
    made.run()
    records, warnings = read_utterances(made.folders.run)
    assert not warnings
    return records


def by_variant(records: tuple[UtteranceRecord, ...], name: str) -> dict[str, UtteranceRecord]:
    return {each.utterance: each for each in records if each.variant == name and each.floor is None}


def told(record: UtteranceRecord) -> tuple[object, ...]:
    """What must not depend on when and where it was heard."""
    return record.key, record.text, record.words, record.tokens, record.logp, record.kl, record.changed


def test_every_utterance_is_heard_once_by_every_variant_and_the_floor_by_some(folder: Path) -> None:
    records = hear(folder)
    counts = Counter((each.variant, each.floor) for each in records)
    assert counts == {
        ("f16", None): 9,
        ("q8_0", None): 9,
        ("q4_0", None): 9,
        ("f16", "again"): 2,
        ("f16", "threads=2"): 2,
        ("f16", "blur=0.03"): 2,
        ("f16", "blur=0.8"): 2,
    }
    assert {each.status for each in records} == {Status.OK}
    assert {each.speaker for each in records} == {"s0", "s1"}
    assert by_variant(records, "f16")["u9"].windows == 2


def test_divergence_is_that_of_the_distributions_themselves(folder: Path) -> None:
    records = hear(folder)
    base, blurred = by_variant(records, "f16"), by_variant(records, "q4_0")
    for name, ours in blurred.items():
        seconds = int(16000 * (0.27 + 0.43 * int(name[1:])))
        tokens = list(base[name].tokens)
        expected: list[float] = []
        changed: list[int] = []
        at = 0
        for window in half_tokens.windows(np.zeros(seconds)):
            end = tokens.index(half_tokens.END, at) + 1 if half_tokens.END in tokens[at:] else len(tokens)
            rows = []
            for payload in ({}, {"blur": 0.8}):
                model = half_tokens.Model(payload)
                model.samples = len(window)
                logits = half_tokens.forced(model, tokens[at:end], payload).astype(np.float64)
                rows.append(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))
            expected += (np.exp(rows[0]) * (rows[0] - rows[1])).sum(axis=1).tolist()
            tops = rows[1][:, : half_tokens.END + 1].argmax(axis=1)
            changed += [at + k for k, top in enumerate(tops) if top != tokens[at + k]]
            at = end
        assert ours.kl == pytest.approx(expected, rel=1e-4)
        assert list(ours.changed) == changed
        assert ours.baseline == "f16"
    assert sum(len(each.changed) for each in blurred.values()) > 5


def test_what_a_variant_says_by_itself_is_its_own_greedy_transcript(folder: Path) -> None:
    for name, record in by_variant(hear(folder), "q4_0").items():
        samples = int(16000 * (0.27 + 0.43 * int(name[1:])))
        text = []
        for window in half_tokens.windows(np.zeros(samples)):
            model = half_tokens.Model({"blur": 0.8})
            model.samples = len(window)
            tokens, _, _ = half_tokens.greedy(model, {}, [])
            text.append(b"".join(half_tokens.pieces(model, tokens)).decode())
        assert record.text == " ".join(" ".join(text).split())


def test_the_baseline_against_itself_is_the_floor(folder: Path) -> None:
    floors = [each for each in hear(folder) if each.floor in ("again", "threads=2")]
    assert {value for each in floors for value in each.kl} == {0.0}
    assert not any(each.changed for each in floors)


def test_the_order_is_shuffled_and_the_same_for_one_seed(folder: Path) -> None:
    orders = [
        [each.utterance for each in hear(folder, workers=1) if each.variant == "f16" and each.floor is None]
        for _ in range(2)
    ]
    assert orders[0] == orders[1]
    assert orders[0] != sorted(orders[0])


def test_a_pass_killed_at_any_moment_goes_on_and_ends_like_one_that_was_not(folder: Path) -> None:
    whole = {told(each) for each in hear(folder)}
    (folder / "demo.yaml").write_text(
        fleets.SUITE.replace("{engine: fake}", "{engine: fake, settings: {seconds_a_window: 0.05}}")
    )
    made, _ = a_pass(folder)
    script = (
        "import fake_engine, sys; fake_engine.install(); from pathlib import Path; sys.path.insert(0, sys.argv[1]);"
        "import test_quality_pass as t; from bench.folders import RunFolders;"
        "t.a_pass(Path.cwd(), RunFolders(run=Path(sys.argv[2]), logs=Path('logs')))[0].run()"
    )
    path = os.pathsep.join([str(FAKES), *filter(None, [os.environ.get("PYTHONPATH")])])
    moments = random.Random(7)
    kills = 0

    def heard() -> int:
        lines = made.folders.run / UTTERANCES
        return lines.read_bytes().count(b"\n") if lines.exists() else 0

    for _ in range(12):
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(Path(__file__).parent), str(made.folders.run)],
            env={**os.environ, "PYTHONPATH": path},
            stderr=subprocess.DEVNULL,
        )
        # by its progress, not by the clock: a quick machine is killed in the middle like a slow one
        wanted = heard() + moments.randint(1, 4)
        while process.poll() is None and heard() < wanted:
            time.sleep(0.002)
        time.sleep(moments.uniform(0, 0.05))
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
    resumed = hear(folder, made.folders)
    assert kills > 0
    assert {told(each) for each in resumed} == whole
    lines = (made.folders.run / UTTERANCES).read_bytes().count(b"\n")
    assert lines == len(resumed)  # each exactly once


@pytest.mark.parametrize("on", [[], ["--on", "local:2"]], ids=["threads", "processes"])
def test_a_pass_that_is_ended_leaves_no_folder_and_one_killed_none_after_the_next_command(
    folder: Path, on: list[str]
) -> None:
    slow = "{engine: fake, settings: {seconds_a_window: 0.2}}"
    (folder / "demo.yaml").write_text(fleets.SUITE.replace("{engine: fake}", slow))
    (folder / "tmp").mkdir()
    path = os.pathsep.join([str(FAKES), *filter(None, [os.environ.get("PYTHONPATH")])])
    environ = {**os.environ, "PYTHONPATH": path, "TMPDIR": str(folder / "tmp")}

    def start(*words: str) -> subprocess.Popen[bytes]:
        # tests may be run where SIGINT and SIGHUP are ignored, and a child inherits that
        heard = (
            "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
            "signal.signal(signal.SIGHUP, signal.SIG_DFL)"
        )
        script = f"{heard}; import fake_engine; fake_engine.install(); from bench.entry import main; main()"
        return subprocess.Popen(
            [sys.executable, "-c", script, *words],
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def left() -> list[str]:
        return [each.name for each in (folder / "tmp").iterdir() if each.is_dir()]

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL):
        process = start("quality", "demo.yaml", *on)
        deadline = time.monotonic() + 60
        while not left() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert left()
        time.sleep(0.3)
        process.send_signal(number)
        process.wait(timeout=60)
        if number != signal.SIGKILL:
            assert left() == [], number
    time.sleep(
        1
    )  # the children's supervisors and the processes of the fleet notice that their parent is gone
    assert start("validate", "demo.yaml").wait(timeout=60) == 0
    assert left() == []


def test_an_utterance_that_kills_a_variant_costs_that_variant_that_utterance_alone(folder: Path) -> None:
    deadly = int(16000 * (0.27 + 0.43 * 4))
    (folder / "demo.yaml").write_text(
        fleets.SUITE.replace("blur: 0.8", f"blur: 0.8, dies_of_samples: {deadly}")
    )
    records = [each for each in hear(folder) if each.floor is None]
    bad = [each for each in records if each.status is not Status.OK]
    assert [(each.variant, each.utterance, each.status) for each in bad] == [("q4_0", "u4", Status.CRASHED)]
    assert "signal 11" in english(bad[0].reason)
    assert len(records) == 27


def test_a_baseline_that_dies_of_an_utterance_leaves_nothing_to_follow_there(folder: Path) -> None:
    deadly = int(16000 * (0.27 + 0.43 * 4))
    (folder / "demo.yaml").write_text(
        fleets.SUITE.replace(
            "  - f16\n", f"  - {{quantization: f16, settings: {{dies_of_samples: {deadly}}}}}\n"
        )
    )
    bad = {each.variant: each for each in hear(folder) if each.status is not Status.OK and each.floor is None}
    assert set(bad) == {"f16", "q8_0", "q4_0"}
    assert bad["f16"].status is Status.CRASHED
    assert "baseline did not survive" in english(bad["q4_0"].reason)


def test_a_variant_that_cannot_be_loaded_says_so_for_each_utterance(folder: Path) -> None:
    (folder / "demo.yaml").write_text(
        fleets.SUITE.replace("blur: 0.8", "blur: 0.8, unloadable: no kernel for it")
    )
    records = hear(folder)
    refused = by_variant(records, "q4_0").values()
    assert {(each.status, english(each.reason)) for each in refused} == {
        (Status.UNSUPPORTED, "“no kernel for it”")
    }
    assert {each.status for each in by_variant(records, "q8_0").values()} == {Status.OK}


def test_a_corrupt_recording_is_counted_and_the_others_are_heard(folder: Path) -> None:
    (folder / "u3.wav").write_bytes((folder / "u3.wav").read_bytes()[:-500])
    records = hear(folder)
    bad = [each for each in records if each.status is not Status.OK]
    assert {each.utterance for each in bad} == {"u3"}
    assert {each.status for each in bad} == {Status.UNUSABLE}
    assert {each.variant for each in bad} == {"f16", "q8_0", "q4_0"}
    assert "wrong header" in english(bad[0].reason)


def test_weights_that_changed_since_are_refused(folder: Path) -> None:
    made, _ = a_pass(folder)
    made.run()
    (folder / "models" / "weights.bin").write_bytes(b"FAKE" + bytes(999))
    with pytest.raises(JournalError, match="weights of m f16 have changed"):
        a_pass(folder, made.folders)[0].run()


def test_a_resumed_pass_counts_what_is_there(folder: Path) -> None:
    made, _ = a_pass(folder)
    made.run()
    again, watcher = a_pass(folder, made.folders)
    again.run()
    assert watcher.counts == (35, 35)


def test_models_that_do_not_fit_side_by_side_are_loaded_in_turn_with_the_baseline_in_each(
    folder: Path,
) -> None:
    whole = {told(each) for each in hear(folder)}
    made, _ = a_pass(folder)
    made.memory_bytes = 200_000_000 + 3000.0
    made.run()
    assert {told(each) for each in read_utterances(made.folders.run)[0]} == whole
