"""Reports: records -> view -> Markdown, HTML and data, in every language that has a catalog."""

from __future__ import annotations

from bench.language import languages
from bench.report.render import render

__all__ = ["languages", "render"]
