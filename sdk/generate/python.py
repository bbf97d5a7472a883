"""Python: ../python/src/zenwallet/models.py. Written so that `ruff format` (line length 120) leaves it alone.

Only what is answered: what is sent are the keyword arguments of the client's methods.
"""

import textwrap

TARGET = "python/src/zenwallet/models.py"
ROOTS = (
    "PaymentObject", "PaymentList", "EventObject", "EventList", "ErrorDetail",
    "PaymentStatus", "CompletionStatus", "EventName", "MetadataValue",
)  # fmt: skip

WIDTH = 120
HEAD = '''\
# Generated from openapi.json by `python3 sdk/generate`: do not edit.
"""What the gateway answers. Times are RFC 3339 in UTC, amounts exact: an int, or a Decimal where there are decimals.

Every object keeps what it was made of in `raw`, also members that this version does not know.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Callable, ClassVar, Dict, List, Literal, Optional, Tuple, Type, TypeVar, Union

Amount = Union[int, Decimal]
"""An exact amount; never a float."""

_Object = TypeVar("_Object", "Payment", "Event", "ErrorDetail")


def _objects(model: Type[_Object], values: Any) -> List[_Object]:
    if not isinstance(values, list):
        raise TypeError(f"expected a list of {model.__name__}")
    return [model.from_json(value) for value in values]


def _object(value: Any) -> Dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("expected an object")
    return value


def _map(value: Any) -> Dict[str, Any]:
    """Numbers in metadata are doubles by contract, so they are floats here."""
    return {key: float(one) if isinstance(one, Decimal) else one for key, one in _object(value or {}).items()}
'''


def emit(models):
    known = {one.name for one in models.shapes}
    parts = [HEAD + "\n"]
    parts += [_union(one) for one in models.unions]
    parts += [_enum(one) for one in models.enums]
    # A list names its items' class when the module is loaded, so it stands behind it.
    shapes = sorted(models.shapes, key=lambda one: one.name.endswith("List"))
    listed = sorted({item for one in shapes for item in map(_listed, one.fields) if item in known} | {"ErrorDetail"})
    assert listed == ["ErrorDetail", "Event", "Payment"], f"name {listed} in HEAD's _Object"
    return "\n".join(parts) + "".join("\n\n" + _shape(one) for one in shapes)


def _listed(field):
    return field.type.item.ref if field.type.kind == "list" else None


def _doc(text, indent=""):
    """A docstring; ruff wants the quotes behind the last word, or on a line of their own."""
    if len(indent) + len(text) + 6 <= WIDTH:
        return f'{indent}"""{text}"""\n'
    lines = textwrap.wrap(text, WIDTH - len(indent) - 3)
    return f'{indent}"""' + f"\n{indent}".join(lines) + f'\n{indent}"""\n'


def _union(union):
    members = dict.fromkeys(_type(one) for one in union.members)
    return f"{union.name} = Union[{', '.join(members)}]\n" + _doc(union.description)


def _enum(enum):
    values = ", ".join(f'"{value}"' for value in enum.values)
    text = f"{enum.name} = Literal[{values}]\n"
    if len(text) > WIDTH + 1:
        text = f"{enum.name} = Literal[\n" + "".join(f'    "{value}",\n' for value in enum.values) + "]\n"
    return text + _doc(f"{enum.description} A newer gateway may know more.")


def _type(kind):
    if kind.kind == "ref":
        return kind.ref
    if kind.kind == "list":
        return f"List[{_type(kind.item)}]"
    if kind.kind == "map":
        return f"Dict[str, {_type(kind.item)}]"
    return {"amount": "Amount", "boolean": "bool", "integer": "int", "number": "float"}.get(kind.kind, "str")


def _shape(shape):
    # A dataclass wants the fields without a default first.
    fields = sorted(shape.fields, key=lambda one: not one.required)
    needed = "".join(f'"{one.wire}", ' for one in fields if one.required).rstrip()
    text = f"@dataclass(frozen=True)\nclass {shape.name}:\n{_doc(shape.description, '    ')}\n"
    line = f"    REQUIRED: ClassVar[Tuple[str, ...]] = ({needed.rstrip(',')})\n"
    if len(line) > WIDTH + 1:
        line = "    REQUIRED: ClassVar[Tuple[str, ...]] = (\n"
        line += "".join(f'        "{one.wire}",\n' for one in fields if one.required) + "    )\n"
    text += line + _doc("What an answer of the API always has.", "    ") + "\n"
    for one in fields:
        text += _field(one)
    text += "    raw: Dict[str, Any] = field(default_factory=dict, repr=False, compare=False)\n"
    text += _doc("The object as it came, also with what this version does not know.", "    ")
    return text + "\n" + _from_json(shape.name, fields)


def _field(field):
    kind = _type(field.type)
    if field.nullable or not field.required:
        kind = f"Optional[{kind}]"
    default = "" if field.required else " = None"
    return f"    {field.wire}: {kind}{default}\n" + _doc(field.description, "    ")


def _from_json(name, fields):
    text = f'    @classmethod\n    def from_json(cls, raw: Any) -> "{name}":\n'
    text += _doc("What is absent is None. Raises TypeError for what is no such object.", "    " * 2)
    text += "        get: Callable[[str], Any] = _object(raw).get\n        return cls(\n"
    for one in fields:
        text += f"            {one.wire}={_value(one)},\n"
    return text + "            raw=raw,\n        )\n"


def _value(field):
    got = f'get("{field.wire}")'
    if field.type.kind == "list" and field.type.item.kind == "ref":
        return f"_objects({field.type.item.ref}, {got})"
    return f"_map({got})" if field.type.kind == "map" else got
