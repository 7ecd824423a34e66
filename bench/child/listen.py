"""Hear many utterances with several variants, each loaded once.  Run as `python -I listen.py JOB.json`.

Nothing is timed here.  JOB has `half` (path), `tokens` (whether it is a token half), `leads` (whether the
first variant is followed), `events` (path), `variants` and `utterances`; docs/architecture.md has the contract.  A plain half is the one that
`worker.py` runs.  A token half offers, beside `imports()`, `load(payload)` and `facts(model)`,

    windows(pcm) -> [pcm]                        what the engine hears at once
    encode(model, window, payload)               keeps the window's encoding in the model
    greedy(model, payload, prefix) -> (tokens, logits, truncated)
    forced(model, tokens, payload) -> logits     row k is the model's word in place of token k
    tops(model, logits, first=bool) -> tokens    the greedy choice of each row
    pieces(model, tokens) -> [bytes]

and where the first variant leads, the others are forced to follow it: its rows live as long as its
utterance, and what leaves this process are scalars a token.

Events are lines of JSON, as the worker's: `started`, `imported`, `ready` or `refused` (a variant),
`listening` and `heard` or `unheard` (an utterance and a variant), `done`.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import time
from importlib.machinery import SourceFileLoader
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def beside(name: str) -> ModuleType:
    """A module that lies in this folder."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.py")
    module = ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module
    SourceFileLoader(name, path).exec_module(module)
    return module


class NotFinite(ValueError):
    """Logits that are no numbers: there is nothing to compare."""


# ------------------------------------------------------------------ distributions


class Forced:
    """The baseline's window: its tokens, its logits, and what every comparison needs of them."""

    def __init__(self, tokens: list[int], logits: Any, truncated: bool) -> None:
        import numpy as np

        self.tokens, self.logits, self.truncated = tokens, logits, truncated
        self.totals = log_totals(logits)
        self.shares = np.exp(logits.astype(np.float64) - self.totals[:, None])

    def log_probabilities(self) -> Any:
        """Of the tokens."""
        return chosen(self.logits, self.tokens, self.totals)

    def entropies(self) -> Any:
        """Of each row, in nats: log of the total less the mean logit."""
        import numpy as np

        return self.totals - np.einsum("ij,ij->i", self.shares, self.logits.astype(np.float64))

    def divergences(self, logits: Any, totals: Any) -> Any:
        """Kullback-Leibler divergence of each row of another model from this one's, in nats.

        The differences of float32 logits are exact in float64, so that the divergence of a model from
        itself comes out as zero and not as the noise of two sums.
        """
        import numpy as np

        differences = np.subtract(self.logits, logits, dtype=np.float64)
        return np.einsum("ij,ij->i", self.shares, differences) + totals - self.totals


def log_totals(logits: Any) -> Any:
    """Logarithm of the sum of exponentials of each row, in float64."""
    import numpy as np

    largest = logits.max(axis=1)
    if not np.isfinite(largest).all():
        raise NotFinite("the logits are not finite")
    shifted = np.subtract(logits, largest[:, None], dtype=np.float64)
    return np.log(np.exp(shifted, out=shifted).sum(axis=1)) + largest


def chosen(logits: Any, tokens: list[int], totals: Any) -> Any:
    """Log-probability of each row's token."""
    import numpy as np

    return logits[np.arange(len(tokens)), tokens].astype(np.float64) - totals


def rounded(values: Any, digits: int = 6) -> list[float]:
    """Digits after the point that outlast every figure made of them."""
    return [round(float(value), digits) for value in values]


def significant(values: Any) -> list[float]:
    """Five significant digits: divergences span nine orders of magnitude."""
    return [float(f"{max(float(value), 0.0):.5g}") for value in values]


# ------------------------------------------------------------------------- words


def words_of(pieces: list[bytes], log_probabilities: Any) -> list[list[Any]]:
    """Words as [text, tokens, probability]; a word begins where a token begins with a space.

    A word's probability is the product of its tokens', punctuation apart: what the model itself says of
    the whole word, where nobody counts the comma behind it.
    """
    import math

    words: list[list[Any]] = []
    for piece, logarithm in zip(pieces, log_probabilities, strict=True):
        if not piece:
            continue
        if not words or piece.startswith(b" "):
            words.append([b"", 0, 0.0])
        words[-1][0] += piece
        words[-1][1] += 1
        words[-1][2] += float(logarithm) if _spoken(piece) else 0.0
    return [
        [text.decode("utf-8", "replace").strip(), count, round(math.exp(min(total, 0.0)), 5)]
        for text, count, total in words
    ]


