"""The README's pictures of a terminal, from committed runs: `make pictures`.  SVG, with no font to load."""

from __future__ import annotations

import re
import sys
from io import StringIO
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

from bench.commands.terminal import show_verdict, verdict_rows
from bench.journal import read_run
from bench.report.writing.terminal import plain_verdict

WIDEST: Final = 200
COMMAND: Final = "asr-quant-bench run whisper-base"
FONTS: Final = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def verdict_svg(run: Path, code: str) -> str:
    """The end of a run as a terminal shows it."""
    found = plain_verdict([read_run(run)], code)
    console = Console(record=True, width=WIDEST, file=StringIO(), highlight=False, force_terminal=True)
    lines = max(len(line) for line in found.lines) + 4
    console.width = max(lines, console.measure(verdict_rows(found)).maximum)
    console.print(Text(f"$ {COMMAND}", style="bold"))
    show_verdict(console, found)
    svg = console.export_svg(title="asr-quant-bench", theme=SVG_EXPORT_THEME, unique_id="verdict")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code, monospace", FONTS)
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE).rstrip() + "\n"


def main() -> None:
    """Write docs/pictures/verdict.LANGUAGE.svg."""
    root = Path(__file__).resolve().parents[2]
    (run,) = (root / "reports" / "examples" / "whisper-base").iterdir()
    for code in sys.argv[1:] or ("en", "ru"):
        target = root / "docs" / "pictures" / f"verdict.{code}.svg"
        target.parent.mkdir(exist_ok=True)
        target.write_text(verdict_svg(run, code), encoding="utf-8")


if __name__ == "__main__":
    main()
