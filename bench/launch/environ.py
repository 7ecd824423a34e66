"""The environment a child gets: a clean base, the same at every trial, and the job's own words."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from typing import Final

from bench.strays import MARK

# What a program needs to find its libraries, its home and its devices.  All else is dropped: PYTHON*
# would change the worker, and a stray OMP_NUM_THREADS of the caller's shell would change the figures.
KEPT: Final = frozenset(
    {
        "CUDA_VISIBLE_DEVICES",
        "HOME",
        "LANG",
        "LANGUAGE",
        "LD_LIBRARY_PATH",
        "LOGNAME",
        "NVIDIA_VISIBLE_DEVICES",
        "PATH",
        "SHELL",
        "TMPDIR",
        "TZ",
        "USER",
        "XDG_CACHE_HOME",
        "XDG_RUNTIME_DIR",
    }
)
KEPT_PREFIXES: Final = ("LC_", "DYLD_")


def base_environ(caller: Mapping[str, str]) -> dict[str, str]:
    """The part of the caller's environment that a child keeps, sorted by name."""
    return {
        name: value
        for name, value in sorted(caller.items())
        if name in KEPT or name.startswith(KEPT_PREFIXES)
    }


def child_environ(own: Mapping[str, str]) -> dict[str, str]:
    """Base, the job's own variables over it, and a mark by which strays of the trial are found."""
    return {**base_environ(os.environ), **own, MARK: secrets.token_hex(8)}
