"""Files of the Hugging Face hub, through `huggingface_hub`: resumed, verified, pinned at first sight.

A manifest pins a file by its sha256 or by the commit it is taken at.  What it does not pin is
pinned by the first fetch, which writes commit and hash into the cache's `hub.lock.json`; later
fetches must agree with it.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any, Final

from bench.assets.hashes import read_sha256, sha256_of
from bench.assets.manifest import HubFile, HubSource
from bench.assets.progress import Progress
from bench.assets.store import FULL, BuildResult, StoredAsset, by_hand, given
from bench.errors import AssetError, SourceUnreachable
from bench.files import replace_file
from bench.places import cache_root
from bench.problems import problem

LOCK: Final = "hub.lock.json"
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")


def download_bytes(source: HubSource) -> int | None:
    """Bytes of all files where the manifest says them."""
    sizes = [file.bytes for file in source.files]
    return sum(size for size in sizes if size) if all(sizes) else None


def fill(source: HubSource, folder: Path, title: str, progress: Progress) -> BuildResult:
    """Put the source's files into `folder`, under their own names.

    Raises `SourceUnreachable` where the hub does not answer, `AssetError` where it has no such file
    or the file is not the pinned one.
    """
    roles, expected, fresh, commits = {}, {}, {}, {}
    for file in source.files:
        name = Path(file.file).name
        pin = pinned(source, file)
        # two repositories may have files of one name
        brought = given(f"{source.repo}/{name}") or given(name)
        if brought is not None:
            shutil.copyfile(brought, folder / name)
            commit = None
        else:
            commit = _download(source, file, (pin or {}).get("commit"), folder / name, title, progress)
            commits[name] = commit
        roles[file.role] = "." if source.folder else name
        wanted = file.sha256 or (pin or {}).get("sha256")
        if wanted:
            expected[name] = wanted
            _require(folder / name, wanted, source, file, from_manifest=bool(file.sha256))
        elif commit:
            fresh[_pin_name(source, file)] = {"commit": commit, "sha256": read_sha256(folder / name)}
    _pin(fresh)
    return BuildResult(
        roles=roles,
        expected=expected,
        facts={"repo": source.repo, "revision": source.revision, "commits": commits},
    )


def unpinned(source: HubSource) -> tuple[str, ...]:
    """The source's files that neither the manifest nor a fetch has pinned: what they are may change."""
    if _COMMIT.fullmatch(source.revision):
        return ()
    return tuple(file.file for file in source.files if not file.sha256 and not pinned(source, file))


def remark(source: HubSource) -> str:
    """What a plan says of files that are not pinned; nothing where all are."""
    names = unpinned(source)
    if not names:
        return ""
    return f"{', '.join(names)} of {source.repo} is not pinned by the manifest; the first fetch pins what it finds"


def pins() -> dict[str, dict[str, str]]:
    """What fetches have pinned: `{"repo@revision/file": {"commit", "sha256"}}`."""
    path = cache_root() / LOCK
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise problem(AssetError, "hub.pins", path=str(path), error=str(error)) from None


def provenance(source: HubSource, landing: StoredAsset) -> str:
    """Where a landing's files come from: the repository, and the commit that was taken."""
    commits = dict.fromkeys(landing.facts.get("commits", {}).values())
    if _COMMIT.fullmatch(source.revision) or not commits:
        return f"hub {source.repo} at {source.revision}"
    return f"hub {source.repo} at {source.revision}, commit {', '.join(commits)}"


def pinned(source: HubSource, file: HubFile) -> dict[str, str] | None:
    """Commit and sha256 of the first fetch, where there was one."""
    pin = pins().get(_pin_name(source, file))
    return dict(pin) if pin else None


def is_current(source: HubSource, landing: StoredAsset) -> bool:
    """Whether the landing is what a fetch would bring now: the pin, or the file given by hand, may be another."""
    for file in source.files:
        name = Path(file.file).name
        sha256, _ = landing.files[name]
        brought = given(f"{source.repo}/{name}") or given(name)
        if brought is not None and sha256_of(brought) != sha256:
            return False
        if not file.sha256 and (pin := pinned(source, file)) and pin["sha256"] != sha256:
            return False
    return True


