"""RFC 8785 canonical JSON, written for the vectors alone: no SDK shares it."""

import json


class Refused(Exception):
    """The text has no canonical form."""


def canonical(text):
    """The canonical form of a JSON text, or Refused."""
    return _write(json.loads(text, parse_int=float))


def _write(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list):
        return "[" + ",".join(map(_write, value)) + "]"
    names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(_string(name) + ":" + _write(value[name]) for name in names) + "}"


def _string(text):
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as lone_surrogate:
        raise Refused(text) from lone_surrogate
    return json.dumps(text, ensure_ascii=False)


def number(value):
    """ECMAScript's Number::toString; Python's repr has the same shortest digits in another dress."""
    if value != value or value in (float("inf"), float("-inf")):
        raise Refused(value)
    if value == 0:
        return "0"
    if value < 0:
        return "-" + number(-value)
    mantissa, _, exponent = f"{value!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent or 0)
    digits = whole + fraction
    point -= len(digits) - len(digits.lstrip("0"))
    digits = digits.strip("0")
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    tail = "." + digits[1:] if len(digits) > 1 else ""
    return f"{digits[0]}{tail}e{point - 1:+d}"
