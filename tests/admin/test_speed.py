"""The panel asks the database a fixed number of questions, and searches by index."""

import pytest
from sqlalchemy import event, select, text

from admin.conversations import threads_with
from app import customers, tenancy
from app.calls import Call
from app.customers import Customer
from app.extensions import db
from app.inbox import Webhook
from app.messages import Message
from app.numbers import Number
from app.tenants import Tenant
from tests.admin.conftest import LISTS, lead_of, message, thread_with
from tests.factories import CUSTOMER, F2

MORE = 8


@pytest.fixture
def counted(web):
    """The statements that were sent to the database; cleared by the test."""
    sent = []

    def note(_connection, _cursor, statement, *_more):
        sent.append(statement)

    with web.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def fill(factories):
    """Threads, texts and leads of further customers of a second business."""
    tenant_id = factories.business(F2)
    with factories.changing() as session:
        number = session.scalar(select(Number).where(Number.tenant_id == tenant_id))
        for last in range(MORE):
            customer = Customer(tenant_id=tenant_id, phone=f"+1310555010{last}", name=f"Ada {last}")
            session.add(customer)
            session.flush()
            thread = thread_with(customer, number)
            session.add(thread)
            session.flush()
            session.add_all([message(thread, "reply", "delivered"), lead_of(thread, None)])


def test_a_list_asks_as_much_for_many_rows_as_for_one(staff, world, factories, counted):
    def statements(path):
        counted.clear()
        staff.get(f"/admin/{path}/", status=200)
        return len(counted)

    few = {path: statements(path) for path in LISTS}
    fill(factories)
    assert {path: statements(path) for path in LISTS} == few
    assert max(few.values()) <= 6


def plan_of(session, wanted):
    """How PostgreSQL would find these rows if it may not read whole tables."""
    session.execute(text("SET LOCAL enable_seqscan = off"))
    statement = wanted.compile(dialect=session.get_bind().dialect, compile_kwargs={"literal_binds": True})
    return "\n".join(session.execute(text(f"EXPLAIN {statement}".replace(":", r"\:"))).scalars())


def test_search_is_answered_by_indexes_under_row_security(world, factories):
    cases = (
        (select(Customer.id).where(customers.called("dana")), "ix_customer_name_key"),
        (select(Customer.id).where(customers.called("reed")), "ix_customer_surname_key"),
        (select(Customer.id).where(customers.called("dana@")), "ix_customer_email_key"),
        (select(Customer.id).where(Customer.phone == CUSTOMER), "ix_customer_phone"),
        (select(Call.id).where(Call.customer_phone == CUSTOMER), "ix_call_caller"),
        (select(Message.id).where(Message.conversation_id.in_(threads_with(CUSTOMER))), "ix_message_thread"),
        (select(Message.id).where(Message.request_id == "req_dial"), "ix_message_request_id"),
        (select(Webhook.id).where(Webhook.request_id == "req_dial"), "ix_webhook_request_id"),
    )
    with factories.rows() as rows:
        for wanted, index in cases:
            assert index in plan_of(rows, wanted), index


def test_what_staff_may_see_ends_with_their_request(web, staff, world):
    staff.get("/admin/tenants/", status=200)
    with web.app_context(), tenancy.scope(tenancy.NOBODY):
        assert db.session.scalars(select(Tenant.id)).all() == []
