"""Who may call: Twilio by its signature, people by session or token, programs by their key (interfaces.md 1.2)."""

import hmac
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar
from urllib.parse import quote
from uuid import UUID

from flask import Request, current_app, g, request
from flask_login import current_user
from twilio.request_validator import RequestValidator
from werkzeug.exceptions import RequestEntityTooLarge

from app import services, sessions, tenancy, tenants, tokens, users
from app.errors import Forbidden, Malformed, Unauthenticated
from app.tokens import TokenInvalid
from app.users import Role, User
from blueprints import limits
from config import Settings

MAX_TWILIO_FORM = 64 * 1024
MAX_PEEK = 256 * 1024
BEARER = "bearer"

View = TypeVar("View", bound=Callable[..., object])


class SignatureInvalid(Unauthenticated):
    code = "WEBHOOK_SIGNATURE_INVALID"


class TenantMismatch(Forbidden):
    code = "TENANT_MISMATCH"


# Twilio


def twilio() -> None:
    """Let only Twilio in: the URL comes from the configuration, never from headers; forged requests leave no row."""
    tenancy.enter(tenancy.SYSTEM)
    if (request.content_length or 0) > MAX_TWILIO_FORM:
        raise RequestEntityTooLarge
    signature = request.headers.get("X-Twilio-Signature", "")
    form = request.form
    known = _validators(form.get("AccountSid", ""))
    if not signature or not any(one.validate(signed_url(request), form, signature) for one in known):
        raise SignatureInvalid("The signature does not belong to this request.")


def signed_url(incoming: Request) -> str:
    """The address as Twilio signed it: our public base, the path as it was sent, the query."""
    settings: Settings = current_app.extensions["settings"]
    path = quote(incoming.environ.get("PATH_INFO", ""), safe="/:~!$&'()*+,;=@-._")
    query = incoming.environ.get("QUERY_STRING", "")
    return settings.public_base_url.rstrip("/") + path + (f"?{query}" if query else "")


def _validators(account_sid: str) -> list[RequestValidator]:
    settings: Settings = current_app.extensions["settings"]
    if not hmac.compare_digest(account_sid.encode(), settings.twilio_account_sid.encode()):
        return []
    accepted = (settings.twilio_auth_token, settings.twilio_previous_auth_token)
    return [_validator(token.get_secret_value()) for token in accepted if token.get_secret_value()]


@lru_cache(maxsize=8)
def _validator(token: str) -> RequestValidator:
    return RequestValidator(token)


# People and programs


