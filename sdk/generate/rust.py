"""Rust: ../rust/src/models.rs. Written so that rustfmt (width 120, heuristics Max) leaves it alone.

The crate around it has `Amount` (minor units; a JSON number on the wire) and `Secret` (a string whose `Debug` hides it),
both `Clone + Debug + PartialEq + Serialize + Deserialize`, `Secret` also `Default`.
"""

import re
import textwrap

import schema

TARGET = "rust/src/models.rs"

# The command line program speaks more of the API than an app does, and for users too.
WITH_USER_PARAMETERS = True
ROOTS = schema.ROOTS + (
    "AppObject", "WholeList_AppObject", "CreateAppRequest", "CreatedAppObject",
    "KeyObject", "WholeList_KeyObject", "CreateKeyRequest", "CreatedKeyObject", "RotateKeyRequest",
    "DeliveryObject", "DeliveryList", "DeliveryDetail", "AttemptObject", "ListDeliveries",
    "ReplayRequest", "ReplayObject", "TestWebhookRequest", "RotateSecretRequest", "RotatedSecret",
    "LoginRequest", "RefreshRequest", "GrantObject", "AccountObject", "EndedSessions",
)  # fmt: skip

WIDTH = 120
KEYWORDS = {"type", "ref", "match", "move", "use", "where", "in", "as", "enum", "impl", "loop"}
HEAD = """\
// Generated from openapi.json by `python3 sdk/generate`: do not edit.

//! What goes over the wire. Answers keep no fields that this version does not know, and are not for you to construct;
//! requests are: `CreatePayment { description: Some("…".into()), ..CreatePayment::new(amount, "COINS") }`.

use serde::{Deserialize, Serialize};

use crate::{Amount, Secret};

/// Your own data: strings, numbers and booleans by their names.
pub type Metadata = serde_json::Map<String, serde_json::Value>;
"""


def emit(models):
    parts = [HEAD]
    parts += [_enum(one) for one in models.enums]
    parts += [_shape(one) for one in models.shapes]
    return "\n".join(parts)


def _doc(text, indent=""):
    return "".join(f"{indent}/// {line}\n" for line in textwrap.wrap(text, WIDTH - len(indent) - 4))


def _derive(*names):
    return f"#[derive({', '.join(names)})]\n"


def _ident(wire):
    return f"r#{wire}" if wire in KEYWORDS else wire


def _pascal(value):
    return "".join(word.capitalize() for word in re.split(r"[^0-9A-Za-z]", value))


def _enum(enum):
    text = _doc(enum.description)
    text += _derive("Clone", "Debug", "PartialEq", "Eq", "Hash", "Serialize", "Deserialize")
    text += f"#[non_exhaustive]\npub enum {enum.name} {{\n"
    for value in enum.values:
        text += f"    /// `{value}`.\n"
        text += f'    #[serde(rename = "{value}")]\n    {_pascal(value)},\n'
    text += "    /// One that this version does not know.\n    #[serde(untagged)]\n    Other(String),\n}\n\n"
    text += f"impl {enum.name} {{\n    /// As it is written on the wire.\n"
    text += "    pub fn as_str(&self) -> &str {\n        match self {\n"
    for value in enum.values:
        text += f'            Self::{_pascal(value)} => "{value}",\n'
    text += "            Self::Other(other) => other,\n        }\n    }\n}\n\n"
    text += f"impl std::fmt::Display for {enum.name} {{\n"
    text += "    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {\n"
    return text + "        f.write_str(self.as_str())\n    }\n}\n"


def _type(kind):
    if kind.kind == "ref":
        return kind.ref
    if kind.kind == "list":
        return f"Vec<{_type(kind.item)}>"
    if kind.kind == "map":
        if kind.item.ref == "MetadataValue":
            return "Metadata"
        return f"std::collections::BTreeMap<String, {_type(kind.item)}>"
    if kind.kind == "integer":
        return f"{'u' if kind.bits == 32 and (kind.minimum or 0) >= 0 and kind.minimum is not None else 'i'}{kind.bits}"
    return {"amount": "Amount", "secret": "Secret", "boolean": "bool", "number": "f64"}.get(kind.kind, "String")


def _is_optional(field):
    return field.nullable or not field.required


def _is_empty_list(shape, field):
    """A list that is left out when it is empty needs no Option."""
    return field.type.kind == "list" and not field.nullable and (shape.role == "query" or not field.required)


def _shape(shape):
    text = _doc(shape.description)
    derived = ["Clone", "Debug", "PartialEq"]
    needed = [one for one in shape.fields if one.required]
    if shape.role != "answer" and not needed:
        derived.append("Default")
    if shape.role != "query":
        derived += ["Serialize", "Deserialize"]
    text += _derive(*derived)
    if shape.role == "answer":
        text += "#[non_exhaustive]\n"
    text += f"pub struct {shape.name} {{\n" + "".join(_field(shape, one) for one in shape.fields) + "}\n"
    if shape.role == "request" and needed:
        text += "\n" + _constructor(shape, needed)
    if shape.role == "query":
        text += "\n" + _pairs(shape)
    return text


def _field(shape, field):
    text = _doc(schema.sentences(field.description, field.constraints), "    ")
    kind = _type(field.type)
    if _is_empty_list(shape, field):
        serde = 'default, skip_serializing_if = "Vec::is_empty"'
    elif _is_optional(field):
        kind, serde = f"Option<{kind}>", 'default, skip_serializing_if = "Option::is_none"'
    else:
        serde = ""
    if serde and shape.role != "query":
        text += f"    #[serde({serde})]\n"
    return text + f"    pub {_ident(field.wire)}: {kind},\n"


def _constructor(shape, needed):
    """`new` takes what is required; the rest is absent."""
    taken, given = [], []
    for one in shape.fields:
        name, kind = _ident(one.wire), _type(one.type)
        if one not in needed:
            given.append(f"{name}: None")
        elif kind in ("String", "Secret"):
            taken.append(f"{name}: impl Into<{kind}>")
            given.append(f"{name}: {name}.into()")
        else:
            taken.append(f"{name}: {kind}")
            given.append(name)
    text = f"impl {shape.name} {{\n    /// With what is required; the rest is absent.\n"
    text += f"    pub fn new({', '.join(taken)}) -> Self {{\n"
    line = f"        Self {{ {', '.join(given)} }}\n"
    if len(line.rstrip()) > WIDTH:
        line = "        Self {\n" + "".join(f"            {one},\n" for one in given) + "        }\n"
    return text + line + "    }\n}\n"


def _pairs(shape):
    """The parameters that are set, as a query wants them."""
    text = f"impl {shape.name} {{\n    /// The parameters that are set, not yet escaped.\n"
    text += "    pub fn pairs(&self) -> Vec<(&'static str, String)> {\n        let mut pairs = Vec::new();\n"
    for one in shape.fields:
        name = _ident(one.wire)
        if one.type.kind == "list":
            text += f"        if !self.{name}.is_empty() {{\n"
            text += f"            let several: Vec<&str> = self.{name}.iter().map(|one| one.as_str()).collect();\n"
            text += f'            pairs.push(("{one.wire}", several.join(",")));\n        }}\n'
        else:
            text += f"        if let Some(value) = &self.{name} {{\n"
            text += f'            pairs.push(("{one.wire}", value.to_string()));\n        }}\n'
    return text + "        pairs\n    }\n}\n"
