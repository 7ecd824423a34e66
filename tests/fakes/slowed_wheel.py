"""A package that slows pywhispercpp by a known share: what a regression looks like, made to order."""

from __future__ import annotations

import zipfile
from pathlib import Path

_CODE = '''
import importlib.abc, importlib.util, sys, time

class Slower(importlib.abc.MetaPathFinder):
    """Wraps Model.transcribe as soon as pywhispercpp.model is imported; busy, so that CPU time grows too."""
    def find_spec(self, name, path=None, target=None):
        if name != "pywhispercpp.model":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module
        def exec_module(module):
            run(module)
            transcribe = module.Model.transcribe
            def slower(self, *arguments, **options):
                start = time.monotonic()
                result = transcribe(self, *arguments, **options)
                until = time.monotonic() + SHARE * (time.monotonic() - start)
                while time.monotonic() < until:
                    pass
                return result
            module.Model.transcribe = slower
        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Slower())
'''


def slowed(folder: Path, share: float) -> Path:
    """The wheel; installed beside pywhispercpp it makes each transcription longer by `share`."""
    file = folder / "slowed-1.0-py3-none-any.whl"
    info = "slowed-1.0.dist-info"
    texts = {
        "slowed.py": f"SHARE = {share}\n{_CODE}",
        "slowed.pth": "import slowed\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: slowed\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in (*texts, f"{info}/RECORD"))
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in (*texts.items(), (f"{info}/RECORD", record)):
            archive.writestr(name, text)
    return file
