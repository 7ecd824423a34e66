"""Reasons as records of schema 1 had them, English sentences, read as today's codes.

The table is frozen: these are the sentences of records on disk, whatever the catalogs say today.  A
sentence that is not in it is quoted as it stands, by `told`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from bench.domain import Reason
from bench.reasons import reason, told

_SENTENCES: Final[Mapping[str, Reason]] = {
    "the program does not tell when; only its own output can": reason("phase.not_timed"),
    "the process ended before it came to that": reason("phase.not_reached"),
    "the process ended before the clip was transcribed": reason("phase.clip_not_transcribed"),
    "the clip was transcribed once": reason("pass.single"),
    "no transcription was timed": reason("transcription.not_timed"),
    "faster-whisper does not tell its stages": reason("stages.not_told", engine="faster-whisper"),
    "transcribe.cpp does not tell it apart": reason("stages.not_told", engine="transcribe.cpp"),
    "llama.cpp was not asked for it": reason("stages.not_told", engine="llama.cpp"),
    "the segmentation found no speech in the clip": reason("stages.no_speech"),
    "the library told no timings": reason("timings.not_told"),
    "the engine does not tell its tokens": reason("tokens.not_told"),
    "the engine does not tell tokens and decoding time": reason("token_rate.not_told"),
    "there were too few tokens to time": reason("token_rate.too_few"),
    "the engine told no token probabilities": reason("confidence.not_told"),
    "no transcript": reason("transcript.none"),
    "the transcript is empty": reason("transcript.empty"),
    "exit status 0, and no transcript where one was expected": reason("transcript.expected"),
    "the suite has no pattern for it": reason("pattern.not_given"),
    "the program did not print it": reason("pattern.not_found"),
    "the supervisor gave no result": reason("supervisor.no_result"),
    "the program could not be started": reason("program.not_started"),
    "the Linux kernel keeps no peak of the footprint; see peak_anonymous_bytes": reason("footprint.linux"),
    "there is no /proc to sample on macOS; see peak_footprint_bytes": reason("anonymous.macos"),
    "the process ended before its first sample": reason("sample.too_late"),
    "macOS tells a process its peak only, not what is resident now": reason("rss.macos"),
    "there is no /proc": reason("rss.not_told"),
    "macOS counts block input operations, not bytes": reason("read_bytes.macos"),
    "not asked for": reason("counter.not_requested"),
    "the processor's counters are not offered here (a virtual machine, most often)": reason(
        "counter.not_offered"
    ),
    "the system forbids counters (kernel.perf_event_paranoid)": reason("counter.forbidden"),
    "this kernel or machine has no perf_event_open": reason("counter.no_syscall"),
    "the counter never got its turn on the processor": reason("counter.never_ran"),
    "time -l wrote nothing: it was ended before the program": reason("time_l.empty"),
    "time -l left the line out: the kernel had no figure": reason("time_l.left_out"),
    "time -l did not tell": reason("time_l.not_told"),
    "the package nvidia-ml-py is not installed": reason("gpu.no_package"),
    "there is no NVIDIA GPU here": reason("gpu.none"),
    "NVML listed no memory of this process (within a container it may go by another number)": reason(
        "gpu.not_listed"
    ),
    "this machine shows no energy meter": reason("energy.no_meter"),
    "only root may read the energy meter (/sys/class/powercap)": reason("energy.root_only"),
    "no energy meter is read on this system": reason("energy.not_linux"),
    "the machine runs on its battery": reason("disturbance.battery"),
    "the machine saves power": reason("disturbance.low_power"),
    "the processor was slowed down for heat": reason("disturbance.throttled"),
    "the machine was swapping": reason("disturbance.swapping"),
    "The source does not give it.": reason("source.not_given"),
    "The source gives two figures without saying of what.": reason("source.ambiguous"),
    "The source names neither the chip nor its memory nor its state.": reason("host.unknown"),
}
_DOING: Final[Mapping[str, Reason]] = {
    "": reason("doing.running"),
    " while starting": reason("doing.starting"),
    " while importing the engine": reason("doing.importing"),
    " while loading the model": reason("doing.loading"),
    " while reading the audio": reason("doing.reading_audio"),
    " while transcribing": reason("doing.transcribing"),
    " while finishing": reason("doing.finishing"),
    " while exiting": reason("doing.exiting"),
    " while exiting, after all its work was done": reason("doing.exiting_done"),
}
# What varies is a named group: `percent` becomes the ratio `share`, `doing` a reason, and names in
# `_seconds`, `_bytes` and `number`, `status`, `count` become numbers.
_PATTERNS: Final = tuple(
    (re.compile(pattern), code)
    for pattern, code in (
        (r"the hypervisor took (?P<percent>[\d.]+)% of the processor time", "disturbance.steal"),
        (r"other programs took (?P<percent>[\d.]+)% of the processor time", "disturbance.other_programs"),
        (r"programs waited for a processor (?P<percent>[\d.]+)% of the time", "disturbance.cpu_pressure"),
        (r"programs waited for memory (?P<percent>[\d.]+)% of the time", "disturbance.memory_pressure"),
        (
            r"(?P<percent>[\d.]+)% of (?P<file>.+) was in memory before a cold start",
            "disturbance.resident",
        ),
        (r"thermal pressure is (?P<level>.+)", "disturbance.thermal"),
        (r"this is no bare machine \((?P<kind>.+)\): neighbours may disturb unseen", "host.not_bare_metal"),
        (r"the frequency governor is (?P<governor>.+), not performance", "host.governor"),
        (r"only (?P<count>\d+) of the processors may be used", "host.few_processors"),
        (r"perf_event_open answered (?P<error>.+)", "counter.error"),
        (r'no time in "(?P<words>.*)"', "pattern.no_time"),
        (r"asked for (?P<requested>.+), ran on (?P<used>.+)", "device.other"),
        (
            r"asked for (?P<requested>.+), and the engine's log does not say what ran",
            "device.not_told",
        ),
        (r"ended at its time limit of (?P<limit_seconds>[\d.]+) s(?P<doing>.*)", "ended.timeout"),
        (
            r"ended at its memory limit \((?P<limit_bytes>[\d,]+) bytes\) with (?P<peak_bytes>[\d,]+) bytes(?P<doing>.*)",
            "ended.memory",
        ),
        (r"ended because it printed more than (?P<limit_bytes>[\d,]+) bytes", "ended.output"),
        (r"ended because the supervisor was told to stop(?P<doing>.*)", "ended.interrupt"),
        (r"killed by the kernel for want of memory(?P<doing>.*)", "ended.kernel_memory"),
        (
            r"ended by signal (?P<number>\d+) \((?P<name>.+?)\)(?P<doing>.*?); not by this program",
            "ended.killed",
        ),
        (r"ended by signal (?P<number>\d+) \((?P<name>.+?)\)(?P<doing>[^;]*)", "ended.signal"),
        (r"cannot start (?P<program>.+): (?P<error>.+)", "program.cannot_start"),
        (r"exit status (?P<status>\d+)", "exit.status"),
        (r"exit status (?P<status>[1-9]\d*): (?P<words>.+)", "exit.status_said"),
        (r"the engine could not read its child's output: (?P<error>.+)", "engine.not_read"),
    )
)


def read_sentence(sentence: str) -> Reason:
    """The reason that a sentence of schema 1 stood for; its own words where nothing else is known."""
    if sentence in _SENTENCES:
        return _SENTENCES[sentence]
    for pattern, code in _PATTERNS:
        if (found := pattern.fullmatch(sentence)) and (made := _made(code, found.groupdict())):
            return made
    return told(sentence)


def _made(code: str, groups: Mapping[str, str]) -> Reason | None:
    parameters: dict[str, str | int | float | Reason] = {}
    for name, text in groups.items():
        if name == "percent":
            parameters["share"] = round(float(text) / 100, 4)
        elif name == "doing":
            if text not in _DOING:
                return None
            parameters[name] = _DOING[text]
        elif name.endswith("_bytes") or name in {"number", "status", "count"}:
            parameters[name] = int(text.replace(",", ""))
        else:
            parameters[name] = float(text) if name.endswith("_seconds") else text
    return reason(code, **parameters)


def upgraded(data: Any) -> Any:
    """JSON of schema 1 as today's: sentences under `reason`, `disturbances` and `warnings` as reasons."""
    if isinstance(data, list):
        return [upgraded(each) for each in data]
    if not isinstance(data, dict):
        return data
    return {key: _upgraded_value(key, value) for key, value in data.items()}


def _upgraded_value(key: str, value: Any) -> Any:
    if key == "reason" and isinstance(value, str):
        return read_sentence(value)
    if key in {"disturbances", "warnings"} and isinstance(value, list):
        return [read_sentence(each) if isinstance(each, str) else each for each in value]
    return upgraded(value)
