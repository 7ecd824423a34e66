"""Any program: an argument list with placeholders, and patterns that read what it prints.

No shell: every word of `argv` is one argument.  `{audio}`, `{model}` and the other roles of the
weights' files, `{language}`, `{threads}`, `{device}` and `{text_out}` are filled in; `{{` is a brace.

A pattern is a regular expression.  A time is what its groups `seconds`, `milliseconds` and `minutes`
say together, or else its first group in seconds; the decimal mark may be a comma.  Times the program
prints are its own claim, and are recorded as such.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, model_validator

from bench.contract import WRITTEN_FILE, Job, Outcome, Reading
from bench.domain import (
    Case,
    FetchedClip,
    Model,
    Reason,
    Status,
    Transcript,
    WeightsFile,
)
from bench.engines import Availability, Settings, layout
from bench.engines.command_output import OutputPatterns, backend_of, line_of, measurements_of, plain, search
from bench.engines.layout import LinkedFolder
from bench.engines.reading import backend_mismatch
from bench.errors import UnusableWeights
from bench.problems import problem
from bench.reasons import reason, told

ROLES: Final = ("model", "decoder", "encoder", "folder")
FILLED: Final = ("audio", "language", "threads", "device", "text_out", "layout", *ROLES)

_PLACEHOLDER: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


class CommandSettings(Settings):
    """The program, its arguments, and how its output is read."""

    argv: tuple[str, ...] = Field(min_length=1, description="Program and arguments; no shell")
    patterns: OutputPatterns = Field(
        default=OutputPatterns(),
        description="Regular expressions that read times, tokens, text and more of the output",
    )
    text_from: Literal["stdout", "file", "pattern"] = Field(
        default="stdout", description="file: the program writes it to {text_out}"
    )
    weights_format: str = Field(
        default="program", description="The format of the model's weights, as manifests name it"
    )
    language: str = Field(default="clip", description='"clip": the clip\'s own; or a code like ru')
    language_names: dict[str, str] = Field(
        default_factory=dict, description="ru: Russian, where codes will not do"
    )
    threads: int = Field(default=2, ge=1, le=512, description="What {threads} is filled with")
    families: tuple[str, ...] = Field(default=(), description="Model families the program runs; empty: any")
    opens_too: tuple[str, ...] = Field(
        default=(), description="Files the program rightly opens though they are another variant's weights"
    )
    layout: LinkedFolder | None = Field(
        default=None, description="A folder of links, made in the cache, for the placeholder {layout}"
    )
    opens_weights: bool = Field(
        default=True, description="false: it reads them on another machine, and nothing is proved of them"
    )

    @model_validator(mode="after")
    def _whole(self) -> CommandSettings:
        named = [name for word in self.argv for name in _names(word)]
        unknown = sorted(set(named) - set(FILLED))
        if unknown:
            raise ValueError(f"argv: unknown placeholder {{{unknown[0]}}}; there are: {', '.join(FILLED)}")
        if (self.text_from == "file") != ("text_out" in named):
            raise ValueError("text_from: file and the placeholder {text_out} in argv go together")
        if (self.layout is not None) != ("layout" in named):
            raise ValueError("layout and the placeholder {layout} in argv go together")
        if self.text_from == "pattern" and not self.patterns.text:
            raise ValueError("text_from: pattern needs patterns.text")
        return self


class Command:
    """The engine; the program is measured directly, without a worker around it."""

    name = "command"
    title = "a program of one's own"
    distribution: str | None = None
    weights_format = "program"
    families: tuple[str, ...] = ()
    settings = CommandSettings

    def availability(self) -> Availability:
        """Always there; the program may not be, and then the case says so."""
        return Availability(version=None, devices=("cpu", "metal", "cuda", "vulkan"))

    def format_of(self, settings: CommandSettings, /) -> str:
        """The settings say which weights the program reads."""
        return settings.weights_format

    def refusal(self, model: Model, settings: CommandSettings, quantization: str) -> Reason | None:
        """Only what the settings themselves exclude: the program speaks for itself."""
        if settings.families and model.family not in settings.families:
            return reason(
                "engine.other_family",
                engine=Path(settings.argv[0]).name,
                families=", ".join(settings.families),
                model=model.title,
                family=model.family,
            )
        return None

    def check(self, weights: Sequence[WeightsFile]) -> None:
        """Files must be there; what is in them is the program's business."""
        for file in weights:
            if not Path(file.path).exists():
                raise problem(UnusableWeights, "command.no_path", path=str(file.path))

    def job(
        self,
        case: Case,
        settings: CommandSettings,
        model: Model,
        clip: FetchedClip,
        weights: Sequence[WeightsFile],
    ) -> Job:
        """The argument list with everything filled in."""
        code = clip.language if settings.language == "clip" else settings.language
        values = {
            "audio": clip.path,
            "language": settings.language_names.get(code, code),
            "threads": str(settings.threads),
            "device": case.variant.device,
            "text_out": WRITTEN_FILE,
            **{file.role: file.path for file in weights},
        }
        if settings.layout is not None:
            values["layout"] = str(layout.make(settings.layout, weights))
        argv = tuple(fill(word, values) for word in settings.argv)
        return Job(
            argv=(shutil.which(argv[0]) or argv[0], *argv[1:]),
            environ=case.variant.environ,
            opens_too=settings.opens_too,
            opens_weights=settings.opens_weights,
        )

    def read(self, case: Case, settings: CommandSettings, outcome: Outcome) -> Reading:
        """Times, text and backend by the settings' patterns; what no pattern finds is absent."""
        output = plain(f"{outcome.stdout}\n{outcome.stderr}")
        patterns = settings.patterns
        status, why = outcome.status, outcome.reason
        text = _text(settings, outcome, output)
        backend = backend_of({str(device): words for device, words in patterns.backend.items()}, output)
        if status is Status.CRASHED and _told_all(patterns, text, output):
            status, why = Status.EXIT_FAILED, reason("exit.after_results", reason=why or told(""))
        elif status is Status.CRASHED and settings.text_from == "stdout":
            text = None  # what it had said by then is no transcript
        if status in (Status.OK, Status.FAILED) and (words := line_of(patterns.unsupported, output)):
            status, why = Status.UNSUPPORTED, told(words)
        elif status is Status.OK and text is None:
            status, why = Status.FAILED, reason("transcript.expected")
        elif status.delivered and (mismatch := backend_mismatch(case.variant.device, backend)):
            status, why = Status.WRONG_BACKEND, mismatch
        heard = search(patterns.language, output)
        return Reading(
            status=status,
            reason=why,
            transcript=None
            if text is None
            else Transcript(text=text, language=heard.group(1) if heard else None),
            backend=backend,
            measurements=measurements_of(patterns, output),
        )


def _told_all(patterns: OutputPatterns, text: str | None, output: str) -> bool:
    """Whether a program printed its transcript and its transcription time before it came to grief."""
    return bool(text) and search(patterns.transcribe_seconds, output) is not None


def fill(word: str, values: Mapping[str, str]) -> str:
    """A word of argv with its placeholders filled in; `UnusableWeights` for a role that has no file."""

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if name is None:
            return found.group(0)[0]
        if name not in values:
            raise problem(UnusableWeights, "command.no_role", role=name)
        return values[name]

    return _PLACEHOLDER.sub(value, word)


def _names(word: str) -> list[str]:
    return [found.group(1) for found in _PLACEHOLDER.finditer(word) if found.group(1) is not None]


def _text(settings: CommandSettings, outcome: Outcome, output: str) -> str | None:
    match settings.text_from:
        case "stdout":
            return plain(outcome.stdout).strip() if outcome.status in (Status.OK, Status.CRASHED) else None
        case "pattern":
            found = [
                match.group(1).strip()
                for pattern in settings.patterns.text
                for match in re.finditer(pattern, output, re.MULTILINE)
            ]
            return " ".join(found) if found else None
        case "file":
            return None if outcome.written is None else outcome.written.strip()


ENGINE = Command()
