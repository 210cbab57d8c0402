"""What a caller hears whom nobody answered; it promises a text only where one may follow (behaviour.md 8.1)."""

from dataclasses import dataclass

from sqlalchemy import exists, select

from app import phones, settings
from app.calls import Call
from app.consent import Contact, ContactRule, OptOut
from app.customers import Customer
from app.extensions import db
from app.numbers import Number, NumberStatus
from app.tenants import Tenant

NO_ANSWER = "Sorry, nobody can take your call right now."
DISCLOSURE = "We will text this number about your call."
ASK_FOR_MOBILE = "Please leave a mobile number that we can text."
RECORDED = "You can leave a message after the tone; it will be recorded."


@dataclass(frozen=True)
class Line:
    """A live number with what the end of a call asks: of the business, of the call, of the caller."""

    account_sid: str
    business_name: str
    settings: settings.TenantSettings
    caller: str
    was_accepted: bool
    is_listed: bool
    is_opted_out: bool
    is_landline: bool


def line(called: str, call_sid: str, caller: str) -> Line | None:
    """Everything about the end of one call with one statement; None for a number that is nobody's."""
    row = db.session.execute(
        select(
            Number.account_sid,
            Tenant.business_name,
            Tenant.trade_type,
            Tenant.setting_changes,
            Call.accepted_at,
            exists().where(
                Contact.tenant_id == Tenant.id,
                Contact.phone == caller,
                Contact.rule.in_((ContactRule.no_text, ContactRule.block)),
            ),
            exists().where(OptOut.tenant_id == Tenant.id, OptOut.phone == caller, OptOut.lifted_at.is_(None)),
            exists().where(
                Customer.tenant_id == Tenant.id, Customer.phone == caller, Customer.not_textable_reason.is_not(None)
            ),
        )
        .select_from(Number)
        .join(Tenant, Tenant.id == Number.tenant_id)
        .outerjoin(Call, Call.call_sid == call_sid)
        .where(Number.e164 == called, Number.status == NumberStatus.active)
    ).first()
    if row is None:
        return None
    account_sid, business_name, trade, changes, accepted_at, is_listed, is_opted_out, is_landline = row
    chosen = settings.complete(trade, changes)
    return Line(
        account_sid, business_name, chosen, caller, accepted_at is not None, is_listed, is_opted_out, is_landline
    )


def words(on: Line) -> str:
    """The whole greeting for this caller."""
    voicemail = on.settings.calls.voicemail
    standard = f"Thank you for calling {on.business_name}. This is the automated assistant. {NO_ANSWER}"
    said = [voicemail.greeting or standard, _about_texts(on)]
    if voicemail.enabled:
        said.append(RECORDED)
    return " ".join(part for part in said if part)


def _about_texts(on: Line) -> str:
    """The disclosure that consent rests on, or the wish for a mobile number, or nothing."""
    if on.is_landline:
        return ASK_FOR_MOBILE if on.settings.calls.voicemail.enabled else ""
    return DISCLOSURE if _may_be_texted(on) else ""


def _may_be_texted(on: Line) -> bool:
    texting = on.settings.texting
    is_wanted = texting.enabled and texting.text_missed_calls != "never" and texting.text_consent_mode == "disclosure"
    is_possible = not phones.is_withheld(on.caller) and phones.can_be_texted(on.caller)
    return is_wanted and is_possible and not on.is_listed and not on.is_opted_out