def _spoken(piece: bytes) -> bool:
    """Whether a token is more than punctuation; a part of a letter's bytes is."""
    try:
        return any(character.isalnum() for character in piece.decode("utf-8"))
    except UnicodeDecodeError:
        return True


class Hearing:
    """What one variant heard of an utterance, window by window."""

    def __init__(self) -> None:
        self.text = b""
        self.words: list[list[Any]] = []
        self.truncated = False
        self.scalars: dict[str, Any] = {}

    def add(self, pieces: list[bytes], log_probabilities: Any, truncated: bool) -> None:
        """One more window's greedy transcript."""
        self.text += b"".join(pieces) if not self.text or not pieces else b" " + b"".join(pieces)
        self.words += words_of(pieces, log_probabilities)
        self.truncated = self.truncated or truncated

    def scalar(self, name: str, values: list[Any]) -> None:
        """One more window's values of a scalar."""
        self.scalars.setdefault(name, []).extend(values)

    def result(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "text": " ".join(self.text.decode("utf-8", "replace").split()),
            "words": self.words,
            "truncated": self.truncated,
            **self.scalars,
        }


def hear_first(
    half: Any, model: Any, windows: list[Any], payload: dict[str, Any]
) -> tuple[Hearing, list[Forced]]:
    """The baseline's greedy transcript, with its distributions."""
    hearing, kept = Hearing(), []
    for window in windows:
        half.encode(model, window, payload)
        tokens, logits, truncated = half.greedy(model, payload, [])
        found = Forced(tokens, logits, truncated)
        logarithms = found.log_probabilities()
        hearing.add(half.pieces(model, tokens), logarithms, truncated)
        hearing.scalar("tokens", tokens)
        hearing.scalar("logp", rounded(logarithms))
        hearing.scalar("entropy", significant(found.entropies()))
        kept.append(found)
    if hasattr(half, "blank"):
        hearing.scalars["blank"] = half.blank(model)
    return hearing, kept


def hear_after(
    half: Any, model: Any, windows: list[Any], payload: dict[str, Any], first: list[Forced], forced_only: bool
) -> Hearing:
    """Another variant, forced to follow the first and then, from where they part, by itself."""
    hearing = Hearing()
    at = 0
    for window, base in zip(windows, first, strict=True):
        half.encode(model, window, payload)
        logits = half.forced(model, base.tokens, payload)
        totals = log_totals(logits)
        logarithms = chosen(logits, base.tokens, totals)
        tops = [int(token) for token in half.tops(model, logits, first=True)]
        hearing.scalar("kl", significant(base.divergences(logits, totals)))
        hearing.scalar("logp", rounded(logarithms))
        parted = [
            place for place, (top, token) in enumerate(zip(tops, base.tokens, strict=True)) if top != token
        ]
        hearing.scalar("changed", [at + place for place in parted])
        hearing.scalar("changed_to", [tops[place] for place in parted])
        at += len(base.tokens)
        if forced_only:
            continue
        if not parted:
            hearing.add(half.pieces(model, base.tokens), logarithms, base.truncated)
            continue
        prefix = base.tokens[: parted[0]]
        own, own_logits, truncated = half.greedy(model, payload, prefix)
        own_logarithms = [*logarithms[: parted[0]], *chosen(own_logits, own, log_totals(own_logits))]
        hearing.add(half.pieces(model, [*prefix, *own]), own_logarithms, truncated)
    return hearing


# -------------------------------------------------------------------------- work


