"""A run as the `model-index` of a Hugging Face model card: WER by quantization, with how it was taken."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

from bench.errors import ReportError
from bench.journal import RunData
from bench.results import CaseResult, results_of


def export_model_index(run: RunData) -> str:
    """YAML for the head of a model card, one entry a model; `ReportError` without huggingface_hub.

    A WER is in per cent, as on the hub; its `args` have the quantization, the engine, the normalizer, the
    95 % interval and the number of reference words: a rate means nothing without them.  Random weights
    have none.
    """
    try:
        from huggingface_hub.repocard_data import eval_results_to_model_index
    except ImportError:
        raise ReportError(
            "huggingface_hub is not installed.", hint="Install it with: pip install 'asr-quant-bench[hub]'"
        ) from None
    from ruamel.yaml import YAML

    by_model: dict[str, list[Any]] = {}
    for case in results_of([run]).own(run):
        if not case.model.synthetic:
            by_model.setdefault(case.model.name, []).extend(_results(case))
    index = [
        entry
        for model, results in by_model.items()
        if results
        for entry in eval_results_to_model_index(model, results)
    ]
    stream = StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.dump({"model-index": index}, stream)
    return stream.getvalue()


def _results(case: CaseResult) -> Iterator[Any]:
    from huggingface_hub import EvalResult

    score, interval = case.heard.score, case.heard.interval
    if score is None or score.wer is None:
        return
    arguments: dict[str, Any] = {
        "quantization": case.quantization,
        "variant": case.case.variant.name,
        "engine": case.case.variant.engine,
        "engine_version": case.engine_version,
        "normalizer": score.normalizer,
        "reference_words": score.hits + score.substitutions + score.deletions,
    }
    if interval is not None and interval.low is not None and interval.high is not None:
        arguments["interval_95"] = [_percent(interval.low), _percent(interval.high)]
    for metric, value in (("wer", score.wer), ("cer", score.cer)):
        if value is None:
            continue
        yield EvalResult(
            task_type="automatic-speech-recognition",
            dataset_type=case.clip.corpus or "custom",
            dataset_name=case.clip.title,
            dataset_config=case.clip.name,
            dataset_args={"language": case.clip.language},
            metric_type=metric,
            metric_value=_percent(value),
            metric_name=f"{metric.upper()}, {case.label}",
            metric_args={k: v for k, v in arguments.items() if metric == "wer" or k != "interval_95"},
        )


def _percent(rate: float) -> float:
    return round(100 * rate, 2)
