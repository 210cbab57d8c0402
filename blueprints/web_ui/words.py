"""What states are called on the pages: a word, a tone and an icon each, so that nothing is told by colour alone."""

from dataclasses import dataclass

from app.calls import Call, CallStatus, MissedReason
from app.conversations import Conversation, Mode, Status, Urgency
from app.desk import needs
from app.desk.rows import Row, View
from app.messages import Message, MessageStatus, Sender
from app.messages.sending import WHY
from app.scheduling.appointments import Appointment, AppointmentStatus
from blueprints.web_ui import public_bp, shown

VIEWS = {
    View.needs_you: "Needs you",
    View.all: "All",
    View.mine: "Mine",
    View.booked: "Booked",
    View.done: "Done",
}


@dataclass(frozen=True)
class Chip:
    """`tone` is red (a person now), amber (waits for you), blue (the assistant), green (done, or yours) or grey."""

    word: str
    tone: str
    icon: str


ENDED = {
    "resolved": Chip("Closed", "grey", "check"),
    "handled_by_human": Chip("Done", "green", "check"),
    "appointment_scheduled": Chip("Booked", "green", "calendar"),
    "quote_provided": Chip("Quoted", "grey", "tag"),
}


@public_bp.app_template_filter()
def chip(row: Row) -> Chip:
    """The one chip of an inbox row."""
    if row.thread is None:
        return Chip("Not texted", "amber", "phone-missed")
    if row.is_emergency:
        return Chip("Emergency", "red", "alert")
    return thread_chip(row.thread, row.visit)


def thread_chip(thread: Conversation, visit: Appointment | None) -> Chip:
    """What is so in a thread, in one or two words; the first that holds."""
    by_status = {
        Status.opted_out: Chip("Opted out", "grey", "ban"),
        Status.blocked: Chip("Could not text", "red", "ban"),
    }
    if thread.status in by_status:
        return by_status[thread.status]
    if thread.mode == Mode.escalated:
        return Chip("Needs a person", "red", "alert")
    if thread.is_done:
        return Chip("Done", "green", "check")
    if thread.mode == Mode.human_active:
        return Chip("Answer wanted", "amber", "reply") if thread.is_unread else Chip("You", "green", "user")
    if visit is not None:
        return Chip(f"Booked {shown.short_window(visit)}", "green", "calendar")
    if thread.status in (Status.completed, Status.abandoned):
        return ENDED.get(thread.outcome or "", Chip("No answer", "grey", "clock"))
    return _waiting(thread)


def _waiting(thread: Conversation) -> Chip:
    if thread.urgency_level == Urgency.emergency:
        return Chip("Emergency", "red", "alert")
    if thread.mode == Mode.owner_window:
        return Chip("Answer wanted", "amber", "reply")
    if thread.mode == Mode.ai_active:
        return Chip("AI replying", "blue", "spark")
    return Chip("Texted", "grey", "clock")


@public_bp.app_template_filter()
def urgency(level: str) -> Chip:
    """How urgent a job is."""
    return {
        "emergency": Chip("Emergency", "red", "alert"),
        "urgent": Chip("Urgent", "amber", "clock"),
    }.get(level, Chip("Normal", "grey", "check"))


VISITS = {
    AppointmentStatus.pending: Chip("Tentative", "amber", "clock"),
    AppointmentStatus.confirmed: Chip("Confirmed", "green", "check"),
    AppointmentStatus.in_progress: Chip("In progress", "blue", "tool"),
    AppointmentStatus.completed: Chip("Done", "green", "check"),
    AppointmentStatus.no_show: Chip("Nobody there", "grey", "ban"),
    AppointmentStatus.cancelled: Chip("Cancelled", "grey", "ban"),
}


@public_bp.app_template_filter()
def visit_chip(visit: Appointment) -> Chip:
    """The state of a visit."""
    return VISITS[visit.status]


