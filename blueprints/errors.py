"""One body for every error, JSON for programs and a page for people (interfaces.md 1.3)."""

import logging
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from app import tracing
from app.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    LimitReached,
    Malformed,
    NotFound,
    ProviderTrouble,
    Unauthenticated,
    Unavailable,
)
from app.extensions import db

log = logging.getLogger(__name__)

STATUS = {
    Malformed: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Invalid: 422,
    LimitReached: 429,
    ProviderTrouble: 502,
    Unavailable: 503,
}
HTTP_CODES = {
    400: "VALIDATION_FAILED",
    401: "AUTH_TOKEN_MISSING",
    403: "AUTH_INSUFFICIENT_PERMISSIONS",
    404: "RESOURCE_NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "RATE_LIMIT_EXCEEDED",
}
PAGES = ("/app", "/login", "/a/", "/k/", "/admin", "/calendar/oauth/callback")


def init_app(web: Flask) -> None:
    """Name every request, and answer every error alike."""
    web.before_request(_name_request)
    web.after_request(_echo_name)
    web.register_error_handler(DomainError, _domain_error)
    web.register_error_handler(HTTPException, _http_error)
    web.register_error_handler(CSRFError, _http_error)
    web.register_error_handler(OperationalError, _database_away)
    web.register_error_handler(Exception, _our_fault)


def _name_request() -> None:
    g.request_id = tracing.begin(request.headers.get("X-Request-ID"))


def _echo_name(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.get("request_id") or tracing.begin()
    response.headers["API-Version"] = "1"
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if response.mimetype == "application/json":
        # Answers about customers belong into nobody's cache.
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _domain_error(error: DomainError) -> ResponseReturnValue:
    db.session.rollback()
    status = status_of(error)
    answer, status_code = respond(status, error.name, str(error), error.details)
    if "retry_after" in error.details:
        answer.headers["Retry-After"] = str(error.details["retry_after"])
    return answer, status_code


def status_of(error: DomainError) -> int:
    """The HTTP status of a rule that was broken."""
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    db.session.rollback()
    status = error.code or 500
    if error.response is not None:
        return error.response
    return respond(status, HTTP_CODES.get(status, "INTERNAL_SERVER_ERROR"), error.description or error.name, {})


def _database_away(error: OperationalError) -> ResponseReturnValue:
    log.error("the database does not answer: %s", type(error.orig).__name__)
    db.session.rollback()
    answer, status = respond(503, "SERVICE_UNAVAILABLE", "The service is not available right now.", {"retry_after": 5})
    answer.headers["Retry-After"] = "5"
    return answer, status


def _our_fault(error: Exception) -> ResponseReturnValue:
    log.error("a request failed", exc_info=error)
    db.session.rollback()
    return respond(500, "INTERNAL_SERVER_ERROR", "Something went wrong on our side.", {})


def respond(status: int, code: str, message: str, details: dict[str, Any]) -> tuple[Response, int]:
    """An error as a page for people, as the one body for programs."""
    if _is_for_people():
        page = render_template("error.html", status=status, message=message, request_id=g.get("request_id"))
        return Response(page, mimetype="text/html"), status
    return body(code, message, details), status


def _is_for_people() -> bool:
    wants_html = request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"
    return wants_html and (request.path == "/" or request.path.startswith(PAGES))


def body(code: str, message: str, details: dict[str, Any] | None = None) -> Response:
    """The one error body."""
    return jsonify(
        error={
            "code": code,
            "message": message,
            "request_id": g.get("request_id"),
            "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "details": details or {},
        }
    )
