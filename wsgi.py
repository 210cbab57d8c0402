"""Where the servers find the application: `gunicorn 'wsgi:create_web_app()'` and `'wsgi:create_stream_app()'`."""

from flask import Flask

import admin
import blueprints
from app import create_app
from config import Settings, settings


def create_web_app(chosen: Settings | None = None) -> Flask:
    """Pages, APIs, webhooks and the panel."""
    web = create_app(chosen or settings())
    blueprints.init_app(web)
    admin.init_app(web)
    return web


def create_stream_app(chosen: Settings | None = None) -> Flask:
    """The event stream alone: many open answers, one reader of Redis."""
    stream = create_app(chosen or settings())
    blueprints.init_stream_app(stream)
    return stream
