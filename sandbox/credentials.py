"""The demo's secrets and log-ins: made up at the first start, kept for the next, readable by their owner alone."""

import base64
import secrets
from collections.abc import Callable
from pathlib import Path

MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "ENCRYPTION_KEYS": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),  # the form of a Fernet key
    "TWILIO_ACCOUNT_SID": lambda: f"AC{secrets.token_hex(16)}",
    "TWILIO_AUTH_TOKEN": lambda: secrets.token_hex(16),
    "DEMO_OWNER_PASSWORD": lambda: secrets.token_urlsafe(9),
    "DEMO_STAFF_PASSWORD": lambda: secrets.token_urlsafe(9),
}


def load(file: Path) -> dict[str, str]:
    """Return the environment variables in a file, after making up those that it lacks."""
    known = read(file)
    missing = {name: make() for name, make in MAKERS.items() if name not in known}
    if missing:
        write(file, known | missing)
    return known | missing


def read(file: Path) -> dict[str, str]:
    """Return the variables in a file of `NAME=value` lines; none when there is no file."""
    lines = file.read_text().splitlines() if file.exists() else []
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def write(file: Path, variables: dict[str, str]) -> None:
    """Write a file of variables for its owner alone, complete or not at all."""
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    new.rename(file)
