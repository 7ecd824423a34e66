"""Environment variables that the engines and their libraries read: a misspelt one would be ignored in silence."""

from __future__ import annotations

import difflib
from typing import Final

_NEAR: Final = 0.85
KNOWN: Final = frozenset(
    [
        "OMP_NUM_THREADS",
        "OMP_WAIT_POLICY",
        "OMP_PROC_BIND",
        "OMP_PLACES",
        "OMP_DYNAMIC",
        "OMP_SCHEDULE",
        "OMP_THREAD_LIMIT",
        "OMP_STACKSIZE",
        "OMP_MAX_ACTIVE_LEVELS",
        "GOMP_SPINCOUNT",
        "GOMP_CPU_AFFINITY",
        "KMP_BLOCKTIME",
        "KMP_AFFINITY",
        "KMP_SETTINGS",
        "OPENBLAS_NUM_THREADS",
        "OPENBLAS_CORETYPE",
        "MKL_NUM_THREADS",
        "MKL_DYNAMIC",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "GGML_N_THREADS",
        "GGML_BACKEND_PATH",
        "GGML_CUDA_NO_PINNED",
        "GGML_CUDA_FORCE_MMQ",
        "GGML_CUDA_FORCE_CUBLAS",
        "GGML_CUDA_ENABLE_UNIFIED_MEMORY",
        "GGML_CUDA_DISABLE_GRAPHS",
        "GGML_METAL_PATH_RESOURCES",
        "GGML_METAL_NO_RESIDENCY",
        "GGML_METAL_CONCURRENCY_DISABLE",
        "GGML_METAL_GRAPH_DEBUG",
        "GGML_METAL_BF16_DISABLE",
        "GGML_METAL_FUSION_DISABLE",
        "GGML_VK_VISIBLE_DEVICES",
        "GGML_VK_DISABLE_COOPMAT",
        "GGML_VK_DISABLE_F16",
        "GGML_VK_PREFER_HOST_MEMORY",
        "GGML_SCHED_DEBUG",
        "GGML_NUMA",
        "LLAMA_LOG_LEVEL",
        "LLAMA_ARG_THREADS",
        "TRANSCRIBE_NO_REPETITION_GUARD",
        "TRANSCRIBE_LOG_LEVEL",
        "CT2_USE_EXPERIMENTAL_PACKED_GEMM",
        "CT2_FORCE_CPU_ISA",
        "CT2_USE_MKL",
        "CT2_VERBOSE",
        "CT2_CUDA_ALLOCATOR",
        "CT2_CUDA_ALLOW_FP16",
        "CT2_CUDA_ALLOW_BF16",
        "CT2_CUDA_TRUE_FP16_GEMM",
        "ORT_LOGGING_LEVEL",
        "CUDA_VISIBLE_DEVICES",
        "CUDA_LAUNCH_BLOCKING",
        "CUDA_MODULE_LOADING",
        "NVIDIA_VISIBLE_DEVICES",
        "HIP_VISIBLE_DEVICES",
        "ROCR_VISIBLE_DEVICES",
        "HSA_OVERRIDE_GFX_VERSION",
        "MTL_CAPTURE_ENABLED",
        "MALLOC_ARENA_MAX",
        "MALLOC_TRIM_THRESHOLD_",
        "MALLOC_MMAP_THRESHOLD_",
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        "LD_BIND_NOW",
        "DYLD_LIBRARY_PATH",
        "DYLD_INSERT_LIBRARIES",
        "DYLD_FALLBACK_LIBRARY_PATH",
        "HF_HOME",
        "HF_HUB_OFFLINE",
        "HF_ENDPOINT",
        "HF_TOKEN",
        "TRANSFORMERS_OFFLINE",
        "TOKENIZERS_PARALLELISM",
        "PYTHONHASHSEED",
        "PYTHONUNBUFFERED",
        "PYTHONFAULTHANDLER",
        "RUST_BACKTRACE",
        "RUST_LOG",
        "RAYON_NUM_THREADS",
    ]
)


def misspelt(name: str) -> str | None:
    """The known variable that an unknown name is nearly spelt like; None where there is none."""
    if name in KNOWN:
        return None
    close = difflib.get_close_matches(name.upper(), KNOWN, n=1, cutoff=_NEAR)
    return close[0] if close else None
