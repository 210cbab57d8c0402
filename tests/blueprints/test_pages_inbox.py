"""Home, inbox, calls and calendar: what needs the contractor, numbers and their rows, views, search."""

from sqlalchemy import select

from app.calls import Call
from app.conversations import Conversation
from app.scheduling.appointments import Appointment
from app.tasks import Task
from tests.blueprints.conftest import sign_in
from tests.blueprints.many import threads
from tests.factories import CUSTOMER

OTHER = "+13235550171"


def names(page):
    return [name.get_text(strip=True).removeprefix("Unread.") for name in page.html.select(".row-name")]


def figures(page):
    return [value.get_text(strip=True) for value in page.html.select(".figure-value")]


def test_an_empty_home_says_that_nothing_needs_anybody(browser, clock, signed_in):
    page = browser.get("/app/home")
    assert "Nothing needs you." in page
    assert figures(page) == ["0", "0", "0", "$0"]
    assert "is live" in page.html.select_one(".machine").get_text()


def test_every_number_on_home_is_the_count_of_the_rows_it_opens(factories, browser, street):
    street.book()
    street.miss(OTHER)
    page = browser.get("/app/home")
    assert figures(page) == ["2", "1", "1", "$150-$400"]
    texted, replied, booked, value = (link["href"] for link in page.html.select(".figure-today"))
    assert len(browser.get(texted).html.select(".calls tbody tr")) == 2
    assert names(browser.get(replied)) == ["Dana Reed"]
    assert len(browser.get(booked).html.select(".visits > li")) == 1
    assert "$150-$400 confirmed" in browser.get(value)


def test_the_trend_has_its_numbers_in_a_table(factories, browser, street):
    street.book()
    rows = browser.get("/app/home").html.select("#trend-table tbody tr")
    assert len(rows) == 30
    assert [cell.get_text() for cell in rows[-1].find_all("td")] == ["1", "1", "1"]
    assert rows[-1].th.get_text() == "Tue, Sep 15"


def test_a_call_back_is_on_the_list_until_it_is_done(factories, browser, street):
    street.miss("anonymous")
    page = browser.get("/app/home")
    assert "Not texted: number withheld. Call back." in page
    done = page.html.select_one(".need form")["action"]
    form = next(form for form in page.forms.values() if form.action == done)
    assert "Nothing needs you." in form.submit(status=303).follow()
    with factories.rows() as rows:
        assert rows.scalar(select(Task)).state == "done"


def test_an_emergency_stands_above_everything_until_somebody_has_it(factories, browser, street):
    street.away()
    street.miss()
    street.text("I smell gas in the basement, 355 S Grand Ave 90071")
    street.miss(OTHER)
    street.text("My faucet drips", phone=OTHER)
    for view in ("needs_you", "all", "booked", "done"):
        assert "Emergency" in browser.get("/app/inbox", {"view": view}).html.select(".row-item")[0].get_text()
    need = browser.get("/app/home").html.select_one(".need").get_text(" ", strip=True)
    assert need.startswith("Emergency (310) 555-0142")
    assert need.count("355 S Grand Ave") == 1
    with factories.rows() as rows:
        thread = rows.scalar(select(Conversation.id).where(Conversation.customer_phone == CUSTOMER))
    page = browser.get(f"/app/inbox/{thread}")
    form = next(form for form in page.forms.values() if form.action.endswith("/acknowledge"))
    assert "You have it." in form.submit(status=303).follow()
    assert not browser.get("/app/inbox", {"view": "booked"}).html.select(".row-item")


def test_views_hold_what_they_are_called(factories, browser, street):
    street.book()
    street.miss(OTHER)
    street.miss("anonymous")
    assert names(browser.get("/app/inbox")) == ["Withheld number"]
    assert set(names(browser.get("/app/inbox?view=all"))) == {"Dana Reed", "(323) 555-0171", "Withheld number"}
    assert names(browser.get("/app/inbox?view=booked")) == ["Dana Reed"]
    assert names(browser.get("/app/inbox?view=mine")) == []
    assert names(browser.get("/app/inbox?view=done")) == []
    browser.get("/app/inbox?view=secret", headers={"Accept": "text/html"}, status=400)


def test_a_search_takes_a_number_in_any_spelling_a_name_a_street_and_words(factories, browser, street):
    street.book()
    street.miss(OTHER)
    for asked in ("(310) 555-0142", "310.555.0142", "+1 310 555 0142", "0142", "dana", "789 sunset", "water heater"):
        assert names(browser.get("/app/inbox", {"q": asked})) == ["Dana Reed"], asked
    nothing = browser.get("/app/inbox", {"q": "100%_"})
    assert "Nothing found." in nothing


def test_thirty_rows_are_shown_and_more_are_fetched_from_where_they_ended(factories, browser, signed_in):
    with factories.changing() as session:
        threads(session, signed_in, 70)
    page = browser.get("/app/inbox?view=all")
    seen = names(page)
    while more := page.html.select_one(".more a"):
        page = browser.get(more["hx-get"], headers={"HX-Request": "true"})
        seen += names(page)
    assert len(seen) == 70
    assert len(set(seen)) == 70
    assert seen == sorted(seen)


def test_calls_show_their_outcome_and_the_decision_line(factories, browser, street):
    street.miss()
    street.miss("anonymous")
    page = browser.get("/app/calls")
    assert "Not texted: number withheld" in page
    with factories.rows() as rows:
        withheld = rows.scalar(select(Call.id).where(Call.conversation_id.is_(None)))
    one = browser.get(f"/app/calls/{withheld}")
    assert "Not texted: number withheld." in one
    assert "Call back" in one.html.select_one(".facts").get_text()


def test_a_tentative_visit_is_confirmed_and_a_visit_called_off_with_words(factories, browser, street):
    street.book()
    page = browser.get("/app/appointments")
    assert "Dana Reed" in page.html.select_one(".visits").get_text()
    form = next(form for form in page.forms.values() if form.action.endswith("/cancel"))
    form["words"] = "Prime Plumbing: sorry, our van broke down."
    done = form.submit(status=303).follow()
    assert "The customer gets your text." in done
    street.workers()
    assert street.carrier.texts_to(CUSTOMER)[-1].body == "Prime Plumbing: sorry, our van broke down."
    with factories.rows() as rows:
        assert rows.scalar(select(Appointment.status)) == "cancelled"


def test_another_business_sees_none_of_it(factories, browser, street):
    street.book()
    with factories.rows() as rows:
        thread, visit = rows.scalar(select(Conversation.id)), rows.scalar(select(Appointment.id))
        call = rows.scalar(select(Call.id))
    other = {"name": "ElectriPro", "number": "+12135550177", "owner_phone": "+12135550178"}
    factories.business(owner_email="owner@electripro.example", **other)
    browser.reset()
    sign_in(browser, "owner@electripro.example")
    for path in (f"/app/inbox/{thread}", f"/app/calls/{call}", f"/app/fragments/thread/{thread}"):
        browser.get(path, status=404)
    csrf = browser.get("/app/account").forms[0]["csrf_token"].value
    for path in (f"/app/inbox/{thread}/take-over", f"/app/appointments/{visit}/confirm"):
        browser.post(path, {"csrf_token": csrf}, headers={"Referer": "https://nmc.example/"}, status=404)
    assert names(browser.get("/app/inbox?view=all")) == []
    assert names(browser.get("/app/inbox?q=dana")) == []
