"""What a caller hears whom nobody answered; it promises a text only where one may follow (behaviour.md 8.1)."""

from dataclasses import dataclass

from sqlalchemy import text

from app import phones, settings
from app.extensions import db

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


# Written out because it runs for every call: building it anew costs more than running it.
LINE = text("""
SELECT number.account_sid, tenant.business_name, tenant.trade_type, tenant.setting_changes,
  EXISTS (SELECT FROM call WHERE call_sid = :call_sid AND accepted_at IS NOT NULL) AS was_accepted,
  EXISTS (SELECT FROM contact_rule c WHERE c.tenant_id = tenant.id AND c.phone = :caller
          AND c.rule IN ('no_text', 'block')) AS is_listed,
  EXISTS (SELECT FROM opt_out o WHERE o.tenant_id = tenant.id AND o.phone = :caller
          AND o.lifted_at IS NULL) AS is_opted_out,
  EXISTS (SELECT FROM customer p WHERE p.tenant_id = tenant.id AND p.phone = :caller
          AND p.not_textable_reason IS NOT NULL) AS is_landline
FROM number JOIN tenant ON tenant.id = number.tenant_id
WHERE number.e164 = :called AND number.status = 'active'
""")


def line(called: str, call_sid: str, caller: str) -> Line | None:
    """Everything about the end of one call with one statement; None for a number that is nobody's."""
    row = db.session.connection().execute(LINE, {"called": called, "call_sid": call_sid, "caller": caller}).first()
    if row is None:
        return None
    chosen = settings.complete(row.trade_type, row.setting_changes)
    return Line(
        account_sid=row.account_sid,
        business_name=row.business_name,
        settings=chosen,
        caller=caller,
        was_accepted=row.was_accepted,
        is_listed=row.is_listed,
        is_opted_out=row.is_opted_out,
        is_landline=row.is_landline,
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
