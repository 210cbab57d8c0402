"""What a caller hears whom nobody answered; it promises a text only where one may follow (behaviour.md 8.1)."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg

from app import inbox, phones, queue, settings, tracing
from app.clock import now
from app.extensions import db, uuid7
from app.queue import Job

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


# Written out because both run for every call: building them anew costs more than running them.
FACTS = """
  number.account_sid, tenant.business_name, tenant.trade_type, tenant.setting_changes,
  EXISTS (SELECT FROM call WHERE call_sid = %(call_sid)s AND accepted_at IS NOT NULL),
  EXISTS (SELECT FROM contact_rule c WHERE c.tenant_id = tenant.id AND c.phone = %(caller)s
          AND c.rule IN ('no_text', 'block')),
  EXISTS (SELECT FROM opt_out o WHERE o.tenant_id = tenant.id AND o.phone = %(caller)s AND o.lifted_at IS NULL),
  EXISTS (SELECT FROM customer p WHERE p.tenant_id = tenant.id AND p.phone = %(caller)s
          AND p.not_textable_reason IS NOT NULL)
FROM number JOIN tenant ON tenant.id = number.tenant_id
WHERE number.e164 = %(called)s AND number.status = 'active'
"""
LINE = f"SELECT {FACTS}"
STORE_AND_LINE = f"""
WITH stored AS (
  INSERT INTO webhook (
    id, kind, event_id, payload, status, attempts, replays, recovered, due_at, received_at, request_id)
  SELECT %(id)s, 'twilio.dial', %(call_sid)s, CAST(%(payload)s AS jsonb), 'received', 0, 0, false,
         %(moment)s, %(moment)s, %(request_id)s
  FROM number WHERE e164 = %(called)s AND status = 'active' AND account_sid = %(account)s
  ON CONFLICT DO NOTHING RETURNING id
)
SELECT (SELECT count(*) FROM stored), {FACTS}
"""  # noqa: S608 - both parts are ours, values travel as parameters


def line(called: str, call_sid: str, caller: str) -> Line | None:
    """Everything about the end of one call with one statement; None for a number that is nobody's."""
    asked = {"called": called, "call_sid": call_sid, "caller": caller}
    row = db.session.connection().exec_driver_sql(LINE, asked).first()
    return _line(caller, *row) if row else None


def dial_ended(form: Mapping[str, str]) -> Line | None:
    """Store the report of a Dial action and read what its answer needs: one short transaction, then the bell.

    This is the hottest path there is, so it speaks to the driver itself and sends everything in one round trip.
    """
    asked = {
        "id": uuid7(),
        "called": form.get("To", ""),
        "call_sid": form["CallSid"],
        "caller": form.get("From", ""),
        "account": form.get("AccountSid", ""),
        "payload": json.dumps(inbox.clean(form)),
        "moment": now(),
        "request_id": tracing.request_id(),
    }
    row = _at_once(STORE_AND_LINE, asked)
    if row is None:
        return None
    is_new, *facts = row
    if is_new:
        queue.ring_now(Job.drain_inbox)
    return _line(form.get("From", ""), *facts)


def _at_once(statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Run one statement of the system in a transaction of its own, in one round trip.

    The steps of a pipeline are one transaction without BEGIN and COMMIT (PostgreSQL's manual, "Pipeline Mode"), so the
    scope that is set for it ends with it; autocommit only keeps psycopg from sending those two besides.
    """
    pooled = db.engine.raw_connection()
    connection: psycopg.Connection[Any] = pooled.driver_connection  # type: ignore[assignment]
    try:
        connection.autocommit = True
        with connection.pipeline(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.scope', 'system', true)")
            cursor.execute(statement, parameters, prepare=True)
            return cursor.fetchone()
    finally:
        with suppress(psycopg.Error):  # a connection that broke is thrown away by the pool
            connection.autocommit = False
        pooled.close()


def _line(  # noqa: PLR0917 - the columns of one row, in their order
    caller: str,
    account_sid: str,
    business_name: str,
    trade: str,
    changes: dict[str, Any],
    was_accepted: bool,
    is_listed: bool,
    is_opted_out: bool,
    is_landline: bool,
) -> Line:
    return Line(
        account_sid=account_sid,
        business_name=business_name,
        settings=settings.complete(trade, changes),
        caller=caller,
        was_accepted=was_accepted,
        is_listed=is_listed,
        is_opted_out=is_opted_out,
        is_landline=is_landline,
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
