"""Secrets of linked accounts, sealed: who copies a row of ours, or swaps two of them, holds nothing (calendar.md 4)."""

import json
from functools import lru_cache
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app

from app.errors import Unavailable


class SealBroken(Exception):
    """The blob is not of these keys or not of this row."""


def seal(row_id: UUID, tenant_id: UUID, secret: dict[str, Any]) -> bytes:
    """The secret under the newest key, with the names of its row inside; raises Unavailable without keys.

    Fernet has no associated data: the names inside keep a blob from being read out of another row.
    """
    told = {"conn": str(row_id), "tenant": str(tenant_id), "secret": secret}
    return _keys().encrypt(json.dumps(told).encode())


def unseal(blob: bytes, row_id: UUID, tenant_id: UUID) -> dict[str, Any]:
    """The secret of that row; raises SealBroken when it is not that row's, and Unavailable without keys."""
    try:
        told = json.loads(_keys().decrypt(blob))
    except InvalidToken as error:
        raise SealBroken("no key of ours opens this") from error
    if (told["conn"], told["tenant"]) != (str(row_id), str(tenant_id)):
        raise SealBroken("this was sealed for another row")
    return dict(told["secret"])


def _keys() -> MultiFernet:
    written = current_app.extensions["settings"].encryption_keys.get_secret_value()
    if not written.strip(", "):
        raise Unavailable("Calendars cannot be linked: ENCRYPTION_KEYS is not set.")
    return _fernet(written)


@lru_cache(maxsize=4)
def _fernet(written: str) -> MultiFernet:
    return MultiFernet([Fernet(key.strip()) for key in written.split(",") if key.strip()])
