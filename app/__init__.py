"""The domain: everything NeverMissCall knows, with no HTTP in it."""

from flask import Flask

from app import between, consumers, models, providers, queue, tracing
from app.dispatch import language, understanding
from app.extensions import db, login
from app.scheduling import area
from config import Settings

__all__ = ["between", "consumers", "create_app", "models", "warm"]


def create_app(settings: Settings) -> Flask:
    """Build the application that the web server, the workers and the clock share."""
    tracing.configure_logs(settings.log_level, as_json=settings.log_json)
    app = Flask("nevermisscall", root_path=__path__[0])
    app.config.from_mapping(settings.flask())
    app.config["PUBLIC_BASE_URL"] = settings.public_base_url
    app.extensions["settings"] = settings
    db.init_app(app)
    login.init_app(app)
    queue.init_app(app, settings.redis_url, settings.redis_prefix)
    providers.init_app(app, settings)
    return app


def warm() -> None:
    """Load the large tables - ZIPs, languages, patterns - before a process forks, so that its children share them."""
    area.warm()
    language.warm()
    understanding.warm()
