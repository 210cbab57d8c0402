"""Many threads at once, for lists."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from app.clock import now
from app.conversations import Conversation, live_row
from app.customers import Customer
from app.extensions import uuid7
from app.messages import Direction, Message, MessageStatus, Sender
from app.numbers import Number
from app.tenants import Tenant


def threads(session: Any, tenant_id: UUID, count: int, *, texts: int = 0) -> None:
    """Threads of as many customers, named by their place in the list, a minute apart; each with some texts."""
    tenant = session.get(Tenant, tenant_id)
    number = session.scalar(select(Number).where(Number.tenant_id == tenant_id))
    people, rows, words = [], [], []
    for place in range(count):
        phone, at = f"+1310{2000000 + place}", now() - timedelta(minutes=place)
        person = {
            "id": uuid7(),
            "tenant_id": tenant_id,
            "phone": phone,
            "name": f"Customer {place:05}",
            "addresses": [],
        }
        people.append(person)
        more = {
            "customer_phone": phone,
            "business_phone": number.e164,
            "last_message_at": at,
            "last_message": f"Text {place}",
        }
        rows.append(live_row(tenant, number.id, person["id"], **more))
        words.extend(
            {
                "id": uuid7(),
                "tenant_id": tenant_id,
                "conversation_id": rows[-1]["id"],
                "direction": Direction.inbound,
                "sender": Sender.customer,
                "business_phone": number.e164,
                "customer_phone": phone,
                "body": f"The faucet in room {place} drips, and it is the {one}. time",
                "status": MessageStatus.answered,
                "created_at": at,
            }
            for one in range(texts)
        )
    session.execute(insert(Customer), people)
    session.execute(insert(Conversation), rows)
    if words:
        session.execute(insert(Message), words)
