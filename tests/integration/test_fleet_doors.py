"""Who reaches a head: this machine alone unless told otherwise, with TLS whoever has a certificate; workers that others start."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import fake_engine
import fleets
import pytest

from bench.errors import FleetError
from bench.fleet.serving import refuse_open_doors

TLS = """
distributed:
  comm:
    require-encryption: true
    tls:
      ca-file: {0}/ca.pem
      scheduler: {{cert: {0}/host.pem, key: {0}/host.key}}
      worker: {{cert: {0}/host.pem, key: {0}/host.key}}
      client: {{cert: {0}/host.pem, key: {0}/host.key}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fake_engine.install()
    fleets.make_suite(tmp_path, 6)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def certificates(folder: Path) -> Path:
    """A CA of one's own and a host's certificate, with Dask's settings beside them."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make certificates with")
    place = folder / "tls"
    place.mkdir()
    new = [openssl, "req", "-newkey", "rsa:2048", "-nodes"]
    for command in (
        [*new, "-x509", "-days", "2", "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem"],
        [*new, "-subj", "/CN=host", "-keyout", "host.key", "-out", "host.csr"],
        [
            *(openssl, "x509", "-req", "-days", "2", "-in", "host.csr", "-CA", "ca.pem", "-CAkey", "ca.key"),
            *("-CAcreateserial", "-out", "host.pem"),
        ],
    ):
        subprocess.run(command, cwd=place, check=True, capture_output=True)
    (place / "tls.yaml").write_text(TLS.format(place))
    return place


@pytest.mark.parametrize(
    ("address", "without_tls"),
    [
        ("tcp://127.0.0.1:8786", False),
        ("tcp://localhost:8786", False),
        ("tcp://[::1]:8786", False),
        ("tls://0.0.0.0:8786", False),
        ("tcp://10.0.0.7:8786", True),
    ],
)
def test_doors_that_only_this_machine_or_a_certificate_opens_may_be_open(
    address: str, without_tls: bool
) -> None:
    refuse_open_doors(address, without_tls=without_tls)


@pytest.mark.parametrize(
    "address", ["tcp://0.0.0.0:8786", "tcp://10.0.0.7:8786", "ws://head:8786", "tcp://:8786"]
)
def test_doors_that_anybody_opens_are_refused(address: str) -> None:
    with pytest.raises(FleetError, match="could run any program here"):
        refuse_open_doors(address, without_tls=False)


def test_a_head_listens_on_this_machine_alone(folder: Path) -> None:
    with fleets.process("head", "--listen", "tcp://0.0.0.0:0", cwd=folder) as refused:
        assert refused.wait(60) == FleetError.exit_code
    assert "--without-tls" in next(folder.glob("head.*.log")).read_text()


def test_with_tls_only_those_with_a_certificate_get_in(
    folder: Path, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dask's own settings, as docs/fleet.md writes them."""
    address = f"tls://127.0.0.1:{fleets.free_port()}"
    command = ("quality", "demo.yaml", "--on", address, "--lang", "en")
    without = {"DASK_CONFIG": str(folder / "nothing")}
    monkeypatch.setenv("DASK_CONFIG", str(certificates))
    with (
        fleets.process("head", "--listen", address, cwd=folder, until="head:"),
        fleets.a_worker(folder, address),
    ):
        with fleets.process(*command, cwd=folder, **without) as stranger:
            assert stranger.wait(60) != 0
        assert "docs/fleet.md" in next(folder.glob("quality.*.log")).read_text()
        with fleets.process(*command, cwd=folder) as known:
            assert known.wait(120) == 0
    (run,) = (folder / "reports" / "demo").glob("2*")
    assert len(fleets.records_of(run)) == 6 * 3 + 4 * 2


def test_a_worker_that_dask_s_own_command_starts_is_ours_with_the_preload(folder: Path) -> None:
    """As dask-jobqueue starts it."""
    address = f"tcp://127.0.0.1:{fleets.free_port()}"
    setup = f"{fleets.INSTALL}; from distributed.cli.dask_worker import main; main()"
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--preload", "bench.fleet.preload")
    path = os.pathsep.join([str(Path(fake_engine.__file__).parent), *sys.path])
    with fleets.process("head", "--listen", address, cwd=folder, until="head:"):
        worker = subprocess.Popen(
            [sys.executable, "-c", setup, address, *options],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path},
            stderr=subprocess.DEVNULL,
        )
        try:
            with fleets.process("quality", "demo.yaml", "--on", address, "--lang", "en", cwd=folder) as heard:
                assert heard.wait(120) == 0
        finally:
            worker.terminate()
            worker.wait(30)
    (run,) = (folder / "reports" / "demo").glob("2*")
    assert len(fleets.records_of(run)) == 6 * 3 + 4 * 2


def test_a_host_with_a_label_has_one_worker(folder: Path) -> None:
    """So that no share is heard beside a timing there; hosts without labels have as many as they like."""
    said = "another worker runs on this host"

    def refused(*options: str) -> bool:
        with fleets.process("worker", address, *options, cwd=folder) as second:
            assert second.wait(60) == FleetError.exit_code
        newest = max(folder.glob("worker.*.log"), key=lambda file: file.stat().st_mtime_ns)
        return said in newest.read_text()

    with fleets.a_head(folder, fleets.free_port()) as address:
        with fleets.a_worker(folder, address, "--label", "m4"):
            assert refused()
            assert refused("--label", "m1")
        with fleets.a_worker(folder, address), fleets.a_worker(folder, address):
            assert refused("--label", "m4")
