"""GET /reports/summary: every number is the count of rows, in whole days of the business."""

import pytest
from sqlalchemy import select

from app.customers import Customer
from app.leads import Lead
from app.tenants import Tenant
from tests.factories import CUSTOMER, F1

TODAY = "/reports/summary?from=2026-09-15&to=2026-09-15"
NOTHING = {
    "calls": 0, "missed": 0, "texted": 0, "delivered": 0, "replied": 0, "qualified": 0, "booked": 0, "completed": 0,
    "estimated_value": 0.0, "booked_value": 0.0, "first_text_seconds": {"p50": None, "p95": None, "n": 0},
    "not_texted": [], "ai_share": None,
}  # fmt: skip


@pytest.fixture
def owner(factories, callers, clock):
    factories.business()
    return callers.person()


def test_a_business_without_work_has_no_numbers_made_up(owner):
    assert owner.get(TODAY).json == NOTHING


def test_the_numbers_are_those_of_the_rows(owner, carrier, workers, factories):
    carrier.handset(F1.owner_phone, "no_answer")
    for phone in (CUSTOMER, "+13105550143"):
        carrier.call(phone, F1.number)
        workers()
    carrier.call("anonymous", F1.number)
    workers()
    carrier.text(CUSTOMER, F1.number, "My faucet drips")
    workers()
    visit = {"customer_phone": CUSTOMER, "job_type": "faucet_repair", "start": "2026-09-16T16:00:00Z"}
    owner.post("/appointments", json=visit, headers={"Idempotency-Key": "k"}, status=201)
    with factories.changing() as session:
        customer = session.scalar(select(Customer).where(Customer.phone == CUSTOMER))
        some = {"tenant_id": customer.tenant_id, "customer_id": customer.id}
        session.add(Lead(**some, status="qualified", estimated_low_cents=10_000, estimated_high_cents=20_000))
        session.add(Lead(**some, status="lost", estimated_low_cents=10_000, estimated_high_cents=20_000))
    told = owner.get(TODAY).json
    assert (told["calls"], told["missed"], told["texted"], told["delivered"], told["replied"]) == (3, 3, 2, 2, 1)
    assert (told["qualified"], told["booked"], told["completed"]) == (1, 1, 0)
    assert (told["estimated_value"], told["booked_value"]) == (150.0, 175.0)
    assert told["first_text_seconds"] == {"p50": 0.0, "p95": 0.0, "n": 2}
    assert sum(one["count"] for one in told["not_texted"]) == 1
    assert owner.get("/reports/summary?from=2026-09-14&to=2026-09-14").json == NOTHING


def test_a_day_is_a_day_of_the_business(owner, carrier, workers, clock, callers):
    carrier.handset(F1.owner_phone, "no_answer")
    for moment in ("2026-09-16T06:59:59Z", "2026-09-16T07:00:00Z"):
        clock.move_to(moment)
        carrier.call(CUSTOMER, F1.number)
        workers()
    owner = callers.person()
    assert owner.get(TODAY).json["calls"] == 1
    assert owner.get("/reports/summary?from=2026-09-15&to=2026-09-16").json["calls"] == 2


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, "VALIDATION_FAILED"),
        ("from=2026-09-15", 400, "VALIDATION_FAILED"),
        ("from=soon&to=2026-09-15", 400, "VALIDATION_FAILED"),
        ("from=2026-09-15&to=later", 400, "VALIDATION_FAILED"),
        ("from=2025-09-15&to=2026-09-16", 422, "RANGE_TOO_LONG"),
        ("from=2026-09-16&to=2026-09-15", 422, "END_BEFORE_START"),
        ("from=0001-01-01&to=0001-01-01", 400, "VALIDATION_FAILED"),
        ("from=9999-12-31&to=9999-12-31", 400, "VALIDATION_FAILED"),
    ],
)
def test_a_range_that_makes_no_sense_is_refused(owner, query, status, code):
    assert owner.get(f"/reports/summary?{query}", status=status).json["error"]["code"] == code


def test_a_whole_leap_year_may_be_asked_for(owner):
    assert owner.get("/reports/summary?from=2025-09-15&to=2026-09-15").json == NOTHING


def test_a_viewer_may_look_and_nobody_else(callers, owner, factories):
    with factories.rows() as rows:
        tenant_id = rows.scalar(select(Tenant.id))
    factories.user(tenant_id, role="viewer", email="v@example.com")
    assert callers.person("v@example.com").get(TODAY).json == NOTHING
    callers.nobody().get(TODAY, status=401)
