"""A headless Chromium for tests of pages, and axe-core; both are found, never required."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from filelock import FileLock

from bench.places import cache_root

FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
AXE: Final = "axe-core@4.14.1"
AXE_SHA256: Final = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"


@contextmanager
def chromium(profile: Path) -> Iterator[Any]:
    """A driver of a headless Chromium with a profile folder of its own; skips where there is none."""
    pytest.importorskip("selenium")
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    driver = shutil.which("chromedriver")
    if not browser or not driver:
        pytest.skip("no chromium with its chromedriver here: apt-get install chromium chromium-driver")
    options = ChromeOptions()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    page = Chrome(options=options, service=Service(driver))
    try:
        yield page
    finally:
        page.quit()


def resize(page: Any, width: int, height: int = 900) -> None:
    """The page's width and height in CSS pixels, below a window's least too."""
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
    )


def axe_source() -> str:
    """The source of axe-core, fetched once by npm into the cache; skips where npm cannot."""
    folder = cache_root() / "test-tools"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{AXE.replace('@', '-')}.min.js"
    with FileLock(f"{file}.lock"):
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != AXE_SHA256:
            file.write_bytes(_packed("package/axe.min.js"))
    source = file.read_bytes()
    assert hashlib.sha256(source).hexdigest() == AXE_SHA256
    return source.decode()


def _packed(name: str) -> bytes:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm here to fetch axe-core with: the page's own checks ran without it")
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        told = subprocess.run(
            [npm, "pack", AXE, "--silent"], cwd=folder, capture_output=True, timeout=120, check=False
        )
        packed = next(Path(folder).glob("*.tgz"), None)
        if packed is None:
            pytest.skip(f"npm could not fetch {AXE}: {told.stderr.decode(errors='replace').strip()[-200:]}")
        with tarfile.open(fileobj=io.BytesIO(packed.read_bytes())) as archive:
            file = archive.extractfile(name)
            assert file is not None
            return file.read()