class Session:
    """The loaded variants, and the events that say what they heard."""

    def __init__(self, job: dict[str, Any], half: Any, worker: Any, events: Any) -> None:
        self.job, self.half, self.worker, self.events = job, half, worker, events
        self.models: list[Any] = []

    def say(self, name: str, **data: object) -> None:
        """One event."""
        self.events.write(name, time.monotonic_ns(), **data)

    def load(self) -> None:
        """Every variant once; one that its engine refuses is told, and left out."""
        for variant in self.job["variants"]:
            begun = time.process_time()
            try:
                self.models.append(self.half.load(variant["payload"]))
            except Exception as error:  # noqa: BLE001  # whatever the engine says, the others go on
                self.models.append(None)
                self.say(
                    "refused",
                    variant=variant["name"],
                    kind=self.worker.kind_of(error),
                    message=str(error)[:2000],
                )
                continue
            facts = self.half.facts(self.models[-1]) if hasattr(self.half, "facts") else {}
            self.say("ready", variant=variant["name"], cpu_seconds=time.process_time() - begun, facts=facts)

    def hear(self, utterance: dict[str, Any]) -> None:
        """One utterance with every variant that has not heard it yet."""
        half = self.half
        pcm = (
            half.pcm(utterance["audio"]) if hasattr(half, "pcm") else self.worker.read_pcm(utterance["audio"])
        )
        windows = half.windows(pcm) if self.job["tokens"] else [pcm]
        first: list[Forced] | None = None
        for number, (variant, model) in enumerate(zip(self.job["variants"], self.models, strict=True)):
            told = variant["name"] not in utterance["heard"]
            leads = self.job["leads"] and number == 0
            if model is None or (not told and not leads) or (variant["floor"] and not utterance["floor"]):
                continue
            self.say("listening", utterance=utterance["key"], variant=variant["name"])
            begun = time.process_time()
            try:
                if not self.job["tokens"]:
                    result = self.plain(model, pcm, variant)
                elif first is None and leads:
                    hearing, first = hear_first(half, model, windows, variant["payload"])
                    result = hearing.result()
                elif first is None:  # there is nothing to follow: this variant by itself
                    result = hear_first(half, model, windows, variant["payload"])[0].result()
                else:
                    only = bool(variant["floor"])
                    result = hear_after(half, model, windows, variant["payload"], first, only).result()
            except Exception as error:  # noqa: BLE001  # one utterance's failure is that utterance's result
                words = f"{type(error).__name__}: {error}"[:2000]
                if told:
                    kind = self.worker.kind_of(error)
                    self.say(
                        "unheard",
                        utterance=utterance["key"],
                        variant=variant["name"],
                        kind=kind,
                        message=words,
                    )
                continue
            if told:
                self.say(
                    "heard",
                    utterance=utterance["key"],
                    variant=variant["name"],
                    cpu_seconds=round(time.process_time() - begun, 4),
                    windows=len(windows),
                    result=result,
                )

    def close(self) -> None:
        """Let go of what the half keeps outside of memory."""
        if self.job["tokens"] and hasattr(self.half, "close"):
            for model in self.models:
                if model is not None:
                    self.half.close(model)

    def plain(self, model: Any, pcm: Any, variant: dict[str, Any]) -> dict[str, Any]:
        """The engine's own transcription, as the timed worker does it."""
        transcribe = self.half.transcribe
        plan = variant["payload"].get("segmentation")
        if plan:
            segmentation = beside("segmentation")
            transcribe = segmentation.by_cuts(segmentation.Segmenter(plan), transcribe)
        whole = transcribe(model, pcm, variant["payload"])
        results = [piece["result"] for piece in whole["pieces"]] if plan else [whole]
        words = [
            [word["text"].strip(), 1, word["confidence"]]
            for result in results
            for segment in result.get("segments") or ()
            for word in segment.get("words") or ()
            if word.get("confidence") is not None
        ]
        texts = [str(result.get("text", "")).strip() for result in results]
        return {
            "text": " ".join(text for text in texts if text),
            "words": words,
            "truncated": any(result.get("truncated") for result in results),
        }


def main() -> int:
    """Exit status 0, or 1 after a `failed` event."""
    faulthandler.enable()
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    worker = beside("worker")
    events = worker.Events(job["events"])
    events.write("started", time.monotonic_ns())
    try:
        half = worker.import_by_path("half", job["half"])
        half.imports()
        session = Session(job, half, worker, events)
        session.say("imported")
        session.load()
        for utterance in job["utterances"]:
            session.hear(utterance)
        session.close()
        session.say("done", cpu_seconds=time.process_time())
    except Exception as error:  # noqa: BLE001  # told to the parent, which goes on
        events.write(
            "failed",
            time.monotonic_ns(),
            kind=worker.kind_of(error),
            message=f"{type(error).__name__}: {error}"[:2000],
        )
        import traceback

        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
