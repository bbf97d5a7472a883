"""JavaScript: ../javascript/types/models.d.ts, declarations alone. Fields keep their names on the wire."""

import textwrap

import schema

TARGET = "javascript/types/models.d.ts"

WIDTH = 110
HEAD = """\
// Generated from openapi.json by `python3 sdk/generate`: do not edit.
"""
PLAIN = {"integer": "number", "number": "number", "boolean": "boolean"}


def emit(models):
    told = {kind.ref for shape in models.shapes if shape.role == "answer" for kind in map(_inner, shape.fields)}
    parts = [HEAD]
    parts += [_enum(one, is_open=one.name in told) for one in models.enums]
    parts += [_union(one) for one in models.unions]
    parts += [_shape(one) for one in models.shapes]
    return "\n".join(parts)


def _inner(field):
    return field.type.item or field.type


def _doc(text, indent=""):
    lines = textwrap.wrap(text, WIDTH - len(indent) - 3)
    if len(lines) == 1 and len(lines[0]) + len(indent) + 7 <= WIDTH:
        return f"{indent}/** {lines[0]} */\n"
    return f"{indent}/**\n" + "".join(f"{indent} * {line}\n" for line in lines) + f"{indent} */\n"


def _enum(enum, is_open):
    values = [f"'{value}'" for value in enum.values]
    # A newer gateway may tell more; this keeps the known ones for completion.
    values += ["(string & {})"] if is_open else []
    line = f"export type {enum.name} = {' | '.join(values)};\n"
    if len(line) > WIDTH:
        line = f"export type {enum.name} =\n" + "".join(f"  | {value}\n" for value in values)
        line = line[:-1] + ";\n"
    return _doc(enum.description) + line


def _union(union):
    members = " | ".join(_type(one, is_sent=True) for one in union.members)
    return _doc(union.description) + f"export type {union.name} = {members};\n"


def _shape(shape):
    text = _doc(shape.description) + f"export interface {shape.name} {{\n"
    return text + "".join(_field(shape, one) for one in shape.fields) + "}\n"


def _field(shape, field):
    text = _doc(schema.sentences(field.description, field.constraints), "  ")
    is_sent = shape.role != "answer"
    kind = _type(field.type, is_sent) + (" | null" if field.nullable else "")
    if is_sent and field.type.kind == "timestamp":
        kind += " | Date"
    return text + f"  {field.wire}{'' if field.required else '?'}: {kind};\n"


def _type(kind, is_sent):
    if kind.kind == "ref":
        return kind.ref
    if kind.kind == "amount":
        return "number | string" if is_sent else "number"
    if kind.kind == "list":
        item = _type(kind.item, is_sent)
        # In a query, one value need not be a list of one.
        return f"{item}[] | {item}" if is_sent else f"{item}[]"
    if kind.kind == "map":
        return f"Record<string, {_type(kind.item, is_sent)}>"
    return PLAIN.get(kind.kind, "string")
