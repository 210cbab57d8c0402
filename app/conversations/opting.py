"""What a customer wants to hear from us: STOP, START, HELP, and the same in ordinary words (behaviour.md 3.1, 8.2)."""

from typing import TYPE_CHECKING

from app import consent, customers, messages, phones, tasks, users, wordings
from app.clock import now
from app.conversations import Conversation, closing, latest_with, live_with, touch, urgent, write_to
from app.messages import Message, MessageStatus, Purpose, Sender
from app.numbers import Number
from app.scheduling import appointments

if TYPE_CHECKING:
    from app.conversations.hearing import Inbound


def settle(number: Number, message: Message, text: "Inbound") -> bool:
    """Steps 8 to 12; True when the text was about consent and nothing else follows."""
    tenant_id, phone = number.tenant_id, text.sender
    word = consent.keyword(text.body)
    opted_out_at = consent.opted_out_at(tenant_id, phone)
    thread = live_with(tenant_id, phone, lock=True)
    has_offer = thread is not None and bool(thread.dispatch_state.get("offer_slots"))
    if text.opt_out_type == "STOP" or word in consent.STOP_WORDS:
        _stop(
            number, message, thread, word, by_carrier=text.opt_out_type == "STOP" or word in consent.CARRIER_STOP_WORDS
        )
    elif (word in consent.START_WORDS or text.opt_out_type == "START") and opted_out_at and not has_offer:
        consent.opt_in(tenant_id, phone, by="customer", evidence=text.sid)
    elif text.opt_out_type == "HELP" or word in consent.HELP_WORDS:
        if not text.opt_out_type:
            _help(number, message, thread)
    elif opted_out_at:
        _still_out(number, message)
    elif urgent.asks_to_stop(number.tenant, text.body):
        _stop(number, message, thread, "sentence", by_carrier=False)
        key = f"review-opt-out:{message.id}"
        tasks.add(tenant_id, key, "review", "Asked in words for no more texts. Please check.", customer_phone=phone)
    else:
        return False
    message.status = MessageStatus.no_answer_needed
    return True


def _stop(number: Number, message: Message, thread: Conversation | None, word: str, *, by_carrier: bool) -> None:
    tenant_id, phone = number.tenant_id, message.customer_phone
    source = "sentence" if word == "sentence" else "keyword"
    is_new = consent.opt_out(tenant_id, phone, source=source, words=message.body[:200], evidence=message.provider_sid)
    file_under = thread or latest_with(tenant_id, phone)
    if file_under is not None:
        put(message, file_under)
    if thread is not None:
        closing.opt_out(thread)
    if is_new and not by_carrier and file_under is not None:
        _system(file_under, Purpose.optout_confirm)
    if word == "CANCEL":
        _may_want_to_cancel(number, message)


def _may_want_to_cancel(number: Number, message: Message) -> None:
    customer = customers.of(number.tenant_id, message.customer_phone)
    for visit in appointments.upcoming(number.tenant_id, customer.id):
        tasks.add(
            number.tenant_id,
            f"cancel-word:{visit.id}",
            "call_back",
            "Texted CANCEL and opted out; may want to cancel the visit. Call them.",
            is_urgent=True,
            customer_phone=message.customer_phone,
            appointment_id=visit.id,
        )


def _help(number: Number, message: Message, thread: Conversation | None) -> None:
    file_under = thread or latest_with(number.tenant_id, message.customer_phone)
    if file_under is None:
        return
    put(message, file_under)
    owner = users.owner_of(number.tenant_id)
    phone = phones.shown((owner.phone_number if owner else None) or number.e164)
    _system(file_under, Purpose.help, phone=phone)


def _system(thread: Conversation, purpose: Purpose, **values: str) -> None:
    """One of the fixed texts about consent, in the language of the thread."""
    values["business"] = thread.tenant.business_name
    body = wordings.say(thread.tenant, purpose.value, values, language=thread.language)
    write_to(
        thread,
        body,
        sender=Sender.system,
        purpose=purpose,
        template=purpose.value,
    )


def _still_out(number: Number, message: Message) -> None:
    thread = latest_with(number.tenant_id, message.customer_phone)
    if thread is not None:
        put(message, thread)
    today = now().astimezone(number.tenant.zone).date()
    tasks.add(
        number.tenant_id,
        f"texts-while-opted-out:{message.customer_phone}:{today}",
        "call_back",
        "Texted although opted out. You can call them.",
        customer_phone=message.customer_phone,
    )


def put(message: Message, thread: Conversation) -> None:
    """Put a text into its thread and let the pages know."""
    message.conversation_id, message.correlation_id = thread.id, thread.correlation_id
    touch(thread, message.body or "Photo", unread=True)
    messages.tell_created(message)
