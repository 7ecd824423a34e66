"""Weights of one's own -> a suite that measures them, with the manifests it names; written as plain YAML."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.config.cliplists import AUDIO, text_beside
from bench.errors import SuiteError, UnusableWeights
from bench.naming import as_name
from bench.ownmodel.recognize import Recognized, is_encoder, recognize

BLOCKS: Final = 6  # the fewest that give an interval
GGML: Final = ("q8_0", "q6_k", "q5_k", "q5_1", "q5_0", "q4_k", "q4_1", "q4_0", "q3_k", "q2_k")
LLAMACPP: Final = ("q8_0", "q6_k", "q5_k_m", "q4_k_m", "q4_0", "q3_k_m", "q2_k")
#: What is measured where nothing is asked for; K-quants do not fit every width.
USUAL: Final = {"ggml": ("q8_0", "q5_0", "q4_0"), "gguf-llamacpp": ("q8_0", "q6_k", "q4_k_m")}
MADE: Final = {"ggml": GGML, "gguf-llamacpp": LLAMACPP}
#: Read speech that comes with the package, by language.
SPEECH: Final = {"ru": "festvox-ru/read-60s", "en": "librivox-en/read-25s"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a person asks for on the command line; empty: what is usual."""

    audio: tuple[Path, ...] = ()
    quantizations: tuple[str, ...] = ()
    threads: tuple[int, ...] = ()
    language: str | None = None
    blocks: int | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A suite and its manifests, as YAML would have them; `remarks` say what was decided."""

    name: str
    suite: dict[str, Any]
    manifests: dict[str, dict[str, Any]]
    remarks: tuple[str, ...]

    def write(self, folder: Path) -> Path:
        """Write `NAME.yaml` and `models/MODEL.yaml`; the suite's path."""
        from ruamel.yaml import YAML

        from bench.files import write_file

        yaml = YAML()
        yaml.default_flow_style = False
        yaml.width = 110
        (folder / "models").mkdir(parents=True, exist_ok=True)
        for name, tree in self.manifests.items():
            write_file(folder / "models" / f"{name}.yaml", _text(yaml, tree))
        file = folder / f"{self.name}.yaml"
        write_file(file, _text(yaml, self.suite))
        return file


def propose(paths: Sequence[Path], wishes: Wishes) -> Proposal:
    """The suite for those weights.

    Raises `UnusableWeights` for a file that is not what it must be, `SuiteError` for wishes that cannot be met.
    """
    models = _models(paths)
    name = as_name(wishes.name or models[0].name).casefold()
    language = wishes.language or ("en" if all(model.main.english for model in models) else "ru")
    sweep = wishes.threads or (min(os.cpu_count() or 1, 4),)
    suite: dict[str, Any] = {
        "name": name,
        "title": ", ".join(model.name for model in models),
        "models": [{"manifest": model.name, "engine": model.main.engine} for model in models],
        "clips": _clips(wishes.audio, language),
        "defaults": {"device": "auto"},
        "protocol": {"blocks": wishes.blocks or BLOCKS, "seed": 1, "timeout": "10 min"},
    }
    chosen = [model.quantizations(wishes.quantizations) for model in models]
    if len({tuple(each) for each in chosen}) > 1:
        raise SuiteError(
            "These models have no quantizations in common: "
            + "; ".join(f"{m.name}: {', '.join(q)}" for m, q in zip(models, chosen, strict=True)),
            hint="Give --quantizations that all have, or try them one after another.",
        )
    suite["variants"] = [variant for quantization in chosen[0] for variant in _sweep(quantization, sweep)]
    remarks = [
        f"{model.name}: {model.main.family}, {model.main.form}, {model.main.quantization}" for model in models
    ]
    if not models[0].main.whole and len(chosen[0]) == 1:
        remarks.append("it is quantized already: give the f16 file, too, to know what that costs")
    return Proposal(
        name=name, suite=suite, manifests={m.name: m.manifest() for m in models}, remarks=tuple(remarks)
    )


def _sweep(quantization: str, threads: Sequence[int]) -> list[Any]:
    if len(threads) == 1:
        return [{"quantization": quantization, "settings": {"threads": threads[0]}}]
    return [
        {"quantization": quantization, "name": f"{quantization}-{count}t", "settings": {"threads": count}}
        for count in threads
    ]


# ------------------------------------------------------------------------ models


