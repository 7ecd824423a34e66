"""The workflows ask for no more than they need, and a linter of workflows finds nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

WORKFLOWS = sorted((Path(__file__).parents[2] / ".github" / "workflows").glob("*.yml"))


def read(file: Path) -> dict[str, Any]:
    data: dict[str, Any] = YAML(typ="safe").load(file.read_text())
    return data


def steps(file: Path) -> list[dict[str, Any]]:
    return [step for job in read(file)["jobs"].values() for step in job["steps"]]


def test_zizmor_finds_nothing() -> None:
    zizmor = Path(sys.executable).with_name("zizmor")
    if not zizmor.exists():
        pytest.skip("zizmor is in the extra dev: make lint")
    done = subprocess.run(
        [zizmor, "--offline", "--no-progress", *WORKFLOWS], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_nothing_is_permitted_but_what_a_job_names(file: Path) -> None:
    workflow = read(file)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        asked = set(job["permissions"].items())
        assert asked <= {
            ("contents", "read"),
            ("contents", "write"),
            ("actions", "read"),
            ("pull-requests", "write"),
        }, name
        if "write" in job["permissions"].values():
            assert not any("checkout" in step.get("uses", "") for step in job["steps"]), name


def test_what_a_pull_request_may_run_may_not_write() -> None:
    """From a fork its code is anybody's: it is measured without leave, and another workflow comments."""
    measured = read(next(file for file in WORKFLOWS if file.name == "pull-request.yml"))
    assert [job["permissions"] for job in measured["jobs"].values()] == [{"contents": "read"}]
    comment = read(next(file for file in WORKFLOWS if file.name == "comment.yml"))
    assert comment["on"]["workflow_run"]["workflows"] == [measured["name"]]
    assert not any("uses" in step for job in comment["jobs"].values() for step in job["steps"])


def _comment_step() -> str:
    [step] = steps(next(file for file in WORKFLOWS if file.name == "comment.yml"))
    script: str = step["run"]
    return script


FAKE_GH = """#!/bin/bash
# records what is asked for; answers as the API would
printf '%s\\n' "$*" >> "$CALLS"
case "$*" in
  "run download"*) mkdir -p comment; cp "$GIVEN"/* comment/ ;;
  *"--jq .head.sha"*) echo "$HEAD_NOW" ;;
  *--paginate*) cat "$COMMENTS" ;;
esac
"""


