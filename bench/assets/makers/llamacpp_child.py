"""Run by path: quantize one GGUF file with llama.cpp.  JSON on stdin; imports nothing of `bench`."""

from __future__ import annotations

import ctypes
import json
import sys


def main() -> int:
    """0 when the target is written; else the library's own code, with its words on stderr."""
    import llama_cpp.llama_cpp as llama

    job = json.load(sys.stdin)
    llama.llama_log_set(llama.llama_log_callback(0), None)
    llama.llama_backend_init()
    parameters = llama.llama_model_quantize_default_params()
    parameters.ftype = job["file_type"]
    parameters.nthread = job["threads"]
    failed = llama.llama_model_quantize(
        job["source"].encode(), job["target"].encode(), ctypes.byref(parameters)
    )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
