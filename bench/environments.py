"""Environments: named sets of pinned requirements -> cached virtual environments.

A suite's `environments` name releases of an engine (or an engine whose dependencies conflict with
another's); the worker of a variant that names one runs on that environment's interpreter.  So two
releases of an engine are measured interleaved, in the same blocks of the same run.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from bench.assets.progress import Progress, Silent
from bench.builds import Compilation, compilation, compiled_names
from bench.domain import Build, Reason
from bench.errors import EngineMissing, SuiteError
from bench.helpers import run_helper
from bench.places import cache_root
from bench.problems import problem
from bench.reasons import reason

READY: Final = "environment.json"
_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[A-Za-z0-9._,\- ]+\])?"
_MARKER: Final = r"(?:\s*;[^\r\n]*)?"
_RELEASE: Final = re.compile(rf"{_NAME}\s*==\s*[A-Za-z0-9][A-Za-z0-9.!+_-]*{_MARKER}")
_AT: Final = re.compile(rf"{_NAME}\s*@\s*(?P<where>\S+?){_MARKER}")
_REPOSITORY: Final = re.compile(r"(?:git|hg)\+[^@\s]+@[0-9a-f]{40}(?:#\S*)?")
_ARCHIVE: Final = re.compile(r"https?://[^\s#]+#sha256=[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A virtual environment on disk; `packages` are the versions really installed, by lower-case name.

    `label` says how those that are pinned were compiled here; empty for wheels.
    """

    name: str
    requirements: tuple[str, ...]
    path: Path
    packages: Mapping[str, str] = field(default_factory=dict)
    label: str = ""

    @property
    def interpreter(self) -> Path:
        """Its Python.  Never resolved: the symbolic link is what makes it this environment's."""
        return self.path / "bin" / "python"

    def version_of(self, distribution: str) -> str | None:
        """The installed version of a distribution, or None where it is not there: `1.5.1+native` where it was built."""
        version = self.packages.get(_normalized(distribution))
        compiled = map(_normalized, compiled_names(self.requirements)) if self.label else ()
        built = version and _normalized(distribution) in compiled
        return f"{version}+{self.label}" if built else version


def environments_root() -> Path:
    """Where environments are kept: below the cache of inputs."""
    return cache_root() / "environments"


def check_requirements(name: str, requirements: Iterable[str]) -> None:
    """Refuse what is not pinned: an environment measured tonight must be tomorrow's too.

    Every requirement is `NAME==VERSION` or `NAME @ URL` (also of a local folder or wheel).  What
    these depend on is resolved once, when the environment is made, and recorded.
    """
    listed = tuple(requirements)
    if not listed:
        raise SuiteError(
            f"environments.{name}: no requirements.", hint="List at least one, like pywhispercpp==1.4.1."
        )
    for requirement in listed:
        try:
            pinned(requirement)
        except ValueError as error:
            raise SuiteError(
                f"environments.{name}: {error}.",
                hint="Write NAME==VERSION (or NAME @ URL), so that the next run measures the same.",
            ) from None


def pinned(requirement: str) -> str:
    """The requirement where it means the same tomorrow and holds no password; ValueError else.

    NAME==VERSION; NAME @ a local folder or file; NAME @ an address with #sha256=; NAME @ git+ADDRESS@ with
    the whole hash of a commit.  A branch or a tag moves.
    """
    if re.search(r"://[^/\s@]*@", requirement):
        raise ValueError(
            "a requirement with a user or password in its address: these would be published with the report; "
            "give them to pip in its own configuration"
        )
    if _RELEASE.fullmatch(requirement):
        return requirement
    found = _AT.fullmatch(requirement)
    where = found.group("where") if found else ""
    local = (
        bool(where)
        and ("://" not in where or where.startswith("file://"))
        and "+" not in where.partition(":")[0]
    )
    if local or _ARCHIVE.fullmatch(where) or _REPOSITORY.fullmatch(where):
        return requirement
    raise ValueError(f'"{requirement}" is not pinned')