@pytest.mark.skipif(shutil.which("jq") is None, reason="the runner has jq")
@pytest.mark.parametrize(
    ("number", "head", "known", "wanted"),
    [
        ("7", "abc", "[]", "--method POST repos/o/r/issues/7/comments"),
        ("7", "abc", "BOT", "--method PATCH repos/o/r/issues/comments/5"),
        ("7", "abc", "OTHER", "--method POST repos/o/r/issues/7/comments"),
        ("7", "new", "[]", ""),
        ("7; rm -rf x", "abc", "[]", ""),
    ],
    ids=["first", "again", "somebody-elses", "pushed-since", "no-number"],
)
def test_the_comment_is_posted_once_and_then_replaced(
    tmp_path: Path, number: str, head: str, known: str, wanted: str
) -> None:
    marker = "<!-- asr-quant-bench smoke en -->"
    given = tmp_path / "given"
    given.mkdir()
    (given / "number").write_text(f"{number}\n")
    (given / "body.md").write_text(f"{marker}\n### Report\n")
    who = {"BOT": "github-actions[bot]", "OTHER": "somebody"}.get(known)
    old = [{"id": 5, "user": {"login": who}, "body": f"{marker}\n### Old"}] if who else []
    (tmp_path / "comments.json").write_text(json.dumps(old))
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "gh").write_text(FAKE_GH)
    (tools / "gh").chmod(0o755)
    environ = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "CALLS": str(tmp_path / "calls"),
        "GIVEN": str(given),
        "COMMENTS": str(tmp_path / "comments.json"),
        "HEAD_NOW": head,
        "HEAD": "abc",
        "RUN": "1",
        "GITHUB_REPOSITORY": "o/r",
    }
    subprocess.run(
        ["bash", "-c", _comment_step()], cwd=tmp_path, env=environ, check=False, capture_output=True
    )
    calls = (tmp_path / "calls").read_text()
    assert [line for line in calls.splitlines() if "--method" in line] == (
        [f"api {wanted} --input comment.json"] if wanted else []
    )


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_pinned_and_shell_lines_take_no_expressions(file: Path) -> None:
    for step in steps(file):
        assert re.search(r"@[0-9a-f]{40}$", step.get("uses", "@" + "0" * 40)), step
        assert "${{" not in step.get("run", ""), step


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_shell_lines_are_shell(file: Path) -> None:
    for step in steps(file):
        done = subprocess.run(
            ["bash", "-n"], input=step.get("run", ""), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_times_are_judged_on_machines_of_ones_own_alone() -> None:
    nightly = read(next(file for file in WORKFLOWS if file.name == "nightly.yml"))
    judged = set()
    for name, job in nightly["jobs"].items():
        for step in job["steps"]:
            assert "make nightly" not in step.get("run", ""), "make loses the verdict's exit code"
            if "asr-quant-bench nightly" in step.get("run", ""):
                judged.add(name)
                own = "self-hosted" in job["runs-on"]
                assert own != ("--exact-only" in step["run"]), name
    assert judged == {"apple-silicon", "exact"}


@pytest.mark.parametrize(("code", "told"), [(0, None), (1, "1"), (2, "2"), (65, "65")])
def test_what_cron_is_told_to_run_has_the_exit_codes_of_the_table(
    tmp_path: Path, code: int, told: str | None
) -> None:
    docs = (WORKFLOWS[0].parents[2] / "docs" / "nightly.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^ {4}17 2 \* \* \* +(.+)$", docs, re.MULTILINE)
    program = tmp_path / "asr-quant-bench" / ".venv" / "bin" / "asr-quant-bench"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\nexit {code}\n")
    mail = tmp_path / "bin" / "mail"
    mail.parent.mkdir()
    mail.write_text(f'#!/bin/sh\necho "$2" > {tmp_path}/subject\n')
    for file in (program, mail):
        file.chmod(0o755)
    (tmp_path / "asr-quant-bench" / "logs").mkdir()
    environ = {"HOME": str(tmp_path), "PATH": f"{mail.parent}:/usr/bin:/bin"}
    subprocess.run(["sh", "-c", line], env=environ, check=False)
    subject = tmp_path / "subject"
    assert (subject.read_text().strip() if subject.exists() else None) == (told and f"nightly: {told}")


def test_the_keeping_job_adds_nights_and_never_shortens_a_history(tmp_path: Path) -> None:
    """The shell of the job, against a branch in a folder instead of a server."""
    nightly = read(next(file for file in WORKFLOWS if file.name == "nightly.yml"))
    script = nightly["jobs"]["keep"]["steps"][-1]["run"]
    server = tmp_path / "server.git"
    subprocess.run(["git", "init", "--quiet", "--bare", server], check=True)
    address = '"https://x-access-token:${GITHUB_TOKEN}@github.com/${GITHUB_REPOSITORY}.git"'
    assert address in script
    script = script.replace(address, f'"{server}"')

    def night(number: int, lines: dict[str, int]) -> None:
        work = tmp_path / str(number)
        for machine, count in lines.items():
            file = work / "nights" / f"nightly-{machine}" / "history" / machine / "nightly.jsonl"
            file.parent.mkdir(parents=True)
            file.write_text("{}\n" * count)
            file.with_suffix(".html").write_text("page" * (9 - count))
            file.with_name("nightly.ru.html").touch() if number == 1 else None
        subprocess.run(["bash", "-c", script], cwd=work, check=True, capture_output=True)

    night(1, {"apple": 1, "hosted": 1})
    night(2, {"apple": 2})
    night(3, {"apple": 1, "hosted": 2})

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", server, *words], check=True, capture_output=True, text=True
        ).stdout

    for name in ("apple", "hosted"):
        folder = f"nightly-results:history/{name}"
        assert git("show", f"{folder}/nightly.jsonl").count("\n") == 2
        assert git("show", f"{folder}/nightly.html") == "page" * 7  # a new page may be smaller
        assert git("ls-tree", "--name-only", folder).split() == ["nightly.html", "nightly.jsonl"]
