"""transcribe.cpp on whisper.cpp's own ggml files: see `bench.engines.transcribe`."""

from __future__ import annotations

from bench.engines.transcribe import TranscribeCpp

ENGINE = TranscribeCpp(
    name="transcribe-cpp-ggml",
    title="transcribe.cpp (whisper.cpp's ggml files)",
    weights_format="ggml",
    families=("whisper",),
)
