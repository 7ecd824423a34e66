"""What hearing a quality pass costs: processor time of an utterance, by all variants, words and divergence together.

    python tests/bench/pass_hearing.py [--rounds 4] [--utterances 6] [--raw FILE] [--write docs/quality.md]

`asr-quant-bench quality` hears the corpus of configs/whisper-base-quality.yaml with its seven variants and two workers,
in each round another few utterances, in several ways whose order is drawn anew: by the wheel, plain and with flash
attention, and with the build of that suite (all of them differ by some ten-thousandths of a nat).  Processor time is
taken from the records: nothing waits in a pass, so that two workers need half of it by the clock.  It wants an idle
machine.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paired_trials import append, read, replace_between

from bench.quality.utterances import UTTERANCES
from bench.yamlfile import load_plain

SUITE: Final = Path(__file__).resolve().parents[2] / "configs" / "whisper-base-quality.yaml"
START, END = "<!-- measured: tests/bench/pass_hearing.py -->", "<!-- end of pass hearing -->"
CORPUS: Final = 620
WORKERS: Final = 2


@dataclass(frozen=True, slots=True)
class Way:
    """How whisper.cpp was built, and which attention it computes."""

    build: str
    flash: bool

    @property
    def title(self) -> str:
        """As in the table."""
        return f"{self.build}, {'flash' if self.flash else 'plain'} attention"


WAYS: Final = tuple(Way(build, flash) for build in ("wheel", "native") for flash in (False, True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stint:
    """Seconds of one core for each utterance of a round, over all variants."""

    way: str
    seconds: Sequence[float]


def stint(folder: Path, *, seed: int, utterances: int, way: Way) -> Stint:
    """Hear a few utterances."""
    suite = load_plain(SUITE)
    suite["name"] = "hearing"
    suite["defaults"]["settings"]["flash_attention"] = way.flash
    if way.build == "wheel":
        del suite["defaults"]["environment"], suite["environments"]
    corpus = {"corpus": "festvox-ru", "utterances": utterances}
    suite["quality"] = {"seed": seed, "floor": 0, "corpora": [corpus]}
    path = folder / "hearing.yaml"
    path.write_text(json.dumps(suite, ensure_ascii=False), encoding="utf-8")  # JSON is YAML
    command = [sys.executable, "-m", "bench", "quality", str(path), "--workers", str(WORKERS)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    [records] = (folder / "reports" / "hearing").glob(f"2*/{UTTERANCES}")
    spent: dict[str, float] = {}
    for line in records.read_text(encoding="utf-8").splitlines():
        each = json.loads(line)
        spent[each["utterance"]] = spent.get(each["utterance"], 0.0) + each["cpu_seconds"]
    assert len(spent) == utterances, spent
    return Stint(way=way.title, seconds=list(spent.values()))


def table(stints: Iterable[Mapping[str, Any]]) -> str:
    """Markdown: a row for each way, the whole corpus by extrapolation."""
    given = list(stints)
    head = "| whisper.cpp | utterances | s of one core an utterance (range of rounds) | whole corpus on two cores |"
    rows = [
        _row(way.title, own)
        for way in WAYS
        if (own := [each["seconds"] for each in given if each["way"] == way.title])
    ]
    return "\n".join([head, "|---|--:|--:|--:|", *rows])


def _row(title: str, rounds: Sequence[Sequence[float]]) -> str:
    means = [sum(each) / len(each) for each in rounds]
    every = [seconds for each in rounds for seconds in each]
    mean = sum(every) / len(every)
    spread = f" ({min(means):.1f} to {max(means):.1f})" if len(means) > 1 else ""
    return f"| {title} | {len(every)} | {mean:.1f}{spread} | {mean * CORPUS / WORKERS / 60:.0f} min |"


def main() -> None:
    """Hear, round by round, and print or write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--utterances", type=int, default=6)
    parser.add_argument("--raw", type=Path, default=Path("pass-hearing.jsonl"))
    parser.add_argument("--write", type=Path, metavar="PAGE", help="replace the table of docs/quality.md")
    options = parser.parse_args()
    for number in range(1, options.rounds + 1):
        for way in random.Random(number).sample(WAYS, len(WAYS)):
            with tempfile.TemporaryDirectory(prefix="pass-hearing-") as folder:
                heard = stint(Path(folder), seed=number, utterances=options.utterances, way=way)
            append(options.raw, "stint", heard)
            print(f"round {number}, {way.title}: {sum(heard.seconds):.0f} s of a core", file=sys.stderr)
    text = table(read(options.raw, "stint"))
    if options.write:
        replace_between(options.write, START, END, text)
    else:
        print(text)


if __name__ == "__main__":
    main()
