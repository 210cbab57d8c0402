"""The support team's panel (Flask-Admin): read-only until a view says otherwise."""

from flask import Flask


def init_app(web: Flask) -> None:
    """Register the panel."""
