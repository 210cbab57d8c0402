"""The outside world, one module per kind: real clients only, addresses from the settings."""

from flask import Flask

from app.providers import carrier, email
from config import Settings


def init_app(app: Flask, settings: Settings) -> None:
    """Prepare the clients; nothing is contacted yet."""
    carrier.init_app(app, settings)
    email.init_app(app, settings)
