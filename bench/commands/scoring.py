"""`score`: transcripts that exist already, judged without audio, weights or a suite."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.statistics import Estimate

if TYPE_CHECKING:
    from bench.quality.judge import JudgedTranscript
    from bench.quality.profiles import ErrorProfile
    from bench.statistics import Interval


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("score")(score)


def score(
    reference: Annotated[
        str, typer.Argument(help="What was said: a transcript file; - for none.", show_default=False)
    ],
    hypotheses: Annotated[
        list[Path],
        typer.Argument(
            help="What was heard: text, CTM, TSV, JSON of whisper.cpp or faster-whisper.", show_default=False
        ),
    ],
    baseline: Annotated[
        Path | None, typer.Option(help="The transcript to compare with, such as the f16 model's.")
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(help="Language of the speech, such as ru or en; detected from the text by default."),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.001, help="Length of the recording, for loops and runaways.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
) -> None:
    """Judge transcripts: error rates, stars, key errors, loops.

    Rates are ratios in JSON, per cent in tables. Utterances are paired by name (CTM, tables), by line where
    texts have as many lines, else by one alignment of the whole.
    """
    from bench.quality.judge import judge_files
    from bench.quality.transcripts import read_transcript

    said = None if reference == "-" else read_transcript(Path(reference))
    base = read_transcript(baseline) if baseline else None
    found = judge_files(
        said,
        [read_transcript(path) for path in hypotheses],
        baseline=base,
        language=language,
        seconds=seconds,
    )
    if as_json:
        data = {
            "reference": None if said is None else reference,
            "baseline": str(baseline) if baseline else None,
            "normalizer": found[0].normalizer,
            "hypotheses": [_data(each) for each in found],
        }
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        _tables(found, named=said is not None)


def _data(each: JudgedTranscript) -> dict[str, Any]:
    counts = each.score
    return {
        "hypothesis": each.path,
        "wer": counts.wer if counts else None,
        "wer_interval": _interval(each.interval),
        "cer": counts.cer if counts else None,
        "wer_raw": each.raw.wer if each.raw else None,
        "substitutions": counts.substitutions if counts else None,
        "deletions": counts.deletions if counts else None,
        "insertions": counts.insertions if counts else None,
        "reference_words": counts.reference_words if counts else None,
        "stars": each.stars,
        "key_errors": list(each.key_errors),
        "error_classes": dict(each.profile.classes) if each.profile else {},
        "baseline_error_classes": dict(each.baseline_profile.classes) if each.baseline_profile else None,
        "wer_by_words": {band: part.wer for band, part in each.by_length.items()},
        "faults": dict(each.profile.faults) if each.profile else {},
        "loops": list(each.loop_texts),
        "loop_signs": [sign.value for sign in each.signs],
        "language": each.language,
        "words": each.words,
        "characters_per_second": each.characters_per_second,
        "utterances": each.utterances or None,
        "missing_utterances": list(each.missing),
        "wer_difference": _interval(each.difference),
        "kept": each.kept,
        "wer_to_baseline": each.to_baseline.wer if each.to_baseline else None,
    }


def _interval(interval: Interval | None) -> dict[str, float | int | None] | None:
    if interval is None or interval.value is None:
        return None
    return {"value": interval.value, "low": interval.low, "high": interval.high, "n": interval.n}


# -------------------------------------------------------------------------- tables


def _tables(found: Sequence[JudgedTranscript], *, named: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from bench.commands.terminal import wide_console
    from bench.text.safe import clean

    console = wide_console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    rows = [_row(each, named=named) for each in found]
    for heading in dict.fromkeys(heading for row in rows for heading in row):
        table.add_column(heading, justify="left" if heading in {"hypothesis", "language"} else "right")
    for row in rows:
        table.add_row(*(Text(clean(row.get(column.header, ""))) for column in table.columns))  # type: ignore[arg-type]  # names and types agree by construction, which mypy cannot see
    console.print(table)
    for each in found:
        for title, lines in _notes(each):
            console.print(Text(clean(f"{each.path}: {title}"), style="bold"))
            for line in lines:
                console.print(Text(clean(f"  {line}")))
    console.print(Text(f"normalizer {found[0].normalizer}", style="dim"))


def _row(each: JudgedTranscript, *, named: bool) -> dict[str, str]:
    row = {"hypothesis": each.path}
    counts = each.score
    if named and counts is not None:
        row["WER"] = _per_cent(counts.wer, each.interval)
        row["CER"] = _per_cent(counts.cer)
        row["WER raw"] = _per_cent(each.raw.wer if each.raw else None)
        row["S/D/I"] = f"{counts.substitutions}/{counts.deletions}/{counts.insertions}"
        row["stars"] = "★" * (each.stars or 0)
    if isinstance(each.difference, Estimate):
        row["to baseline"] = _points(each.difference)
    if each.to_baseline is not None:
        row["differs from baseline"] = _per_cent(each.to_baseline.wer)
    row["words"] = str(each.words)
    row["language"] = each.language or "not told"
    if each.characters_per_second is not None:
        row["characters/s"] = f"{each.characters_per_second:.1f}"
    row["loops"] = str(len(each.loop_texts)) if each.loop_texts else "none"
    return row


def _notes(each: JudgedTranscript) -> list[tuple[str, list[str]]]:
    from bench.language import english

    found: list[tuple[str, list[str]]] = []
    if each.score is not None and each.score.reason:
        found.append((english(each.score.reason), []))
    if each.missing:
        found.append((f"{len(each.missing)} utterances have no hypothesis and count as empty", []))
    if each.interval is not None and each.interval.value is not None and each.interval.reason is not None:
        found.append((english(each.interval.reason), []))
    elif each.interval is not None and each.interval.value is not None and not each.interval.covers:
        number = f"{each.interval.n} utterance" + ("s" if each.interval.n != 1 else "")
        found.append((f"{number}: too few for the interval to be more than a rough guide", []))
    if each.errors:
        found.append(("key errors", list(each.key_errors)))
    if each.profile is not None and each.profile.classes:
        found.append(
            ("errors by class" + _lists(each.profile), [_classes(each.profile, each.baseline_profile)])
        )
    if len(each.by_length) > 1:
        parts = [f"{band} words {_per_cent(part.wer)}" for band, part in each.by_length.items()]
        found.append(("WER by length of the utterance", [", ".join(parts)]))
    if each.profile is not None and each.profile.faults:
        faults = ", ".join(f"{fault} {count}" for fault, count in each.profile.faults.items())
        found.append(("utterances", [faults]))
    if each.loops:
        times = [f"“{loop.phrase}”" + (f" × {loop.times}" if loop.times else "") for loop in each.loops]
        found.append(("loops", times))
    elif each.signs:
        found.append(("runaway: " + ", ".join(each.signs), []))
    return found


def _classes(own: ErrorProfile, base: ErrorProfile | None) -> str:
    """Counts by class, with what they are more or fewer than the baseline's."""
    names = dict.fromkeys([*own.classes, *(base.classes if base else ())])
    return ", ".join(
        f"{name} {own.classes.get(name, 0)}"
        + (f" ({own.classes.get(name, 0) - base.classes.get(name, 0):+d})" if base else "")
        for name in names
    )


def _lists(own: ErrorProfile) -> str:
    return "" if own.lists else " (non-words and rare words are not told without the extra `words`)"


def _per_cent(rate: float | None, interval: Interval | None = None) -> str:
    if rate is None:
        return "-"
    ends = ""
    if interval is not None and interval.low is not None and interval.high is not None:
        ends = f" ({100 * interval.low:.1f}-{100 * interval.high:.1f})"
    return f"{100 * rate:.1f}%{ends}"


def _points(change: Estimate) -> str:
    ends = ""
    if change.low is not None and change.high is not None:
        ends = f" ({100 * change.low:+.1f} to {100 * change.high:+.1f})"
    return f"{100 * change.value:+.1f} points{ends}"
