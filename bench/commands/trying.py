"""`try` and `init`: one's own model in one line, and the suite that it would run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.arguments import LogsOption
from bench.errors import SuiteError

if TYPE_CHECKING:
    from bench.ownmodel import Proposal

FilesArgument = Annotated[
    list[Path],
    typer.Argument(
        help="MODEL.bin or MODEL.gguf, or a checkpoint's folder; several quantizations, or an encoder after it.",
        show_default=False,
    ),
]
AudioOption = Annotated[
    list[Path] | None,
    typer.Option(
        help="A recording (its text in a .txt of its name), a folder or a manifest. May be repeated."
    ),
]
QuantizationsOption = Annotated[
    str | None, typer.Option(metavar="LIST", help="What to make and measure: f16,q8_0,q4_0.")
]
ThreadsOption = Annotated[
    str | None, typer.Option(metavar="LIST", help="Numbers of threads to sweep: 1,2,4.")
]
LanguageOption = Annotated[str | None, typer.Option(help="Language of the recordings: ru, en ...")]
BlocksOption = Annotated[
    int | None, typer.Option(min=1, help="Number of repetitions; intervals need at least 6.")
]
NameOption = Annotated[str | None, typer.Option(help="Name of the suite; the first file's by default.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("try")(try_)
    app.command("init")(init)


def try_(
    files: FilesArgument,
    audio: AudioOption = None,
    quantizations: QuantizationsOption = None,
    threads: ThreadsOption = None,
    language: LanguageOption = None,
    blocks: BlocksOption = None,
    name: NameOption = None,
    out: Annotated[Path, typer.Option(help="Folder for SUITE/RUN-ID.")] = Path("reports"),
    logs: LogsOption = Path("logs"),
    lang: Annotated[
        str, typer.Option(help="Language of the verdict: a folder of bench/locale, such as ru or en.")
    ] = "en",
) -> None:
    """Measure your own model: find out what it is, make its quantizations, measure them, print the verdict."""
    from bench.commands.measure import conclude, measured
    from bench.config import load_suite
    from bench.language import languages

    proposal = _proposal(files, audio, quantizations, threads, language, blocks, name)
    suite = proposal.write(out / proposal.name / "suite")
    for remark in proposal.remarks:
        typer.echo(remark)
    written = [lang, *(each for each in languages() if each != lang)]
    folders = measured(load_suite(suite), source=suite, out=out, logs=logs, lang=written)
    raise typer.Exit(conclude(folders))


def init(
    files: FilesArgument,
    audio: AudioOption = None,
    quantizations: QuantizationsOption = None,
    threads: ThreadsOption = None,
    language: LanguageOption = None,
    blocks: BlocksOption = None,
    name: NameOption = None,
    out: Annotated[Path, typer.Option(help="Folder for the suite and its models/.")] = Path("configs"),
) -> None:
    """Write the suite that `try` would run, to be edited; an existing one stays as it is."""
    proposal = _proposal(files, audio, quantizations, threads, language, blocks, name)
    taken = [
        path
        for path in (
            out / f"{proposal.name}.yaml",
            *(out / "models" / f"{manifest}.yaml" for manifest in proposal.manifests),
        )
        if path.exists()
    ]
    if taken:
        raise SuiteError(
            f"{', '.join(map(str, taken))}: there already.",
            hint="Give another --name or --out, or remove it.",
        )
    suite = proposal.write(out)
    for remark in proposal.remarks:
        typer.echo(remark)
    typer.echo(f"wrote {suite}; measure it with: asr-quant-bench run {suite}")


def _proposal(
    files: list[Path],
    audio: list[Path] | None,
    quantizations: str | None,
    threads: str | None,
    language: str | None,
    blocks: int | None,
    name: str | None,
) -> Proposal:
    from bench.ownmodel import Wishes, propose

    return propose(
        files,
        Wishes(
            audio=tuple(audio or ()),
            quantizations=tuple(part.casefold() for part in _list(quantizations)),
            threads=_counts(threads),
            language=language,
            blocks=blocks,
            name=name,
        ),
    )


def _list(given: str | None) -> list[str]:
    return [part.strip() for part in (given or "").split(",") if part.strip()]


def _counts(given: str | None) -> tuple[int, ...]:
    try:
        counts = tuple(int(part) for part in _list(given))
    except ValueError:
        counts = (0,)
    if any(count < 1 for count in counts):
        raise typer.BadParameter(f"--threads {given}: give numbers from 1 up, like 1,2,4")
    return tuple(dict.fromkeys(counts))
