"""Checks requests and answers against Twilio's own OpenAPI files, when they are there."""

import json
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from werkzeug.datastructures import MultiDict

try:
    from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
except ImportError:  # a development package; the oracle says that it is missing
    Draft202012Validator = None

FORM = "application/x-www-form-urlencoded"
FILES = ("api_v2010", "messaging_v1", "lookups_v2", "trusthub_v1", "events_v1")
ADDRESS = re.compile(r"^\+[1-9]\d{6,14}$|^\d{3,6}$|^[a-z]+:.+$")  # E.164, short code, channel address
WEB_ADDRESS = re.compile(r"^https?://[^\s_/]+(/\S*)?$")  # Twilio refuses underscores in host names

# Fields that the SDK sends and the published files do not know yet. Keep this list tiny and explained.
AHEAD_OF_SPEC = {
    # twilio-python 9.13.0 has messages.create(message_intent=...); the April 2026 files do not know it
    "CreateMessage": {"MessageIntent": {"type": "string"}},
}
# Twilio itself answers otherwise than its files say: strings for places, "(213) 555-0100" for a number's name.
UNLIKE_THE_FILES = ("latitude", "longitude", "friendly_name")


def _snake(name: str) -> str:
    """As `x-twilio.conditional` spells field names."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def missing(directory: Path) -> str | None:
    """Why the oracle cannot work; None when it can."""
    if Draft202012Validator is None:
        return "the package jsonschema is not installed"
    absent = [name for name in FILES if not (directory / f"twilio_{name}.json").exists()]
    if absent:
        return f"Twilio's OpenAPI files are not in {directory} (python -m sandbox.carrier.specs fetches them)"
    return None


def spec_directory() -> Path:
    """Where the files are looked for."""
    return Path(os.environ.get("TWILIO_SPEC_DIR") or "var/twilio-spec")


@lru_cache(maxsize=2)
def load(directory: Path) -> "Oracle":
    """The oracle for a directory of files, loaded once for the whole process."""
    return Oracle(json.loads((directory / f"twilio_{name}.json").read_text()) for name in FILES)


class Oracle:
    """Operations of all files, found by host, method and path."""

    def __init__(self, documents: Any) -> None:
        self._operations: dict[tuple[str, str], list[tuple[re.Pattern[str], Operation]]] = {}
        found: list[Any] = []
        for document in documents:
            host = urlsplit(document["servers"][0]["url"]).hostname
            for path, item in document["paths"].items():
                methods = [method for method in ("get", "post", "put", "patch", "delete") if method in item]
                found += [(path.count("{"), path, host, method.upper(), item, document) for method in methods]
        for _, path, host, method, item, document in sorted(found, key=lambda one: one[0]):  # literal paths first
            pattern = re.compile("^" + re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+?)", re.escape(path)) + "$")
            operation = Operation(item[method.lower()], item.get("parameters", []), document)
            self._operations.setdefault((host, method), []).append((pattern, operation))

    @property
    def size(self) -> int:
        """How many operations are known."""
        return sum(len(operations) for operations in self._operations.values())

    def find(self, method: str, host: str, path: str) -> "tuple[Operation, dict[str, str]] | None":
        """The operation and the names in its path."""
        for pattern, operation in self._operations.get((host, method), ()):
            match = pattern.match(path)
            if match:
                return operation, match.groupdict()
        return None

    def request_errors(
        self, method: str, host: str, path: str, query: MultiDict[str, str], form: MultiDict[str, str]
    ) -> list[str]:
        """What is wrong with a request, in words."""
        found = self.find(method, host, path)
        if found is None:
            return [] if _is_content(path) else [f"no such operation: {method} https://{host}{path}"]
        return found[0].request_errors(found[1], query, form)

    def response_errors(self, method: str, host: str, path: str, status: int, body: Any) -> list[str]:
        """What is unlike Twilio in one of our own answers."""
        found = self.find(method, host, path)
        return [] if found is None or status >= 400 or _is_content(path) else found[0].response_errors(status, body)


def _is_content(path: str) -> bool:
    """A recording or a file itself: served by Twilio, but not part of the specification."""
    return bool(re.search(r"/(Recordings/RE|Media/ME)[0-9a-f]{32}(\.wav|\.mp3)?$", path))


class Operation:
    """One operation; compiled at first use."""

    def __init__(self, operation: dict[str, Any], common: list[Any], document: dict[str, Any]) -> None:
        self._source = operation, common, document
        self._good_shapes: set[Any] = set()
        self._validators: dict[str, Any] = {}
        self._fields: tuple[Fields, Fields, Fields] | None = None

    def _compiled(self) -> "tuple[Fields, Fields, Fields]":
        if self._fields is None:
            operation, common, document = self._source
            declared = [_resolve(one, document, "parameters") for one in operation.get("parameters", []) + common]
            places = {
                place: Fields(
                    place,
                    {one["name"]: flat(one["schema"], document) for one in declared if one["in"] == place},
                    [one["name"] for one in declared if one["in"] == place and one.get("required")],
                )
                for place in ("path", "query")
            }
            schema = operation.get("requestBody", {}).get("content", {}).get(FORM, {}).get("schema")
            body = flat(schema, document) if schema else {}
            known = body.get("properties", {}) | (AHEAD_OF_SPEC.get(operation["operationId"], {}) if schema else {})
            groups = (operation.get("x-twilio") or {}).get("conditional") or [] if schema else []
            self._fields = places["path"], places["query"], Fields("body", known, body.get("required", []), groups)
        return self._fields

    def request_errors(
        self, names: Mapping[str, str], query: MultiDict[str, str], form: MultiDict[str, str]
    ) -> list[str]:
        """What is wrong with the fields of a request."""
        in_path, in_query, in_body = self._compiled()
        return in_path.errors(MultiDict(names)) + in_query.errors(query) + in_body.errors(form)

    def response_errors(self, status: int, body: Any) -> list[str]:
        """What the answer's schema says; answers of a known good shape are not looked at again."""
        operation, _, document = self._source
        response = operation["responses"].get(str(status))
        if response is None:
            return [f"status {status} is not one of {list(operation['responses'])}"]
        schema = response.get("content", {}).get("application/json", {}).get("schema")
        if not schema:
            return []
        shape = (status, _shape(body))
        if shape in self._good_shapes:
            return []
        if str(status) not in self._validators:
            self._validators[str(status)] = Draft202012Validator(flat(schema, document), format_checker=formats)
        errors = [
            f"{'/'.join(map(str, error.path))}: {error.message[:120]}"
            for error in self._validators[str(status)].iter_errors(body)
        ]
        if not errors:
            self._good_shapes.add(shape)
        return errors


