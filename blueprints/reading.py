"""Reading a request: body or query as one checked model, or an error that names every wrong field (interfaces.md 1)."""

import json
import math
from typing import TypeVar

from flask import request
from pydantic import ValidationError
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from app import settings
from app.errors import Malformed
from blueprints.schemas import Body, Query

MAX_JSON = 256 * 1024
NUL = "\\u0000"

AnyBody = TypeVar("AnyBody", bound=Body)
AnyQuery = TypeVar("AnyQuery", bound=Query)


class MalformedJson(Malformed):
    code = "MALFORMED_JSON"


def read(model: type[AnyBody]) -> AnyBody:
    """The JSON body as a model.

    Raises RequestEntityTooLarge over 256 KB, UnsupportedMediaType, MalformedJson, and Malformed with
    `details.validation_errors`; no body at all counts as an empty object.
    """
    told = _object()
    try:
        return model.model_validate(told)
    except ValidationError as error:
        raise wrong(error) from error


def read_each(model: type[AnyBody], *, most: int) -> tuple[list[AnyBody | Malformed], bool]:
    """One object or an array of them as models, each for itself, and whether it was one.

    What is wrong with one of an array stands in its place and leaves the others alone; what is wrong with a single
    object is raised. Raises Malformed for an empty array or one of more than `most`.
    """
    told = _json()
    if isinstance(told, dict):
        return [read(model)], True
    if not isinstance(told, list) or not 1 <= len(told) <= most:
        raise Malformed(f"Send one object, or an array of 1 to {most}.", code="VALIDATION_FAILED")
    return [_one(model, item) for item in told], False


def _one(model: type[AnyBody], told: object) -> AnyBody | Malformed:
    try:
        return model.model_validate(told)
    except ValidationError as error:
        return wrong(error)


def read_any() -> dict[str, object]:
    """The JSON body as it is, for rules that know its fields better (settings)."""
    return _object()


def query(model: type[AnyQuery]) -> AnyQuery:
    """The query string as a model; raises Malformed with `details.validation_errors`."""
    try:
        return model.model_validate(request.args.to_dict())
    except ValidationError as error:
        raise wrong(error) from error


def wrong(error: ValidationError) -> Malformed:
    """The error that names every wrong field."""
    return Malformed("Some fields are not right.", details={"validation_errors": settings.problems(error)})


def version_wanted() -> int | None:
    """The version that `If-Match` asks for; raises Malformed when it is not a number."""
    given = request.headers.get("If-Match", "").strip().strip('"')
    if not given or given == "*":
        return None
    if not given.isascii() or not given.isdigit():
        raise Malformed("If-Match takes a version number.", code="INVALID_FORMAT")
    return int(given)


def _object() -> dict[str, object]:
    told = _json()
    if not isinstance(told, dict):
        raise MalformedJson("The body must be a JSON object.")
    return told


def _json() -> object:
    if (request.content_length or 0) > MAX_JSON:
        raise RequestEntityTooLarge
    raw = request.get_data()
    if len(raw) > MAX_JSON:
        raise RequestEntityTooLarge
    if not raw.strip():
        return {}
    if not request.is_json:
        raise UnsupportedMediaType("Send application/json.")
    try:
        text = raw.decode()
        told: object = json.loads(text, parse_constant=_no_number, parse_float=_number)
        if "\\ud" in text.lower():
            json.dumps(told, ensure_ascii=False).encode()
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise MalformedJson("The body is not JSON.") from error
    if NUL in text:
        # PostgreSQL cannot store it, and nothing that people write contains it.
        raise MalformedJson("The body contains NUL characters.")
    return told


def _number(written: str) -> float:
    number = float(written)
    return number if math.isfinite(number) else _no_number(written)


def _no_number(written: str) -> float:
    raise ValueError(f"{written} is no number")
