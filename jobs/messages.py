"""The outbox is drained: texts are claimed, handed to the carrier by several threads at a time, and written down."""

import logging
from concurrent.futures import ThreadPoolExecutor

from flask import Flask, current_app

from app import tracing
from app.extensions import db
from app.messages import sending
from app.messages.sending import Answer, Parcel

log = logging.getLogger(__name__)


def drain_once(pool: ThreadPoolExecutor, limit: int) -> bool:
    """Send one batch, as many as there are threads; False when there was nothing to do."""
    parcels = sending.claim(limit)
    db.session.commit()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - threads need the app itself
    for parcel, answer in zip(parcels, pool.map(lambda one: _hand_over(app, one), parcels), strict=True):
        with tracing.following(parcel.request_id):
            sending.settle(parcel, answer)
            db.session.commit()
    return bool(parcels)


def _hand_over(app: Flask, parcel: Parcel) -> Answer:
    with app.app_context():
        return sending.hand_over(parcel)