@dataclass(frozen=True, slots=True, kw_only=True)
class _OwnModel:
    """Files of one model: `main` decides, `others` are its quantizations that are there already."""

    name: str
    main: Recognized
    others: tuple[Recognized, ...]

    @property
    def form(self) -> str:
        """What the engine is given: what is made of a checkpoint, else the files' own format."""
        form = self.main.form
        return {"hf-whisper": "ggml", "ct2": "ggml", "hf-qwen3-asr": "gguf-llamacpp"}.get(form, form)

    @property
    def whole(self) -> str | None:
        """The quantization that others are made from; None where everything there is quantized."""
        if not self.main.whole:
            return None
        return "f16" if self.main.makes else self.main.quantization

    def quantizations(self, asked: Sequence[str]) -> list[str]:
        """What to measure, the baseline first."""
        there = [each.quantization for each in (self.main, *self.others) if not each.makes]
        if asked:
            return list(dict.fromkeys(asked))
        usual = USUAL.get(self.form, ()) if self.whole and not self.others else ()
        return list(dict.fromkeys([*([self.whole] if self.whole else []), *there, *usual]))

    def manifest(self) -> dict[str, Any]:
        """The model's manifest."""
        ways = [_path(each) for each in (self.main, *self.others)]
        if self.main.makes:
            source = {"format": self.main.form, "quantization": self.main.quantization}
            ways.append(
                {
                    "format": self.form,
                    "quantizations": ["f16"],
                    "source": {"kind": "convert", "converter": self.main.makes, "from": source},
                }
            )
        if self.whole and self.form in MADE:
            ways.append(
                {
                    "format": self.form,
                    "quantizations": [name for name in MADE[self.form] if name != self.whole],
                    "source": {"kind": "quantize", "from": self.whole},
                }
            )
        return {
            "name": self.name,
            "title": self.name,
            "family": self.main.family,
            "baseline": self.whole or self.main.quantization,
            "licence": "one's own",
            "weights": ways,
        }


def _models(paths: Sequence[Path]) -> list[_OwnModel]:
    """The files by model: those of one format and one shape are quantizations of one model."""
    encoders = [path for path in paths if is_encoder(path)]
    given = [path for path in paths if path not in encoders]
    if not given:
        raise UnusableWeights("That is an encoder alone.", hint="Give the decoder's file before it.")
    found = [recognize(path, encoder=encoders[0] if encoders else None) for path in given]
    groups: dict[tuple[object, ...], list[Recognized]] = {}
    for number, each in enumerate(found):
        key = (each.family, each.form, each.shape) if each.shape else (number,)
        taken = [other.quantization for other in groups.get(key, ())]
        groups.setdefault((*key, number) if each.quantization in taken else key, []).append(each)
    models: list[_OwnModel] = []
    for group in groups.values():
        main = next((each for each in group if each.whole), group[0])
        name = main.name if main.name not in [m.name for m in models] else f"{main.name}-{len(models) + 1}"
        models.append(
            _OwnModel(name=name, main=main, others=tuple(each for each in group if each is not main))
        )
    return models


def _path(each: Recognized) -> dict[str, Any]:
    files = {role: str(path.resolve()) for role, path in each.files.items()}
    return {
        "format": each.form,
        "quantizations": [each.quantization],
        "source": {"kind": "path", "files": files},
    }


# ------------------------------------------------------------------------- clips


def _clips(audio: Sequence[Path], language: str) -> list[Any]:
    """The entries of a suite for what `--audio` named; read speech of the language where it named nothing."""
    if not audio:
        if language not in SPEECH:
            raise SuiteError(
                f"No speech in the language {language} comes with the package.",
                hint="Give --audio: recordings (with a .txt of the same name beside each), a folder or a manifest.",
            )
        return [SPEECH[language]]
    entries: list[Any] = []
    for path in audio:
        if path.is_dir():
            kinds = sorted({file.suffix for file in path.iterdir() if file.suffix.lower() in AUDIO})
            if not kinds:
                raise SuiteError(
                    f"{path}: there is no recording in it.", hint="Give a folder of audio files."
                )
            entries += [{"path": str(path.resolve() / f"*{kind}"), "language": language} for kind in kinds]
        elif path.suffix.lower() in (".jsonl", ".json", ".csv", ".tsv"):
            entries.append({"manifest": str(path.resolve()), "language": language})
        elif path.is_file():
            text = text_beside(path)
            words = {"text": str(text.resolve())} if text else {}
            entries.append({"path": str(path.resolve()), **words, "language": language})
        else:
            raise SuiteError(f"{path}: there is no such recording.", hint="Check --audio.")
    return entries


def _text(yaml: Any, tree: dict[str, Any]) -> str:
    from io import StringIO

    stream = StringIO()
    yaml.dump(tree, stream)
    return stream.getvalue()
