"""Settings that suit this machine, found by the same protocol as everything else.

A quantization measured at a bad setting is blamed for the setting.  Each knob of a suite's engine is tried in
turn on every case, its values interleaved in the same blocks; a value takes the place of the one before only where it
is shown to be faster, so that noise changes nothing.  Greedy, knob by knob: the knobs here hardly interact, and a
full cross of them would cost an evening.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, get_args

from bench.domain import Case, Protocol, Record, Status, Suite
from bench.engines import changed
from bench.errors import SuiteError
from bench.results.trials import by_case, settled
from bench.statistics.comparison import compare_paired

if TYPE_CHECKING:
    from bench.engines import Settings

METRIC: Final = "transcribe_seconds"
WAIT_POLICY: Final = "OMP_WAIT_POLICY"
PRECISION: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """A setting of an engine, or with `environ` a variable of its environment, and the values to try.

    A value of None leaves the variable unset.
    """

    name: str
    values: tuple[Any, ...]
    environ: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What became of a knob on one case: the value kept, and how much faster it is than the one before.

    `gain` is a share of the time, 0.2 = 20 % less; 0 where nothing was shown to be faster.
    """

    case: Case
    knob: Knob
    value: Any
    gain: float


def knobs(settings: type[Settings], *, cores: int, openmp: bool) -> tuple[Knob, ...]:
    """What can be tuned of an engine: threads, attention, batches, and how idle threads wait."""
    found = []
    fields = settings.model_fields
    if "threads" in fields:
        found.append(Knob(name="threads", values=_threads(cores)))
    if "flash_attention" in fields:
        found.append(Knob(name="flash_attention", values=_options(fields["flash_attention"].annotation)))
    if "micro_batch" in fields:
        found.append(Knob(name="micro_batch", values=(256, 512, 1024)))
    if openmp:
        found.append(Knob(name=WAIT_POLICY, values=(None, "PASSIVE"), environ=True))
    return tuple(found)


def _threads(cores: int) -> tuple[int, ...]:
    doubled = [1 << power for power in range(cores.bit_length()) if 1 << power < cores]
    return (*doubled, cores)


def _options(annotation: object) -> tuple[Any, ...]:
    return (False, True) if annotation is bool else tuple(v for v in get_args(annotation) if v != "auto")


def knob_suite(suite: Suite, knob: Knob, *, max_blocks: int = 12) -> Suite:
    """Every case at every value of the knob, held to the case as it is; SuiteError where nothing can be tried."""
    cases: list[Case] = []
    for case in suite.cases:
        cases.append(dataclasses.replace(case, baseline=case.id))
        cases += [turned(case, knob, value) for value in knob.values if value != value_of(case, knob)]
    if len(cases) == len(suite.cases):
        raise SuiteError(f"{knob.name}: every case has the only value there is.", hint="Choose another knob.")
    protocol = Protocol(
        precision=PRECISION,
        max_blocks=max_blocks,
        seed=suite.protocol.seed,
        timeout_seconds=suite.protocol.timeout_seconds,
        memory_limit_bytes=suite.protocol.memory_limit_bytes,
    )
    return dataclasses.replace(
        suite, name=f"{suite.name}-tune-{knob.name.lower()}", cases=tuple(cases), protocol=protocol
    )


def turned(case: Case, knob: Knob, value: Any) -> Case:
    """The case with the knob at that value, held to the case as it was."""
    variant = case.variant
    name = f"{variant.name}-{knob.name.lower()}-{'unset' if value is None else str(value).lower()}"
    if knob.environ:
        environ = {**variant.environ, knob.name: value} if value is not None else dict(variant.environ)
        if value is None:
            environ.pop(knob.name, None)
        variant = dataclasses.replace(variant, name=name, environ=environ)
    else:
        variant = dataclasses.replace(changed(variant, {knob.name: value}), name=name)
    return dataclasses.replace(case, id=f"{case.model}.{name}.{case.clip}", variant=variant, baseline=case.id)


def value_of(case: Case, knob: Knob) -> Any:
    """Where the knob stands."""
    return (case.variant.environ if knob.environ else case.variant.settings_by_name).get(knob.name)


def choose(suite: Suite, knob: Knob, records: Iterable[Record]) -> tuple[Choice, ...]:
    """For each case of the untuned suite the value to keep."""
    trials = by_case(settled(records))
    return tuple(_choice(case, knob, trials) for case in suite.cases)


def _choice(case: Case, knob: Knob, trials: Mapping[str, Sequence[Record]]) -> Choice:
    best = Choice(case=case, knob=knob, value=value_of(case, knob), gain=0.0)
    before = _seconds(trials.get(case.id, ()))
    for value in knob.values:
        after = _seconds(trials.get(turned(case, knob, value).id, ()))
        compared = compare_paired((after[block], before[block]) for block in sorted(after.keys() & before))
        if compared.ratio is not None and compared.excludes_one and 1 - compared.ratio > best.gain:
            best = dataclasses.replace(best, value=value, gain=1 - compared.ratio)
    return best


def _seconds(records: Iterable[Record]) -> dict[int, float]:
    known = {record.block: record.value(METRIC) for record in records if record.status is Status.OK}
    return {block: value for block, value in known.items() if value is not None}


def tuned(suite: Suite, choices: Iterable[Choice]) -> Suite:
    """The suite with the chosen values in its cases, their names as they were."""
    by_id = {choice.case.id: choice for choice in choices}
    return dataclasses.replace(suite, cases=tuple(_set(case, by_id.get(case.id)) for case in suite.cases))


def _set(case: Case, choice: Choice | None) -> Case:
    if choice is None or not choice.gain:
        return case
    variant = turned(case, choice.knob, choice.value).variant
    return dataclasses.replace(case, variant=dataclasses.replace(variant, name=case.variant.name))


def tuned_text(source: str, name: str, choices: Iterable[Choice]) -> str:
    """The text of a suite file with the chosen settings: in `defaults` where all cases agree, else by variant.

    Comments and order stay.  A variant whose models disagree is left as it is: no suite says that in one place.
    """
    import io

    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 110
    yaml.indent(mapping=2, sequence=4, offset=2)
    tree = yaml.load(source)
    tree["name"] = name
    made = list(choices)
    for knob in {choice.knob.name: choice.knob for choice in made}.values():
        _put(tree, knob, [choice for choice in made if choice.knob == knob])
    text = io.StringIO()
    yaml.dump(tree, text)
    return text.getvalue()


def _put(tree: Any, knob: Knob, choices: Sequence[Choice]) -> None:
    if not any(choice.gain for choice in choices):
        return
    values = {choice.value for choice in choices}
    if len(values) == 1:
        _knob_in(tree.setdefault("defaults", {}), knob, values.pop())
        return
    variants = tree.get("variants", [])
    for index, entry in enumerate(variants):
        name = entry if isinstance(entry, str) else entry.get("name", entry["quantization"])
        mine = [choice for choice in choices if choice.case.variant.name == name]
        if any(choice.gain for choice in mine) and len({choice.value for choice in mine}) == 1:
            variants[index] = {"quantization": entry} if isinstance(entry, str) else entry
            _knob_in(variants[index], knob, mine[0].value)


def _knob_in(entry: Any, knob: Knob, value: Any) -> None:
    place = entry.setdefault("environ" if knob.environ else "settings", {})
    if value is None:
        place.pop(knob.name, None)
    else:
        place[knob.name] = value
