"""The machine: what it is, what state it is in around a trial, what it can measure.

Nothing here runs beside a trial: facts are read before it and after it.
"""

from __future__ import annotations

from bench.host.conditions import ConditionsProbe, conditions_start
from bench.host.describe import describe
from bench.host.instruments import Instrument, advice, disturbances_now, instruments
from bench.host.residency import evict, resident_share, warm

__all__ = [
    "ConditionsProbe",
    "Instrument",
    "advice",
    "conditions_start",
    "describe",
    "disturbances_now",
    "evict",
    "instruments",
    "resident_share",
    "warm",
]
