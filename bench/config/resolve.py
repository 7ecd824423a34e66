"""A suite file -> a `Suite`: crosses the matrix and folds the settings together.

Crosses models x variants x clips, folds defaults, model and variant settings (the later wins),
gives every case a stable id, `MODEL.VARIANT.CLIP`, and finds the case it is compared with.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from pydantic import ValidationError, create_model

from bench import domain
from bench.config import refusals
from bench.config.fields import Strict
from bench.config.shape import (
    Exclusion,
    Knobs,
    ModelEntry,
    ProtocolEntry,
    QualityEntry,
    SuiteFile,
    VariantEntry,
)
from bench.config.source import Source
from bench.engines import Settings
from bench.errors import EngineMissing
from bench.yamlfile import describe, nearest

DEVICES = ("auto", "cpu", "metal", "cuda", "vulkan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """Crosses the matrix of one suite file; mistakes are raised with their place in it.

    `marked` gathers the ids of the cases that the file marks as baselines, under `variants` and under
    `include` alike.
    """

    source: Source
    marked: set[str] = field(default_factory=set, init=False)

    @property
    def file(self) -> SuiteFile:
        """What the suite file says."""
        return self.source.file

    def resolve(self) -> domain.Suite:
        """The suite with every default explicit; `SuiteError` for names that nothing answers to."""
        models = self.source.models()
        clips = self.source.clips()
        refusals.unknown_normalizer(self.source)
        refusals.unknown_languages(self.source)
        refusals.two_baselines(self.source)
        crossed = [
            self._case(("variants", number), entry, variant, models[name], clip, environment)
            for name, entry in zip(models, self.file.models, strict=True)
            for number, variant in enumerate(self.file.variants)
            for environment in self._crossed_environments(entry, variant)
            for clip in clips.values()
        ]
        kept = [case for case in crossed if not any(_matches(rule, case) for rule in self.file.exclude)]
        for number, rule in enumerate(self.file.exclude):
            if not any(_matches(rule, case) for case in crossed):
                raise self.source.mistake(("exclude", number), "matches no case of the matrix")
        kept += [
            case for number in range(len(self.file.include)) for case in self._included(number, models, clips)
        ]
        refusals.doubles(self.source, kept)
        title = self.file.title
        return domain.Suite(
            name=self.file.name,
            title=title if isinstance(title, dict) else {"en": title},
            models={name: model for name, model in models.items() if any(c.model == name for c in kept)},
            clips={name: clip for name, clip in clips.items() if any(c.clip == name for c in kept)},
            cases=self._with_baselines(kept, models),
            protocol=_protocol(self.file.protocol),
            quality=_quality(self.file.quality, self.source.corpus_parts()),
            report=domain.ReportSettings(languages=self.file.report.languages),
            tolerances=self.file.tolerances,
            environments={name: tuple(each.packages) for name, each in self.file.environments.items()},
            builds={name: each.compiled for name, each in self.file.environments.items() if each.compiled},
            hosts=tuple(dict.fromkeys(each.label for each in self.file.hosts)),
        )

    def _included(
        self, number: int, models: Mapping[str, domain.Model], clips: Mapping[str, domain.Clip]
    ) -> list[domain.Case]:
        entry = self.file.include[number]
        loc = ("include", number)
        if entry.model not in models:
            raise self.source.mistake(
                (*loc, "model"), f'unknown model "{entry.model}"{nearest(entry.model, models)}'
            )
        clip = next((c for n, c in clips.items() if entry.clip in (n, f"{c.corpus}/{n}")), None)
        if clip is None:
            raise self.source.mistake(
                (*loc, "clip"), f'unknown clip "{entry.clip}"{nearest(entry.clip, clips)}'
            )
        variant = entry.variant
        model_entry = self.file.models[list(models).index(entry.model)]
        return [
            self._case((*loc, "variant"), model_entry, variant, models[entry.model], clip, environment)
            for environment in self._crossed_environments(model_entry, variant)
        ]

    def _crossed_environments(self, model: ModelEntry, variant: VariantEntry) -> Sequence[str | None]:
        """The environments to cross with, of the last layer that names one or several; [None] is no crossing."""
        for layer in (variant, model, self.file.defaults):
            if layer.environments:
                return layer.environments
            if layer.environment:
                break
        return [None]

    def _case(
        self,
        loc: tuple[int | str, ...],
        model_entry: ModelEntry,
        entry: VariantEntry,
        model: domain.Model,
        clip: domain.Clip,
        environment: str | None = None,
    ) -> domain.Case:
        layers: tuple[Knobs, ...] = (self.file.defaults, model_entry, entry)
        engine = next((layer.engine for layer in reversed(layers) if layer.engine), None)
        if engine is None:
            raise self.source.mistake(loc, "no engine; name one here, in the model or in defaults.engine")
        name = entry.name or entry.quantization
        single = next((layer.environment for layer in reversed(layers) if layer.environment), None)
        variant = domain.Variant(
            name=f"{name}+{environment}" if environment else name,
            quantization=entry.quantization,
            engine=engine,
            device=self._device(
                loc, next((layer.device for layer in reversed(layers) if layer.device), "auto")
            ),
            settings=self._settings(loc, engine, layers),
            environ={key: value for layer in layers for key, value in layer.environ.items()},
            environment=environment or single,
        )
        if variant.environment and variant.environment not in self.file.environments:
            wrong = variant.environment
            raise self.source.mistake(
                loc, f'no environment "{wrong}" under environments{nearest(wrong, self.file.environments)}'
            )
        self._refuse_unknown_quantization(loc, model, variant)
        refusals.misfit(self.source, loc, variant, clip)
        case = domain.Case(
            id=f"{model.name}.{variant.name}.{clip.name}", model=model.name, variant=variant, clip=clip.name
        )
        if entry.baseline:
            self.marked.add(case.id)
        return case

    def _device(self, loc: tuple[int | str, ...], asked: str) -> str:
        """`auto` is what the machine's user says it is, where a user says so."""
        meant = os.environ.get("ASR_QUANT_BENCH_DEVICE", "auto")
        if meant not in DEVICES:
            wrong = f"ASR_QUANT_BENCH_DEVICE={meant}: no such device{nearest(meant, DEVICES)}"
            raise self.source.mistake(loc, wrong)
        return meant if asked == "auto" else asked

    def _settings(self, loc: tuple[int | str, ...], engine: str, layers: Sequence[Knobs]) -> Settings:
        """The engine's settings, validated by the engine's own model: the one time that this is done."""
        from bench.engines import registry

        merged = {key: value for layer in layers for key, value in layer.settings.items()}
        try:
            shape: type[Settings] = registry.get(engine).settings
            return shape.model_validate(merged)
        except EngineMissing as error:
            raise self.source.mistake(loc, error.message) from None
        except ValidationError as error:
            places = {"settings": merged}
            wrapper = create_model("Knobs", __base__=Strict, settings=(shape, ...))
            lines = [
                describe(
                    self.source.path, places, wrapper, {**mistake, "loc": ("settings", *mistake["loc"])}
                ).split(": ", 1)[1]
                for mistake in error.errors()
            ]
            key = next((str(mistake["loc"][0]) for mistake in error.errors() if mistake["loc"]), "")
            raise self.source.mistake(
                self._place_of(loc, layers, key), f"engine {engine}: " + "; ".join(lines)
            ) from None

    def _place_of(
        self, loc: tuple[int | str, ...], layers: Sequence[Knobs], key: str
    ) -> tuple[int | str, ...]:
        """Where a setting is written: in the case's own entry, its model's or the defaults, the last that has it."""
        for where, layer in reversed(list(refusals.layers(self.file))):
            if any(layer is each for each in layers) and key in layer.settings:
                return (*where, "settings", key)
        return loc

    def _refuse_unknown_quantization(
        self, loc: tuple[int | str, ...], model: domain.Model, variant: domain.Variant
    ) -> None:
        from bench.assets import quantizations
        from bench.engines import registry

        engine, settings = registry.get(variant.engine), registry.settings_of(variant)
        if engine.refusal(model, settings, variant.quantization):
            return  # a result: the report says in the engine's words that it cannot
        form = registry.format_of(engine, settings)
        offered = quantizations(model, form)
        if offered == ():
            raise self.source.mistake(
                loc, f"model {model.name} has no weights of format {form} for {variant.engine}"
            )
        if offered is not None and variant.quantization not in offered:
            wrong = variant.quantization
            raise self.source.mistake(
                loc, f'model {model.name} has no quantization "{wrong}"{nearest(wrong, offered)}'
            )

    def _with_baselines(
        self, cases: Sequence[domain.Case], models: Mapping[str, domain.Model]
    ) -> tuple[domain.Case, ...]:
        return tuple(
            dataclasses.replace(
                case, baseline=_baseline_of(case, cases, models[case.model].baseline, self.marked)
            )
            for case in cases
        )


