"""Bars of scoring: speed and memory, loops found and talk left alone.  Run by hand: they take a minute."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("wordfreq")

HERE = Path(__file__).parent


def printed(script: str, *arguments: str) -> str:
    command = [sys.executable, str(HERE / script), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=HERE.parents[1]).stdout


def test_ten_thousand_utterances_by_ten_variants_are_scored_within_a_minute_and_a_gigabyte() -> None:
    text = printed("scoring_speed.py")
    [seconds] = re.findall(
        r"of one core ([\d.]+) s", text
    )  # what the neighbours of this machine take is not its own
    [megabytes] = re.findall(r"peak (\d+) MB", text)
    assert float(seconds) < 60
    assert int(megabytes) < 1000


def test_a_pass_of_ten_thousand_utterances_by_ten_variants_becomes_results_within_a_minute_and_a_gigabyte() -> (
    None
):
    text = printed("pass_speed.py")
    [seconds] = re.findall(r"of one core ([\d.]+) s", text)
    [megabytes] = re.findall(r"peak (\d+) MB", text)
    assert float(seconds) < 60
    assert int(megabytes) < 1000


def test_talk_is_no_loop_and_loops_are_found() -> None:
    text = printed("loop_rates.py", "--hours", "50")
    [share] = re.findall(r"\| ([\d.]+) % \| \{", text)
    assert float(share) < 0.5
    found = re.search(r"loops made (\d+), named (\d+); of at least 12 words (\d+), judged loops (\d+)", text)
    assert found is not None
    assert found[1] == found[2]
    assert found[3] == found[4]
