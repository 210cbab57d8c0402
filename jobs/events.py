"""Events are relayed: consumers first, then the live streams; in order, at least once."""

import logging

from app import events, tracing
from app.extensions import db

log = logging.getLogger(__name__)

BATCH = 100


def drain_once() -> bool:
    """Relay one batch; False when there was nothing to do."""
    batch = events.claim(BATCH)
    if not batch:
        db.session.rollback()
        return False
    done, bad = [], []
    for event in batch:
        try:
            with tracing.following(event.request_id):
                events.consume(event)
            done.append(event)
        except Exception as error:
            log.exception("a consumer failed", extra={"event_id": str(event.id), "event_name": event.name})
            bad.append((event.id, f"{type(error).__name__}: {error}"))
    events.finish(done)
    for event_id, why in bad:
        events.postpone(event_id, why)
    events.stream(done)
    db.session.commit()
    return True
