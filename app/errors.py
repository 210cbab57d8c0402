"""What can go wrong in the domain; the kind decides the HTTP status, the class names what happened."""

from collections.abc import Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """A rule of the trade was broken; the message is for people."""

    code: ClassVar[str] = "UNPROCESSABLE"

    def __init__(self, message: str, *, code: str | None = None, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.name = code or self.code
        self.details = dict(details or {})


class NotFound(DomainError):
    """Nothing of that kind under that name, or it belongs to somebody else."""

    code = "RESOURCE_NOT_FOUND"


class Conflict(DomainError):
    """The state of things stands in the way."""

    code = "CONFLICT"


class Invalid(DomainError):
    """Understood, but it makes no sense."""

    code = "UNPROCESSABLE"


class Malformed(DomainError):
    """Not of the form that was asked for."""

    code = "VALIDATION_FAILED"


class Unauthenticated(DomainError):
    """Nobody, or nobody we know."""

    code = "AUTH_TOKEN_MISSING"


class Forbidden(DomainError):
    """Known, but not allowed."""

    code = "AUTH_INSUFFICIENT_PERMISSIONS"


class LimitReached(DomainError):
    """Too much of it."""

    code = "RATE_LIMIT_EXCEEDED"


class Unavailable(DomainError):
    """Not now: something we lean on does not answer."""

    code = "SERVICE_UNAVAILABLE"


class ProviderTrouble(DomainError):
    """A provider refused or failed."""

    code = "EXTERNAL_API_ERROR"
