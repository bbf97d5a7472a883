"""Reads ../openapi.json into models that belong to no language.

An emitter asks for the models that are reachable from its roots and writes them down in its language. What the
document does not say, because it is about the SDKs and not about the wire, stands in the tables at the top.
"""

import json
import pathlib
import re
from dataclasses import dataclass, field, replace

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "openapi.json"

# Names of the document that are not simply "… without Object or Request".
NAMES = {
    "EventName": "EventType",
    "ErrorObject": "ErrorObject",
    "WholeList_AppObject": "AppList",
    "WholeList_KeyObject": "KeyList",
    "GrantObject": "SessionGrant",
    "ReplayRequest": "ReplayWebhooks",
}

# Parameter models: their name, and the operation whose query they are.
QUERIES = {
    "ListPayments": "list_payments",
    "ListEvents": "list_events",
    "ListDeliveries": "list_deliveries",
}

# What every client needs; an emitter may add to it.
ROOTS = (
    "PaymentObject", "CreatePaymentRequest", "CompletePaymentRequest", "PaymentList", "EventObject", "EventList",
    "PaymentStatus", "EventName", "ErrorObject", "ErrorDetail", "MetadataValue", "ListPayments", "ListEvents",
)  # fmt: skip

# Parameters that only users send; a key is of one app.
FOR_USERS = {"app_id", "environment"}

# Fields that must not be printed by accident.
SECRETS = {"api_key", "webhook_secret", "password", "access_token", "refresh_token", "totp_code", "recovery_code"}

# A webhook's body is the event without `seq` and with a `signature`: one model for both.
SIGNATURE = "Only in a webhook's body: a proof of the content alone, not of when it was sent. Verify the header instead."
SEQ = "Absent in a webhook's body."


@dataclass(frozen=True)
class Type:
    """`kind` is string, timestamp (RFC 3339), secret, url, integer, number, amount, boolean, list, map or ref."""

    kind: str
    item: "Type | None" = None  # of a list, or a map's values
    ref: str = ""  # the name of another model
    bits: int = 64  # of an integer
    minimum: "int | None" = None  # of an integer


@dataclass(frozen=True)
class Field:
    wire: str  # the name on the wire
    type: Type
    description: str
    required: bool  # it is always there …
    nullable: bool  # … but may be null
    constraints: str = ""  # in words; only of what is sent


@dataclass(frozen=True)
class Shape:
    """An object. `role` is answer, request (a JSON body) or query (lists in it are joined with commas)."""

    name: str
    description: str
    role: str
    fields: "tuple[Field, ...]"


@dataclass(frozen=True)
class Enum:
    """Strings; a newer gateway may know more of them."""

    name: str
    description: str
    values: "tuple[str, ...]"


@dataclass(frozen=True)
class Union:
    """One of several plain types."""

    name: str
    description: str
    members: "tuple[Type, ...]"


@dataclass
class Models:
    shapes: "list[Shape]" = field(default_factory=list)
    enums: "list[Enum]" = field(default_factory=list)
    unions: "list[Union]" = field(default_factory=list)


def read(roots=ROOTS, with_user_parameters=False, document=DOCUMENT):
    """The models reachable from `roots`, each kind in the order of its names."""
    reader = _Reader(json.loads(pathlib.Path(document).read_text(encoding="utf-8")), with_user_parameters)
    for root in roots:
        reader.want(root)
    models, names = Models(), set()
    for model in sorted(reader.finish(), key=lambda one: one.name):
        if model.name in names:
            raise ValueError(f"two schemas would be called {model.name}: tell them apart in NAMES")
        names.add(model.name)
        kind = {Shape: models.shapes, Enum: models.enums, Union: models.unions}[type(model)]
        kind.append(model)
    return models


def name_of(wire_name):
    """The SDKs' name of a schema: `PaymentObject` is `Payment`, `CreatePaymentRequest` is `CreatePayment`."""
    return NAMES.get(wire_name) or re.sub(r"(Object|Request)$", "", wire_name)


def sentences(*parts):
    """Descriptions as one line of text, each ended by a full stop."""
    clean = (" ".join(part.split()) for part in parts if part)
    return " ".join(part if part.endswith((".", "!", "?")) else part + "." for part in clean)


