"""Exact gates: what must not change at all between the reference and tonight.

No statistics here: a case that failed, another text, another backend or another weights file is a
fact, whatever the clock says.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bench.domain import Record, Status
from bench.text.differences import count_differences, word_differences


class Breach(StrEnum):
    """What an exact gate can find."""

    NOTHING = "nothing-measured"
    FAILED = "failed"
    VANISHED = "vanished"
    TRANSCRIPT = "transcript-changed"
    UNSTABLE = "transcript-unstable"
    EMPTY = "empty-output"
    TOKEN_LIMIT = "token-limit"  # noqa: S105  # not a password
    BACKEND = "backend-changed"
    WEIGHTS = "weights-changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One breach: which case, what happened, and the evidence (a transcript diff, both hashes)."""

    breach: Breach
    case: str
    message: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What of a case is exact.  `transcripts` are hashes of the distinct texts, the commonest first."""

    status: Status
    reason: str | None = None
    engine: str = ""
    engine_version: str | None = None
    backend: str | None = None
    truncated: bool = False
    empty: bool = False
    weights: Mapping[str, str] = field(default_factory=dict)
    transcripts: tuple[str, ...] = ()


def text_hash(text: str) -> str:
    """The name a transcript goes by in nights and references."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def state_of(records: Sequence[Record]) -> State:
    """The state of one case from its trials of one run.  One failed trial makes the case failed."""
    bad = next((record for record in records if record.status is not Status.OK), None)
    good = [record for record in records if record.status.delivered]
    texts = [record.transcript.text.strip() for record in good if record.transcript]
    shown = bad or records[0]
    last = (good or list(records))[-1]
    return State(
        status=shown.status,
        reason=shown.reason,
        engine=last.engine,
        engine_version=last.engine_version,
        backend=last.backend.device if last.backend else None,
        truncated=any(record.transcript.truncated for record in good if record.transcript),
        empty=any(not text for text in texts),
        weights={file.role: file.sha256 for file in last.weights},
        transcripts=tuple(text_hash(text) for text, _ in Counter(texts).most_common()),
    )


def texts_of(records: Iterable[Record]) -> dict[str, str]:
    """All transcripts of some trials by their hash."""
    texts = (record.transcript.text.strip() for record in records if record.transcript)
    return {text_hash(text): text for text in texts}


def check_cases(
    reference: Mapping[str, State], tonight: Mapping[str, State], texts: Mapping[str, str]
) -> tuple[Fact, ...]:
    """Every breach of tonight against the reference; `texts` has the transcripts of both by hash.

    What the reference already did (a case known to fail, to be empty, to hit the limit) is no
    breach.  A case the reference does not know is held to nothing but to have been measured; what an
    engine cannot run is no failure.
    """
    found: list[Fact] = []
    for case, before in reference.items():
        now = tonight.get(case)
        if now is None:
            found.append(
                Fact(breach=Breach.VANISHED, case=case, message="is in the reference, but was not run")
            )
        else:
            found += _check(case, before, now, texts)
    found += [
        _failed(case, now)
        for case, now in tonight.items()
        if case not in reference and now.status not in (Status.OK, Status.UNSUPPORTED)
    ]
    return tuple(found)


def _failed(case: str, now: State) -> Fact:
    message = f"{now.status}: {now.reason or 'no reason given'}"
    return Fact(breach=Breach.FAILED, case=case, message=message)


def _check(case: str, before: State, now: State, texts: Mapping[str, str]) -> list[Fact]:
    if now.status is not Status.OK and now.status is not before.status:
        return [_failed(case, now)]
    if not now.status.delivered:
        return []
    found: list[Fact] = []
    for role in sorted({*before.weights, *now.weights}):
        was, is_ = before.weights.get(role), now.weights.get(role)
        if was != is_:
            detail = f"sha256 was {was or 'absent'}\nsha256 is  {is_ or 'absent'}"
            found.append(
                Fact(
                    breach=Breach.WEIGHTS, case=case, message=f"the {role} file is another one", detail=detail
                )
            )
    if before.backend and now.backend != before.backend:
        message = f"ran on {now.backend or 'an unknown backend'}, the reference on {before.backend}"
        found.append(Fact(breach=Breach.BACKEND, case=case, message=message))
    if now.empty and not before.empty:
        found.append(Fact(breach=Breach.EMPTY, case=case, message="nothing was heard"))
    if now.truncated and not before.truncated:
        found.append(Fact(breach=Breach.TOKEN_LIMIT, case=case, message="the token limit was hit"))
    return found + _check_texts(case, before, now, texts)


def _check_texts(case: str, before: State, now: State, texts: Mapping[str, str]) -> list[Fact]:
    """Another text, or several texts in one night where the reference had one."""
    if not before.status.delivered or not now.transcripts:
        return []
    new = [name for name in now.transcripts if name not in before.transcripts]
    if not new:
        return []
    was = texts.get(before.transcripts[0], "") if before.transcripts else ""
    is_ = texts.get(new[0], "")
    detail = "\n".join(word_differences(was, is_))
    if len(now.transcripts) > 1 and len(before.transcripts) == 1:
        message = f"{len(now.transcripts)} different texts in one night, the reference has one"
        return [Fact(breach=Breach.UNSTABLE, case=case, message=message, detail=detail)]
    changed = count_differences(was, is_)
    message = f"the text differs in {changed} place{'s' if changed != 1 else ''}"
    return [Fact(breach=Breach.TRANSCRIPT, case=case, message=message, detail=detail)]
