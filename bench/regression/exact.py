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
from typing import Final

from bench.domain import Reason, Status
from bench.reasons import reason
from bench.results import CaseResult
from bench.text.differences import count_differences, word_differences


class Breach(StrEnum):
    """What an exact gate can find."""

    NOTHING = "nothing-measured"
    FAILED = "failed"
    VANISHED = "vanished"
    TRANSCRIPT = "transcript-changed"
    UNSTABLE = "transcript-unstable"
    EMPTY = "empty-output"
    CUT_SHORT = "token-limit"
    BACKEND = "backend-changed"
    WEIGHTS = "weights-changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One breach: which case, what happened, and the evidence (a transcript diff, both hashes)."""

    breach: Breach
    case: str
    message: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What of a case is exact, of all its trials.

    `transcripts` are hashes of the distinct texts, the commonest first.  `backend`, `weights` and
    `engine_version` are those of most trials; what other trials had is in `other_backends`,
    `other_weights` (by role) and `other_versions`: where one night had one of each, they are empty.
    """

    status: Status
    reason: Reason | None = None
    engine: str = ""
    engine_version: str | None = None
    backend: str | None = None
    truncated: bool = False
    empty: bool = False
    weights: Mapping[str, str] = field(default_factory=dict)
    transcripts: tuple[str, ...] = ()
    other_backends: tuple[str, ...] = ()
    other_weights: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    other_versions: tuple[str, ...] = ()

    @property
    def backends(self) -> tuple[str, ...]:
        """All that its trials ran on, the commonest first; empty where nothing tells."""
        if self.backend is None and not self.other_backends:
            return ()
        return (self.backend or UNKNOWN, *self.other_backends)

    def weights_of(self, role: str) -> tuple[str, ...]:
        """The hashes of all files that its trials were given in a role, the commonest first."""
        return (*([self.weights[role]] if role in self.weights else []), *self.other_weights.get(role, ()))


UNKNOWN: Final = "unknown"
ABSENT: Final = "absent"


def text_hash(text: str) -> str:
    """The name a transcript goes by in nights and references."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def state_of(case: CaseResult) -> State:
    """The state of a case.  One failed trial that counts makes the case failed."""
    bad = next((record for record in case.settled if record.status is not Status.OK), None)
    shown = bad or case.settled[0]
    texts = [record.transcript.text.strip() for record in case.good if record.transcript]
    hashes = [{file.role: file.sha256 for file in files} for files in case.all_weights]
    return State(
        status=shown.status,
        reason=shown.reason,
        engine=case.case.variant.engine,
        engine_version=case.engine_version,
        backend=case.backend.device if case.backend else None,
        truncated=any(record.transcript.truncated for record in case.good if record.transcript),
        empty=any(not text for text in texts),
        weights=hashes[0],
        transcripts=tuple(text_hash(text) for text, _ in Counter(texts).most_common()),
        other_backends=tuple(other.device if other else UNKNOWN for other in case.backends[1:]),
        other_weights=_others(hashes),
        other_versions=tuple(version or UNKNOWN for version in case.engine_versions[1:]),
    )


def _others(hashes: Sequence[Mapping[str, str]]) -> dict[str, tuple[str, ...]]:
    """By role, the files that differ from those of most trials."""
    most, found = hashes[0], dict[str, dict[str, None]]()
    for other in hashes[1:]:
        for role in {**most, **other}:
            sha = other.get(role, ABSENT)
            if sha != most.get(role, ABSENT):
                found.setdefault(role, {})[sha] = None
    return {role: tuple(shas) for role, shas in found.items()}


def texts_of(cases: Iterable[CaseResult]) -> dict[str, str]:
    """All transcripts of the trials that count, by their hash."""
    return {text_hash(text.strip()): text.strip() for case in cases for text in case.texts}


def check_cases(
    reference: Mapping[str, State], tonight: Mapping[str, State], texts: Mapping[str, str]
) -> tuple[Fact, ...]:
    """Every breach of tonight against the reference; `texts` has the transcripts of both by hash.

    What the reference already did (a case known to fail, to be empty, to hit the limit) is no
    breach.  A case the reference does not know is only held to having been measured; what an
    engine cannot run is no failure.
    """
    found: list[Fact] = []
    for case, before in reference.items():
        now = tonight.get(case)
        if now is None:
            found.append(Fact(breach=Breach.VANISHED, case=case, message=reason("breach.not_run")))
        else:
            found += _check(case, before, now, texts)
    found += [
        _failed(case, now)
        for case, now in tonight.items()
        if case not in reference and now.status not in (Status.OK, Status.UNSUPPORTED)
    ]
    return tuple(found)


def _failed(case: str, now: State) -> Fact:
    status = now.status.value
    message = (
        reason("breach.failed", status=status, why=now.reason)
        if now.reason
        else reason("breach.failed_unexplained", status=status)
    )
    return Fact(breach=Breach.FAILED, case=case, message=message)


def _check(case: str, before: State, now: State, texts: Mapping[str, str]) -> list[Fact]:
    if now.status is not Status.OK and now.status is not before.status:
        return [_failed(case, now)]
    if not now.status.delivered:
        return []
    found: list[Fact] = []
    for role in sorted({*before.weights, *before.other_weights, *now.weights, *now.other_weights}):
        was, is_ = before.weights_of(role), now.weights_of(role)
        if not set(is_ or (ABSENT,)) <= set(was or (ABSENT,)):
            several = reason("breach.several_files", count=len(is_), role=role) if len(is_) > 1 else None
            detail = f"sha256 was {', '.join(was) or ABSENT}\nsha256 is  {', '.join(is_) or ABSENT}"
            found.append(
                Fact(
                    breach=Breach.WEIGHTS,
                    case=case,
                    message=several or reason("breach.other_file", role=role),
                    detail=detail,
                )
            )
    if before.backends and not set(now.backends or (UNKNOWN,)) <= set(before.backends):
        was_on = ", ".join(before.backends)
        message = (
            reason("breach.other_backend", ran=", ".join(now.backends), before=was_on)
            if now.backends
            else reason("breach.unknown_backend", before=was_on)
        )
        found.append(Fact(breach=Breach.BACKEND, case=case, message=message))
    if now.empty and not before.empty:
        found.append(Fact(breach=Breach.EMPTY, case=case, message=reason("breach.nothing_heard")))
    if now.truncated and not before.truncated:
        found.append(Fact(breach=Breach.CUT_SHORT, case=case, message=reason("breach.token_limit")))
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
        message = reason("breach.several_texts", count=len(now.transcripts))
        return [Fact(breach=Breach.UNSTABLE, case=case, message=message, detail=detail)]
    changed = count_differences(was, is_)
    message = reason("breach.other_text", count=changed)
    return [Fact(breach=Breach.TRANSCRIPT, case=case, message=message, detail=detail)]
