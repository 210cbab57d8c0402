"""Who may call: Twilio by its signature, people by their session, programs by their key (interfaces.md 1.2, twilio.md B)."""

import hmac
from functools import lru_cache
from urllib.parse import quote
from uuid import UUID

from flask import Request, current_app, g, request
from flask_login import current_user
from twilio.request_validator import RequestValidator
from werkzeug.exceptions import RequestEntityTooLarge

from app import services, tenancy
from app.errors import Forbidden, Unauthenticated
from app.users import Role, User
from config import Settings

MAX_TWILIO_FORM = 64 * 1024


class SignatureInvalid(Unauthenticated):
    code = "WEBHOOK_SIGNATURE_INVALID"


class TenantMismatch(Forbidden):
    code = "TENANT_MISMATCH"


def twilio() -> None:
    """Let only Twilio in: the URL is rebuilt from the configuration, never from headers; forged requests leave no row."""
    tenancy.enter(tenancy.SYSTEM)
    if (request.content_length or 0) > MAX_TWILIO_FORM:
        raise RequestEntityTooLarge
    signature = request.headers.get("X-Twilio-Signature", "")
    form = request.form
    if not signature or not any(
        validator.validate(signed_url(request), form, signature) for validator in _validators(form.get("AccountSid", ""))
    ):
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
    tokens = (settings.twilio_auth_token, settings.twilio_previous_auth_token)
    return [_validator(token.get_secret_value()) for token in tokens if token.get_secret_value()]


@lru_cache(maxsize=8)
def _validator(token: str) -> RequestValidator:
    return RequestValidator(token)


def page() -> None:
    """Let signed-in contractors in; the transaction sees their business and no other."""
    if not current_user.is_authenticated:
        raise Unauthenticated("Please sign in.")
    user = current_user._get_current_object().user  # noqa: SLF001 - the proxy's own way to the object
    tenancy.enter_tenant(user.tenant_id)
    g.user = user


def viewer() -> None:
    """Let a signed-in contractor or a service key with read or write rights in."""
    if (key := request.headers.get("X-Service-Key")) is not None:
        _service(key)
        return
    page()


def _service(key: str) -> None:
    tenancy.enter(tenancy.SYSTEM)
    holder = services.holder(key)
    if holder is None:
        raise Unauthenticated("This key is not known.", code="AUTH_TOKEN_INVALID")
    g.service_key = holder
    if (wanted := request.headers.get("X-Tenant-ID")) is not None:
        tenancy.enter_tenant(UUID(wanted))
        g.user = None


def service(scope: str) -> None:
    """Let only programs with that scope in."""
    key = request.headers.get("X-Service-Key")
    if key is None:
        if current_user.is_authenticated or request.authorization is not None:
            raise Forbidden("This service is for programs only.")
        raise Unauthenticated("A service key is needed.")
    _service(key)
    if scope not in g.service_key.scopes:
        raise Forbidden("This key does not have that scope.")


def require(role: Role) -> User:
    """The user who acts, if he has at least that role."""
    user: User | None = g.get("user")
    if user is None or not user.may(role):
        raise Forbidden(f"Only a user with the role {role} may do that.")
    return user


def same_tenant(tenant_id: UUID) -> None:
    """Refuse a path that names another business."""
    if tenancy.current().tenant_id != tenant_id:
        raise TenantMismatch("That is another business.")
