"""Finding a thread by what people remember: a phone number in any spelling, a name, a street, words of a text."""

import re
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, false, or_, select

from app.calls import Call
from app.conversations import Conversation
from app.customers import Customer
from app.messages import Message

LONGEST = 100
SHORTEST_NUMBER = 3


def digits(words: str) -> str | None:
    """The digits of a phone number or a part of one; None when the words are no number."""
    if not re.fullmatch(r"[\d\s()+./-]+", words):
        return None
    found = re.sub(r"\D", "", words)
    found = found[1:] if len(found) == 11 and found.startswith("1") else found
    return found if len(found) >= SHORTEST_NUMBER else None


def threads(tenant_id: UUID, words: str) -> ColumnElement[bool]:
    """The condition for threads in which these words, or this number, occur."""
    words = words.strip()[:LONGEST]
    found_in_text = select(Message.conversation_id).where(
        Message.tenant_id == tenant_id,
        Message.conversation_id.is_not(None),
        Message.body.icontains(words, autoescape=True),
    )
    found = [Conversation.id.in_(found_in_text)]
    if (number := digits(words)) is not None:
        return or_(Conversation.customer_phone.contains(number), *found)
    people = select(Customer.id).where(
        Customer.tenant_id == tenant_id,
        or_(
            Customer.name.icontains(words, autoescape=True),
            cast(Customer.addresses, Text).icontains(words, autoescape=True),
        ),
    )
    address = Conversation.facts["address_line"].astext.icontains(words, autoescape=True)
    return or_(Conversation.customer_id.in_(people), address, *found)


def calls(words: str) -> ColumnElement[bool]:
    """The condition for calls from a number like this, or from somebody of that name."""
    words = words.strip()[:LONGEST]
    if (number := digits(words)) is not None:
        return Call.customer_phone.contains(number)
    return Customer.name.icontains(words, autoescape=True) if words else false()
