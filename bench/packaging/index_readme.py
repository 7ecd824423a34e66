"""The README as a package index shows it: its links lead somewhere there, too.

hatchling runs this while it builds (`[tool.hatch.metadata.hooks.custom]`); nothing of it is installed.
Links within the repository become links into `project.urls.Source`; as long as no address is published
there, their words stay and the links go.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK: Final = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#|mailto:)([^)\s]+)\)")


class IndexReadme(MetadataHookInterface):
    """Fills in `readme`."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the README to the project's metadata."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        source = metadata.get("urls", {}).get("Source")
        metadata["readme"] = {"content-type": "text/markdown", "text": for_index(text, source)}


def for_index(text: str, source: str | None) -> str:
    """The README with every link within the repository absolute, or as plain words without an address."""

    def absolute(found: re.Match[str]) -> str:
        mark, words, target = found.groups()
        if source is None:
            return "" if mark else words
        kind = "raw" if mark else "tree" if target.endswith("/") else "blob"
        return f"{mark}[{words}]({source.rstrip('/')}/{kind}/main/{target.rstrip('/')})"

    return LINK.sub(absolute, text)
