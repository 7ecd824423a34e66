"""`report` and `recommend`: what run directories say, old ones and other machines' too."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

# The exit codes of `recommend`: a variant was chosen, every one breaks a limit, it cannot be said yet.
_EXIT = {"chosen": 0, "impossible": 1, "inconclusive": 2}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("report")(report)
    app.command("recommend")(recommend)


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(
            help="Run directories: reports/SUITE/RUN-ID, or reports/SUITE/hosts-STAMP", show_default=False
        ),
    ],
    lang: Annotated[
        list[str] | None, typer.Option(help="Report language, such as ru or en. May be repeated.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write into; a single run's own by default.")
    ] = None,
    form: Annotated[
        list[str] | None,
        typer.Option("--format", help="md, html, charts, json, csv, short; all by default. May be repeated."),
    ] = None,
    templates: Annotated[
        Path | None,
        typer.Option(help="Folder with templates of your own, which take precedence over the built-in ones."),
    ] = None,
    sound: Annotated[bool, typer.Option("--sound", help="Embed the clips in the HTML page.")] = False,
) -> None:
    """Render the reports of one or more runs, from their records alone."""
    from bench.commands.terminal import print_verdict
    from bench.errors import ReportError
    from bench.hostruns import is_of_hosts
    from bench.journal import read_run
    from bench.report import render

    if len(runs) == 1 and is_of_hosts(runs[0]):
        from bench.commands.on_hosts import languages_of, report_hosts

        spoken = tuple(lang) if lang else languages_of(runs[0])
        report_hosts(runs[0], spoken, out=out, formats=form, templates=templates, sound=sound)
        return
    if len(runs) > 1 and out is None:
        raise ReportError(
            "--out is required when several runs are given.", hint="Say where to write with --out FOLDER."
        )
    data = [read_run(run) for run in runs]
    languages = tuple(lang) if lang else data[0].suite.report.languages
    for path in render(
        data, languages=languages, out=out or runs[0], formats=form, templates=templates, sound=sound
    ):
        typer.echo(f"wrote {path}")
    print_verdict(data, languages[0])


def _size(text: str) -> float:
    from bench.config.durations import parse_size

    try:
        return float(parse_size(text))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


SizeOption = Any  # bytes, once `_size` has read "2 GB"


def recommend(
    runs: Annotated[
        list[Path], typer.Argument(help="Run directories: reports/SUITE/RUN-ID", show_default=False)
    ],
    max_footprint: Annotated[
        SizeOption,
        typer.Option(parser=_size, metavar="SIZE", help="Peak memory: 2GB. The footprint on macOS."),
    ] = None,
    max_rss: Annotated[
        SizeOption, typer.Option(parser=_size, metavar="SIZE", help="Peak RSS: 500MB.")
    ] = None,
    max_size: Annotated[
        SizeOption, typer.Option(parser=_size, metavar="SIZE", help="Weights on disk.")
    ] = None,
    max_rtf: Annotated[float | None, typer.Option(help="Transcription seconds per second of audio.")] = None,
    max_load: Annotated[float | None, typer.Option(help="Cold start in seconds.")] = None,
    max_wer: Annotated[float | None, typer.Option(help="Word error rate in per cent.")] = None,
    max_wer_loss: Annotated[
        float | None, typer.Option(help="Percentage points of WER above the baseline.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Choose among the variants of this model.")] = None,
    lang: Annotated[str, typer.Option(help="Language of the answer, such as ru or en.")] = "en",
) -> None:
    """Name the variant that keeps your limits, with its evidence, or what is missing to say.

    Exit codes: 0 a variant was chosen, 1 every one breaks a limit, 2 inconclusive.
    """
    from rich.markdown import Markdown

    from bench.commands.terminal import wide_console
    from bench.journal import read_run
    from bench.language import language
    from bench.report.findings import Constraints, recommend
    from bench.report.writing.writers import MarkdownWriter
    from bench.results import results_of

    answer = recommend(
        results_of(read_run(run) for run in runs),
        Constraints(
            max_footprint_bytes=max_footprint,
            max_rss_bytes=max_rss,
            max_weights_bytes=max_size,
            max_rtf=max_rtf,
            max_load_seconds=max_load,
            max_wer=None if max_wer is None else max_wer / 100,
            max_wer_loss=None if max_wer_loss is None else max_wer_loss / 100,
            model=model,
        ),
    )
    writer = MarkdownWriter(language(lang))
    console = wide_console()
    for line in answer.phrases():
        console.print(Markdown(str(writer.cell(line))))
    raise typer.Exit(_EXIT[answer.decision.value])