class _Reader:
    def __init__(self, document, with_user_parameters):
        self.schemas = document["components"]["schemas"]
        self.with_user_parameters = with_user_parameters
        self.operations = {
            operation["operationId"]: operation
            for path in document["paths"].values()
            for operation in path.values()
            if isinstance(operation, dict) and "operationId" in operation
        }
        # An object that is written out where it stands is known again by what it says.
        self.by_content = {_fingerprint(schema): name for name, schema in self.schemas.items()}
        self.wanted = []

    def want(self, wire_name):
        if wire_name not in self.wanted:
            self.wanted.append(wire_name)
        return name_of(wire_name)

    def finish(self):
        """Reads what is wanted, and what that wants, until nothing is new."""
        read = []
        while len(read) < len(self.wanted):
            wire_name = self.wanted[len(read)]
            read.append(self.query(wire_name) if wire_name in QUERIES else self.model(wire_name))
        return read

    def model(self, wire_name):
        schema, name = self.schemas[wire_name], name_of(wire_name)
        description = sentences(schema.get("description", ""))
        if "enum" in schema:
            return Enum(name, description, tuple(schema["enum"]))
        if "oneOf" in schema:
            return Union(name, description, tuple(self.type("", one) for one in schema["oneOf"]))
        role = "request" if wire_name.endswith("Request") else "answer"
        fields = tuple(self.fields(schema, role))
        return Shape(name, description, role, _webhook_too(fields) if name == "Event" else fields)

    def fields(self, schema, role):
        for part in schema.get("allOf", ()):
            part = self.schemas[_last(part["$ref"])] if "$ref" in part else part
            yield from self.fields(part, role)
        required = schema.get("required", ())
        for wire, value in schema.get("properties", {}).items():
            inner, nullable = _without_null(value)
            words = constraints(inner, value.get("description", "")) if role == "request" else ""
            description = sentences(value.get("description") or inner.get("description", ""))
            yield Field(wire, self.type(wire, inner), description, wire in required, nullable, words)

    def query(self, name):
        operation = self.operations[QUERIES[name]]
        fields = []
        for parameter in operation["parameters"]:
            if parameter["in"] != "query" or (parameter["name"] in FOR_USERS and not self.with_user_parameters):
                continue
            inner, _ = _without_null(parameter["schema"])
            kind = self.of_several(inner) or self.type(parameter["name"], inner)
            description = sentences(parameter["description"].replace(" with commas between", ""))
            words = "" if kind.kind == "list" else constraints(inner, description)
            fields.append(Field(parameter["name"], kind, description, parameter["required"], False, words))
        what = {"list_payments": "payments", "list_events": "events", "list_deliveries": "deliveries"}[QUERIES[name]]
        return Shape(name, f"Which {what} to list.", "query", tuple(fields))

    def of_several(self, schema):
        """`^(A|B)(,(A|B))*$` is a list of the enum with the values A and B."""
        found = re.fullmatch(r"\^\(([^()]+)\)\(,\(\1\)\)\*\$", schema.get("pattern", ""))
        if not found:
            return None
        values = found[1].split("|")
        enum = next(name for name, one in self.schemas.items() if one.get("enum") == values)
        return Type("list", item=Type("ref", ref=self.want(enum)))

    def type(self, wire, schema):
        if "$ref" in schema:
            return Type("ref", ref=self.want(_last(schema["$ref"])))
        known = self.by_content.get(_fingerprint(schema))
        if known and schema.get("type") == "object":
            return Type("ref", ref=self.want(known))
        if wire in SECRETS:
            return Type("secret")
        if wire == "amount":
            return Type("amount")
        kind = schema["type"]
        if kind == "array":
            return Type("list", item=self.type("", schema["items"]))
        if kind == "object":
            return Type("map", item=self.type("", schema["additionalProperties"]))
        if kind == "integer":
            return Type("integer", bits=32 if schema.get("format") == "int32" else 64, minimum=schema.get("minimum"))
        formats = {"date-time": "timestamp", "uri": "url"} if kind == "string" else {}
        return Type(formats.get(schema.get("format"), kind))


def _webhook_too(fields):
    seq = next(one for one in fields if one.wire == "seq")
    lenient = replace(seq, required=False, description=sentences(seq.description, SEQ))
    signature = Field("signature", Type("string"), SIGNATURE, required=False, nullable=False)
    return tuple(lenient if one is seq else one for one in fields) + (signature,)


def constraints(schema, said):
    """What is asked of a value, in words, where its description does not say it."""
    words = []
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None and str(high) not in said:
        words.append(f"From {low} to {high}")
    elif low is not None and high is None and low > 0:
        words.append(f"At least {low}")
    longest = schema.get("maxLength")
    if longest is not None and str(longest) not in said:
        words.append(f"At most {longest} characters")
    pattern = schema.get("pattern")
    if pattern == "^https?://":
        words.append("`http` or `https`")
    elif drawn := re.fullmatch(r"\^\[([^\]]+)\]\{(\d+),(\d+)\}\$", pattern or ""):
        words.append(f"{drawn[2]} to {drawn[3]} characters of `{drawn[1]}`")
    return sentences(*words)


def _without_null(schema):
    """The schema that a value has when it is not null, and whether it may be null."""
    if "oneOf" in schema and {"type": "null"} in schema["oneOf"]:
        (inner,) = (one for one in schema["oneOf"] if one != {"type": "null"})
        return inner, True
    kind = schema.get("type")
    if isinstance(kind, list):
        (inner,) = (one for one in kind if one != "null")
        return {**schema, "type": inner}, True
    return schema, False


def _fingerprint(schema):
    return json.dumps(schema, sort_keys=True)


def _last(reference):
    return reference.rsplit("/", 1)[1]
