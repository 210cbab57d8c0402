"""The service interfaces as OpenAPI 3.1, read from the routes, the views and the models that they take.

A view names its models once, where it reads them (`read(BookAppointment)`); the description finds them there.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

from flask import Blueprint, Flask, current_app, jsonify
from flask.typing import ResponseReturnValue
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from blueprints import guards, health
from blueprints.schemas import Body, Query

bp = Blueprint("openapi", __name__)

SERVICES = {
    "web_ui_api": "web-ui",
    "app_server": "app-server",
    "twilio_conversations": "twilio-server",
    "tenant_service": "tenant-service",
    "billing_service": "billing-service",
    "notification_service": "notification-service",
    "phone_number_service": "phone-number-service",
    "universal_calendar": "universal-calendar",
    "dispatch_bot_ai": "dispatch-bot-ai",
    "service_webhooks": "Webhooks between services",
}
CONVERTERS = {"uuid": {"type": "string", "format": "uuid"}, "int": {"type": "integer"}}
PLACE = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
REF = "#/components/schemas/{model}"
ERROR_FIELDS = ("code", "message", "request_id", "timestamp")
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": [*ERROR_FIELDS, "details"],
            "properties": {name: {"type": "string"} for name in ERROR_FIELDS} | {"details": {"type": "object"}},
        }
    },
}
SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "service_key": {"type": "apiKey", "in": "header", "name": "X-Service-Key"},
    "page": {"type": "apiKey", "in": "cookie", "name": "nmc_session"},
    "signature": {"type": "apiKey", "in": "header", "name": "X-NMC-Signature"},
}
PROGRAMS = {"dispatch_bot_ai": "service_key", "service_webhooks": "signature"}
"""The interfaces that take one kind of proof and no other."""


@bp.get("/api/openapi.json")
@guards.public
def show() -> ResponseReturnValue:
    """What the services offer, for programs."""
    return jsonify(description(current_app))


def description(web: Flask) -> dict[str, Any]:
    """The whole document."""
    views = list(_views(web))
    bodies = {model for _, _, view in views for model in models_of(view)}
    ordered = sorted(bodies, key=lambda model: f"{model.__module__}.{model.__name__}")
    names, schemas = models_json_schema([(model, "validation") for model in ordered], ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for rule, method, view in views:
        path = PLACE.sub(lambda place: "{" + place["name"] + "}", rule.rule)
        paths.setdefault(path, {})[method.lower()] = _operation(rule, view, names)
    return {
        "openapi": "3.1.0",
        "info": {"title": "NeverMissCall", "version": health.VERSION, "description": "The service interfaces."},
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": schemas.get("$defs", {}) | {"Error": ERROR}, "securitySchemes": SECURITY},
    }


def _views(web: Flask) -> Iterator[tuple[Rule, str, Callable[..., Any]]]:
    for rule in web.url_map.iter_rules():
        if rule.endpoint.split(".")[0] in SERVICES:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method, web.view_functions[rule.endpoint]


def models_of(view: Callable[..., Any]) -> list[type[Body] | type[Query]]:
    """The models that a view reads, in the order in which it names them."""
    bare = inspect.unwrap(view)
    named = [bare.__globals__.get(name) for name in bare.__code__.co_names]
    return [one for one in named if isinstance(one, type) and issubclass(one, Body | Query)]


def _operation(rule: Rule, view: Callable[..., Any], names: dict[Any, Any]) -> dict[str, Any]:
    models = models_of(view)
    service, _, name = rule.endpoint.partition(".")
    told: dict[str, Any] = {
        "operationId": rule.endpoint.replace(".", "_"),
        "tags": [SERVICES[service]],
        "summary": (inspect.getdoc(view) or name).splitlines()[0],
        "parameters": [*_places(rule), *_fields(models), *_headers(view)],
        "responses": {"2XX": _answer({"type": "object"}), "default": _answer({"$ref": REF.format(model="Error")})},
        "security": [] if getattr(view, "is_public", False) else _security(service, view),
    }
    for model in models:
        if issubclass(model, Body):
            told["requestBody"] = {"content": {"application/json": {"schema": names[model, "validation"]}}}
    return told


def _security(service: str, view: Callable[..., Any]) -> list[dict[str, list[str]]]:
    if (only := PROGRAMS.get(service)) is not None or hasattr(view, "only_scopes"):
        return [{only or "service_key": []}]
    return [{name: []} for name in SECURITY if name not in PROGRAMS.values() or name == "service_key"]


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def _places(rule: Rule) -> list[dict[str, Any]]:
    return [
        {"name": place["name"], "in": "path", "required": True,
         "schema": CONVERTERS.get(place["kind"] or "", {"type": "string"})}
        for place in PLACE.finditer(rule.rule)
    ]  # fmt: skip


def _fields(models: list[Any]) -> list[dict[str, Any]]:
    found = []
    for model in models:
        if not issubclass(model, Query):
            continue
        schema = model.model_json_schema(ref_template=REF)
        for name, field in schema["properties"].items():
            is_needed = name in schema.get("required", ())
            found.append({"name": name, "in": "query", "required": is_needed, "schema": _flat(field, schema)})
    return found


def _flat(field: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A field with the enums that it names written out, because a query has no definitions of its own."""
    if "$ref" in field:
        return schema["$defs"][field["$ref"].rpartition("/")[2]]
    if "anyOf" in field:
        return field | {"anyOf": [_flat(one, schema) for one in field["anyOf"]]}
    return field


def _headers(view: Callable[..., Any]) -> list[dict[str, Any]]:
    needs_key = getattr(view, "needs_key", None)
    if needs_key is None:
        return []
    return [{"name": "Idempotency-Key", "in": "header", "required": needs_key, "schema": {"type": "string"}}]


def markdown(told: dict[str, Any]) -> str:
    """The document as a page for people: one line for each route, by service."""
    lines = [
        "# Service interfaces",
        "",
        "Made from the code by `python -m scripts.api_page`; the whole is served at",
        "`/api/openapi.json`. Contract and examples are in the specification; every error has the one body.",
        "",
    ]
    for service in SERVICES.values():
        lines += [f"## {service}", "", "| | Path | What it does | Takes |", "|---|---|---|---|"]
        lines += [row for path, methods in told["paths"].items() for row in _rows(service, path, methods)]
        lines.append("")
    return "\n".join(lines)


def _rows(service: str, path: str, methods: dict[str, Any]) -> Iterator[str]:
    for method, one in methods.items():
        if service not in one["tags"]:
            continue
        query = [f"`{field['name']}`" for field in one["parameters"] if field["in"] == "query"]
        body = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        takes = ", ".join(query) or str(body.get("$ref", "")).rpartition("/")[2]
        yield f"| {method.upper()} | `{path}` | {one['summary']} | {takes} |"
