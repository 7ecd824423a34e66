"""The JSON Schema of suite files, with each engine's settings where its name stands."""

from __future__ import annotations

from typing import Any

from bench.config.shape import SuiteFile

_KNOBS = ("Knobs", "ModelEntry", "VariantEntry")


def json_schema() -> dict[str, Any]:
    """The JSON Schema of suite files, for editors.

    `settings` is held to the engine's own where an engine is named beside it, and in variants to the
    engine of `defaults` where no model and no variant names another.
    """
    schema = SuiteFile.model_json_schema()
    definitions = schema["$defs"]
    names = _add_settings(definitions)
    for knobs in _KNOBS:
        if knobs in definitions:
            definitions[knobs]["allOf"] = [
                {"if": _engine(name), "then": {"properties": {"settings": {"$ref": ref}}}}
                for name, ref in names.items()
            ]
    schema["allOf"] = [
        {
            "if": {
                "properties": {
                    "defaults": _engine(name),
                    "models": {"not": {"contains": {"type": "object", "required": ["engine"]}}},
                },
                "required": ["defaults"],
            },
            "then": {
                "properties": {
                    "variants": {
                        "items": {
                            "if": {"type": "object", "not": {"required": ["engine"]}},
                            "then": {"properties": {"settings": {"$ref": ref}}},
                        }
                    }
                }
            },
        }
        for name, ref in names.items()
    ]
    return schema


def _engine(name: str) -> dict[str, Any]:
    return {"type": "object", "properties": {"engine": {"const": name}}, "required": ["engine"]}


def _add_settings(definitions: dict[str, Any]) -> dict[str, str]:
    """Put every built-in engine's settings under `$defs`; where they are, by engine."""
    from bench.engines import registry

    places: dict[str, str] = {}
    for name in registry.BUILT_IN:
        found = registry.get(name).settings.model_json_schema(ref_template=f"#/$defs/{name}.{{model}}")
        for inner, shape in found.pop("$defs", {}).items():
            definitions[f"{name}.{inner}"] = shape
        found.pop("required", None)  # a layer of settings is a part of them
        definitions[f"{name}.settings"] = found
        places[name] = f"#/$defs/{name}.settings"
    return places
