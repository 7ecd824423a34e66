"""Reports: records -> view -> Markdown, HTML and data, in every language that has a catalog."""

from __future__ import annotations

from bench.report.render import render
from bench.report.writing.language import languages

__all__ = ["languages", "render"]
