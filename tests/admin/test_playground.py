"""The playground: the real context of a business at a chosen moment, the whole account, and nothing stored."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import InternalError, OperationalError

from admin import steps
from app import tenancy
from app.evaluation import playground
from app.extensions import db
from tests.factories import F1, F2


@pytest.fixture
def business(factories):
    return factories.business(F1)


def attempt(staff, business, texts, *, date="2026-09-16", time="10:00", missed_call=True):
    form = form_on(staff.get("/admin/playground/"))
    form["tenant"], form["texts"], form["date"], form["time"] = str(business), texts, date, time
    form["missed_call"].checked = missed_call
    return form.submit()


def form_on(page):
    return next(form for form in page.forms.values() if "texts" in form.fields)


def said(page):
    return [one.text for one in page.html.select("li.outbound p")]


def counts(factories):
    with factories.rows() as rows:
        tables = db.metadata.sorted_tables
        return {table.name: rows.scalar(select(func.count()).select_from(table)) for table in tables}


def test_a_small_conversation_is_played_and_no_row_of_any_table_comes_or_goes(staff, world, factories):
    before = counts(factories)
    texts = "My faucet drips, 1420 W Sunset Blvd 90026\ntomorrow at 10 am\nyes\nactually cancel it\nyes"
    page = attempt(staff, world.ids["tenants"], texts, date="2026-09-22")
    assert len(said(page)) >= 4
    assert counts(factories) == before
    assert sum(before.values()) > 15


def test_the_result_shows_reply_acts_offers_with_prices_account_facts_and_state(staff, business):
    page = attempt(staff, business, "My faucet drips, 1420 W Sunset Blvd 90026\nThursday at 10 am\nyes")
    replies = said(page)
    assert replies[0].startswith("Hi, this is Prime Plumbing")
    assert "$150-$200" in replies[2]
    assert replies[3].startswith("Booked")
    offered = page.html.select("li.turn table")[-1].text
    assert "Thu, Sep 17, 10:00 AM-12:00 PM" in offered
    assert "$150-$200" in offered
    assert "Would book the time." in page
    account = page.html.select("li.turn details.account")
    assert any(steps.STEPS["offer"] in one.text for one in account)
    assert any("job faucet fixture" in one.text for one in account)
    assert any('"street": "1420 W Sunset Blvd"' in one.text for one in account)


def test_the_talk_goes_on_by_adding_a_line(staff, business):
    page = attempt(staff, business, "My faucet drips, 1420 W Sunset Blvd 90026")
    form = form_on(page)
    assert form["texts"].value == "My faucet drips, 1420 W Sunset Blvd 90026"
    form["texts"] = form["texts"].value + "\n2"
    assert said(form.submit())[-1].startswith("Booked")


def test_the_visit_that_was_imagined_is_known_to_the_next_text(staff, business):
    page = attempt(staff, business, "My faucet drips, 1420 W Sunset Blvd 90026\n1\nplease cancel my appointment\nyes")
    assert "Cancelled" in said(page)[-1] or "cancelled" in said(page)[-1]


def test_the_moment_decides_about_hours_and_the_calendar_about_times(staff, business, factories):
    in_the_night = attempt(staff, business, "My faucet drips, 1420 W Sunset Blvd 90026", time="23:30")
    assert "6 AM" in said(in_the_night)[-1]
    at_day = attempt(staff, business, "My faucet drips, 1420 W Sunset Blvd 90026", time="10:00")
    assert "today" in said(at_day)[-1]
    factories.set(business, general={"out_of_office": {"enabled": True}})
    assert said(attempt(staff, business, "My faucet drips, 1420 W Sunset Blvd 90026"))[-1] != said(at_day)[-1]


def test_prices_are_those_of_the_business(staff, business, factories):
    other = factories.business(F2)
    page = attempt(staff, other, "an outlet is dead, 1420 W Sunset Blvd 90026\nhow much?")
    assert "ElectriPro" in said(page)[0]
    assert "$" in said(page)[-1]


def test_danger_to_life_gets_its_fixed_text_and_an_alarm_that_is_not_raised(staff, business, factories):
    page = attempt(staff, business, "strong smell of gas in the basement", missed_call=False)
    assert "911" in said(page)[0]
    assert "Would raise an alarm, tell the contractor." in page
    assert counts(factories)["escalation"] == 0


def test_silence_can_be_played_too(staff, business):
    page = attempt(staff, business, "My faucet drips, 1420 W Sunset Blvd 90026\n[silence 20]")
    assert "Nothing was heard for 20 minutes." in page
    assert steps.STEPS["timeout"] in page


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"texts": "  \n "}, "Write at least one text of the customer."),
        ({"texts": "\n".join("hello" for _ in range(13))}, "At most 12 texts can be played; these are 13."),
        ({"texts": "x" * 1601}, "A text has at most 1,600 characters."),
        ({"date": "2026-02-31"}, "Give the day as 2026-09-15 and the time as 14:30."),
        ({"time": "half past"}, "Give the day as 2026-09-15 and the time as 14:30."),
        ({"date": "2031-01-01"}, "Choose a day within a year from today."),
        ({"tenant": "nonsense"}, "Choose a business."),
        ({"tenant": "00000000-0000-7000-8000-000000000000"}, "Choose a business."),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_wrong_input_is_answered_with_what_is_wrong_and_keeps_the_form(staff, business, fields, complaint):
    form = form_on(staff.get("/admin/playground/"))
    form["texts"], form["date"], form["time"] = "hello", "2026-09-16", "10:00"
    for name, value in fields.items():
        form[name].force_value(value)
    page = form.submit(status=200)
    assert complaint in page.html.select_one("[role=alert]").text
    assert page.html.select_one("#result") is None
    assert form_on(page)["texts"].value.strip() == form["texts"].value.strip()


def test_markup_in_a_text_is_shown_as_it_was_written(staff, business):
    page = attempt(staff, business, "<script>alert(1)</script> my faucet drips")
    assert page.html.select_one("li.inbound script") is None
    assert "<script>alert(1)</script>" in page.html.select_one("li.inbound p").text


def test_only_staff_and_only_with_the_token_of_the_form(browser, staff, business):
    fields = {"tenant": str(business), "texts": "hello", "date": "2026-09-16", "time": "10:00"}
    staff.post("/admin/playground/", fields, headers={"Referer": "https://nmc.example/"}, status=400)
    staff.reset()
    assert staff.get("/admin/playground/", status=302).location.endswith("/admin/login?next=/admin/playground/")


def test_the_dossier_of_a_business_leads_to_its_playground(staff, factories):
    factories.business(F1)
    second = factories.business(F2)
    page = staff.get("/admin/tenants/details/", {"id": str(second)}).click("^Playground$", index=-1)
    assert form_on(page)["tenant"].value == str(second)


def test_the_database_itself_refuses_to_write_while_something_is_imagined(web, factories, business, clock):
    from app.clock import now
    from app.tenants import Tenant

    with web.app_context(), tenancy.scope(tenancy.STAFF):
        tenant = db.session.get(Tenant, business)
        playground.imagine(tenant, playground.events_of("hello"), now(), now=now())
        with pytest.raises((InternalError, OperationalError), match="read-only"):
            db.session.execute(text("UPDATE tenant SET city = 'Nowhere'"))
        db.session.rollback()


def test_it_says_when_a_language_model_would_be_asked_and_asks_none(staff, factories, model):
    allowing = factories.business(F1, settings={"dispatcher": {"external_model_allowed": True}})
    refusing = factories.business(F2)
    asked = "a language model would be asked"
    assert asked not in attempt(staff, allowing, "it makes a strange noise somewhere")
    model.on("ok")
    assert asked in attempt(staff, allowing, "it makes a strange noise somewhere")
    assert asked not in attempt(staff, refusing, "it makes a strange noise somewhere")
    assert model.requests == []
