"""asr-quant-bench: honest benchmarks of quantized speech recognition models."""

__version__ = "0.1.0"
