"""The HTML report in a real browser: it sorts, switches, plays, and anybody can use it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
import struct
import wave
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from browser import axe_source, chromium, resize
from report_runs import HEARD, LINUX, MAC, clip, measured_run, suite

from bench.domain import Record, Status
from bench.journal import RunData
from bench.reasons import told
from bench.report import render

HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> \u202e| `x`"
VOID = {"meta", "br", "hr", "img", "input", "link"}


def _wav(path: Path, seconds: float = 60.0) -> Path:
    """A quiet tone of 16 kHz, mono, 16 bit."""
    second = b"".join(
        struct.pack("<h", int(900 * math.sin(at * 440 * math.tau / 16000))) for at in range(16000)
    )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(second * int(seconds))
    return path


def _run(folder: Path) -> RunData:
    """Every kind of case, one of them hostile in all its texts, with a clip to listen to and a log."""
    file = _wav(folder / "clip.wav")
    spoken = dataclasses.replace(clip(), path=str(file), sha256=hashlib.sha256(file.read_bytes()).hexdigest())
    run = measured_run(folder / "demo" / "r1", asked=suite(clips=(spoken,)))
    log = run.path / "logs" / "whisper-base.f16.river-60.b1.log"
    log.parent.mkdir()
    log.write_text("log of the first trial", encoding="utf-8")
    (run.path / "records.jsonl").write_text("", encoding="utf-8")
    return dataclasses.replace(run, records=tuple(map(_spoil, run.records)), warnings=(HOSTILE,))


def _spoil(record: Record) -> Record:
    if record.quantization == "q6_k":
        return dataclasses.replace(
            record, status=Status.CRASHED, reason=told(HOSTILE), measurements={}, transcript=None, weights=()
        )
    if record.quantization == "q4_0" and record.transcript is not None:
        heard = dataclasses.replace(record.transcript, text=f"{HEARD['q4_0']} {HOSTILE}")
        return dataclasses.replace(record, transcript=heard, engine_version=HOSTILE)
    return record


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    run = _run(folder)
    render([run], languages=["ru", "en"], out=run.path, formats=["html", "charts"], sound=True)
    return run.path / "report.html"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(browser: Any, page_file: Path) -> Any:
    resize(browser, 1280)
    browser.get_log("browser")
    browser.get("about:blank")
    browser.get(f"{page_file.as_uri()}#ru")
    return browser


def _visible(page: Any, selector: str) -> list[Any]:
    return [element for element in page.find_elements("css selector", selector) if element.is_displayed()]


def _column(table: Any, at: int) -> list[str]:
    rows = table.find_elements("css selector", "tbody tr")
    return [row.find_elements("css selector", "th, td")[at].text.split("\n")[0].strip() for row in rows]


# ------------------------------------------------------------------ without a browser


class _Outline(HTMLParser):
    """Ids, headings and the nesting of elements, as written."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.headings: list[int] = []
        self.open: list[str] = []
        self.targets: list[str] = []
        self.heads: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids.append(found["id"] or "")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "th":
            self.heads.append(found)
        self.targets += [found[name] or "" for name in ("href", "src") if name in found]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> at {self.getpos()}"


def _outline(file: Path) -> _Outline:
    outline = _Outline()
    outline.feed(file.read_text(encoding="utf-8"))
    return outline


def test_elements_are_closed_and_ids_are_unique(page_file: Path) -> None:
    outline = _outline(page_file)
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids))
    inner = {target[1:] for target in outline.targets if target.startswith("#")}
    assert inner <= set(outline.ids)


def test_headings_are_in_order_and_table_heads_have_a_scope(page_file: Path) -> None:
    outline = _outline(page_file)
    assert outline.headings.count(1) == 2
    assert all(
        after <= before + 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False)
    )
    assert outline.heads
    assert {each.get("scope") for each in outline.heads} == {"col", "row"}


def test_the_page_is_one_file_that_asks_no_network(page_file: Path) -> None:
    text = page_file.read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    schemes = {target.partition(":")[0] for target in _outline(page_file).targets if ":" in target}
    assert schemes <= {"data"}
    loaded = re.findall(r"https?://[^\s\"'<)]+", re.sub(r'xmlns(:\w+)?="[^"]*"', "", text))
    assert loaded == []


