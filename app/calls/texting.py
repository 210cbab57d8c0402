"""Whether a missed call gets a text, and the reason in words that the contractor reads (behaviour.md 3.2).

Pure: facts in, decision out. The first condition that holds wins.
"""

from dataclasses import dataclass
from datetime import datetime

from app import phones
from app.consent import ContactRule
from app.settings import TenantSettings
from app.subscriptions import Access


@dataclass(frozen=True)
class Facts:
    """Everything the decision asks."""

    phone: str
    settings: TenantSettings
    is_ours: bool = False
    is_contractor: bool = False
    is_loop: bool = False
    rule: ContactRule | None = None
    opted_out_at: datetime | None = None
    not_textable: str | None = None
    caller_verified: str | None = None
    business_phone: str = ""
    rang_seconds: float = 60
    heard_greeting: bool = True
    registration_open: bool = True
    access: Access = Access.full
    over_quota: bool = False
    paused_reason: str | None = None
    in_conversation: bool = False
    minutes_since_greeting: float | None = None
    is_open_now: bool = True


@dataclass(frozen=True)
class Decision:
    """`sent` with its reason; `task` when the contractor should call back, `notify` when he should hear of it."""

    sent: bool
    code: str
    reason: str
    task: bool = False
    notify: bool = True
    blocks_conversation: bool = False


def decide(facts: Facts) -> Decision:
    """The decision for one missed call."""
    return (
        _never(facts) or _by_rule(facts) or _looks_machine_made(facts) or _gate(facts) or _by_setting(facts) or TEXTED
    )


TEXTED = Decision(True, "texted", "Texted")


def _not_texted(code: str, why: str, *, task: bool = False, notify: bool = True, blocks: bool = False) -> Decision:
    return Decision(False, code, f"Not texted: {why}", task, notify, blocks)


def _never(facts: Facts) -> Decision | None:
    if phones.is_withheld(facts.phone):
        return _not_texted("withheld", "number withheld", task=True)
    if facts.is_ours or facts.is_contractor or facts.is_loop:
        return _not_texted("own_number", "our own number", notify=False)
    if phones.is_short_code(facts.phone) or not phones.can_be_texted(facts.phone):
        return _not_texted("not_textable", "cannot receive texts", task=True)
    return None


def _by_rule(facts: Facts) -> Decision | None:
    if facts.rule in (ContactRule.no_text, ContactRule.block):
        return _not_texted("no_text_list", "on your no-text list")
    if facts.opted_out_at:
        return _not_texted("opted_out", f"opted out on {facts.opted_out_at:%b} {facts.opted_out_at.day}", task=True)
    if facts.not_textable:
        return _not_texted(facts.not_textable, facts.not_textable, task=True)
    return None


def _looks_machine_made(facts: Facts) -> Decision | None:
    signs = (
        facts.caller_verified is not None and not facts.caller_verified.startswith("TN-Validation-Passed"),
        facts.rang_seconds < 2 and not facts.heard_greeting,
        phones.neighbours(facts.phone, facts.business_phone),
    )
    if facts.settings.calls.spam_filter == "standard" and sum(signs) >= 2:
        return _not_texted("robocall", "looks like a robocall", notify=False)
    if facts.rang_seconds < facts.settings.calls.min_ring_seconds_for_text and not facts.heard_greeting:
        return _not_texted("hung_up", "hung up at once", notify=False)
    return None


def _gate(facts: Facts) -> Decision | None:
    if facts.settings.texting.text_consent_mode != "disclosure":
        return _not_texted("no_consent", "no consent", task=True)
    if not facts.registration_open:
        return _not_texted("registration", "carrier approval pending", task=True, blocks=True)
    if facts.paused_reason:
        return _not_texted("paused", facts.paused_reason, task=True, blocks=True)
    if facts.access != Access.full:
        return _not_texted("plan", "your plan is not active", task=True, blocks=True)
    if facts.over_quota:
        return _not_texted("quota", "your plan's texts are used up", task=True)
    return None


def _by_setting(facts: Facts) -> Decision | None:
    if facts.in_conversation:
        return Decision(False, "in_conversation", "Not texted again: already in conversation")
    cooldown = facts.settings.texting.greeting_cooldown_minutes
    if facts.minutes_since_greeting is not None and facts.minutes_since_greeting < cooldown:
        ago = max(1, round(facts.minutes_since_greeting))
        return Decision(False, "cooldown", f"Not texted again: texted {ago} min ago")
    wanted = facts.settings.texting.text_missed_calls
    if not facts.settings.texting.enabled or wanted == "never" or (wanted == "outside_hours" and facts.is_open_now):
        return _not_texted("switched_off", "you switched it off")
    return None
