"""Stands in for macOS's `/usr/bin/time -l -o FILE PROGRAM...`: runs it, writes a recorded text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RECORDED = """        4,09 real         2,44 user         2,56 sys
           303693824  maximum resident set size
              152460  page reclaims
               18238  page faults
                5922  voluntary context switches
               36616  involuntary context switches
            29803192  peak memory footprint
"""

if __name__ == "__main__":
    flags, path, program = sys.argv[1:3], sys.argv[3], sys.argv[4:]
    assert flags == ["-l", "-o"], flags
    status = subprocess.run(program, check=False).returncode
    Path(path).write_text(RECORDED, encoding="ascii")
    sys.exit(status)