def _baseline_of(
    case: domain.Case, cases: Sequence[domain.Case], quantization: str, marked: set[str]
) -> str | None:
    """The case to compare with: marked ones first, then the baseline quantization on the same engine."""
    same = [other for other in cases if other.model == case.model and other.clip == case.clip]
    wanted = (case.variant.engine, quantization)
    own_engine = [other for other in same if (other.variant.engine, other.variant.quantization) == wanted]
    candidates = [other for other in same if other.id in marked] or own_engine

    def unlike(other: domain.Case) -> tuple[bool, bool, bool]:
        ours, theirs = case.variant, other.variant
        return (
            ours.environment != theirs.environment,
            ours.device != theirs.device,
            ours.settings != theirs.settings or ours.environ != theirs.environ,
        )

    return min(candidates, key=unlike).id if candidates else None


def _matches(rule: Exclusion, case: domain.Case) -> bool:
    facts = {
        "model": case.model,
        "variant": case.variant.name,
        "quantization": case.variant.quantization,
        "engine": case.variant.engine,
        "clip": case.clip,
    }
    given = rule.model_dump(exclude_none=True)
    return bool(given) and all(
        fnmatchcase(facts[key], pattern.rsplit("/", 1)[-1]) for key, pattern in given.items()
    )


def _protocol(entry: ProtocolEntry) -> domain.Protocol:
    return domain.Protocol(
        blocks=entry.blocks,
        precision=entry.precision,
        decide_at=entry.decide_at,
        min_blocks=entry.min_blocks,
        max_blocks=entry.max_blocks,
        max_seconds=entry.max_time,
        seed=entry.seed,
        passes=entry.passes,
        cold_cache=entry.cold_cache,
        evicted_starts=entry.evicted_starts,
        timeout_seconds=entry.timeout,
        memory_limit_bytes=entry.memory_limit,
        sample_hz=entry.sample_hz,
        cooldown_seconds=entry.cooldown,
        rerun_disturbed=entry.rerun_disturbed,
    )


def _quality(entry: QualityEntry, parts: tuple[domain.CorpusPart, ...]) -> domain.Quality:
    bands = sorted(entry.stars, key=lambda band: band.max_wer)
    return domain.Quality(
        normalizer=entry.normalizer,
        stars=tuple(domain.StarBand(max_wer=band.max_wer, stars=band.stars) for band in bands),
        key_errors=entry.key_errors,
        corpora=parts,
        seed=entry.seed,
        workers=entry.workers,
        floor=entry.floor,
    )
