"""One colour a quantization, in every chart and table: after Okabe and Ito, apart for colour-blind eyes.

Each keeps a contrast of at least 3:1 both on white and on near-black, so that one picture serves
light and dark pages.
"""

from __future__ import annotations

import re
from typing import Final

BASELINE: Final = "#767676"
_FAMILIES: Final = (
    (re.compile(r"f32|f16|bf16|fp16|fp32|float\w*|safetensors"), BASELINE),
    (re.compile(r"i?q8\w*|int8\w*"), "#0072b2"),
    (re.compile(r"i?q6\w*"), "#009e73"),
    (re.compile(r"i?q5\w*"), "#3d9bd6"),
    (re.compile(r"q4_[01]|int4\w*"), "#c77c00"),
    (re.compile(r"i?q4\w*"), "#c4679a"),
    (re.compile(r"i?q3\w*"), "#d55e00"),
    (re.compile(r"i?q2\w*|i?q1\w*|tq\w*"), "#9a8400"),
)
OTHER: Final = "#8c6bb1"


def colour(quantization: str) -> str:
    """The colour of a quantization; of its bit width where it has none of its own."""
    name = quantization.lower()
    return next((shade for pattern, shade in _FAMILIES if pattern.fullmatch(name)), OTHER)
