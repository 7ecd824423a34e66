"""The dashboard in a real browser: a year of nights, drawn, searched and clicked."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nights
import pytest
from browser import axe_source, chromium, resize
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from bench.regression.baselines import Reference
from bench.regression.dashboard import write_dashboard

CHARTS = (By.CSS_SELECTOR, "#charts figure")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """365 nights x 30 cases x 8 metrics, with a reference and a report for the last night."""
    folder = tmp_path_factory.mktemp("page")
    made = nights.year()
    (folder / "report.html").write_text("<!doctype html><title>the report</title><link rel=icon href=data:,>")
    made[-1] = dataclasses.replace(made[-1], report="report.html", verdict="FAIL")
    reference = Reference(
        id="ref-1",
        suite="demo",
        machine="h1",
        accepted_at=made[9].started_at,
        why="ten <b>nights</b>",
        nights=tuple(made[:10]),
    )
    write_dashboard(folder / "demo.html", made, [reference])
    return folder / "demo.html"


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def browser(chrome: Any, page: Path) -> Any:
    resize(chrome, 1280)
    chrome.get("about:blank")
    chrome.get_log("browser")
    chrome.get(page.as_uri())
    return chrome


def test_it_opens_without_an_error_and_draws_a_line_a_case(browser: Any) -> None:
    assert browser.get_log("browser") == []
    assert len(browser.find_elements(*CHARTS)) == 30
    first = browser.find_element(*CHARTS)
    assert "transcribe_seconds" in first.text
    path = first.find_element(By.CSS_SELECTOR, "path.line").get_attribute("d")
    assert path is not None
    assert path.count("L") == 364
    assert first.find_elements(By.CSS_SELECTOR, "path.ref")


def test_charts_are_drawn_as_they_come_into_view(browser: Any) -> None:
    drawn = len(browser.find_elements(By.CSS_SELECTOR, "#charts svg"))
    assert 0 < drawn < 30
    browser.execute_script("window.scrollTo(0, document.body.scrollHeight)")
    last = browser.find_elements(*CHARTS)[-1]
    ActionChains(browser).scroll_to_element(last).pause(0.5).perform()
    assert last.find_elements(By.CSS_SELECTOR, "svg path.line")


def test_metric_case_range_and_change_choose_what_is_shown(browser: Any) -> None:
    Select(browser.find_element(By.ID, "metric")).select_by_value("peak_rss_bytes")
    assert "peak_rss_bytes" in browser.find_element(*CHARTS).text
    browser.find_element(By.ID, "filter").send_keys("v17")
    assert [figure.text.split()[0] for figure in browser.find_elements(*CHARTS)] == ["whisper-base.v17.clip"]
    browser.find_element(By.ID, "filter").clear()
    Select(browser.find_element(By.ID, "metric")).select_by_value("*")
    assert len(browser.find_elements(*CHARTS)) == 240
    browser.find_element(By.ID, "moved").click()
    moved = browser.find_elements(*CHARTS)
    assert 48 <= len(moved) < 60  # six cases in eight metrics changed their level
    Select(browser.find_element(By.ID, "range")).select_by_visible_text("30")
    assert len(browser.find_elements(*CHARTS)) < 10
    assert browser.get_log("browser") == []


def test_a_change_of_level_carries_its_size(browser: Any) -> None:
    label = browser.find_element(*CHARTS).find_element(By.CSS_SELECTOR, ".change-text").text
    assert label.startswith("+")
    assert 8 < float(label.strip("+ %")) < 10


def test_the_keyboard_moves_tells_and_opens_the_nights_report(browser: Any) -> None:
    chart = browser.find_element(By.CSS_SELECTOR, "#charts svg")
    ActionChains(browser).move_to_element(browser.find_element(By.TAG_NAME, "h1")).perform()
    browser.execute_script("arguments[0].focus()", chart)
    chart.send_keys(Keys.ARROW_LEFT)
    tip = browser.find_element(By.ID, "tip").text
    assert "PASS" in tip
    assert "against the reference" in tip
    assert "no report was kept" in tip
    chart.send_keys(Keys.END)
    assert "FAIL" in browser.find_element(By.ID, "tip").text
    chart.send_keys(Keys.ENTER)
    assert browser.title == "the report"


def test_the_reason_of_a_reference_is_text(browser: Any) -> None:
    assert "ten <b>nights</b>" in browser.find_element(By.ID, "references").text


def test_the_page_speaks_every_language_and_changes_it_without_another_page(browser: Any) -> None:
    """Texts, labels and what is drawn; the choice lasts."""
    for code, words in (
        ("ru", ("Выводы", "Принятые эталоны", "часть имени", "по ночам", "все")),
        ("en", ("Verdicts", "Accepted references", "part of its name", "by night", "all")),
    ):
        browser.find_element(By.CSS_SELECTOR, f"[data-tongue={code}]").click()
        assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == code
        seen = browser.find_element(By.TAG_NAME, "body").text
        seen += browser.find_element(By.ID, "filter").get_attribute("placeholder") or ""
        seen += browser.find_element(By.CSS_SELECTOR, "#charts svg").get_attribute("aria-label") or ""
        for word in words:
            assert word in seen, (code, word)
        assert len(browser.find_elements(*CHARTS)) == 30
    browser.find_element(By.CSS_SELECTOR, "[data-tongue=ru]").click()
    browser.refresh()
    assert "Выводы" in browser.find_element(By.TAG_NAME, "body").text
    browser.find_element(By.CSS_SELECTOR, "[data-tongue=en]").click()
    assert browser.get_log("browser") == []


def test_it_fits_a_phone(browser: Any) -> None:
    resize(browser, 360)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_anybody_can_use_it(browser: Any, theme: str) -> None:
    """axe-core's rules: names, contrast, headings, labels."""
    features = [{"name": "prefers-color-scheme", "value": theme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.execute_script(axe_source())
    found = browser.execute_async_script("const done = arguments[0]; axe.run(document).then(done)")
    assert {rule["id"]: [node["html"][:120] for node in rule["nodes"]] for rule in found["violations"]} == {}
