"""What engines share in reading a finished child: transcript, package version, backend as asked."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from bench.contract import Outcome
from bench.domain import Backend, Case, Status, Transcript
from bench.engines import Availability


def availability_of(package: str, *, extra: str, devices: tuple[str, ...] = ("cpu",)) -> Availability:
    """Installed or not, from package metadata: nothing is imported."""
    try:
        return Availability(version=version(package), extra=extra, devices=devices)
    except PackageNotFoundError:
        return Availability(
            version=None,
            reason=f"{package} is not installed; install it with: pip install 'asr-quant-bench[{extra}]'",
            extra=extra,
            devices=devices,
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


def status_of(case: Case, outcome: Outcome, backend: Backend | None) -> tuple[Status, str | None]:
    """The launcher's status and reason, refined by the device that was asked for and the one that ran.

    A child half that finds no such device before it loads raises an error named `WrongBackend`.
    """
    failed = outcome.event("failed")
    if failed is not None and failed.data.get("error") == "WrongBackend":
        return Status.WRONG_BACKEND, outcome.reason
    if outcome.status.delivered and (mismatch := backend_mismatch(case.variant.device, backend)):
        return Status.WRONG_BACKEND, mismatch
    return outcome.status, outcome.reason


def backend_mismatch(asked: str, backend: Backend | None) -> str | None:
    """Why the backend that ran is not the one asked for; None when it is, or none was asked for."""
    if asked == "auto":
        return None
    if backend is None:
        return f"asked for {asked}, and the engine's log does not say what ran"
    if backend.device != asked:
        return f"asked for {asked}, ran on {backend.device}"
    return None
