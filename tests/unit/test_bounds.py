"""Small inputs that would take a reader's time, memory or process are refused, or shown harmless."""

from __future__ import annotations

import csv
import io
import os
import re
import struct
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import nights
import pytest
import records

from bench.assets.formats.gguf import read_gguf
from bench.errors import JournalError, UnusableWeights
from bench.exports.table import export_csv
from bench.journal import RunData
from bench.reasons import reason
from bench.text.safe import clean, one_line
from bench.timelimit import TookTooLong, at_most


def test_a_pattern_that_backtracks_without_end_is_ended() -> None:
    begun = time.monotonic()
    with pytest.raises(TookTooLong, match="took longer than"), at_most(0.3):
        re.search(r"(a+)+$", "a" * 60 + "b")
    assert time.monotonic() - begun < 3.0
    with at_most(0.3):
        pass
    time.sleep(0.4)  # the timer was put off


def test_a_header_of_millions_of_values_or_of_arrays_in_arrays_is_refused(tmp_path: Path) -> None:
    def gguf(value: bytes) -> Path:
        head = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"k" + struct.pack("<I", 9)
        (tmp_path / "a.gguf").write_bytes(head + value)
        return tmp_path / "a.gguf"

    wide = gguf(struct.pack("<IQ", 0, 300 << 20))
    with wide.open("ab") as file:
        file.truncate(wide.stat().st_size + (300 << 20))
    begun = time.monotonic()
    with pytest.raises(UnusableWeights, match="its arrays hold more"):
        read_gguf(wide)
    with pytest.raises(UnusableWeights, match="deep"):
        read_gguf(gguf(struct.pack("<IQ", 9, 1) * 5000 + struct.pack("<IQ", 0, 0)))
    assert time.monotonic() - begun < 1.0


@pytest.mark.parametrize(
    "text", ["a\ufffeb", "a\uffffb", "a\U0001ffffb", "a\ufdd0b", "a\ud800b", "a\x00b", "a\x1b]0;title\x07b"]
)
def test_cleaned_text_can_stand_in_xml(text: str) -> None:
    ET.fromstring(f"<a>{clean(text)}</a>")
    assert "\u2028" not in one_line("a\u2028b")


def test_a_chart_is_drawn_whatever_a_case_is_called(tmp_path: Path) -> None:
    """U+FFFE in a label ended the whole process by SIGABRT, so this runs in one of its own."""
    pytest.importorskip("vl_convert")
    script = (
        "import altair as alt\n"
        "from bench.report.charts.draw import _svg\n"
        "from bench.text.safe import one_line\n"
        "label = one_line('a\\ufffe\\uffff\\u2028\\x00b\\U0001ffff')\n"
        "print(len(_svg(alt.Chart(alt.Data(values=[{'x': label, 'y': 1}])).mark_bar().encode(x='x:N', y='y:Q'))))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 500


def test_a_csv_cell_begins_no_row_and_no_formula(tmp_path: Path) -> None:
    hostile = "fine\r=HYPERLINK(1)\x1b[31m"
    made = records.record(status="failed", reason=reason("told", words=hostile), engine="\t=1+1")
    text = export_csv(RunData(path=tmp_path, suite=records.suite("f16"), host=records.HOST, records=(made,)))
    assert "\r" not in text
    assert "\x1b" not in text
    rows = list(csv.reader(io.StringIO(text)))
    assert all(not cell.startswith(("=", "+", "-", "@", "\t")) for row in rows[1:] for cell in row)


def test_an_index_that_cannot_be_written_is_an_error_of_the_user_s(tmp_path: Path) -> None:
    from bench.regression.index import rebuild_index
    from bench.regression.night import night_of

    night = night_of(nights.run_of({"f16": [4.0, 4.1, 4.2]}))
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(JournalError, match="the index cannot be written"):
        rebuild_index(tmp_path / "file" / "demo.sqlite", [night])


def test_without_a_home_the_cache_s_variable_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from bench.places import cache_root, portable

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("ASR_QUANT_BENCH_CACHE", raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # as it is for a user without an entry
    with pytest.raises(OSError, match="no home folder"):
        cache_root()
    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path))
    assert portable(f"{tmp_path}/weights") == "$ASR_QUANT_BENCH_CACHE/weights"
    assert os.environ.get("HOME") is None


@pytest.mark.parametrize(
    "parameters",
    [
        "{layers: 1000000}",
        "{width: .inf}",
        "{heads: 0}",
        "{size: [[]]}",
        "{size: {a: 1}}",
        "{width: 99999999999999}",
    ],
)
def test_dimensions_no_model_has_are_refused_before_a_disk_is_filled(parameters: str, tmp_path: Path) -> None:
    from bench.assets import read_model
    from bench.errors import SuiteError

    source = f"{{kind: synthetic, generator: gigaam, parameters: {parameters}}}"
    (tmp_path / "m.yaml").write_text(
        "name: m\ntitle: M\nfamily: gigaam\nbaseline: f16\nlicence: MIT\nsynthetic: true\n"
        f"weights: [{{format: gguf, quantizations: [f16], source: {source}}}]\n"
    )
    with pytest.raises(SuiteError, match=r"no dimension of a model|finite"):
        read_model(tmp_path / "m.yaml")


def test_a_machine_s_turn_is_taken_beside_a_cache_that_may_only_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import tempfile

    from bench.host import turn

    real, asked = turn._acquired, []

    def acquired(path: Path, waiting: object) -> object:
        asked.append(path)
        if len(asked) == 1:
            raise OSError(errno.EROFS, "Read-only file system")
        return real(path, lambda: None)

    monkeypatch.setenv("ASR_QUANT_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(turn, "_acquired", acquired)
    with turn.machine_turn(lambda: None):
        assert asked[1].parent == tmp_path