def public(view: View) -> View:
    """Mark a view that anybody may call, within an interface that is guarded."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def also_for(*scopes: str) -> Callable[[View], View]:
    """Mark a view that keys with one of these scopes may call besides those of the interface."""

    def mark(view: View) -> View:
        view.scopes = scopes  # type: ignore[attr-defined]
        return view

    return mark


def only_for(*scopes: str) -> Callable[[View], View]:
    """Mark a view that only keys with one of these scopes may call, and no person."""

    def mark(view: View) -> View:
        view.only_scopes = scopes  # type: ignore[attr-defined]
        return view

    return mark


def interface(service: str) -> Callable[[], None]:
    """The guard of one service: people of a business, and keys with `<service>:read` or `:write` that name one."""

    def guard() -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        if getattr(view, "is_public", False):
            return
        needed = f"{service}:{'read' if request.method in limits.SAFE else 'write'}"
        if (only := getattr(view, "only_scopes", None)) is not None:
            program(set(only))
        else:
            identify({needed, *getattr(view, "scopes", ())})
        limits.spend_all(str(tenancy.current().tenant_id), g.caller, is_key=g.get("service_key") is not None)

    return guard


def identify(scopes: set[str]) -> None:
    """Find out who calls, and let the transaction see that business and no other."""
    if (key := request.headers.get("X-Service-Key")) is not None:
        _program(key, scopes)
    elif request.authorization is not None and request.authorization.type == BEARER:
        bearer(request.authorization.token or "")
    elif request.authorization is not None:
        raise TokenInvalid("Send the access token as Bearer.")
    else:
        page()
        # A browser adds its cookie to requests of strangers' pages as well; programs send their proof themselves.
        current_app.extensions["csrf"].protect()


def page() -> None:
    """Let signed-in contractors in; the transaction sees their business and no other."""
    user = getattr(current_user, "user", None)
    if not current_user.is_authenticated or user is None:
        raise Unauthenticated("Please sign in.")
    _enter(user)


def bearer(token: str) -> tokens.Claims:
    """Let the person of an access token in; role and state are read from the rows, not from the token."""
    with tenancy.scope(tenancy.SYSTEM):
        claims = tokens.read(token)
        user = sessions.person(claims)
    g.session_id = claims.session_id
    _enter(user)
    return claims


def _enter(user: User) -> None:
    tenancy.enter_tenant(user.tenant_id)
    g.user, g.caller = user, f"user:{user.id}"


def program(scopes: set[str]) -> None:
    """Let a program in, and nobody else; the transaction sees the business that it speaks of."""
    key = request.headers.get("X-Service-Key")
    if key is None:
        raise _not_a_program()
    _program(key, scopes)


def _not_a_program() -> Exception:
    if current_user.is_authenticated or request.authorization is not None:
        return Forbidden("This service is for programs only.")
    return Unauthenticated("A service key is needed.")


def _program(key: str, scopes: set[str]) -> None:
    holder = _holder(key)
    if not scopes & set(holder.scopes):
        raise Forbidden("This key does not have that scope.")
    tenant_id = _named_tenant()
    if tenants.by_id(tenant_id) is None:
        raise TenantMismatch("There is no such business.")
    tenancy.enter_tenant(tenant_id)


def _holder(key: str) -> services.ServiceKey:
    tenancy.enter(tenancy.SYSTEM)
    holder = services.holder(key)
    if holder is None:
        raise TokenInvalid("This key is not known.")
    g.service_key, g.user, g.caller = holder, None, f"key:{holder.name}"
    return holder


def _named_tenant() -> UUID:
    named = request.headers.get("X-Tenant-ID") or _tenant_of_body()
    if not named:
        raise Malformed("Name the business in X-Tenant-ID.", code="REQUIRED_FIELD_MISSING")
    try:
        return UUID(named)
    except ValueError as error:
        raise Malformed("X-Tenant-ID must be an id.", code="INVALID_FORMAT") from error


def _tenant_of_body() -> str | None:
    """The payloads of the parent document name the business themselves, and its callers send no header for it."""
    if (request.content_length or 0) > MAX_PEEK:
        return None
    try:
        told = request.get_json(silent=True)
    except RecursionError:
        return None
    first = told[0] if isinstance(told, list) and told else told
    named = first.get("tenant_id") if isinstance(first, dict) else None
    return named if isinstance(named, str) else None


def service(scope: str) -> None:
    """Let only programs with that scope in, whatever business they speak of; people are refused."""
    key = request.headers.get("X-Service-Key")
    if key is None:
        raise _not_a_program()
    if scope not in _holder(key).scopes:
        raise Forbidden("This key does not have that scope.")


# Within a view


def require(role: Role) -> User:
    """The user who acts, if he has at least that role; for a key that may write it is the business's owner."""
    user: User | None = g.get("user")
    if user is None and g.get("service_key") is not None:
        user = users.owner_of(current_tenant_id())
    if user is None or not user.may(role):
        raise Forbidden(f"Only a user with the role {role} may do that.")
    return user


def actor() -> str:
    """Who acts, for the audit: an e-mail address or the name of a key."""
    user: User | None = g.get("user")
    return user.email if user is not None else g.caller


def current_tenant_id() -> UUID:
    """The business that this request is about."""
    tenant_id = tenancy.current().tenant_id
    if tenant_id is None:
        raise Unauthenticated("Please sign in.")
    return tenant_id


def current_tenant() -> tenants.Tenant:
    """The business that this request is about, as a row."""
    tenant = tenants.by_id(current_tenant_id())
    if tenant is None:
        raise Unauthenticated("Please sign in.")
    return tenant


def same_tenant(tenant_id: UUID) -> None:
    """Refuse a path that names another business."""
    if tenancy.current().tenant_id != tenant_id:
        raise TenantMismatch("That is another business.")
