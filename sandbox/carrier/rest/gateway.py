"""The door of the API: credentials, faults, the oracle, then the function of the path."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from sandbox.carrier.faults import Fault
from sandbox.carrier.oracle import Oracle
from sandbox.carrier.records import Account
from sandbox.carrier.rest.routing import Request, find
from sandbox.carrier.wire import Refused, error_body
from sandbox.carrier.world import World


@dataclass(frozen=True)
class Incoming:
    """A request as it came in; `credentials` are the user and password of Basic authentication."""

    method: str
    host: str
    path: str
    query: MultiDict[str, str]
    form: MultiDict[str, str]
    credentials: tuple[str, str] | None


@dataclass
class Reply:
    """What goes back; `fault` may still keep it from arriving, `afterwards` runs once it has gone out."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    afterwards: list[Callable[[], object]] = field(default_factory=list)


def answer(world: World, oracle: Oracle | None, came: Incoming) -> Reply:
    """Serve one request to a Twilio host."""
    where = f"{came.method} https://{came.host}{came.path}"
    try:
        account = _account(world, came.path, came.credentials)
        fault = world.faults.take(came.method, came.path)
        if fault and fault.kind == "refuse":
            return Reply(fault.status, error_body(fault.status, fault.code), fault.headers or {})
        wrong = oracle.request_errors(came.method, came.host, came.path, came.query, came.form) if oracle else []
        if wrong:
            world.complain("request", f"{where}: {'; '.join(wrong)}")
            return Reply(500, error_body(500, 20500, f"The specification does not allow this: {'; '.join(wrong)}"))
        reply = _serve(Request(world, came.method, came.host, came.path, came.query, came.form, account))
        reply.fault = fault
    except Refused as refusal:
        return Reply(refusal.status, refusal.body)
    unlike = oracle.response_errors(came.method, came.host, came.path, reply.status, reply.body) if oracle else []
    for line in unlike:
        world.complain("answer", f"{where}: {line}")
    return reply


def _serve(request: Request) -> Reply:
    handler, names = find(request.method, request.host, request.path)
    names.pop("account", None)
    status, body = handler(request, **names)
    return Reply(status, body, request.headers, afterwards=request.afterwards)


def _account(world: World, path: str, credentials: tuple[str, str] | None) -> Account:
    """Whom the request is about; refused with 20003 unless the credentials are its own or its owner's."""
    signer = _signer(world, *credentials) if credentials else None
    if signer is None or signer.status != "active":
        raise Refused(401, 20003, "Authenticate")
    parts = path.split("/")
    named = parts[3].removesuffix(".json") if parts[1:3] == ["2010-04-01", "Accounts"] and len(parts) > 3 else ""
    if not named or named == signer.sid:
        return signer
    account = world.accounts.get(named)
    if account is None or account.owner_sid != signer.sid:
        raise Refused(401, 20003, "Authenticate")
    return account


def _signer(world: World, user: str, secret: str) -> Account | None:
    """The account of an SID and token, or of an API key and its secret."""
    account = world.accounts.get(user)
    if account:
        return account if account.token == secret else None
    for one in list(world.accounts.values()):
        if secret and one.keys.get(user) == secret:
            return one
    return None
