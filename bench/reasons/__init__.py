"""Why something is absent, refused, failed or disturbed: every code there is, with what varies in it.

To add a reason: a line in `CODES` (the code and the names of its parameters) and its words in
`bench/locale/*/LC_MESSAGES/reasons.po` under the id `reason.CODE`, in every language; then
`reason("counter.error", error="EIO")` where it arises.  Tests hold that every code has words in every
language and that every code is used.

Parameters are text, numbers or another reason.  A name ending in `_seconds` or `_bytes`, or the name
`share` (a ratio), is written with its unit; `status`, where it is a trial's, in words.  What a program or
library said is text in `error`, `words` or `message` (`FOREIGN`), or `told(words)`: it stands in quotation
marks in every language, for it is no sentence of this project.  Ours are reasons within reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bench.domain import Reason
from bench.reasons.inputs import DETAILS, INPUTS

FOREIGN: Final = frozenset({"error", "words", "message"})
# Codes whose `error` is a name, of an exception or an error number, and nobody's sentence.
NAMES: Final = frozenset(
    {
        "child.raised",
        "child.raised_message",
        "counter.error",
        "rusage.error",
        "hub.not_found",
        "hub.no_answer",
    }
)

CODES: Final[Mapping[str, tuple[str, ...]]] = {
    # what stands where nothing else is known
    "told": ("words",),
    # phases of a trial: bench.launch.measurements, bench.engines.stages
    "phase.not_timed": (),
    "phase.not_reached": (),
    "phase.below_earlier_peak": (),
    "phase.not_told": (),
    "phase.clip_not_transcribed": (),
    "pass.single": (),
    "transcription.not_timed": (),
    "stages.not_told": ("engine",),
    "stages.no_speech": (),
    "timings.not_told": (),
    "tokens.not_told": (),
    "token_rate.not_told": (),
    "token_rate.too_few": (),
    "confidence.not_told": (),
    "transcript.none": (),
    "transcript.empty": (),
    "transcript.expected": (),
    "pattern.not_given": (),
    "pattern.not_found": (),
    "pattern.no_time": ("words",),
    # instruments: bench.host, bench.launch.measurements
    "supervisor.no_result": (),
    "supervisor.failed": ("words",),
    "supervisor.silent": (),
    "supervisor.signal": ("number",),
    "supervisor.status": ("status",),
    "supervisor.said": ("why", "words"),
    "words.none": (),
    "program.not_started": (),
    "footprint.linux": (),
    "anonymous.macos": (),
    "tree.macos": (),
    "metric.not_read": ("system",),
    "sample.too_late": (),
    "rss.macos": (),
    "read_bytes.macos": (),
    "rss.not_told": (),
    "energy.no_zeus": (),
    "energy.no_gpu_meter": (),
    "disturbance.background": (),
    "rusage.not_kept": (),
    "rusage.error": ("error",),
    "rusage.no_v6": (),
    "rusage.apple_silicon_only": (),
    "counter.not_requested": (),
    "counter.not_offered": (),
    "counter.forbidden": (),
    "counter.no_syscall": (),
    "counter.error": ("error",),
    "counter.never_ran": (),
    "time_l.empty": (),
    "time_l.left_out": (),
    "time_l.not_told": (),
    "gpu.no_package": (),
    "gpu.none": (),
    "gpu.not_listed": (),
    "energy.no_meter": (),
    "energy.root_only": (),
    "energy.not_linux": (),
    # a start from an evicted page cache: bench.evicted_start
    "evicted.program": (),
    "evicted.not_told": ("file",),
    "evicted.resident": ("share", "file"),
    "evicted.failed": ("why",),
    # how a child ended: bench.launch.verdict; `doing` is one of doing.*
    "ended.timeout": ("limit_seconds", "doing"),
    "ended.memory": ("limit_bytes", "peak_bytes", "doing"),
    "ended.output": ("limit_bytes",),
    "output.no_room": ("folder",),
    "ended.interrupt": ("doing",),
    "ended.kernel_memory": ("doing",),
    "ended.signal": ("number", "name", "doing"),
    "ended.killed": ("number", "name", "doing"),
    "ended.killed_by_unknown": ("number", "name", "doing"),
    "program.cannot_start": ("program", "error"),
    "child.raised": ("error",),
    "child.raised_message": ("error", "message"),
    "exit.status": ("status",),
    "exit.status_said": ("status", "words"),
    "exit.unfinished": ("missing",),
    "exit.unfinished_unreadable": ("missing", "count"),
    "missing.imported": (),
    "missing.ready": (),
    "missing.transcribed": (),
    "missing.passes": ("passes", "heard"),
    "missing.done": (),
    "doing.running": (),
    "doing.starting": (),
    "doing.importing": (),
    "doing.loading": (),
    "doing.reading_audio": (),
    "doing.transcribing": (),
    "doing.finishing": (),
    "doing.exiting": (),
    "doing.exiting_done": (),
    "doing.unknown": ("event",),
    # engines: what they cannot run, and where they ran instead
    "device.other": ("requested", "used"),
    "device.not_told": ("requested",),
    "engine.not_read": ("error",),
    "engine.other_family": ("engine", "families", "model", "family"),
    "engine.no_language": ("model", "language", "languages"),
    "engine.no_language_hint": ("model", "engine"),
    "engine.no_quantization": ("engine", "quantization", "quantizations"),
    "engine.fixed_attention": ("requested", "used"),
    "package.missing": ("package", "extra"),
    "package.missing_for_vad": ("package", "extra"),
    "asset.missing": ("message",),
    "engine.missing": ("message",),
    "weights.unusable": ("message",),
    # the machine: warnings of bench.host.describe
    "host.not_bare_metal": ("kind",),
    "host.governor": ("governor",),
    "host.few_processors": ("count",),
    "host.unknown": (),
    # what disturbed a trial: bench.host.conditions
    "disturbance.battery": (),
    "disturbance.low_power": (),
    "disturbance.thermal": ("level",),
    "disturbance.throttled": (),
    "disturbance.swapping": (),
    "disturbance.steal": ("share",),
    "disturbance.other_programs": ("share",),
    "disturbance.cpu_pressure": ("share",),
    "disturbance.memory_pressure": ("share",),
    "disturbance.resident": ("share", "file"),
    "exit.after_results": ("reason",),
    "engine.no_job": ("error",),
    "input.gone": ("path",),
    "input.overwritten": ("path", "before", "now"),
    "input.unreadable": ("path", "error"),
    # which weights a child opened: bench.launch.proof
    "proof.elsewhere": (),
    "proof.not_watched": (),
    "proof.not_recorded": (),
    "proof.not_seen": ("file",),
    "proof.instead": ("file", "variant"),
    "proof.beside": ("file", "variant"),
    "proof.briefly": ("file", "variant"),
    "proof.not_opened": ("file",),
    "proof.opened_others": ("file", "others"),
    # the quality pass: bench.listening; `why` is what the child died of
    "listening.silent": ("patience_seconds",),
    "listening.died": ("status", "words"),
    "listening.signal": ("number", "words"),
    "listening.while_loading": ("why",),
    "listening.baseline_died": ("why",),
    "listening.unusable": ("message",),
    "listening.not_heard": (),
    # other hosts: bench.listening.hearing, bench.listening.dispatch, bench.fleet; `theirs` is the host's
    "fleet.other_code": ("theirs", "ours"),
    "fleet.not_ours": (),
    "fleet.no_engine": ("engine", "why"),
    "fleet.other_engine": ("engine", "theirs", "ours"),
    "fleet.wrong_content": ("message",),
    "fleet.no_room": ("folder", "error"),
    "fleet.lost": ("count",),
    "fleet.no_host": ("label",),
    "fleet.not_kept": ("count",),
    "divergence.no_baseline": (),
    "divergence.other_process": ("baseline",),
    "divergence.not_told": ("engine",),
    "divergence.baseline_not_heard": (),
    "divergence.not_both": (),
    # values that are no measurement: bench.soundness
    "value.no_number": (),
    "value.not_finite": ("value",),
    "value.negative": ("value",),
    "value.too_large": ("value", "unit"),
    "value.other_unit": ("used", "expected"),
    # quality and statistics: bench.quality, bench.statistics, bench.report
    "quality.synthetic": (),
    "quality.no_transcript": (),
    "quality.no_reference": (),
    "quality.empty_reference": (),
    "source.no_transcripts": (),
    "source.not_given": (),
    "source.ambiguous": (),
    "comparison.nothing": (),
    "comparison.not_finite": (),
    "comparison.not_positive": (),
    "interval.nothing_to_divide_by": (),
    "interval.single": (),
    "interval.few": ("units",),
    "weights.not_recorded": (),
    "weights.decoder_only": (),
    "series.no_reference": (),
    "series.no_value": (),
    "series.zero": (),
    # nights and comparisons: bench.regression
    "breach.not_run": (),
    "breach.failed": ("status", "why"),
    "breach.failed_unexplained": ("status",),
    "breach.several_files": ("count", "role"),
    "breach.other_file": ("role",),
    "breach.other_backend": ("ran", "before"),
    "breach.unknown_backend": ("before",),
    "breach.nothing_heard": (),
    "breach.token_limit": (),
    "breach.several_texts": ("count",),
    "breach.other_text": ("count",),
    "breach.nothing_measured": ("count",),
    "breach.no_trial": (),
    "gate.no_reference": ("suite", "machine"),
    "gate.no_reference_yet": ("suite", "machine"),
    "gate.unfinished": ("count",),
    "gate.not_in_reference": ("cases",),
    "gate.other_version": ("engine", "before", "now"),
    "gate.single_night": (),
    "gate.disturbed": ("count", "total"),
    "gate.exact_only": (),
    "caution.machines": ("base_cpu", "base_os", "new_cpu", "new_os"),
    "caution.protocol": ("setting", "base", "new"),
    "caution.audio": ("clip",),
    "caution.weights": ("case", "roles"),
    "caution.two_runs": (),
    "caution.few_blocks": ("count",),
    **INPUTS,
    **DETAILS,
}


def reason(code: str, /, **parameters: str | float | Reason) -> Reason:
    """The reason of that code; ValueError for a code that is not in `CODES` or other parameters."""
    if code not in CODES:
        raise ValueError(f"unknown reason {code!r}: add it to bench/reasons/")
    if set(parameters) != set(CODES[code]):
        raise ValueError(f"reason {code} has the parameters {CODES[code]}, not {tuple(parameters)}")
    return Reason(code=code, parameters=parameters)


def told(words: str) -> Reason:
    """The words of a program, library or source, quoted as they are."""
    return Reason(code="told", parameters={"words": words})
