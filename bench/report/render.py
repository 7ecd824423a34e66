"""Runs -> view -> files.

Rendering is apart from measuring: records of any age and machine re-render here, with these
templates or with a folder of one's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.errors import ReportError
from bench.files import sweep_beside, write_file
from bench.language import Language, language
from bench.report.build import build
from bench.report.names import Names, Scope, scopes
from bench.report.writing.reporters import FORMATS, REPORTERS, available_formats
from bench.results import results_of

if TYPE_CHECKING:
    from bench.journal import RunData
    from bench.report.charts.draw import Chart
    from bench.report.view import AbsentHost, View

MOST_DRAWN: Final = 6  # machines x clips with charts of their own
MOST_CASES_DRAWN: Final = 40  # in one chart


def render(
    runs: Sequence[RunData],
    *,
    languages: Sequence[str],
    out: Path,
    formats: Sequence[str] | None = None,
    templates: Path | None = None,
    sound: bool = False,
    absent: Sequence[AbsentHost] = (),
) -> tuple[Path, ...]:
    """Write the reports of the runs into the folder `out`; return the files, reports first.

    `languages` are codes of the catalogs, `formats` names of `FORMATS` (None: all that can be
    written here); `templates` is a folder whose files go before the built-in ones of the same
    name; `sound` puts the clips into the HTML page; `absent` are hosts that were asked and gave no run.  Each file is replaced as a whole or not at
    all.  Raises `ReportError` for no runs, an unknown language or format, a template that fails.
    """
    if not runs:
        raise ReportError("there is no run to report.", hint="Give run directories: reports/SUITE/RUN-ID.")
    if templates is not None and not templates.is_dir():
        raise ReportError(
            f"{templates}: there is no such folder of templates.", hint="Give --templates FOLDER."
        )
    chosen = tuple(dict.fromkeys(available_formats() if formats is None else formats))
    if unknown := [name for name in chosen if name not in FORMATS]:
        raise ReportError(
            f"report format {unknown[0]!r}: there is no such format.", hint=f"Formats: {', '.join(FORMATS)}."
        )
    spoken = [language(code) for code in dict.fromkeys(languages)]
    material = _Rendering(runs, spoken, out, chosen, templates, sound, absent)
    written = tuple(
        write_file(out / output.path, output.text)
        for name in FORMATS
        if name in chosen
        for output in REPORTERS[name].outputs(material)
    )
    for folder in {path.parent for path in written}:
        sweep_beside(folder)
    return written


class _Rendering:
    """One call of `render`: what several formats need is made once."""

    def __init__(
        self,
        runs: Sequence[RunData],
        spoken: Sequence[Language],
        out: Path,
        formats: Sequence[str],
        templates: Path | None,
        sound: bool,
        absent: Sequence[AbsentHost] = (),
    ) -> None:
        self.runs, self.spoken, self.out = runs, spoken, out
        self.formats, self.templates, self.sound = formats, templates, sound
        self.absent = absent
        self.found = results_of(runs)
        self.names = Names(self.found, runs)

    @cached_property
    def view(self) -> View:
        return build(
            self.runs,
            self.found,
            self.names,
            out=self.out.resolve(),
            with_diffs=any(REPORTERS[name].transcripts for name in self.formats),
            absent=self.absent,
            undrawn=len(scopes(self.found)) - len(self.drawn) if "charts" in self.formats else 0,
        )

    @cached_property
    def drawn(self) -> tuple[Scope, ...]:
        """The machines and clips that charts are drawn of: a picture of hundreds of cases shows none."""
        fit = [scope for scope in scopes(self.found) if len(scope.cases) <= MOST_CASES_DRAWN]
        return tuple(fit[:MOST_DRAWN])

    @cached_property
    def charts(self) -> Mapping[str, Mapping[str, Sequence[Chart]]]:
        """Charts by language and name; none where they are not asked for."""
        if "charts" not in self.formats:
            return {each.code: {} for each in self.spoken}
        from bench.report.charts.draw import draw

        return {each.code: draw(self.drawn, self.names, each) for each in self.spoken}
