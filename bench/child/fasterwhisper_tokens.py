"""Token half of the faster-whisper engine: the distributions of CTranslate2, one call for a whole transcript."""

from __future__ import annotations

from typing import Any

WINDOW_SAMPLES = 30 * 16_000
SHORTEST_SAMPLES = 1_600
MOST_TOKENS = 220  # of a window, as whisper.cpp: half the text context less four


class Unsupported(RuntimeError):
    """CTranslate2 refuses the compute type on this device, or the pass cannot do what the variant asks."""


class WrongBackend(RuntimeError):
    """The device asked for is not there."""


def imports() -> None:
    """Import the binding (which brings ctranslate2, numpy, PyAV and tokenizers)."""
    import faster_whisper  # noqa: F401  # the import itself is the work


class CtModel:
    """The model with the tokens that frame a transcript, and the encoding of the window at hand."""

    def __init__(self, whisper: Any, language: str) -> None:
        from faster_whisper.tokenizer import Tokenizer

        tokenizer = Tokenizer(
            whisper.hf_tokenizer, whisper.model.is_multilingual, task="transcribe", language=language
        )
        self.whisper = whisper
        self.tokenizer = tokenizer
        self.end = int(tokenizer.eot)
        self.prompt = [*map(int, tokenizer.sot_sequence), int(tokenizer.no_timestamps)]
        blanks = tokenizer.encode(" ")
        self.blank = int(blanks[0]) if len(blanks) == 1 else None
        self.encoded: Any = None

    def rows(self, tokens: list[int]) -> Any:
        """Logits of what stands at each place of a transcript, and of what follows it: one call."""
        import numpy as np

        prompt = [*self.prompt, *tokens]
        found = self.whisper.model.generate(
            self.encoded,
            [prompt],
            beam_size=1,
            suppress_tokens=[],
            suppress_blank=False,
            return_logits_vocab=True,
            max_length=_room(len(tokens) + 1, len(self.prompt)),
        )[0]
        return np.array([np.asarray(row) for row in found.logits[0][: len(tokens) + 1]], np.float32)


def _room(tokens: int, framing: int) -> int:
    """The `max_length` that lets the library say so many tokens: it says half of it, and no more than is left."""
    return max(2 * tokens, tokens + framing)


def load(payload: dict[str, Any]) -> CtModel:
    """Read the folder's weights, converted to the compute type while they are read."""
    import ctranslate2
    from faster_whisper import WhisperModel

    device = payload["device"]
    if device not in ("auto", "cpu", "cuda"):
        raise WrongBackend(f"asked for {device}, and ctranslate2 runs on cpu and cuda only")
    if device == "cuda" and not ctranslate2.get_cuda_device_count():
        raise WrongBackend("asked for cuda, and ctranslate2 finds no CUDA device")
    if payload["language"] is None:
        raise Unsupported("the pass needs a language; the variant asks to detect it")
    if payload["prompt"] or payload["carry_context"]:
        raise Unsupported(
            "the pass decodes each window unprimed; the variant asks for a prompt or for context"
        )
    if payload["beam_size"]:
        raise Unsupported("the pass decodes greedily; the variant asks for a beam")
    try:
        whisper = WhisperModel(
            payload["weights"]["model"],
            device=device,
            compute_type=payload["compute_type"],
            cpu_threads=payload["threads"],
            local_files_only=True,
        )
    except ValueError as error:
        if "compute type" in str(error):
            raise Unsupported(f"ctranslate2: {error}") from error
        raise
    return CtModel(whisper, payload["language"])


def windows(pcm: Any) -> list[Any]:
    """Windows of 30 s without overlap; a rest too short to be heard is left out."""
    cut = [pcm[at : at + WINDOW_SAMPLES] for at in range(0, len(pcm), WINDOW_SAMPLES)]
    return [window for window in cut if len(window) >= SHORTEST_SAMPLES]


def encode(model: CtModel, window: Any, payload: dict[str, Any]) -> None:
    """Mel and encoder of one window, padded to 30 s as the model was trained."""
    from faster_whisper.audio import pad_or_trim

    model.encoded = model.whisper.encode(pad_or_trim(model.whisper.feature_extractor(window)))


def forced(model: CtModel, tokens: list[int], payload: dict[str, Any]) -> Any:
    """Logits of shape (tokens, vocabulary): row k is what the model says in place of token k."""
    return model.rows(tokens[:-1])[: len(tokens)]


def greedy(model: CtModel, payload: dict[str, Any], prefix: list[int]) -> tuple[list[int], Any, bool]:
    """Greedy tokens after `prefix`, their raw logits, and whether they were cut short.

    The library chooses with what must not be chosen suppressed; the logits are then asked for without.
    """
    limit = min(payload["max_tokens"] or MOST_TOKENS, MOST_TOKENS)
    vocabulary = model.tokenizer.tokenizer.get_vocab_size()
    banned = list(range(model.end + 1, max(vocabulary, model.end + 2)))
    prompt = [*model.prompt, *prefix]
    if len(prefix) >= limit:
        return [], model.rows(prefix)[:0], True
    if not prefix:  # no blank at the beginning: chosen by hand, for the library would suppress it everywhere
        prompt.append(int(tops(model, model.rows([])[:1], first=True)[0]))
    found = model.whisper.model.generate(
        model.encoded,
        [prompt],
        beam_size=1,
        suppress_tokens=banned,
        suppress_blank=False,
        max_length=_room(limit, len(model.prompt)),
    )[0]
    # The library gives back what stood behind the prompt's own tokens as well.
    whole = [int(token) for token in found.sequences_ids[0] if token != model.end]
    logits = model.rows(whole)
    own = whole[len(prefix) :]
    if len(whole) >= limit:
        return own, logits[len(prefix) : len(whole)], True
    return [*own, model.end], logits[len(prefix) : len(whole) + 1], False


def tops(model: CtModel, rows: Any, *, first: bool) -> Any:
    """The greedy choice of each row: text or its end, never a timestamp, and no blank at the beginning."""
    import numpy as np

    allowed = rows[:, : model.end + 1]
    if first and len(allowed):
        allowed = allowed.copy()
        allowed[0, model.end] = -np.inf
        if model.blank is not None:
            allowed[0, model.blank] = -np.inf
    return allowed.argmax(axis=1)


def pieces(model: CtModel, tokens: list[int]) -> list[bytes]:
    """The bytes of each token; of the end of text none."""
    table = _bytes_of_characters()
    known = model.whisper.hf_tokenizer
    return [
        b"" if token >= model.end else bytes(table[character] for character in known.id_to_token(token) or "")
        for token in tokens
    ]


def _bytes_of_characters() -> dict[str, int]:
    """GPT-2's way of writing bytes as characters, backwards."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + at): byte for at, byte in enumerate(others)}


def facts(model: CtModel) -> dict[str, Any]:
    """What the library says of itself."""
    import ctranslate2

    return {
        "device": model.whisper.model.device,
        "compute_type": model.whisper.model.compute_type,
        "ctranslate2": ctranslate2.__version__,
    }
