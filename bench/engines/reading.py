"""What engines share in reading a finished child: transcript, package version, backend as asked."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from bench.contract import Outcome
from bench.domain import Backend, Case, Model, Reason, Status, Transcript
from bench.engines import Availability, Engine
from bench.reasons import reason


def availability_of(package: str, *, extra: str, devices: tuple[str, ...] = ("cpu",)) -> Availability:
    """Installed or not, from package metadata: nothing is imported."""
    try:
        return Availability(version=version(package), extra=extra, devices=devices)
    except PackageNotFoundError:
        return Availability(
            version=None,
            reason=reason("package.missing", package=package, extra=extra),
            extra=extra,
            devices=devices,
        )


def other_family(engine: Engine[Any], model: Model) -> Reason:
    """The refusal of a model of a family that the engine does not run."""
    return reason(
        "engine.other_family",
        engine=engine.name,
        families=", ".join(engine.families),
        model=model.title,
        family=model.family,
    )


def transcript_of(outcome: Outcome) -> Transcript | None:
    """The first pass's transcript; None when no pass ended.  Later passes say whether they agree."""
    if not (passes := outcome.transcriptions):
        return None
    first, *later = passes
    return Transcript(
        text=first.text.strip(),
        language=first.language,
        segments=first.segments,
        repeats_agree=all(each.text == first.text for each in later) if later else None,
        truncated=first.truncated,
    )


def status_of(case: Case, outcome: Outcome, backend: Backend | None) -> tuple[Status, Reason | None]:
    """The launcher's status and reason, refined by the device that was asked for and the one that ran.

    A child half that finds no such device before it loads raises an error named `WrongBackend`.
    """
    failed = outcome.event("failed")
    if failed is not None and failed.data.get("error") == "WrongBackend":
        return Status.WRONG_BACKEND, outcome.reason
    if outcome.status.delivered and (mismatch := backend_mismatch(case.variant.device, backend)):
        return Status.WRONG_BACKEND, mismatch
    return outcome.status, outcome.reason


def backend_mismatch(asked: str, backend: Backend | None) -> Reason | None:
    """Why the backend that ran is not the one asked for; None when it is, or none was asked for."""
    if asked == "auto":
        return None
    if backend is None:
        return reason("device.not_told", requested=asked)
    if backend.device != asked:
        return reason("device.other", requested=asked, used=backend.device)
    return None
