"""The nouns.  Frozen, keyword-only, without I/O; one meaning each in code, YAML, docs and reports."""

from __future__ import annotations

from bench.domain.asked import (
    AudioCondition,
    Build,
    Case,
    Clip,
    CorpusPart,
    FetchedClip,
    Model,
    Protocol,
    Quality,
    ReportSettings,
    StarBand,
    Suite,
    Utterance,
    Variant,
)
from bench.domain.heard import (
    Segment,
    Transcript,
    Word,
)
from bench.domain.measured import (
    Backend,
    Conditions,
    Host,
    Measurement,
    OpenedFile,
    Record,
    Status,
    WeightsFile,
    WeightsProof,
    absent,
    measured,
)
from bench.domain.why import (
    Reason,
)

__all__ = [
    "AudioCondition",
    "Backend",
    "Build",
    "Case",
    "Clip",
    "Conditions",
    "CorpusPart",
    "FetchedClip",
    "Host",
    "Measurement",
    "Model",
    "OpenedFile",
    "Protocol",
    "Quality",
    "Reason",
    "Record",
    "ReportSettings",
    "Segment",
    "StarBand",
    "Status",
    "Suite",
    "Transcript",
    "Utterance",
    "Variant",
    "WeightsFile",
    "WeightsProof",
    "Word",
    "absent",
    "measured",
]
