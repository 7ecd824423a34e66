"""YAML files a person wrote -> validated models, with errors that point at the place.

Strict: unknown keys, duplicate keys and wrong types stop before anything runs.  YAML 1.2, so that
`no` is a string (the language) and `12:30` is not a number.
"""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from bench.errors import SuiteError

# What a person writes is far below these; what is above was made to take a reader's time and memory.
MOST_BYTES: Final = 256 << 10
MOST_WRITTEN_BYTES: Final = 1 << 20
MOST_DEPTH: Final = 64
MOST_BRACKETS: Final = 256
MOST_NODES: Final = 50_000

# ruamel's constructors fail in many ways over tags and dates that are none.
_CONSTRUCTORS_FAIL: Final = (RecursionError, OverflowError, AttributeError, TypeError, KeyError, IndexError)

M = TypeVar("M", bound=BaseModel)
Loc = tuple[int | str, ...]


def load(path: Path, model: type[M]) -> M:
    """The file as an instance of `model`.

    Raises `SuiteError` that names file, line, column, key and the nearest valid spelling; all
    mistakes of the file at once.
    """
    tree = read_tree(path)
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        lines = [describe(path, tree, model, mistake) for mistake in _meant(error.errors())]
        raise SuiteError("\n".join(dict.fromkeys(lines)), hint=f"Fix {path} and try again.") from None


def read_tree(path: Path) -> Any:
    """The file's mapping with positions (ruamel's `CommentedMap`)."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        text = read_bounded(path, MOST_BYTES)
        refuse_bombs(path, text)
        tree = YAML(typ="rt").load(text)
    except FileNotFoundError:
        raise SuiteError(f"{path}: no such file.", hint=_nearest_file(path)) from None
    except (OSError, ValueError) as error:
        raise SuiteError(f"{path}: cannot be read: {error}.", hint="It must be a UTF-8 text file.") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        problem = " ".join(str(error.problem or error).split())
        raise SuiteError(f"{place}: not valid YAML: {problem}.", hint="Fix that line.") from None
    except (YAMLError, *_CONSTRUCTORS_FAIL) as error:
        problem = " ".join(str(error).split())[:200]
        raise SuiteError(f"{path}: not valid YAML: {problem}.", hint="Fix the file.") from None
    if not isinstance(tree, dict):
        raise SuiteError(f"{path}:1:1: expected a mapping of keys.", hint="See docs/suite-format.md.")
    return tree


def read_bounded(path: Path, most: int) -> str:
    """A regular file's text; ValueError for what is no file, too large or not UTF-8, OSError from the disk."""
    if path.exists() and not path.is_file():
        raise ValueError("it is not a regular file")
    with path.open("rb") as file:
        raw = file.read(most + 1)
    if len(raw) > most:
        raise ValueError(f"it has more than {most:,} bytes")
    return raw.decode("utf-8")


def load_plain(path: Path) -> Any:
    """A YAML file that a program wrote, as plain data; ValueError for what is none, OSError from the disk."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    text = read_bounded(path, MOST_WRITTEN_BYTES)
    try:
        refuse_bombs(path, text)
        return YAML(typ="safe").load(text)
    except SuiteError as error:
        raise ValueError(error.message) from None
    except (YAMLError, *_CONSTRUCTORS_FAIL) as error:
        raise ValueError(f"not valid YAML: {' '.join(str(error).split())[:200]}") from None


def refuse_bombs(path: Path, text: str) -> None:
    """`SuiteError` for YAML that is small on disk and huge when it is read: deep nesting, aliases of aliases.

    The parser's events are counted as they come, aliases for what they stand for; nothing is built.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.events import AliasEvent, MappingEndEvent, NodeEvent, SequenceEndEvent

    def refuse(why: str) -> SuiteError:
        return SuiteError(
            f"{path}: {why}.", hint="Write it out plainly: a file for people is small and flat."
        )

    depth = 0
    for bracket in re.finditer(r"[\[\]{}]", text):  # the scanner takes seconds over thousands of these
        depth = max(0, depth + (1 if bracket.group() in "[{" else -1))
        if depth > MOST_BRACKETS:
            raise refuse("it is nested too deeply")
    sizes: dict[str, int] = {}  # what an anchor's node comes to, its own aliases counted
    open_nodes: list[tuple[str | None, int]] = []
    total = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        if isinstance(event, AliasEvent):
            if event.anchor not in sizes:
                raise refuse(f"the alias *{event.anchor} stands inside what it names, or before it")
            total += sizes[event.anchor]
        elif isinstance(event, SequenceEndEvent | MappingEndEvent):
            anchor, before = open_nodes.pop()
            if anchor:
                sizes[anchor] = total - before
        elif isinstance(event, NodeEvent):
            total += 1
            if type(event).__name__ == "ScalarEvent":
                if event.anchor:
                    sizes[event.anchor] = 1
            else:
                open_nodes.append((event.anchor, total - 1))
        if len(open_nodes) > MOST_DEPTH:
            raise refuse(f"it is nested more than {MOST_DEPTH} deep")
        if total > MOST_NODES:
            raise refuse(f"it comes to more than {MOST_NODES:,} values")