def _shape(body: Any) -> Any:
    """Keys and kinds of a document; words that may be an enum count with their value."""
    if isinstance(body, dict):
        return tuple((key, value if key in ("status", "direction") else _shape(value)) for key, value in body.items())
    if isinstance(body, list):
        return tuple({_shape(one) for one in body})
    return type(body).__name__


class Fields:
    """The fields of one place of a request."""

    def __init__(
        self, place: str, schemas: dict[str, Any], required: list[str], groups: list[list[str]] | None = None
    ) -> None:
        self._place, self._required, self._groups = place, required, groups or []
        self._checks = {name: Check(schema) for name, schema in schemas.items()}

    def errors(self, given: MultiDict[str, str]) -> list[str]:
        """Unknown, doubled, missing and malformed fields."""
        place, found = self._place, []
        for name, values in given.lists():
            check = self._checks.get(name)
            if check is None:
                found.append(f"{place}: unknown field {name}")
            elif len(values) > 1 and not check.is_array:
                found.append(f"{place}: {name} given twice")
            else:
                found += [f"{place}: {name}: {error}" for error in check.errors(tuple(values))]
        found += [f"{place}: {name} is required" for name in self._required if name not in given]
        have = {_snake(name) for name in given}
        return found + [f"{place}: one of {group} is required" for group in self._groups if not have & {*group}]


class Check:
    """The rule of one field."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        kind = schema.get("type")
        self.is_array = kind == "array" or (isinstance(kind, list) and "array" in kind)
        rules = schema.get("items", {}) if self.is_array else schema
        ruled = ("pattern", "enum", "format", "minLength", "maxLength", "minimum", "maximum", "anyOf")
        self._is_free = rules.get("type") in ("string", ["string", "null"], None) and not any(x in rules for x in ruled)
        self.errors = lru_cache(maxsize=256)(self._errors)

    def _errors(self, values: tuple[str, ...]) -> tuple[str, ...]:
        if self._is_free:
            return ()
        value = [coerce(one, self._schema.get("items", {})) for one in values] if self.is_array else None
        value = coerce(values[0], self._schema) if value is None else value
        validator = Draft202012Validator(self._schema, format_checker=formats)
        return tuple(error.message[:120] for error in validator.iter_errors(value))


def coerce(value: str, schema: dict[str, Any]) -> Any:
    """A form field as the JSON value that the schema speaks of; as it is when it does not fit."""
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kind == "boolean" and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if kind in ("number", "object"):
        try:
            return float(value) if kind == "number" else json.loads(value)
        except ValueError:
            return value
    return value


def _resolve(part: dict[str, Any], document: dict[str, Any], kind: str) -> dict[str, Any]:
    while "$ref" in part:
        part = document["components"][kind][part["$ref"].split("/")[-1]]
    return part


def flat(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """A schema with its references inlined and OpenAPI's `nullable` said in JSON Schema."""
    schema = dict(_resolve(schema, document, "schemas"))
    if "properties" in schema:
        properties = schema["properties"].items()
        schema["properties"] = {
            name: {} if name in UNLIKE_THE_FILES else flat(one, document) for name, one in properties
        }
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema:  # Twilio's oneOf branches overlap, so any match must do
            branches = [flat(one, document) for one in schema.pop(key)]
            schema["anyOf" if key == "oneOf" else key] = branches
    if isinstance(schema.get("items"), dict):
        schema["items"] = flat(schema["items"], document)
    if schema.pop("nullable", False) and "type" in schema:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema and None not in schema["enum"]:
            schema["enum"] = [*schema["enum"], None]
    return schema


if Draft202012Validator is not None:
    formats = FormatChecker()

    @formats.checks("phone-number")
    def _is_address(value: object) -> bool:
        return not isinstance(value, str) or bool(ADDRESS.match(value))

    @formats.checks("uri")
    def _is_web_address(value: object) -> bool:
        return not isinstance(value, str) or bool(WEB_ADDRESS.match(value)) or value.startswith("/") or not value
