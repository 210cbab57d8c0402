"""What a caller hears whom nobody answered; it promises a text only where one may follow (behaviour.md 8.1)."""

from sqlalchemy import select

from app import consent, phones
from app.consent import ContactRule
from app.customers import Customer
from app.extensions import db
from app.tenants import Tenant

NO_ANSWER = "Sorry, nobody can take your call right now."
DISCLOSURE = "We will text this number about your call."
ASK_FOR_MOBILE = "Please leave a mobile number that we can text."
RECORDED = "You can leave a message after the tone; it will be recorded."


def words(tenant: Tenant, caller: str) -> str:
    """The whole greeting for this caller."""
    voicemail = tenant.settings.calls.voicemail
    standard = f"Thank you for calling {tenant.business_name}. This is the automated assistant. {NO_ANSWER}"
    said = [voicemail.greeting or standard, _about_texts(tenant, caller)]
    if voicemail.enabled:
        said.append(RECORDED)
    return " ".join(part for part in said if part)


def _about_texts(tenant: Tenant, caller: str) -> str:
    """The disclosure that consent rests on, or the wish for a mobile number, or nothing."""
    if _is_landline(tenant, caller):
        return ASK_FOR_MOBILE if tenant.settings.calls.voicemail.enabled else ""
    return DISCLOSURE if _may_be_texted(tenant, caller) else ""


def _may_be_texted(tenant: Tenant, caller: str) -> bool:
    texting = tenant.settings.texting
    is_wanted = texting.enabled and texting.text_missed_calls != "never" and texting.text_consent_mode == "disclosure"
    if not is_wanted or phones.is_withheld(caller) or not phones.can_be_texted(caller):
        return False
    is_listed = consent.rule_for(tenant.id, caller) in (ContactRule.no_text, ContactRule.block)
    return not is_listed and consent.opted_out_at(tenant.id, caller) is None


def _is_landline(tenant: Tenant, caller: str) -> bool:
    known = select(Customer.id).where(
        Customer.tenant_id == tenant.id, Customer.phone == caller, Customer.not_textable_reason.is_not(None)
    )
    return db.session.scalar(known) is not None