def environment_key(requirements: Iterable[str], build: str = "") -> str:
    """The folder's name: a hash of the interpreter, the machine, the requirements in any order and the build."""
    parts = [
        platform.python_implementation(),
        platform.python_version(),
        sysconfig_platform(),
        *sorted(" ".join(requirement.split()) for requirement in requirements),
        *([build] if build else []),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def sysconfig_platform() -> str:
    """The platform wheels are chosen for, like linux-x86_64 or macosx-11.0-arm64."""
    import sysconfig

    return sysconfig.get_platform()


def ensure_environment(
    name: str,
    requirements: Iterable[str],
    root: Path | None = None,
    *,
    build: Build | None = None,
    progress: Progress | None = None,
) -> Environment:
    """The environment of these requirements, made on first use and kept.

    With a `build` their sources are compiled here, and no wheel of them is taken.
    Safe to call from several processes: one makes it, the others wait.  It is made aside and moved
    into place when it is whole, so a kill in between leaves nothing that looks ready.
    Raises `SuiteError` for an unpinned requirement, `EngineMissing` where it cannot be installed.
    """
    from filelock import FileLock

    wanted = tuple(requirements)
    check_requirements(name, wanted)
    root = root or environments_root()
    root.mkdir(parents=True, exist_ok=True)
    compiled = compilation(build) if build else None
    key = environment_key(wanted, compiled.key if compiled else "")
    place = root / key
    with FileLock(root / f".{key}.lock"):
        packages = _packages_of(place)
        if packages is None:
            shutil.rmtree(place, ignore_errors=True)
            doing = "Compiling" if compiled else "Installing"
            (progress or Silent()).advance(f"{doing} {', '.join(wanted)}", 0, None)
            packages = _make(name, wanted, place, compiled)
    label = compiled.label if compiled else ""
    return Environment(name=name, requirements=wanted, path=place, packages=packages, label=label)


def ensure_environments(wanted: Mapping[str, Iterable[str]]) -> dict[str, Environment]:
    """Several environments by name, before anything is measured."""
    return {name: ensure_environment(name, requirements) for name, requirements in wanted.items()}


def _packages_of(place: Path) -> dict[str, str] | None:
    """What is installed in a finished environment; None where it is not there or its Python is gone."""
    try:
        data = json.loads((place / READY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    alive = (place / "bin" / "python").exists()  # False also for a dangling link: the base Python moved
    return dict(data["packages"]) if alive and "packages" in data else None


def _make(
    name: str, requirements: tuple[str, ...], place: Path, compiled: Compilation | None
) -> dict[str, str]:
    """Build the environment beside its place, check it, and move it there."""
    aside = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    python = str(aside / "bin" / "python")
    # our own pip installs into it where we have one: the environment then holds nothing but the requirements
    ours = find_spec("pip") is not None
    pip = [sys.executable, "-m", "pip", "--python", python] if ours else [python, "-m", "pip"]
    pip += ["--disable-pip-version-check", "--no-input"]
    try:
        bare = ["--without-pip"] if ours else []
        _call(name, [sys.executable, "-m", "venv", *bare, str(aside)], reason("environment.no_venv"))
        install = [*pip, "install", "--quiet", *requirements]
        if compiled:  # pip's cache knows a wheel by its sources alone, not by what they were built with
            install += ["--no-cache-dir", f"--no-binary={','.join(compiled_names(requirements))}"]
        variables = compiled.variables if compiled else {}
        _call(name, install, reason("environment.not_installed"), variables)
        _call(name, [*pip, "check"], reason("environment.no_fit"))
        packages = _installed(aside)
        ready = {"name": name, "requirements": list(requirements), "packages": packages}
        if variables:
            ready["build"] = dict(variables)
        (aside / READY).write_text(json.dumps(ready, indent=2) + "\n", encoding="utf-8")
        aside.replace(place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return packages


def _installed(environment: Path) -> dict[str, str]:
    found = distributions(path=[str(path) for path in environment.glob("lib*/python*/site-packages")])
    return dict(sorted((_normalized(item.name), item.version) for item in found))


def _call(name: str, argv: list[str], complaint: Reason, variables: Mapping[str, str] | None = None) -> str:
    from bench.assets.sources.downloads import without_secrets  # what is installed may run code of its own

    kept = without_secrets(os.environ)
    environ = {key: value for key, value in kept.items() if key not in {"PYTHONPATH", "PYTHONHOME"}}
    environ.update(variables or {})
    done = run_helper(argv, environ=environ)
    if done.returncode == 0:
        return done.stdout
    said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    words = next((line for line in reversed(said) if "ERROR" in line), said[-1] if said else "")
    raise problem(
        EngineMissing,
        "environment.failed",
        name=name,
        complaint=complaint,
        words=words.strip() or reason("words.none"),
        command=" ".join(argv),
    )


def _normalized(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()
