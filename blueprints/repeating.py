"""The header Idempotency-Key: a request that is sent again is answered again and not done again (interfaces.md 1.5)."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from flask import Response, g, jsonify, make_response, request

from app import idempotency
from app.errors import Malformed
from app.extensions import db
from app.idempotency import Kept, Request
from blueprints import guards

HEADER = "Idempotency-Key"
LONGEST = 255
View = TypeVar("View", bound=Callable[..., Any])


def once(view: View) -> View:
    """Honour the header where it is sent."""
    return _repeatable(view, is_required=False)


def once_at_most(view: View) -> View:
    """Insist on the header."""
    return _repeatable(view, is_required=True)


def _repeatable(view: View, *, is_required: bool) -> View:
    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None and is_required:
            raise Malformed(f"The header {HEADER} is needed.", code="REQUIRED_FIELD_MISSING")
        if key is None:
            return make_response(view(*args, **kwargs))
        return _answer_once(key, lambda: make_response(view(*args, **kwargs)))

    answer.needs_key = is_required  # type: ignore[attr-defined]
    return answer  # type: ignore[return-value]


def _answer_once(key: str, do: Callable[[], Response]) -> Response:
    if not 1 <= len(key) <= LONGEST or not key.isprintable():
        raise Malformed(f"{HEADER} has 1 to {LONGEST} characters.", code="INVALID_FORMAT")
    body_hash = hashlib.sha256(request.get_data()).hexdigest()
    target = f"{request.method} {request.path}"
    claimed = idempotency.begin(Request(guards.current_tenant_id(), g.caller, target, key, body_hash))
    # Committed before the deed, so that the same request at the same time sees it.
    db.session.commit()
    if isinstance(claimed, Kept):
        again = jsonify(claimed.answer)
        again.status_code = claimed.status
        again.headers["Idempotent-Replayed"] = "true"
        return again
    return _do(claimed, do)


def _do(key_id: UUID, do: Callable[[], Response]) -> Response:
    idempotency.mark_done(key_id)
    try:
        answer = do()
    except Exception:
        db.session.rollback()
        idempotency.forget(key_id)
        db.session.commit()
        raise
    idempotency.keep(key_id, Kept(answer.status_code, answer.get_json()))
    db.session.commit()
    return answer
