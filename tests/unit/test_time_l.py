"""`/usr/bin/time -l` of macOS, read from recorded texts."""

from __future__ import annotations

from bench.host import macos
from bench.language import english

RECORDED = """        4.09 real         2.44 user         2.56 sys
           303693824  maximum resident set size
                   0  average shared memory size
                   0  average unshared data size
                   0  average unshared stack size
              152460  page reclaims
               18238  page faults
                   0  swaps
                   0  block input operations
                   0  block output operations
                   0  messages sent
                   0  messages received
                1473  signals received
                5922  voluntary context switches
               36616  involuntary context switches
          4416117333  instructions retired
          2872033925  cycles elapsed
            29803192  peak memory footprint
"""


def values(text: str) -> dict[str, float | None]:
    return {each.name: each.value for each in macos.parse_time_l(text)}


def test_every_line_goes_to_its_metric_in_base_units() -> None:
    assert values(RECORDED) == {
        "user_seconds": 2.44,
        "system_seconds": 2.56,
        "peak_rss_bytes": 303693824,
        "minor_faults": 152460,
        "major_faults": 18238,
        "voluntary_switches": 5922,
        "involuntary_switches": 36616,
        "instructions": 4416117333,
        "cycles": 2872033925,
        "peak_footprint_bytes": 29803192,
    }


def test_the_radix_may_be_a_comma() -> None:
    text = RECORDED.replace("4.09", "4,09").replace("2.44", "2,44").replace("2.56", "2,56")
    assert values(text) == values(RECORDED)


def test_a_size_is_bytes_not_kibibytes() -> None:
    assert values(RECORDED)["peak_rss_bytes"] == 303693824


def test_a_line_left_out_because_it_was_zero_is_absent_and_not_zero() -> None:
    short = "\n".join(RECORDED.splitlines()[:-3])
    found = {each.name: each for each in macos.parse_time_l(short)}
    for name in ("instructions", "cycles", "peak_footprint_bytes"):
        assert found[name].value is None
        assert english(found[name].reason) == "time -l left the line out: the kernel had no figure."
    assert found["peak_rss_bytes"].value == 303693824


def test_a_counter_may_pass_thirty_two_bits_and_its_column() -> None:
    text = RECORDED.replace("          4416117333  instr", "123456789012345678901  instr")
    assert values(text)["instructions"] == 123456789012345678901.0


def test_an_empty_file_gives_reasons_only() -> None:
    found = macos.parse_time_l("")
    assert len(found) == 10
    assert all(
        english(each.reason) == "time -l wrote nothing: it was ended before the program." for each in found
    )


def test_words_of_the_program_itself_are_no_figures() -> None:
    text = "12 real\npage faults 99\nCommand terminated abnormally.\n" + RECORDED
    assert values(text) == values(RECORDED)


def test_heat_and_power_are_read_from_the_systems_own_words() -> None:
    assert macos.parse_thermal("com.apple.system.thermalpressurelevel 0\n") == "nominal"
    assert macos.parse_thermal("com.apple.system.thermalpressurelevel 2\n") == "heavy"
    assert macos.parse_thermal("nonsense") is None
    on_battery = "Now drawing from 'Battery Power'\n -InternalBattery-0 (id=1)\t95%; discharging\n"
    assert macos.parse_battery(on_battery) is True
    assert macos.parse_battery("Now drawing from 'AC Power'\n") is False
    assert macos.parse_battery("") is None
    assert macos.parse_low_power("Currently in use:\n lowpowermode         1\n womp 1\n") is True
    assert macos.parse_low_power(" lowpowermode         0\n") is False
    assert macos.parse_low_power(" womp 1\n") is None
