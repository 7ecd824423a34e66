"""What a supervisor tells of a trial, as tests make it up, and the measurements that come of it."""

from __future__ import annotations

from typing import Any

from bench.contract import Event
from bench.launch import measurements
from bench.launch.supervisor import Supervision


def supervision(*, kernel_killed: bool | None = False, **result: Any) -> Supervision:
    whole: dict[str, Any] = {
        "pid": 7,
        "spawned": 10.0,
        "reaped": 14.0,
        "exec_errno": None,
        "exit": 0,
        "signal": None,
        "killed_for": None,
        "rusage": {},
        "sampled": None,
        "helpers": None,
        "counters": {},
        "rusage_info": None,
    }
    return Supervision(result={**whole, **result}, failure=None, kernel_killed=kernel_killed, strays=())


USAGE: dict[str, float] = {
    "ru_utime": 2.44,
    "ru_stime": 2.56,
    "ru_maxrss": 303_693_824,
    "ru_minflt": 152_460,
    "ru_majflt": 18_238,
    "ru_nvcsw": 5_922,
    "ru_nivcsw": 36_616,
}
FIELDS = {
    "user_time": 60_000_000,
    "system_time": 36_000_000,
    "user_ptime": 48_000_000,
    "system_ptime": 24_000_000,
    "diskio_bytesread": 743_000_064,
    "lifetime_max_phys_footprint": 29_803_192,
    "instructions": 4_416_117_333,
    "cycles": 2_872_033_925,
    "energy_nj": 21_500_000_000,
}


def of_macos(**info: Any) -> dict[str, Any]:
    whole = {"flavor": 6, "tick_frequency": 24_000_000, "on_zombie": True, "fields": FIELDS, **info}
    found = supervision(rusage=USAGE, rusage_info=whole if "errno" not in info else info)
    return {each.name: each for each in measurements.of_trial(found, (), passes=1, worker=False)}


def phases(*said: Event, passes: int = 4, **result: Any) -> dict[str, Any]:
    """Measurements of a worker that said these events; it was spawned at 10.0."""
    usage = dict.fromkeys(
        (
            "ru_utime",
            "ru_stime",
            "ru_maxrss",
            "ru_minflt",
            "ru_majflt",
            "ru_inblock",
            "ru_nvcsw",
            "ru_nivcsw",
        ),
        0,
    )
    usage |= {name: result.pop(name) for name in usage.keys() & result.keys()}
    found = supervision(**{"rusage": usage, **result})
    return {each.name: each for each in measurements.of_trial(found, said, passes=passes, worker=True)}
