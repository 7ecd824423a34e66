"""The program on the emulated Mac, without apt: doctor, plan, fetch, the default suite, its report."""

from __future__ import annotations

import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.assets import fetch_clip, fetch_weights
from bench.config import load_suite
from bench.host import macos
from bench.places import cache_root

HERE = Path(__file__).resolve().parent
CONFIGS = HERE.parents[1] / "configs"
ARCHIVE = "msu_ru_nsh_clunits-0.5.tar.bz2"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the emulation stands on Linux")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mac")


@pytest.fixture(scope="module")
def cache(folder: Path) -> Path:
    """A cache with the default suite's weights, as links, and no speech."""
    suite = load_suite(CONFIGS / "whisper-base.yaml")
    for case in suite.cases:
        fetch_weights(suite.models[case.model], case.variant.quantization, "ggml")
    made = folder / "cache"
    shutil.copytree(cache_root() / "weights", made / "weights", copy_function=os.link)
    return made


@pytest.fixture(scope="module")
def mirror(folder: Path) -> Iterator[str]:
    """The voice's own archive, laid out as its project publishes it, on a loopback server."""
    clip = fetch_clip(load_suite(CONFIGS / "whisper-base.yaml").clips["read-60s"])
    assert clip.path is not None
    [speech] = (cache_root() / "speech").glob("festvox-ru-*")
    voice = speech / "usr/share/festival/voices/russian/msu_ru_nsh_clunits"
    served = folder / "served"
    served.mkdir()
    with tarfile.open(served / ARCHIVE, "w") as tar:
        tar.add(voice, arcname="msu_ru_nsh_clunits")
    handler = functools.partial(Quiet, directory=str(served))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder without a word on the tests' stderr."""

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def on_the_mac(folder: Path, cache: Path, *words: str, mirror: str = "") -> subprocess.CompletedProcess[str]:
    """Run the program there."""
    stand_ins = folder / "bin"
    stand_ins.mkdir(exist_ok=True)
    environ = {
        **os.environ,
        "ASR_QUANT_BENCH_CACHE": str(cache),
        "OMP_WAIT_POLICY": "PASSIVE",
        "COLUMNS": "200",
    }
    environ |= {"ASR_QUANT_BENCH_MIRROR": mirror} if mirror else {}
    return subprocess.run(
        [sys.executable, str(HERE / "mac.py"), str(stand_ins), *words],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_doctor_names_the_macs_instruments_and_where_speech_comes_from(folder: Path, cache: Path) -> None:
    done = on_the_mac(folder, cache, "doctor")
    assert done.returncode == 0, done.stderr
    for words in (
        "Apple M2 Pro",
        "macOS 15.5",
        "proc_pid_rusage",
        "there is no apt-get",
        "cpu_energy_joules",
    ):
        assert words in done.stdout
    assert "/usr/bin/time" not in done.stdout
    assert "nvidia-ml-py" not in done.stdout
    assert "cpupower" not in done.stdout


def test_plan_says_where_the_speech_would_come_from(folder: Path, cache: Path) -> None:
    done = on_the_mac(folder, cache, "plan", str(CONFIGS / "whisper-base.yaml"))
    assert done.returncode == 0, done.stderr
    assert "no apt-get: from" in done.stdout + done.stderr


@pytest.fixture(scope="module")
def run(folder: Path, cache: Path, mirror: str) -> Path:
    """The default suite, one block of it, fetched from the mirror; four utterances of its quality pass."""
    text = (CONFIGS / "whisper-base.yaml").read_text(encoding="utf-8")
    patient = text.replace(
        "timeout: 5 min", "timeout: 30 min\n  rerun_disturbed: false"
    )  # tests share their machine
    for room in ("models", "corpora"):
        shutil.copytree(CONFIGS / room, folder / "configs" / room)
    suite = folder / "configs" / "whisper-base.yaml"
    suite.write_text(patient.replace("utterances: 30", "utterances: 4"), encoding="utf-8")
    done = on_the_mac(folder, cache, "run", str(suite), "--blocks", "1", mirror=mirror)
    latest = folder / "reports" / "whisper-base" / "latest"
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return latest


def test_the_default_suite_runs_to_its_report_with_every_case_ok(run: Path, folder: Path) -> None:
    records = [json.loads(line) for line in (run / "records.jsonl").read_text(encoding="utf-8").splitlines()]
    counted = [record for record in records if record["attempt"] == 1]
    assert len(counted) == 6
    assert {record["status"] for record in records} == {"ok"}
    for record in counted:
        found = record["measurements"]
        for metric in ("peak_footprint_bytes", "instructions", "cycles", "cpu_energy_joules", "read_bytes"):
            assert found[metric]["value"] is not None, (metric, found[metric])
            assert found[metric]["source"] == "proc_pid_rusage V6"
        assert found["performance_core_seconds"]["value"] > found["efficiency_core_seconds"]["value"] > 0
        assert record["conditions"]["facts"]["swapped_pages"] == 0
        assert record["transcript"]["text"]
        # whisper.cpp reads its file and closes it: without notices of the kernel that may go unseen, never be wrong
        assert not record["proof"].get("wrong"), record["proof"]
    first = [r for r in counted if "first_use_load_seconds" in r["measurements"]]
    assert len(first) == 1, "the first use ever is one case's, once"
    assert first[0]["measurements"]["first_use_load_seconds"]["value"] > 0
    assert len(list((folder / "cache" / "first-use").iterdir())) == 1
    for name in ("report.ru.md", "report.en.md", "report.html"):
        text = (run / name).read_text(encoding="utf-8")
        assert "Apple M2 Pro" in text


def test_the_report_says_which_weights_ran_and_what_was_done_on_slow_cores(run: Path) -> None:
    text = (run / "report.en.md").read_text(encoding="utf-8")
    assert "Weights that ran" in text
    assert "part of the work was done on E-cores" in text
    heard = (run / "utterances.jsonl").read_text(encoding="utf-8").splitlines()
    assert len({json.loads(line)["utterance"] for line in heard}) == 4


def test_the_report_has_the_footprint_that_linux_has_not(run: Path) -> None:
    text = (run / "report.en.md").read_text(encoding="utf-8")
    assert "Peak Footprint" in text
    host = json.loads((run / "host.json").read_text(encoding="utf-8"))
    assert (host["system"], host["machine"], host["gpu"]) == ("macos", "arm64", "Apple M2 Pro, 16-core GPU")


# --------------------------------------------------------------------- recorded outputs

VM_STAT = """Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                               5842.
Pages active:                           250117.
"Translation faults":               1254301297.
Pageins:                               9876543.
Pageouts:                                61327.
Swapins:                                   128.
Swapouts:                                 4096.
"""


def test_reading_mapped_weights_is_no_swapping() -> None:
    """Pages of mapped files come in as `Pageins`; only what went to swap and back counts."""
    assert macos.parse_vm_stat(VM_STAT) == 128 + 4096
    assert macos.parse_vm_stat(VM_STAT.replace("9876543", "99999999")) == 128 + 4096
    assert macos.parse_vm_stat("Swapins:  1.\n") is None


def test_two_chips_of_one_name_are_two_machines_by_their_gpu_cores() -> None:
    from bench.host.describe import host_id

    ioreg = '"gpu-core-count" = {}\n'
    seven, eight = (macos.parse_gpu_cores(ioreg.format(count)) for count in (7, 8))
    ids = {
        host_id("macos", "arm64", "Apple M1", 8, 8 << 30, f"Apple M1, {count}-core GPU")
        for count in (seven, eight)
    }
    assert len(ids) == 2
    assert macos.parse_gpu_cores("nothing") is None