def test_the_page_of_the_default_size_is_small_without_sound(page_file: Path, tmp_path: Path) -> None:
    run = measured_run(tmp_path / "r")
    [file, *_] = render([run], languages=["ru", "en"], out=tmp_path, formats=["html", "charts"])
    assert file.stat().st_size < 3_000_000


def test_no_other_file_than_the_clip_gets_into_the_page(tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    secret.write_bytes(b"RIFF secret")
    spoken = dataclasses.replace(clip(), path=str(secret), sha256="0" * 64)
    run = measured_run(tmp_path / "r", asked=suite(clips=(spoken,)))
    [file] = render([run], languages=["en"], out=tmp_path, formats=["html"], sound=True)
    assert "data:audio" not in file.read_text(encoding="utf-8")


# --------------------------------------------------------------------- in a browser


def test_nothing_is_said_on_the_console_and_hostile_text_is_text(page: Any) -> None:
    assert page.get_log("browser") == []
    assert page.title.startswith("Тест: Whisper base")
    page.execute_script("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    shown = page.find_element("tag name", "body").text
    assert "<script>document.title='owned'</script>" in shown
    assert page.find_elements("css selector", "img") == []


def test_one_language_is_shown_and_the_other_is_a_press_away(page: Any) -> None:
    assert [each.get_attribute("lang") for each in _visible(page, "article")] == ["ru"]
    page.find_element("css selector", "[data-tongue=en]").click()
    assert [each.get_attribute("lang") for each in _visible(page, "article")] == ["en"]
    assert page.execute_script("return document.documentElement.lang") == "en"
    assert page.title.startswith("Test: Whisper base")
    assert "Performance" in [each.text for each in _visible(page, "h3")]
    pressed = page.find_elements("css selector", "[data-tongue][aria-pressed=true]")
    assert [each.get_attribute("data-tongue") for each in pressed] == ["en"]


def test_the_address_chooses_the_language(page: Any, page_file: Path) -> None:
    page.get("about:blank")
    page.get(f"{page_file.as_uri()}#en-quality")
    assert [each.get_attribute("lang") for each in _visible(page, "article")] == ["en"]


def test_tables_sort_by_figures_up_down_and_back(page: Any) -> None:
    [table] = _visible(page, "table.performance")
    before = _column(table, 0)
    assert before == ["F16", "Q8_0", "Q6_K", "Q4_0", "Q2_K"]
    head = table.find_elements("css selector", "thead th")[4]
    button = head.find_element("css selector", "button")
    button.click()
    assert head.get_attribute("aria-sort") == "ascending"
    rising = _column(table, 4)
    assert rising[-1].startswith("н/д"), "what is absent stands last"
    assert [float(text) for text in rising[:-1]] == sorted(float(text) for text in rising[:-1])
    button.click()
    assert head.get_attribute("aria-sort") == "descending"
    falling = _column(table, 4)
    assert [float(text) for text in falling[:-1]] == sorted(
        (float(text) for text in rising[:-1]), reverse=True
    )
    assert falling[-1].startswith("н/д")
    button.click()
    assert head.get_attribute("aria-sort") is None
    assert _column(table, 0) == before


def test_sorting_works_from_the_keyboard(page: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    [table] = _visible(page, "table.performance")
    button = table.find_elements("css selector", "thead button")[5]
    button.send_keys(Keys.ENTER)
    assert table.find_elements("css selector", "th[aria-sort=ascending]")
    button.send_keys(Keys.SPACE)
    assert table.find_elements("css selector", "th[aria-sort=descending]")


def test_everything_to_press_is_reached_by_tab(page: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    wanted = page.execute_script(
        "return [...document.querySelectorAll('a[href], button, summary, audio, [tabindex=\"0\"]')]"
        ".filter(each => each.checkVisibility()).length"
    )
    page.execute_script("window.seen = new Set(); addEventListener('focusin', e => seen.add(e.target))")
    body = page.find_element("tag name", "body")
    for _ in range(40):
        page.switch_to.active_element.send_keys(*[Keys.TAB] * 10)
    assert body.is_displayed()
    assert page.execute_script("return seen.size") >= wanted


def test_a_word_plays_from_where_it_was_said(page: Any) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    change = next(each for each in _visible(page, ".diff .change[data-t]"))
    at = float(change.get_attribute("data-t"))
    assert change.get_attribute("role") == "button"
    change.click()
    wait = WebDriverWait(page, 20)
    wait.until(
        lambda _: page.execute_script("return document.querySelector('audio').currentTime") >= at - 0.31
    )
    wait.until(lambda _: not page.execute_script("return document.querySelector('audio').paused"))
    page.execute_script("document.querySelector('audio').pause()")


def test_sound_goes_along_with_the_language(page: Any) -> None:
    page.find_element("css selector", "[data-tongue=en]").click()
    assert len(_visible(page, "#en audio")) == 1


def test_a_clip_from_the_disk_can_be_listened_to(page: Any, tmp_path: Path) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    render([measured_run(tmp_path / "r")], languages=["en"], out=tmp_path, formats=["html"])
    page.get((tmp_path / "report.html").as_uri())
    assert page.find_elements("css selector", ".audible") == []
    page.find_element("css selector", "input[type=file]").send_keys(str(_wav(tmp_path / "own.wav")))
    assert page.find_elements("css selector", ".diff.audible")
    WebDriverWait(page, 20).until(
        lambda _: page.execute_script("return document.querySelector('audio').duration") == 60
    )
    _visible(page, ".diff .change[data-t]")[0].click()
    WebDriverWait(page, 20).until(
        lambda _: page.execute_script("return document.querySelector('audio').currentTime") > 1
    )
    assert page.get_log("browser") == []


def test_logs_and_records_are_a_press_away(page: Any, page_file: Path) -> None:
    links = {each.text: each.get_attribute("href") for each in _visible(page, "#ru-logs a")}
    assert set(links) == {"b1", "records.jsonl"}
    _visible(page, "#ru-logs a[href$='.log']")[0].click()
    assert "log of the first trial" in page.find_element("tag name", "body").text


def test_footnotes_lead_to_their_text(page: Any) -> None:
    reference = _visible(page, "#ru-metrics .ref")[0]
    target = reference.get_attribute("href").rpartition("#")[2]
    assert page.find_element("id", target).text


def test_evidence_marks_the_rows_it_rests_on(page: Any) -> None:
    links = _visible(page, "#ru-findings a.evidence")
    assert links
    links[0].click()
    marked = _visible(page, "tr.marked")
    assert {each.get_attribute("data-case") for each in marked} <= set(
        json.loads(links[0].get_attribute("data-cases"))
    )
    assert marked


@pytest.mark.parametrize("width", [1280, 390, 320])
@pytest.mark.parametrize("tongue", ["ru", "en"])
def test_the_page_never_scrolls_sideways_as_a_whole(page: Any, tongue: str, width: int) -> None:
    page.find_element("css selector", f"[data-tongue={tongue}]").click()
    resize(page, width)
    assert page.execute_script("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tongue", ["ru", "en"])
def test_axe_finds_nothing_to_mend(page: Any, tongue: str, scheme: str) -> None:
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    page.find_element("css selector", f"[data-tongue={tongue}]").click()
    page.execute_script(axe_source())
    found = page.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']})"
        ".then(result => done(JSON.stringify(result.violations)), error => done(JSON.stringify([String(error)])))"
    )
    violations = [
        (each["id"], [node["html"][:120] for node in each["nodes"][:3]]) for each in json.loads(found)
    ]
    assert violations == []


def test_printed_the_current_language_is_whole(page: Any) -> None:
    import base64

    page.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert all(each.get_attribute("open") for each in page.find_elements("css selector", "#ru details"))
    page.execute_script("dispatchEvent(new Event('afterprint'))")
    printed = base64.b64decode(page.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})["data"])
    assert printed.startswith(b"%PDF")


def test_two_machines_make_one_page(page: Any, tmp_path: Path) -> None:
    runs = [measured_run(tmp_path / "a"), measured_run(tmp_path / "b", host=MAC)]
    render(runs, languages=["en"], out=tmp_path, formats=["html", "charts"])
    page.get((tmp_path / "report.html").as_uri())
    assert page.get_log("browser") == []
    assert [LINUX.cpu, MAC.cpu] == [
        each.text.rstrip(" ↕")
        for each in page.find_elements("css selector", ".side_by_side-rtf thead th")[1:]
    ]
    assert page.find_elements("css selector", ".tongues") == []
