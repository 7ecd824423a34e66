"""Linux: what /proc and /sys tell.  Every reader takes its root, so that recorded trees can be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path("/")
PRESSURES: Final = ("cpu", "memory", "io")


def text(path: Path | str) -> str | None:
    """A small file's text without the blanks around it; None where it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def number(path: Path | str) -> int | None:
    """A file that holds one number."""
    found = text(path)
    try:
        return int(found) if found else None
    except ValueError:
        return None


def counters(content: str | None) -> dict[str, int]:
    """Lines of `name number`, as in /proc/vmstat."""
    pairs = (line.split() for line in (content or "").splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


def oom_kills(root: Path = ROOT) -> int | None:
    """Processes that the kernel has killed for lack of memory since boot, cgroups' included; None unknown."""
    return counters(text(root / "proc/vmstat")).get("oom_kill")


def swapped_pages(root: Path = ROOT) -> int | None:
    """Pages moved to and from swap since boot."""
    found = counters(text(root / "proc/vmstat"))
    return found["pswpin"] + found["pswpout"] if "pswpin" in found and "pswpout" in found else None


def stalled_seconds(root: Path = ROOT) -> dict[str, float]:
    """Seconds since boot in which some task waited for a resource, by resource (PSI `some total`).

    Empty where the kernel keeps no pressure figures.
    """
    found = {}
    for resource in PRESSURES:
        some = re.search(
            r"^some .*\btotal=(\d+)", text(root / "proc/pressure" / resource) or "", re.MULTILINE
        )
        if some:
            found[resource] = int(some[1]) / 1e6
    return found


def throttled(root: Path = ROOT) -> int | None:
    """Times that cores and packages were slowed down for heat since boot; None where not counted."""
    cores = root / "sys/devices/system/cpu"
    found = [number(path) for path in cores.glob("cpu[0-9]*/thermal_throttle/*_throttle_count")]
    known = [count for count in found if count is not None]
    return sum(known) if known else None


def governors(root: Path = ROOT) -> tuple[str, ...]:
    """The frequency governors in force, each once; empty where the system sets no frequency."""
    cores = root / "sys/devices/system/cpu"
    found = {text(path) for path in cores.glob("cpu[0-9]*/cpufreq/scaling_governor")}
    return tuple(sorted(name for name in found if name))


def turbo(root: Path = ROOT) -> bool | None:
    """Whether the processor may go beyond its base frequency; None unknown."""
    off = number(root / "sys/devices/system/cpu/intel_pstate/no_turbo")
    if off is not None:
        return not off
    boost = number(root / "sys/devices/system/cpu/cpufreq/boost")
    return None if boost is None else bool(boost)


def chosen(content: str | None) -> str | None:
    """The bracketed word of `always [madvise] never`."""
    found = re.search(r"\[([^\]]+)\]", content or "")
    return found[1] if found else None


def huge_pages(root: Path = ROOT) -> str | None:
    """Setting of transparent huge pages: always, madvise or never."""
    return chosen(text(root / "sys/kernel/mm/transparent_hugepage/enabled"))


def on_battery(root: Path = ROOT) -> bool | None:
    """Whether a battery of the system itself is being drained; None without one."""
    supplies = (root / "sys/class/power_supply").glob("*")
    own = [each for each in supplies if text(each / "type") == "Battery" and text(each / "scope") != "Device"]
    return any(text(each / "status") == "Discharging" for each in own) if own else None


def low_power(root: Path = ROOT) -> bool | None:
    """Whether the platform profile is the saving one; None where there are no profiles."""
    profile = text(root / "sys/firmware/acpi/platform_profile")
    return None if profile is None else profile in {"low-power", "quiet"}


def cpu_model(root: Path = ROOT) -> str | None:
    """The processor's name; on ARM, where there is none, the device tree's or its part numbers."""
    info = text(root / "proc/cpuinfo") or ""
    named = re.search(r"^(?:model name|Model|Hardware)\s*:\s*(.+)$", info, re.MULTILINE)
    if named:
        return " ".join(named[1].split())
    tree = text(root / "proc/device-tree/model")
    if tree:
        return tree.rstrip("\0")
    parts = [re.search(rf"^CPU {key}\s*:\s*(\S+)", info, re.MULTILINE) for key in ("implementer", "part")]
    return "ARM " + "/".join(part[1] for part in parts if part) if all(parts) else None


# Instruction sets that ggml and its like choose their kernels by.
FEATURES: Final = (
    "avx",
    "avx2",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "avx_vnni",
    "amx_int8",
    "amx_bf16",
    "fma",
    "f16c",
    "asimd",
    "asimddp",
    "fphp",
    "i8mm",
    "bf16",
    "sve",
    "sve2",
)


def cpu_flags(root: Path = ROOT) -> frozenset[str]:
    """All flags of the first processor."""
    found = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", text(root / "proc/cpuinfo") or "", re.MULTILINE)
    return frozenset(found[1].split()) if found else frozenset()


def virtualization(root: Path = ROOT) -> str | None:
    """The virtual machine or container this runs in, as far as it shows; None on bare metal."""
    if (root / ".dockerenv").exists() or (root / "run/.containerenv").exists():
        return "container"
    if "hypervisor" not in cpu_flags(root):
        return None
    product = text(root / "sys/class/dmi/id/product_name")
    return text(root / "sys/hypervisor/type") or product or "virtual machine"


def cgroup_limits(root: Path = ROOT) -> dict[str, Any]:
    """Limits of version 2 control groups on this process, where there are any."""
    own = re.search(r"^0::(.+)$", text(root / "proc/self/cgroup") or "", re.MULTILINE)
    if not own:
        return {}
    folder = root / "sys/fs/cgroup" / own[1].lstrip("/")
    names = ("cpu.max", "memory.max", "memory.high")
    found = {f"cgroup {name}": text(folder / name) for name in names}
    return {name: value for name, value in found.items() if value and not value.startswith("max")}


def facts(root: Path = ROOT) -> Mapping[str, Any]:
    """What of this machine bears on measurements and does not change between trials."""
    flags = cpu_flags(root)
    found = {
        "governor": ", ".join(governors(root)) or None,
        "turbo": turbo(root),
        "transparent_huge_pages": huge_pages(root),
        "virtualization": virtualization(root),
        "smt": text(root / "sys/devices/system/cpu/smt/control"),
        "perf_event_paranoid": number(root / "proc/sys/kernel/perf_event_paranoid"),
        "swappiness": number(root / "proc/sys/vm/swappiness"),
        "cpu_features": " ".join(name for name in FEATURES if name in flags) or None,
        **cgroup_limits(root),
    }
    return {name: value for name, value in found.items() if value is not None}
