"""A text's state only rises: any order of reports ends in the highest of them (behaviour.md 2.3)."""

import uuid

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app import messages, tenancy
from app.extensions import db
from app.messages import OURS, RANK, Message, MessageStatus, Purpose, Sender, reports

FINAL = ["delivered", "undelivered", "failed", "canceled"]


@pytest.fixture
def texted(factories):
    """Makes one text after the other that waits for its reports, in a transaction that is thrown away."""
    tenant_id = factories.business()

    def report_all(statuses):
        with factories.web.app_context(), tenancy.scope(tenancy.SYSTEM):
            row = messages.outbound_row(
                tenant_id,
                None,
                business_phone="+12135550100",
                customer_phone="+13105550142",
                body="Hello",
                sender=Sender.ai,
                purpose=Purpose.reply,
            )
            db.session.add(Message(**row))
            db.session.flush()
            changed = [
                reports.report(row["token"], f"SM{uuid.uuid4().hex}", status, None) is not None for status in statuses
            ]
            status = db.session.get(Message, row["id"], populate_existing=True).status
            db.session.rollback()
            db.session.remove()
        return status, changed

    return report_all


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    final=st.sampled_from(FINAL), order=st.permutations(["accepted", "queued", "sending", "sent"]), at=st.integers(0, 4)
)
def test_any_order_ends_in_the_highest(texted, final, order, at):
    statuses = [*order[:at], final, *order[at:]]
    status, _ = texted(statuses)
    assert status == OURS[final]


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(statuses=st.lists(st.sampled_from(sorted(RANK)), min_size=1, max_size=7))
def test_a_report_changes_a_text_only_upwards(texted, statuses):
    """Steps on the way to "sent" are kept and not told."""
    _, changed = texted(statuses)
    highest = 0
    for status, did in zip(statuses, changed, strict=True):
        assert did == (RANK[status] > highest and RANK[status] >= RANK["sent"])
        highest = max(highest, RANK[status])


def test_a_word_that_nobody_knows_changes_nothing(texted):
    status, changed = texted(["sent", "partially_delivered"])
    assert (status, changed) == (MessageStatus.sent, [True, False])
