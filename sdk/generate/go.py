"""Go: ../go/models.go. Written as gofmt writes it.

The package around it has `Amount`, an exact decimal number. What may be absent is its zero value, or a nil pointer where
the zero value means something.
"""

import re
import textwrap

import schema

TARGET = "go/models.go"
ROOTS = tuple(root for root in schema.ROOTS if root != "ErrorObject")  # Go's *Error is written by hand

WIDTH = 100
INITIALISMS = {"id": "ID", "url": "URL", "api": "API", "qr": "QR"}
HEAD = """\
// Code generated from openapi.json by python3 sdk/generate. DO NOT EDIT.

package zenwallet

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)
"""


def emit(models):
    strings = {one.name for one in models.enums}
    parts = [HEAD]
    parts += [_enum(one) for one in models.enums]
    parts += [_shape(one, strings) for one in models.shapes]
    return "\n".join(parts)


def _doc(text, indent=""):
    return "".join(f"{indent}// {line}\n" for line in textwrap.wrap(text, WIDTH - len(indent) * 4 - 3))


def _name(wire):
    words = re.split(r"[^0-9A-Za-z]", wire)
    return "".join(INITIALISMS.get(word.lower(), word.capitalize()) for word in words)


def _enum(enum):
    text = _title(enum, "A newer gateway may know more.")
    text += f"type {enum.name} string\n\n// What is known of {enum.name}.\nconst (\n"
    names = [enum.name + _name(value) for value in enum.values]
    width = max(map(len, names))
    for name, value in zip(names, enum.values):
        text += f'\t{name.ljust(width)} {enum.name} = "{value}"\n'
    return text + ")\n"


def _title(model, more=""):
    return _doc(f"{model.name} is {model.description[0].lower()}{model.description[1:]} {more}")


def _type(field, role, strings):
    kind, optional = field.type, field.nullable or not field.required
    if kind.kind == "timestamp":
        return "*time.Time" if optional and role != "query" else "time.Time"
    if kind.kind == "integer":
        plain = "int" if kind.bits == 32 else "int64"
        # Zero is something else than absent where it may be sent or answered.
        is_told = role == "answer" and field.nullable or role == "request" and (kind.minimum or 0) <= 0
        return "*" + plain if optional and is_told else plain
    if kind.kind == "boolean":
        return "*bool" if optional and role == "request" else "bool"
    return ("*" if kind.ref and optional and kind.ref not in strings else "") + _plain(kind)


def _plain(kind):
    if kind.kind == "list":
        return "[]" + _plain(kind.item)
    if kind.kind == "map":
        return "map[string]" + _plain(kind.item)
    if kind.ref == "MetadataValue":
        return "any"
    names = {"ref": kind.ref, "amount": "Amount", "integer": "int64", "number": "float64", "boolean": "bool"}
    return names.get(kind.kind, "string")


def _shape(shape, strings):
    text = _title(shape)
    text += f"type {shape.name} struct {{\n"
    for one in shape.fields:
        text += _doc(schema.sentences(one.description, one.constraints), "\t")
        text += f"\t{_name(one.wire)} {_type(one, shape.role, strings)}"
        if shape.role != "query":
            absent = ",omitempty" if one.nullable or not one.required else ""
            text += f' `json:"{one.wire}{absent}"`'
        text += "\n"
    text += "}\n"
    return text + ("\n" + _values(shape, strings) if shape.role == "query" else "")


def _values(shape, strings):
    """The parameters that are set, as a query."""
    text = f"// values are the parameters that are set; of nil, none.\nfunc (p *{shape.name}) values() url.Values {{\n"
    text += "\tvalues := url.Values{}\n\tif p == nil {\n\t\treturn values\n\t}\n"
    for one in shape.fields:
        field, kind = f"p.{_name(one.wire)}", _type(one, shape.role, strings)
        if kind.startswith("[]"):
            text += f"\tif len({field}) > 0 {{\n\t\tseveral := make([]string, len({field}))\n"
            text += f"\t\tfor i, one := range {field} {{\n\t\t\tseveral[i] = string(one)\n\t\t}}\n"
            text += f'\t\tvalues.Set("{one.wire}", strings.Join(several, ","))\n\t}}\n'
            continue
        is_set, written = {
            "time.Time": (f"!{field}.IsZero()", f"{field}.UTC().Format(time.RFC3339Nano)"),
            "int": (f"{field} != 0", f"strconv.Itoa({field})"),
            "int64": (f"{field} != 0", f"strconv.FormatInt({field}, 10)"),
            "string": (f'{field} != ""', field),
        }.get(kind, (f'{field} != ""', f"string({field})"))
        text += f'\tif {is_set} {{\n\t\tvalues.Set("{one.wire}", {written})\n\t}}\n'
    return text + "\treturn values\n}\n"
