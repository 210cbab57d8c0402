"""Access tokens: short, signed with EdDSA, readable by everybody who has the published key (interfaces.md 1.2).

The signing key is derived from SECRET_KEY and the key's generation, so that every process has it without sharing a row.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from app.clock import now
from app.errors import Unauthenticated
from app.extensions import uuid7
from app.users import User

ISSUER = "tenant-service"
LIFE = timedelta(minutes=15)
NEEDED = ["sub", "sid", "iat", "exp", "iss", "jti"]


class TokenInvalid(Unauthenticated):
    code = "AUTH_TOKEN_INVALID"


class TokenExpired(Unauthenticated):
    code = "AUTH_TOKEN_EXPIRED"


@dataclass(frozen=True)
class Claims:
    """What a token that holds says; role and state are always asked of the rows."""

    user_id: UUID
    session_id: UUID
    tenant_id: UUID
    expires: int
    """Unix seconds."""


@dataclass(frozen=True)
class Key:
    """One signing key with the name that tokens carry."""

    kid: str
    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()


def issue(user: User, session_id: UUID) -> str:
    """An access token of 15 minutes for one session of a person."""
    moment = int(now().timestamp())
    tenant = user.tenant
    claims = {
        "sub": str(user.id),
        "email": user.email,
        "tenant": {"id": str(tenant.id), "business_name": tenant.business_name, "trade_type": tenant.trade_type},
        "role": user.role,
        "iat": moment,
        "exp": moment + int(LIFE.total_seconds()),
        "iss": ISSUER,
        "jti": str(uuid7()),
        "sid": str(session_id),
    }
    key = keys()[0]
    return jwt.encode(claims, key.private, algorithm="EdDSA", headers={"kid": key.kid})


def read(token: str) -> Claims:
    """What a token says; raises TokenExpired, and TokenInvalid for everything else that is wrong with it."""
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        key = next((key for key in keys() if key.kid == kid), None)
        if key is None:
            raise TokenInvalid("The token was signed with a key that is not ours.")
        # The expiry is compared with our clock below, as everything is.
        told = jwt.decode(
            token,
            key.private.public_key(),
            algorithms=["EdDSA"],
            issuer=ISSUER,
            options={"require": NEEDED, "verify_exp": False, "verify_iat": False},
        )
        claims = Claims(UUID(told["sub"]), UUID(told["sid"]), UUID(told["tenant"]["id"]), int(told["exp"]))
    except (jwt.InvalidTokenError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TokenInvalid("The token is not valid.") from error
    if claims.expires <= now().timestamp():
        raise TokenExpired("The token has expired.")
    return claims


def keys() -> list[Key]:
    """The key that signs now, and the one before it."""
    settings = current_app.extensions["settings"]
    newest = settings.jwt_generation
    secret = current_app.config["SECRET_KEY"]
    return [_derive(secret, generation) for generation in (newest, newest - 1) if generation]


@lru_cache(maxsize=8)
def _derive(secret: str, generation: int) -> Key:
    stretched = HKDF(hashes.SHA256(), length=32, salt=None, info=f"nmc access tokens {generation}".encode())
    private = Ed25519PrivateKey.from_private_bytes(stretched.derive(secret.encode()))
    print_ = hashlib.sha256(private.public_key().public_bytes_raw()).hexdigest()[:8]
    return Key(f"{generation}-{print_}", private)


def published() -> list[dict[str, Any]]:
    """The public keys as a JSON Web Key Set lists them (RFC 8037)."""
    return [
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "kid": key.kid,
            "x": base64.urlsafe_b64encode(key.public).rstrip(b"=").decode(),
            "use": "sig",
            "alg": "EdDSA",
        }
        for key in keys()
    ]