def _download(
    source: HubSource, file: HubFile, commit: str | None, target: Path, title: str, progress: Progress
) -> str:
    """Move the file to `target`; returns the commit it came from."""
    try:
        import huggingface_hub
        from huggingface_hub import errors
    except ImportError:
        raise problem(
            SourceUnreachable, "hub.not_installed", title=title, **_beside(source, target)
        ) from None
    where = f"{source.repo}/{file.file} at {source.revision}"
    # outside the landing: what is there already survives an interruption, and is gone on with
    partial = cache_root() / "partial" / f"{source.repo}--{source.revision}".replace("/", "--")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        if commit is None and _COMMIT.fullmatch(source.revision):
            commit = source.revision
        elif commit is None and (info := _info(huggingface_hub, source)):
            commit = str(info)
        progress.advance(f"Downloading {title}: {file.file}", 0, file.bytes)
        got = huggingface_hub.hf_hub_download(
            repo_id=source.repo,
            filename=file.file,
            revision=commit or source.revision,
            repo_type=source.repo_type,
            local_dir=partial,
            tqdm_class=_bar(f"Downloading {title}: {file.file}", progress),
        )
    except errors.LocalEntryNotFoundError as error:
        raise _unreachable(title, where, _beside(source, target), error) from None
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.EntryNotFoundError) as error:
        raise problem(
            AssetError, "hub.not_found", title=title, where=where, error=type(error).__name__
        ) from None
    except Exception as error:  # the hub's HTTP library, and with it its errors, differ between versions
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        raise _unreachable(title, where, _beside(source, target), error) from None
    shutil.move(got, target)
    return commit or source.revision


def _info(huggingface_hub: Any, source: HubSource) -> str | None:
    api = huggingface_hub.HfApi()
    info = api.repo_info(source.repo, revision=source.revision, repo_type=source.repo_type, timeout=20)
    return str(info.sha) if info.sha else None


def _bar(title: str, progress: Progress) -> Any:
    """The hub's progress bar class, told to ours."""
    from tqdm.auto import tqdm  # type: ignore[import-untyped, unused-ignore]  # has no types

    class Bar(tqdm):  # type: ignore[misc, type-arg, unused-ignore]  # so its base is Any
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs.pop("name", None)
            kwargs["disable"] = False
            kwargs["file"] = io.StringIO()
            super().__init__(*args, **kwargs)

        def display(self, *_: Any, **__: Any) -> None:
            progress.advance(title, int(self.n), int(self.total) if self.total else None)

        def close(self) -> None:
            progress.advance(title, int(self.n), int(self.total) if self.total else None)

    return Bar


def _beside(source: HubSource, target: Path) -> dict[str, str]:
    """How to bring the file by hand, under its repository: two repositories may have files of one name."""
    return by_hand(f"{source.repo}/{target.name}")


def _unreachable(title: str, where: str, beside: dict[str, str], error: Exception) -> SourceUnreachable:
    return problem(
        SourceUnreachable, "hub.no_answer", title=title, where=where, error=type(error).__name__, **beside
    )


def _require(path: Path, wanted: str, source: HubSource, file: HubFile, *, from_manifest: bool) -> None:
    actual = read_sha256(path)
    if actual == wanted:
        return
    about = {"file": f"{source.repo}/{file.file}", "actual": actual, "expected": wanted}
    if given(f"{source.repo}/{path.name}") is None and (brought := given(path.name)) is not None:
        own = brought.parent / source.repo / path.name
        raise problem(AssetError, "hub.other_by_hand", brought=str(brought), own=str(own), **about)
    if from_manifest:
        raise problem(AssetError, "hub.other_file", **about)
    raise problem(AssetError, "hub.other_since", pins=str(cache_root() / LOCK), **about)


def _pin_name(source: HubSource, file: HubFile) -> str:
    return f"{source.repo}@{source.revision}/{file.file}"


def _pin(more: dict[str, dict[str, str]]) -> None:
    if not more:
        return
    from filelock import FileLock

    path = cache_root() / LOCK
    with FileLock(cache_root() / "locks" / f"{LOCK}.lock"):
        text = json.dumps(pins() | more, indent=1, sort_keys=True, ensure_ascii=False)
        replace_file(path, text + "\n")
