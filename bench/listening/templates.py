"""What was said -> records: each utterance and each variant has a template that an event fills in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.domain import Reason, Status
from bench.quality.utterances import UtteranceRecord
from bench.reasons import reason, told

if TYPE_CHECKING:
    from pydantic import TypeAdapter

About = dict[str, Any]  # fields of an `UtteranceRecord`, as JSON

TEMPLATES: Final = "templates.json"
_KINDS: Final = {"unsupported": Status.UNSUPPORTED, "memory": Status.MEMORY}
_RESULT: Final = (
    "text", "words", "truncated", "tokens", "logp", "entropy", "kl", "changed", "changed_to", "blank",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """What a record says of its utterance and of its variant, by the names a child knows them by.

    Plain JSON: it lies beside the child's events, so that events of a killed parent become records too.
    """

    utterances: Mapping[str, About]
    listeners: Mapping[str, About]

    def record(self, event: About, host: str | None = None) -> UtteranceRecord | None:
        """The record of an event `heard`, `unheard` or `ended`, heard on `host` (None: here); None of others.

        `ended` is a lane's word for what a child could not say itself: `own` holds the record's own fields.
        """
        kind = event.get("event")
        if kind not in ("heard", "unheard", "ended"):
            return None
        about = {**self.utterances[str(event["utterance"])], **self.listeners[str(event["variant"])]}
        if host is not None:
            about["host"] = host
        if kind == "ended":
            own = dict(event["own"])
            return made_record(about, **{**own, "status": Status(own["status"]), "reason": _said(own)})
        if kind == "unheard":
            status = _KINDS.get(str(event.get("kind")), Status.FAILED)
            return made_record(about, status=status, reason=told(str(event.get("message"))))
        result = event["result"]
        own = {key: _frozen(result[key]) for key in _RESULT if key in result}
        if about.get("floor"):
            own["text"] = None  # forced only: it was not asked what it would say by itself
        if not own.get("kl") and about.get("baseline") and not about.get("divergence_reason"):
            own["divergence_reason"] = reason("divergence.baseline_not_heard")
        return made_record(
            about,
            status=Status.OK,
            windows=int(event.get("windows", 1)),
            cpu_seconds=event.get("cpu_seconds"),
            **own,
        )


def leftovers(spool: Path) -> Iterator[UtteranceRecord]:
    """What children below a folder heard, beside which their templates lie."""
    for file in sorted(spool.glob(f"*/{TEMPLATES}")):
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            templates = Templates(utterances=data["utterances"], listeners=data["listeners"])
            lines = (file.parent / "events.jsonl").read_bytes().split(b"\n")[:-1]
            records = [templates.record(json.loads(line)) for line in lines]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # torn by the kill: that utterance is heard again
        yield from (record for record in records if record is not None and record.status is Status.OK)


def ended(utterance: str, listener: str, status: Status, why: Reason | None, **own: object) -> About:
    """The event that says how an utterance ended for a listener."""
    return {
        "event": "ended",
        "utterance": utterance,
        "variant": listener,
        "own": {"status": status.value, "reason": plain(why), **own},
    }


def made_record(about: About, **own: Any) -> UtteranceRecord:
    """A record of what its templates say and what is its own."""
    why = about.get("divergence_reason")
    known = {**about, "divergence_reason": Reason(**why) if isinstance(why, dict) else why}
    return UtteranceRecord(**{**known, **own})


def plain(why: Reason | None) -> About | None:
    """A reason as JSON, those within it too."""
    found: About | None = None if why is None else _reasons().dump_python(why, mode="json")
    return found


def reason_of(why: About) -> Reason:
    """A reason from its JSON."""
    found: Reason = _reasons().validate_python(why)
    return found


def _said(own: About) -> Reason | None:
    why = own.get("reason")
    return None if why is None else reason_of(why)


@cache
def _reasons() -> TypeAdapter[Reason]:
    from pydantic import TypeAdapter

    return TypeAdapter(Reason)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value
