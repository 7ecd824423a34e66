"""Which part of a model loses: encoder and decoder, each quantized or not, along one transcript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.naming import quantized_parts
from bench.quality.forced import bootstraps
from bench.quality.passed import Passed
from bench.statistics import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """The quantized cells of a two by two: the decoder alone, the encoder alone, both (None: not heard).

    `decoder_type` and `encoder_type` are their quantizations.  `difference` is what the decoder loses beyond the
    encoder, in nats a token over the utterances that both heard.
    """

    decoder_type: str
    encoder_type: str
    decoder: Passed
    encoder: Passed
    both: Passed | None
    difference: Estimate


def parted(rows: Sequence[Passed]) -> tuple[Parted, ...]:
    """Every pair of a quantized decoder and a quantized encoder that were each heard alone.

    Where some pairs were heard together as well, those alone.  `rows` are of one model, corpus and condition.
    """
    baseline = next((row for row in rows if row.is_baseline), None)
    if baseline is None:
        return ()
    whole = quantized_parts(baseline.quantization)[0]
    known: dict[tuple[str, str | None], Passed] = {}
    for row in rows:
        if row.divergence is not None:
            known.setdefault(quantized_parts(row.quantization), row)
    found = [
        Parted(
            decoder_type=decoder_type,
            encoder_type=encoder_type,
            decoder=decoder,
            encoder=encoder,
            both=known.get((decoder_type, encoder_type)),
            difference=difference,
        )
        for (decoder_type, untouched), decoder in known.items()
        if untouched is None
        for (plain, encoder_type), encoder in known.items()
        if plain == whole and encoder_type is not None
        if (difference := _difference(decoder, encoder)) is not None
    ]
    together = tuple(each for each in found if each.both is not None)
    return together or tuple(found)


def _difference(decoder: Passed, encoder: Passed) -> Estimate | None:
    import numpy as np

    ours, theirs = decoder.tokens, encoder.tokens
    _, mine, other = np.intersect1d(ours.utterances, theirs.utterances, return_indices=True)
    if not len(mine):
        return None
    order = np.argsort(ours.places[mine], kind="stable")
    mine, other = mine[order], other[order]
    [found] = bootstraps([(ours.nats[mine] - theirs.nats[other], ours.tokens[mine])])
    return found
