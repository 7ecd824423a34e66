"""A gate's verdicts as a JUnit file: what CI systems show as test results."""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree as ET  # writes only

from bench.language import english
from bench.regression.gate import FAILING, GateReport
from bench.regression.series import SeriesVerdict
from bench.statistics import Verdict
from bench.text.changes import change_text, interval_text
from bench.text.safe import clean

EXACT: Final = "exact"


def export_junit(report: GateReport) -> str:
    """One test a case for the exact gates, one a case and metric for the statistical gate.

    A breach or a worse series is a failure; an inconclusive one is skipped, with the reason.
    """
    suite = ET.Element("testsuite", name=clean(f"{report.night.suite} on {report.night.machine}"))
    for case in dict.fromkeys((*report.night.cases, *(fact.case for fact in report.facts))):
        test = ET.SubElement(suite, "testcase", classname=clean(case), name=EXACT)
        mine = [fact for fact in report.facts if fact.case == case]
        for fact in mine:
            failure = ET.SubElement(
                test, "failure", type=str(fact.breach), message=clean(english(fact.message))
            )
            failure.text = clean(fact.detail)
    for one in report.series:
        _add_series(suite, one)
    for row in report.interleaved:
        test = ET.SubElement(
            suite, "testcase", classname=clean(row.case), name=f"{row.metric} against {clean(row.base_case)}"
        )
        found = row.comparison
        text = (
            interval_text(found.ratio, found.low, found.high)
            if found.ratio is not None
            else english(found.reason)
        )
        if row.verdict in FAILING:
            ET.SubElement(test, "failure", type=str(row.verdict), message=text)
        elif row.verdict is Verdict.INCONCLUSIVE:
            ET.SubElement(test, "skipped", message=f"inconclusive: {text}")
    if report.reference is None:
        test = ET.SubElement(suite, "testcase", classname=clean(report.night.suite), name="reference")
        ET.SubElement(test, "skipped", message="; ".join(clean(english(note)) for note in report.notes))
    suite.set("tests", str(len(suite.findall("testcase"))))
    suite.set("failures", str(len(suite.findall("testcase[failure]"))))
    suite.set("skipped", str(len(suite.findall("testcase[skipped]"))))
    suite.set("errors", "0")
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add_series(suite: ET.Element, one: SeriesVerdict) -> None:
    test = ET.SubElement(suite, "testcase", classname=clean(one.case), name=one.metric)
    text = interval_text(one.ratio, one.low, one.high) if one.ratio is not None else english(one.reason)
    if one.verdict in FAILING:
        message = f"{text} at a tolerance of {100 * one.tolerance:g} %, over {one.window} nights"
        ET.SubElement(test, "failure", type=str(one.verdict), message=message)
    elif one.verdict is Verdict.INCONCLUSIVE:
        catchable = f"; can catch {change_text(one.catchable)}" if one.catchable is not None else ""
        ET.SubElement(test, "skipped", message=f"inconclusive: {text}{catchable}")
