"""macOS's `say`: offline speech of a known text."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path
from typing import Final

from bench.assets.progress import Progress
from bench.errors import AssetError, SourceUnreachable
from bench.problems import problem
from bench.reasons import reason

TIMEOUT_SECONDS: Final = 120.0


def speak(voice: str, sentence: str, target: Path) -> None:
    """One sentence into a 16 kHz mono s16 WAV.

    Raises `SourceUnreachable` where there is no `say`, `AssetError` where the voice is not installed.
    """
    program = shutil.which("say")
    if program is None:
        raise problem(SourceUnreachable, "say.no_macos", voice=voice, system=platform.system())
    argv = [program, "-v", voice, "-o", str(target), "--file-format=WAVE", "--data-format=LEI16@16000"]
    try:
        done = subprocess.run(
            argv, input=sentence, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise problem(AssetError, "say.silent", voice=voice, limit=f"{TIMEOUT_SECONDS:.0f}") from None
    if done.returncode or not target.exists():
        words = done.stderr.strip() or reason("exit.status", status=done.returncode)
        raise problem(AssetError, "say.failed", voice=voice, words=words)


def speak_all(voice: str, sentences: tuple[str, ...], folder: Path, progress: Progress) -> list[Path]:
    """Every sentence in a file of its own, so that its place in the clip is known."""
    paths = []
    for number, sentence in enumerate(sentences, start=1):
        paths.append(folder / f"{number:04d}.wav")
        speak(voice, sentence, paths[-1])
        progress.advance(f"Speaking with {voice}", number, len(sentences))
    return paths
