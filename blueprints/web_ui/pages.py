"""What every template may ask for besides the words and the numbers."""

from urllib.parse import urlencode

from flask import current_app, g

from app import events
from app.conversations import cards
from app.desk.rows import Place, Wanted
from app.scheduling.appointments import Appointment
from blueprints.web_ui import public_bp
from config import Settings


@public_bp.app_template_global()
def stream_address() -> str:
    """Where this page hears of news, from the moment on in which it was made."""
    settings: Settings = current_app.extensions["settings"]
    tenant_id = g.user.tenant_id
    asked = urlencode({"last_event_id": events.last_id(tenant_id)})
    return f"{settings.stream_url.rstrip('/')}/events/stream/{tenant_id}?{asked}"


@public_bp.app_template_filter()
def query(wanted: Wanted, after: Place | None = None) -> dict[str, str]:
    """The part of an address that asks for these rows."""
    asked = {
        "view": wanted.view.value,
        "q": wanted.words,
        "wrote": wanted.wrote.name if wanted.wrote else "",
        "after": str(after or ""),
    }
    return {name: value for name, value in asked.items() if value}


@public_bp.app_template_global()
def cancellation_words(visit: Appointment) -> str:
    """What a customer is told when the business cancels, before somebody changes it."""
    return cards.cancellation_words(g.user.tenant, visit)
