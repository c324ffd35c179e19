"""The API's document as a page for people: operations by noun, fields in plain words."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    """A field or parameter: what it is called, what it may be, whether it must be there."""

    name: str
    kind: str
    needed: bool
    shape: str = ""


@dataclass(frozen=True)
class Operation:
    """One way to ask at one address."""

    id: str
    method: str
    path: str
    summary: str
    more: str
    asked: tuple[Entry, ...]
    takes: str
    example: str
    answers: tuple[tuple[str, str], ...]
    refusals: str


@dataclass(frozen=True)
class Form:
    """A shape that is sent or answered."""

    name: str
    text: str
    fields: tuple[Entry, ...]


def groups(document: dict[str, Any]) -> dict[str, list[Operation]]:
    """The operations by the noun their address begins with."""
    found: dict[str, list[Operation]] = {}
    for path, ways in sorted(document["paths"].items()):
        for method, one in ways.items():
            short = path.removeprefix("/api/v1")
            found.setdefault(short.split("/")[1], []).append(_operation(method, short, one))
    return found


def forms(document: dict[str, Any]) -> list[Form]:
    """Every shape with its fields, by name."""
    return [Form(name, _one_line(shape.get("description", "")), _fields(shape))
            for name, shape in sorted(document["components"]["schemas"].items())]  # fmt: skip


def _operation(method: str, path: str, one: dict[str, Any]) -> Operation:
    body = one.get("requestBody", {}).get("content", {}).get("application/json", {})
    answers = one["responses"]
    good = tuple(
        (status, _shape(content) or "no body")
        for status, answer in sorted(answers.items())
        for content in [answer.get("content", {}).get("application/json", {}).get("schema", {})]
        if int(status) < 400
    )
    return Operation(
        id=one["operationId"],
        method=method.upper(),
        path=path,
        summary=one["summary"],
        more=_one_line(one["description"]),
        asked=tuple(
            Entry(f"{each['name']} ({each['in']})", kind(each["schema"]), each.get("required", False))
            for each in one["parameters"]
        ),
        takes=_shape(body.get("schema", {})),
        example=json.dumps(body["example"], ensure_ascii=False, indent=2) if "example" in body else "",
        answers=good,
        refusals=", ".join(status for status in sorted(answers) if int(status) >= 400),
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _fields(shape: dict[str, Any]) -> tuple[Entry, ...]:
    needed = shape.get("required", [])
    return tuple(
        Entry(name, kind(one), name in needed, _shape(one)) for name, one in shape.get("properties", {}).items()
    )


def _shape(schema: dict[str, Any]) -> str:
    """The name of the shape a schema is, or is a list of; '' for a plain kind."""
    for one in (schema, schema.get("items", {}), *schema.get("anyOf", ()), *schema.get("allOf", ())):
        if "$ref" in one:
            return str(one["$ref"]).rsplit("/", 1)[-1]
    return _shape(schema["items"]) if "items" in schema else ""


def kind(schema: dict[str, Any]) -> str:
    """What a value may be, in plain words: 'whole number, 1 to 200; 50 if left out'."""
    said = _said(schema)
    if "default" in schema:
        said += f"; {_value(schema['default'])} if left out"
    return said


def _said(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_said(one) for one in schema["anyOf"])
    if "allOf" in schema:
        return _said(schema["allOf"][0])
    if "enum" in schema or "const" in schema:
        return "one of " + ", ".join(_value(one) for one in schema.get("enum", [schema.get("const")]))
    plain = {
        "integer": "whole number",
        "string": "text",
        "boolean": "true or false",
        "null": "null",
        "number": "number",
    }
    if schema.get("type") == "array":
        most = f", at most {schema['maxItems']}" if "maxItems" in schema else ""
        return f"list of {_said(schema.get('items', {}))}{most}"
    if "$ref" in schema:
        return _shape(schema)
    if schema.get("pattern") == "^[0-9]{1,15}$":
        return "id"
    return plain.get(schema.get("type", ""), "object") + _bounds(schema)


def _bounds(schema: dict[str, Any]) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    huge = 10**15 - 1
    if least is not None and most is not None and most < huge:
        return f", {least} to {most}"
    if least is not None and least > -huge:
        return f", at least {least}"
    if "maxLength" in schema:
        return f", at most {schema['maxLength']} characters"
    return ""


def _value(given: object) -> str:
    return "null" if given is None else given if isinstance(given, str) and given else json.dumps(given)