CALLS = {
    MissedReason.no_answer: "No answer",
    MissedReason.busy: "Line busy",
    MissedReason.failed: "Your phone could not be reached",
    MissedReason.caller_hung_up: "Caller hung up",
    MissedReason.no_human_proof: "Voicemail picked up, nobody pressed 1",
    MissedReason.after_hours: "Outside phone hours",
    MissedReason.forwarded: "Forwarded to us",
    MissedReason.own_number: "Your own number",
    MissedReason.forwarding_loop: "Forwarding loop",
}


@public_bp.app_template_filter()
def call_chip(call: Call) -> Chip:
    """What became of a call."""
    return {
        CallStatus.completed: Chip("Answered", "green", "phone"),
        CallStatus.missed: Chip("Missed", "red", "phone-missed"),
        CallStatus.rejected: Chip("Blocked", "grey", "ban"),
    }.get(call.status, Chip("Ringing", "blue", "phone"))


@public_bp.app_template_filter()
def rang(call: Call) -> str:
    """Why nobody took a call, and how long it rang."""
    why = CALLS.get(call.missed_reason, "Missed") if call.missed_reason else "Missed"
    if call.ended_at is None or call.missed_reason not in (MissedReason.no_answer, MissedReason.caller_hung_up):
        return why
    return f"{why}, rang {max(0, round((call.ended_at - call.started_at).total_seconds()))} s"


@public_bp.app_template_global()
def decision(call: Call, seconds: int | None = None) -> str:
    """The decision line: why a text went or did not go."""
    if call.text_sent and seconds is not None:
        return f"Texted in {seconds} s"
    return call.text_reason or ""


DISCARDED = {
    "taken_over": "you took over",
    "stale": "the conversation had moved on",
    "opted_out": "the customer opted out",
    "contact_rule": "this number is on your no-text list",
    "not_textable": "this number cannot receive texts",
    "registration": "the carriers have not approved texting yet",
    "paused": "texting is paused",
    "access": "your plan is not active",
    "quota": "your plan's texts are used up",
    "too_late": "it would have come too late",
    "quiet_hours": "it was too late in the day",
    "rate_limit": "too many texts in a short time",
    "appointment_gone": "the visit had been cancelled",
    "closed": "the conversation was closed",
}
LEFT = {
    MessageStatus.queued: Chip("Sending", "grey", "clock"),
    MessageStatus.sending: Chip("Sending", "grey", "clock"),
    MessageStatus.accepted: Chip("With the carrier", "grey", "check"),
    MessageStatus.sent: Chip("Sent", "grey", "check"),
    MessageStatus.delivered: Chip("Delivered", "green", "check-double"),
    MessageStatus.unknown: Chip("Not sure it left. Asking the carrier", "amber", "clock"),
    MessageStatus.canceled: Chip("Not sent", "grey", "ban"),
}


@public_bp.app_template_filter()
def text_state(message: Message) -> Chip:
    """The state of a text of ours, with what to do when it failed."""
    if message.status == MessageStatus.discarded:
        why = message.discard_reason or ""
        return Chip(f"Not sent: {DISCARDED.get(why, why.replace('_', ' '))}", "grey", "ban")
    if message.status in (MessageStatus.failed, MessageStatus.undelivered):
        cause = WHY.get(message.error_code or 0, "The carrier could not deliver it. Call instead.")
        return Chip(f"Failed. {cause}", "red", "alert")
    return LEFT.get(message.status, Chip(message.status.replace("_", " ").capitalize(), "grey", "clock"))


@public_bp.app_template_global()
def speaker(message: Message, names: dict[object, str]) -> str:
    """Who wrote a text of ours: AI, a colleague by name, or a template."""
    if message.sender == Sender.ai:
        return "AI"
    if message.sender == Sender.human:
        return names.get(message.user_id, "You")
    return "Automatic"


@public_bp.app_template_filter()
def view_name(view: View) -> str:
    """What a view of the inbox is called."""
    return VIEWS[view]


@public_bp.app_template_filter()
def escalated_because(thread: Conversation) -> str:
    """Why the machine gave a thread up."""
    return needs.reason(thread)
