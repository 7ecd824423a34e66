"""Figures that somebody else printed -> a run directory that reports read like one of ours.

    python -m bench.importing reports/published/NAME/printed.yaml

The data is a YAML file, transcribed by hand from the source's tables: what it printed, in its own
units, and what it says of its models, clip and machine.  Nothing is computed here but base units.  What
the source does not give is absent, with a reason.  The fields are those of `bench.printed.Printed`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bench.domain import (
    Backend,
    Case,
    Clip,
    Host,
    Measurement,
    Model,
    Protocol,
    Reason,
    Record,
    Status,
    Suite,
    Variant,
    WeightsFile,
    absent,
    measured,
)
from bench.journal import RECORDS, create_run, write_records
from bench.metrics import METRICS
from bench.printed import Printed, PrintedCell, PrintedFile, read_printed
from bench.reasons import reason, told
from bench.results.published import PUBLISHED

SOURCE_OF_BACKEND: Final = "the source's own statement"


def import_printed(file: Path, run: Path) -> None:
    """Write the run directory of a transcribed report."""
    from ruamel.yaml import YAML

    printed = read_printed(file)
    create_run(run, _suite(printed), _host(printed))
    write_records(run / RECORDS, _records(printed))
    yaml = YAML()
    yaml.allow_unicode = True
    yaml.width = 4096
    with (run / PUBLISHED).open("w", encoding="utf-8") as stream:
        yaml.dump(_published(printed), stream)


def _case_id(printed: Printed, model: str, variant: str) -> str:
    return f"{model}.{variant}.{printed.clip['name']}"


def _case(printed: Printed, model: str, variant: str, quantization: str) -> Case:
    ran = {(cell.model, cell.variant) for cell in printed.cells}
    baseline = (model, printed.baseline)
    return Case(
        id=_case_id(printed, model, variant),
        model=model,
        variant=Variant(
            name=variant,
            quantization=quantization,
            engine=printed.engine,
            device=printed.device,
            settings=printed.models[model].settings,
        ),
        clip=str(printed.clip["name"]),
        baseline=_case_id(printed, *baseline) if baseline in ran else None,
    )


def _cases(printed: Printed) -> tuple[Case, ...]:
    measured_here = [_case(printed, cell.model, cell.variant, cell.quantization) for cell in printed.cells]
    variant = printed.refused_variant
    return (
        *measured_here,
        *(_case(printed, name, variant, variant) for name, model in printed.models.items() if model.refused),
    )


def _suite(printed: Printed) -> Suite:
    clip = printed.clip
    return Suite(
        name=printed.name,
        title=printed.title,
        models={
            name: Model(
                name=name, title=model.title, family=model.family, baseline=printed.baseline, licence=""
            )
            for name, model in printed.models.items()
        },
        clips={
            str(clip["name"]): Clip(
                name=str(clip["name"]),
                title=str(clip["path"]),
                language=str(clip["language"]),
                duration_seconds=float(clip["seconds"]),
                path=str(clip["path"]),
            )
        },
        cases=_cases(printed),
        protocol=Protocol(blocks=1, rerun_disturbed=False),
    )


def _host(printed: Printed) -> Host:
    """As much of the machine as the source tells."""
    told_of = printed.host
    return Host(
        id=printed.name,
        system=str(told_of["system"]),
        machine=str(told_of["machine"]),
        cpu=str(told_of["cpu"]),
        cores=0,
        memory_bytes=0,
        gpu=None,
        os=str(told_of["os"]),
        python="",
        warnings=(reason("host.unknown"),),
    )


def _records(printed: Printed) -> list[Record]:
    """One record a cell: a single run each."""
    made = []
    for position, case in enumerate(_cases(printed), start=1):
        cell = next(
            (one for one in printed.cells if (one.model, one.variant) == (case.model, case.variant.name)),
            None,
        )
        made.append(_record(printed, case, position, cell))
    return made


def _record(printed: Printed, case: Case, position: int, cell: PrintedCell | None) -> Record:
    model = printed.models[case.model]
    refused: Reason | None = told(model.refused or "") if cell is None else None
    device, detail = printed.backend
    return Record(
        run=printed.name,
        suite=printed.name,
        case=case.id,
        model=case.model,
        quantization=case.variant.quantization,
        variant=case.variant.name,
        clip=case.clip,
        engine=printed.engine,
        engine_version=None,
        host=printed.name,
        block=1,
        position=position,
        attempt=1,
        status=Status.OK if cell else Status.UNSUPPORTED,
        reason=refused,
        started_at=model.started,
        measurements=_measurements(printed, cell) if cell else {},
        command=cell.command if cell else (),
        log=cell.log if cell else None,
        weights=(_weights(cell.file),) if cell else (),
        backend=Backend(device=device, detail=detail, source=SOURCE_OF_BACKEND) if cell else None,
    )


def _measurements(printed: Printed, cell: PrintedCell) -> Mapping[str, Measurement]:
    found = {
        name: measured(name, _base(cell.row[name], column.scale, name), column.instrument)
        for name, column in printed.columns.items()
    }
    for name in printed.not_given:
        found[name] = absent(name, reason(cell.missing.get(name, "source.not_given")))
    return found


def _base(value: float, scale: int, metric: str) -> float:
    """In base units; a printed decimal of a large unit stays the number that it was."""
    if METRICS[metric].unit.value not in {"B", "count"}:
        return value
    tenths = round(value * 10)
    return tenths * scale // 10


def _weights(file: PrintedFile) -> WeightsFile:
    return WeightsFile(role=file.role, path=file.path, bytes=file.bytes, sha256="", provenance=file.words)


def _published(printed: Printed) -> dict[str, object]:
    """Judgements, sizes of baselines that were not run, notes."""
    return {
        "source": printed.source,
        "date": printed.date,
        "baseline_bytes": dict(printed.baseline_bytes),
        "cases": {
            _case_id(printed, cell.model, cell.variant): {
                "stars": cell.judgement.stars,
                "remarks": dict(cell.judgement.remarks),
                "heard": list(cell.judgement.heard),
                "same_as_baseline": cell.judgement.same_as_baseline,
            }
            for cell in printed.cells
        },
        "parameters": {name: dict(texts) for name, texts in printed.parameters.items()},
        "notes": [dict(texts) for texts in printed.notes],
    }


if __name__ == "__main__":
    given = Path(sys.argv[1])
    import_printed(given, given.parent)