def position(path: Path, tree: Any, loc: Sequence[int | str]) -> str:
    """`file:line:column` of a place in the tree, as near as the tree knows it."""
    line, column = 0, 0
    node = tree
    for part in loc:
        marks = getattr(node, "lc", None)
        if isinstance(node, dict) and part in node:
            if marks is not None:
                line, column = marks.key(part)
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            if marks is not None:
                line, column = marks.item(part)
        else:
            continue  # a union's tag: no place of its own
        node = node[part]
    return f"{path}:{line + 1}:{column + 1}"


def _meant(mistakes: list[Any]) -> list[Any]:
    """Those of the shape that was meant: a mapping is no failed attempt to write a name."""
    mapped = [mistake["loc"][:-1] for mistake in mistakes if mistake["loc"][-1:] != ("str",)]
    return [
        mistake
        for mistake in mistakes
        if mistake["loc"][-1:] != ("str",)
        or isinstance(mistake.get("input"), str)
        or not any(loc[: len(mistake["loc"]) - 1] == mistake["loc"][:-1] for loc in mapped)
    ]


def describe(path: Path, tree: Any, model: type[BaseModel], mistake: Any) -> str:
    """One of pydantic's mistakes as `file:line:column: key: what is wrong; the nearest spelling`."""
    loc: Loc = tuple(part for part in mistake["loc"] if part != "[key]")  # pydantic's mark of a mapping's key
    place = position(path, tree, loc)
    key = dotted(tree, loc)
    if mistake["type"] == "extra_forbidden":
        valid = sorted(_keys_at(model, loc[:-1]))
        return f"{place}: {key}: unknown key{nearest(str(loc[-1]), valid)}"
    if mistake["type"] == "missing":
        return f"{place}: {key}: this key is required."
    message = mistake["msg"].removeprefix("Value error, ").rstrip(".")
    given = mistake.get("input")
    shown = f" (got {given!r})" if isinstance(given, str | int | float | bool) else ""
    return f"{place}: {key}: {message}{shown}."


def nearest(word: str, valid: Iterable[str]) -> str:
    """`; did you mean "x"?`, or the valid spellings when none is near."""
    choices = list(valid)
    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f"; valid here: {', '.join(choices)}." if choices else "."


def dotted(tree: Any, loc: Loc) -> str:
    """`variants[2].settings.threads`: the parts of `loc` that exist in the file, and the last."""
    text, node = "", tree
    for number, part in enumerate(loc):
        inside = (isinstance(node, dict) and part in node) or (
            isinstance(node, list) and isinstance(part, int) and part < len(node)
        )
        if inside or number == len(loc) - 1:
            text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
        if inside:
            node = node[part]
    return text or "(file)"


def _nearest_file(path: Path) -> str:
    names = [p.name for p in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
    close = difflib.get_close_matches(path.name, names, n=1)
    if close:
        return f"Did you mean {path.parent / close[0]}?"
    return f"Files there: {', '.join(sorted(names))}." if names else "Check the path."


def _keys_at(model: type[BaseModel], loc: Loc) -> set[str]:
    """Valid keys at a place, following the annotations; unions give the keys of all members."""
    found: list[Any] = [model]
    for part in loc:
        members = [member for annotation in found for member in _members(annotation)]
        inner = [deeper for member in members for deeper in _into(member, part)]
        found = inner or [member for member in members if _is_tagged(member, part)] or members
    return {
        field.alias or name
        for annotation in found
        for member in _members(annotation)
        if isinstance(member, type) and issubclass(member, BaseModel)
        for name, field in member.model_fields.items()
    }


def _members(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _members(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for member in get_args(annotation):
            yield from _members(member)
    else:
        yield annotation


def _into(annotation: Any, part: int | str) -> Iterator[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if part in (name, field.alias):
                yield field.annotation
        return
    arguments = [a for a in get_args(annotation) if a is not Ellipsis]
    origin = get_origin(annotation)
    if isinstance(part, int) and origin in (list, tuple, set, frozenset):
        yield from arguments[:1]
    elif isinstance(part, str) and origin is not None and len(arguments) == 2 and origin is not Literal:
        yield arguments[1]


def _is_tagged(member: Any, tag: int | str) -> bool:
    if not (isinstance(member, type) and issubclass(member, BaseModel)):
        return False
    return any(tag in get_args(field.annotation) for field in member.model_fields.values())
