"""What follows from an event in another service: leads, notices, consequences of consent (interfaces.md 1.7)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app import conversations, leads, links, notifications, phones, users
from app.conversations import closing, gates, reminding, visits
from app.events import Event, consumes
from app.notifications import Category, Channel
from app.registrations import RegistrationStatus
from app.scheduling import appointments


@consumes("conversation.completed")
@consumes("conversation.lead_due")
def open_lead(event: Event) -> None:
    """app-server: one lead per conversation, and the contractor hears of it."""
    lead = leads.open_from(event.tenant_id, event.payload)
    if event.payload.get("reason") in ("takeover", "emergency") or lead.lost_reason == "spam":
        return
    owner = users.owner_of(event.tenant_id)
    if owner is None:
        return
    title, body = describe(event)
    channels = [Channel.push] if event.payload.get("outcome_reason") in DECLINED else [Channel.push, Channel.sms]
    if event.payload.get("outcome") == "appointment_scheduled":
        channels.append(Channel.email)
    notifications.tell(
        owner,
        title=title,
        body=body,
        category=Category.missed_call,
        channels=channels,
        urgency="high" if event.payload["urgency_level"] == "emergency" else "medium",
        dedupe_key=f"lead:{event.id}",
        action_path=links.thread_path(UUID(event.payload["conversation_id"])),
    )


def describe(event: Event) -> tuple[str, str]:
    """Who, what, where, how urgent, what it is worth, in that order (experience.md 2.12)."""
    told = event.payload
    who = told.get("customer_name") or phones.shown(told["customer_phone"])
    job = (told.get("job_type") or "request").replace("_", " ")
    low, high = told.get("estimated_value_min"), told.get("estimated_value_max")
    worth = (
        f"${low:,.0f}-${high:,.0f}" if low is not None and low != high else f"${low:,.0f}" if low is not None else ""
    )
    urgency = "" if told["urgency_level"] == "normal" else told["urgency_level"].upper()
    when = told.get("window") or ""
    title = _headline(told)
    parts = [who, job, told.get("customer_address") or "", urgency, worth, when]
    return f"{title}: {who}", f"{title}: " + ", ".join(part for part in parts if part)


def _headline(told: Mapping[str, Any]) -> str:
    if told.get("outcome") == "appointment_scheduled":
        return BOOKED.get(told.get("booking_kind") or "", "Booked")
    if told.get("outcome_reason") == "cancelled_by_customer":
        return "Cancelled by the customer"
    return DECLINED.get(told.get("outcome_reason") or "", "New lead")


BOOKED = {
    "reaching_technician": "Accepted for tonight, waits for you",
    "requested": "Requested, please confirm",
    "tentative": "Booked (tentative)",
}
DECLINED = {
    "out_of_area": "Declined, out of area",
    "wrong_trade": "Declined, not your trade",
    "not_reachable": "Declined, too far",
}


@consumes("appointment.confirmed")
def tell_of_visit(event: Event) -> None:
    """notification-service: a visit that a person booked, or that has become firm (SEED-1 step 9).

    What the dispatcher has just booked is told with its lead, in the same words and at the same time.
    """
    visit = appointments.of(event.tenant_id, UUID(event.payload["appointment_id"]))
    owner = users.owner_of(event.tenant_id)
    is_by_hand = visit.made_by != "dispatcher"
    is_told_with_lead = event.payload["change"] == "booked" and not is_by_hand
    if owner is None or is_told_with_lead or visit.status not in appointments.OCCUPYING:
        return
    who = event.payload["customer_name"] or (phones.shown(visit.customer.phone) if visit.customer else "A customer")
    when = visits.window_of(owner.tenant, visit)
    notifications.tell(
        owner,
        title=f"Visit confirmed: {who}",
        body=f"{who}, {when}, {visit.address.get('street_address') or 'no address yet'}. Job {visit.job_number}.",
        category=Category.appointment_reminder,
        channels=[Channel.push, Channel.sms] if is_by_hand else [Channel.push],
        dedupe_key=f"confirmed:{visit.id}",
        action_path=links.thread_path(visit.conversation_id) if visit.conversation_id else "/app/appointments",
    )


@consumes("registration.updated")
def stop_texting(event: Event) -> None:
    """twilio-server and notification-service: without the carriers' permission every thread waits (SC63)."""
    if event.payload["status"] == RegistrationStatus.approved:
        return
    why = event.payload.get("reason") or "The carriers have not approved texting."
    gates.close(event.tenant_id, why)
    owner = users.owner_of(event.tenant_id)
    if owner is not None:
        notifications.tell(
            owner,
            title="Texting has stopped",
            body=f"{why} Calls still reach you; customers who write are listed for a call.",
            category=Category.compliance_update,
            channels=[Channel.email, Channel.sms],
            urgency="high",
            dedupe_key=f"registration:{event.id}",
        )


@consumes("call.missed")
def tell_of_missed_call(event: Event) -> None:
    """notification-service: a missed call, with what became of it."""
    decision = event.payload["text_decision"]
    if not decision.get("notify"):
        return
    owner = users.owner_of(event.tenant_id)
    if owner is None:
        return
    caller = phones.shown(event.payload["customer_phone"])
    is_again = decision["reason"] == "in_conversation"
    notifications.tell(
        owner,
        title=f"Called again: {caller}" if is_again else f"Missed call: {caller}",
        body=f"{caller} called again." if is_again else f"Missed call from {caller}. {decision['text']}.",
        category=Category.missed_call,
        channels=[Channel.push] if decision["sent"] else [Channel.push, Channel.sms],
        urgency="medium",
        dedupe_key=f"call:{event.payload['call_id']}",
        action_path="/app/calls",
    )


@consumes("contact.consent_changed")
def close_threads(event: Event) -> None:
    """twilio-server: somebody who opted out is left alone in every open thread; his visits are told him by phone."""
    if event.payload["state"] != "opted_out":
        return
    phone = event.payload["customer_phone"]
    thread = conversations.live_with(event.tenant_id, phone, lock=True)
    if thread is not None:
        closing.opt_out(thread)
    reminding.leave_to_people(event.tenant_id, phone)


@consumes("usage.threshold_reached")
def tell_of_usage(event: Event) -> None:
    """notification-service: so much of the plan is used, once for each meter, mark and period (behaviour.md 2.9)."""
    owner = users.owner_of(event.tenant_id)
    if owner is None:
        return
    told = event.payload
    mark = "cap" if told["spend_cap_reached"] else told["threshold_percent"]
    title, body = _usage_words(told)
    notifications.tell(
        owner,
        title=title,
        body=body,
        category=Category.billing_alert,
        channels=[Channel.email, Channel.push],
        dedupe_key=f"usage:{told['meter']}:{mark}:{told['period_start']}",
    )


def _usage_words(told: Mapping[str, Any]) -> tuple[str, str]:
    what = {"sms_segments": "texts", "ai_turns": "AI answers"}[told["meter"]]
    if told["spend_cap_reached"]:
        return "Your spend cap is reached", (
            f"{told['used']} of {told['included']} {what} are used, and what lies beyond has reached your spend cap. "
            "Texts that we start wait until the next period, or until you raise the cap."
        )
    return f"{told['threshold_percent']}% of your {what} are used", (
        f"{told['used']} of {told['included']} {what} of this period are used."
    )
