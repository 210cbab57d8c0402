"""The page of the plan: what is used, and the cap on what lies beyond; the alert about a used-up plan leads here."""

import pytest
from sqlalchemy import select

from app.audit import Audit
from app.subscriptions import Subscription
from app.usage import UsageCounter
from app.users import Role
from tests.blueprints.conftest import sign_in


def cap(factories):
    with factories.rows() as rows:
        return rows.scalar(select(Subscription.spend_cap_cents))


def save(browser, dollars):
    page = browser.get("/app/billing")
    form = next(one for one in page.forms.values() if one.action.endswith("/billing/spend-cap"))
    form["dollars"] = dollars
    return form.submit(expect_errors=True)


def test_the_owner_sees_plan_and_meters(signed_in, browser, factories):
    with factories.changing() as rows:
        bought = rows.scalar(select(Subscription))
        rows.add(
            UsageCounter(
                tenant_id=bought.tenant_id,
                meter="sms_segments",
                period_started_at=bought.period_started_at,
                used=1012,
            )
        )
    page = browser.get("/app/account").click("Plan and usage")
    assert "Professional, $99 a month" in page.text
    assert "1,012 of 1,000 used" in page.text
    assert "12 beyond the plan, at 3 cents each" in page.text
    assert "0 of 800 used" in page.text
    bar = page.html.select("progress")[0]
    assert (bar["max"], bar["value"]) == ("1000", "1000")


@pytest.mark.parametrize(("written", "cents"), [("75", 7_500), ("$1,000.50", 100_050), ("0", 0), ("", None)])
def test_the_cap_is_saved_and_audited(signed_in, browser, factories, written, cents):
    before = cap(factories)
    assert "Saved." in save(browser, written).follow().text
    assert cap(factories) == cents
    with factories.rows() as rows:
        entry = rows.scalar(select(Audit).where(Audit.action == "billing.spend_cap"))
        assert (entry.before, entry.after) == ({"spend_cap_cents": before}, {"spend_cap_cents": cents})


@pytest.mark.parametrize("written", ["fifty", "-1", "10000.01", "0.005", "NaN", "1e999"])
def test_a_cap_that_is_none_changes_nothing(signed_in, browser, factories, written):
    before = cap(factories)
    assert save(browser, written).status_int == 400
    assert cap(factories) == before


def test_only_the_owner_may_look_and_change(signed_in, browser, factories):
    with factories.rows() as rows:
        tenant_id = rows.scalar(select(Subscription.tenant_id))
    factories.user(tenant_id, role=Role.operator, email="op@example.com", display_name="Op")
    browser.reset()
    sign_in(browser, "op@example.com")
    browser.get("/app/billing", status=403)
    assert "Plan and usage" not in browser.get("/app/account").text
