"""Run by path, as a process of its own: download one source archive, and run nothing of it.

    python source_archive.py PROJECT FILE FOLDER

`pip download` runs an archive's build to learn what it depends on, before anybody could look at it.  Here pip
only finds it, with the user's own indexes, proxies and credentials; whoever called checks the hash.
Exit codes: 3 no index has the file, 4 this pip cannot be asked so.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

NOT_FOUND = 3
OTHER_PIP = 4
CHUNK = 1 << 20


def main(project: str, file: str, folder: str) -> int:
    """Download `file` of `project` into `folder`; the exit code."""
    try:
        from pip._internal.commands import create_command

        command: Any = create_command("download")
        with command.main_context():
            options, _ = command.parse_args([project, "--no-input"])
            session = command.get_default_session(options)
            finder = command._build_package_finder(options=options, session=session)  # noqa: SLF001  # pip offers no other way to ask where a file is
            links = [candidate.link for candidate in finder.find_all_candidates(project)]
            found = next((link for link in links if link.filename == file), None)
            if found is None:
                sys.stderr.write(f"no index has {file}; {len(links)} other files of {project}\n")
                return NOT_FOUND
            _save(session, found.url_without_fragment, Path(folder) / Path(file).name)
    except (ImportError, AttributeError, TypeError) as error:
        sys.stderr.write(f"this pip cannot be asked where a file is: {error}\n")
        return OTHER_PIP
    return 0


def _save(session: Any, url: str, path: Path) -> None:
    answer = session.get(url, stream=True, headers={"Accept-Encoding": "identity"})
    answer.raise_for_status()
    with path.open("wb") as out:
        for chunk in answer.iter_content(CHUNK):
            out.write(chunk)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
