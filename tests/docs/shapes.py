"""Whether JSON of the pages is what the API's document says: required members, no unknown ones, types and values."""

import json
import os
import re

from pages import ROOT

# What a webhook's body is, in the words of the document: an event without `seq` and with a `signature`.
WEBHOOK = "webhook"


def load():
    with open(os.path.join(ROOT, "openapi.json"), encoding="utf-8") as file:
        schemas = json.load(file)["components"]["schemas"]
    event = json.loads(json.dumps(schemas["EventObject"]))
    del event["properties"]["seq"]
    event["properties"]["signature"] = {"type": "string", "pattern": "^sha256=[0-9a-f]{64}$"}
    event["required"] = [name for name in event["required"] if name != "seq"] + ["signature"]
    return {**schemas, WEBHOOK: event}


def faults(value, schema, schemas, at="it"):
    """Sentences on what does not fit; none when it does."""
    if "$ref" in schema:
        return faults(value, schemas[schema["$ref"].rsplit("/", 1)[1]], schemas, at)
    if "oneOf" in schema:
        tries = [faults(value, option, schemas, at) for option in schema["oneOf"]]
        return min(tries, key=len)
    found = []
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(is_a(value, kind) for kind in kinds):
        return [f"{at} is no {' or '.join(kinds)}: {value!r}"]
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at} is none of {schema['enum']}: {value!r}")
    # An ellipsis stands for what a page leaves out.
    if isinstance(value, str) and "pattern" in schema and "…" not in value and not re.search(schema["pattern"], value):
        found.append(f"{at} does not look like {schema['pattern']}: {value!r}")
    if isinstance(value, dict):
        known, more = schema.get("properties", {}), schema.get("additionalProperties")
        found += [f"{at} lacks {name}" for name in schema.get("required", []) if name not in value]
        for name, inner in value.items():
            if name in known:
                found += faults(inner, known[name], schemas, f"{at}.{name}")
            elif isinstance(more, dict):
                found += faults(inner, more, schemas, f"{at}.{name}")
            elif known:
                found.append(f"{at} has {name}, which the document does not know")
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, inner in enumerate(value):
            found += faults(inner, schema["items"], schemas, f"{at}[{index}]")
    return found


def is_a(value, kind):
    return {"string": lambda: isinstance(value, str), "boolean": lambda: isinstance(value, bool),
            "integer": lambda: isinstance(value, int) and not isinstance(value, bool),
            "number": lambda: isinstance(value, (int, float)) and not isinstance(value, bool),
            "object": lambda: isinstance(value, dict), "array": lambda: isinstance(value, list),
            "null": lambda: value is None}[kind]()
