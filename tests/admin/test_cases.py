"""A conversation becomes a test case: without its customer's personal data, playable without the business, nightly."""

import datetime as dt
import json

import pytest
from sqlalchemy import func, select

from app.audit import Audit
from app.evaluation import EvalCase, nightly
from app.tasks import SupportTask
from app.tenants import Tenant
from tests.admin.conftest import STAFF, case_of
from tests.eval import scoring
from tests.eval.adapter import Adapter
from tests.factories import CUSTOMER
from tests.flows.story import Story

FAUCET = "Hi this is Dana Reed, bathroom faucet dripping, 789 Sunset Blvd 90210, can you do tomorrow 10 AM?"
PRIVATE = ("Dana", "Reed", "789", "Sunset", "555-0142", "5550142", "dana@", "4242", "Prime Plumbing")


@pytest.fixture
def story(factories, carrier, clock, workers):
    return Story(factories, carrier, clock, workers)


@pytest.fixture
def booked(story):
    """A booked visit, by somebody who gives more of herself than is needed."""
    story.opens().at("14:00")
    story.misses()
    assert "$150-$200" in story.says(FAUCET)
    story.says("yes - you can reach me at dana@example.com, card 4242 4242 4242 4242")
    assert story.thread().outcome == "appointment_scheduled"
    return story


def page_of(staff, story):
    return staff.get("/admin/conversations/details/", {"id": str(story.thread().id)})


def form_on(page):
    return next(form for form in page.forms.values() if "title" in form.fields)


def whole_form(staff, story):
    return form_on(page_of(staff, story).click("Turn this conversation into a test case"))


def saved(form, reason="it went well", **fields):
    for name, value in fields.items():
        form[name] = value
    form["reason"] = reason
    return form.submit().follow()


def the_case(factories):
    with factories.rows() as rows:
        case = rows.scalar(select(EvalCase))
        rows.expunge_all()
    return case


def misses_by_the_shared_checker(content, tmp_path):
    path = tmp_path / "case.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    plays, _ = scoring.checkers()
    return [miss for verdict in plays.perform_all(plays.read(path), Adapter) for miss in verdict.misses]


def test_a_conversation_becomes_a_case_that_passes_today(staff, booked, factories):
    page = saved(whole_form(staff, booked), title="A faucet, booked for tomorrow", says="$150")
    assert "The test case is saved. It passes today." in page
    case = the_case(factories)
    script = case.content["dialogues"][0]
    assert (case.kind, case.trade, case.passed, case.misses) == ("dialogue", "plumbing", True, [])
    assert {one["c"] for one in script["final"]} >= {
        "outcome_in",
        "booked",
        "slot_in",
        "extracted",
        "reply_any_matches",
    }
    assert script["facts"]["given"] == {"1": ["job", "address", "name", "when"]}
    assert [slot["start"] for slot in script["availability"]] == ["2026-09-16T10:00:00"]


def test_no_personal_data_of_the_customer_is_in_the_case(staff, booked, factories):
    saved(whole_form(staff, booked), title="Dana Reed of 789 Sunset", note="call Dana on (310) 555-0142")
    case = the_case(factories)
    whole = json.dumps([case.title, case.note, case.content])
    assert [one for one in PRIVATE if one in whole] == []
    assert CUSTOMER not in whole
    assert "90210" in whole
    facts = case.content["dialogues"][0]["facts"]
    assert facts["name"] == "Carol Finch"
    assert facts["address"] in case.content["dialogues"][0]["steps"][0]


def test_what_support_types_is_replaced_too_and_the_stand_ins_agree(staff, booked, factories):
    form = whole_form(staff, booked)
    assert form["name"].value == "Carol Finch"
    form["name"], form["address"], form["text_2"] = "Dana Reed", "789 Sunset Blvd", "yes, Dana here"
    page = saved(form)
    assert "It passes today." in page
    script = the_case(factories).content["dialogues"][0]
    assert script["facts"]["name"] == "Carol Finch"
    assert script["steps"][1] == "yes, Carol here"


def test_the_case_is_played_without_its_business(staff, booked, factories):
    saved(whole_form(staff, booked))
    with factories.changing() as session:
        tenant = session.scalar(select(Tenant))
        tenant.business_name, tenant.trade_type, tenant.timezone = "Gone", "hvac", "America/New_York"
        for line in session.scalars(select(type_of_price())):
            line.low_cents = line.high_cents = 99_900
    page = staff.get("/admin/cases/details/", {"id": str(the_case(factories).id)})
    form = next(form for form in page.forms.values() if form.action.endswith("/run"))
    assert "It passed." in form.submit().follow()


def type_of_price():
    from app.estimates import Estimate

    return Estimate


@pytest.mark.skipif(not scoring.has_shared(), reason="the shared checkers are not here")
def test_the_download_is_a_file_that_the_shared_checker_plays_with_the_same_verdict(staff, booked, factories, tmp_path):
    page = saved(whole_form(staff, booked), says="$150")
    download = page.click("Download")
    assert download.content_disposition.endswith('.json"')
    content = json.loads(download.text)
    assert misses_by_the_shared_checker(content, tmp_path) == []
    content["dialogues"][0]["final"].append({"c": "outcome_in", "v": ["spam"]})
    assert len(misses_by_the_shared_checker(content, tmp_path)) == 1
    with factories.rows() as rows:
        assert rows.scalar(select(func.count()).where(Audit.action == "case.download")) == 1


@pytest.mark.skipif(not scoring.has_shared(), reason="the shared checkers are not here")
def test_silence_a_move_and_a_cancelled_visit_are_kept_in_a_case(staff, booked, factories, tmp_path):
    booked.says("can we make it thursday at 2 pm instead?")
    booked.says("yes")
    booked.says("please cancel my appointment")
    booked.says("yes")
    page = whole_form(staff, booked)
    saved(page)
    case = the_case(factories)
    assert case.passed, case.misses
    assert len(case.content["dialogues"][0]["steps"]) >= 4
    assert misses_by_the_shared_checker(case.content, tmp_path) == []


def test_silence_and_a_person_are_steps_of_the_case(staff, story, factories):
    story.opens().at("14:00")
    story.misses()
    story.says("Bathroom faucet dripping, 789 Sunset Blvd 90210")
    story.later(minutes=10)
    story.owner_takes_over()
    story.owner_replies("Mike here, I can come at five")
    story.texts("great, thanks Mike")
    saved(whole_form(staff, story))
    steps = the_case(factories).content["dialogues"][0]["steps"]
    kinds = [step if isinstance(step, str) else step["event"]["type"] for step in steps]
    assert kinds[1:3] == ["timeout", "human_takeover"]
    assert "Mike here" not in json.dumps(steps)


def test_a_wrong_answer_becomes_a_case_that_fails_until_it_is_mended(staff, booked, factories):
    page = saved(whole_form(staff, booked), outcome="handoff", booked="none")
    assert "It does not pass today" in page
    assert "It ends as handoff. It ended as booked." in page
    case = the_case(factories)
    assert (case.passed, case.failing_since) == (False, None)
    assert support_tasks(factories) == []


def test_one_text_becomes_a_row_of_single_texts(staff, booked, factories, tmp_path):
    page = page_of(staff, booked).click("Test case of this text", index=1)
    assert "Before it, we had asked: confirm. On offer: 2026-09-16T10:00." in page
    page = saved(form_on(page), title="A yes with more in it")
    case = the_case(factories)
    assert (case.kind, case.passed) == ("turn", True)
    assert case.content["context"] == {"asked": "confirm", "offers": ["2026-09-16T10:00"]}
    assert [one for one in PRIVATE if one in json.dumps(case.content)] == []
    if scoring.has_shared():
        _, turns = scoring.checkers()
        board = turns.check_rows([json.loads(page.click("Download").text)], Adapter())
        assert board.misses == []
        assert board.share("intent") == 1


def test_a_form_that_is_wrong_is_shown_again_and_nothing_is_saved(staff, booked, factories):
    for fields, complaint in (
        ({"reason": " "}, "Nothing was saved: give a reason."),
        ({"reason": "x", "title": " "}, "Nothing was saved: Give the case a title."),
    ):
        form = whole_form(staff, booked)
        for name, value in fields.items():
            form[name] = value
        assert complaint in form.submit(status=200)
    form = whole_form(staff, booked)
    form["outcome"].force_value("nonsense")
    form["reason"] = "x"
    assert "There is no outcome called nonsense." in form.submit(status=200)
    assert the_case(factories) is None


def test_the_deed_is_audited_without_words_of_the_customer(staff, booked, factories):
    saved(whole_form(staff, booked), reason="a good example")
    with factories.rows() as rows:
        row = rows.scalar(select(Audit).where(Audit.action == "case.make"))
        assert (row.actor, row.reason, row.tenant_id) == (STAFF, "a good example", booked.tenant_id)
        assert row.target == f"conversation:{booked.thread().id}"
        assert set(row.after) == {"case", "kind", "passed"}


def test_a_conversation_without_a_word_of_the_customer_makes_no_case(staff, story):
    story.opens().at("14:00")
    story.misses()
    page = page_of(staff, story)
    assert "Turn this conversation" not in page
    answer = staff.get("/admin/cases/make", {"conversation": str(story.thread().id)}).follow()
    assert "The customer has not written anything." in answer
    staff.get("/admin/cases/make", {"conversation": "nonsense"}, status=404)


# Every night


def support_tasks(factories):
    with factories.rows() as rows:
        wanted = select(SupportTask).where(SupportTask.kind == "eval_case").order_by(SupportTask.created_at)
        return [(task.state, task.why) for task in rows.scalars(wanted)]


def change(factories, **expected):
    with factories.changing() as session:
        case = session.scalar(select(EvalCase))
        case.content = case.content | expected


def a_night(clock, workers):
    clock.shift(dt.timedelta(days=1))
    workers.sweep()


@pytest.fixture
def kept(factories, clock, workers):
    """A case that has passed."""
    with factories.changing() as session:
        session.add(case_of("no hot water since this morning"))
    workers.sweep()
    return factories


def test_all_active_cases_run_once_a_night(kept, clock, workers):
    first = the_case(kept)
    assert (first.passed, first.run_at.astimezone(dt.UTC).hour) == (True, 17)
    workers.sweep()
    assert the_case(kept).run_at == first.run_at
    clock.move_to(dt.datetime(2026, 9, 16, 8, 59, tzinfo=dt.UTC))
    workers.sweep()
    assert the_case(kept).run_at == first.run_at
    clock.move_to(dt.datetime(2026, 9, 16, 9, 0, tzinfo=dt.UTC))
    workers.sweep()
    assert the_case(kept).run_at == dt.datetime(2026, 9, 16, 9, 0, tzinfo=dt.UTC)
    with kept.changing() as session:
        session.scalar(select(EvalCase)).is_active = False
    a_night(clock, workers)
    assert the_case(kept).run_at == dt.datetime(2026, 9, 16, 9, 0, tzinfo=dt.UTC)


def test_more_cases_than_fit_into_one_round_are_all_played(factories, clock, workers):
    with factories.changing() as session:
        session.add_all([case_of("no hot water since this morning") for _ in range(nightly.AT_ONCE + 3)])
    workers.sweep()
    workers.sweep()
    with factories.rows() as rows:
        assert rows.scalar(select(func.count()).where(EvalCase.passed)) == nightly.AT_ONCE + 3


def test_support_is_asked_once_when_a_case_that_passed_fails_and_no_more_when_it_passes_again(kept, clock, workers):
    change(kept, urgency_ok=["emergency"])
    a_night(clock, workers)
    a_night(clock, workers)
    why = "A test case fails: “No hot water”. The urgency is to be emergency; it was urgent."
    assert support_tasks(kept) == [("open", why)]
    change(kept, urgency_ok=["urgent"])
    a_night(clock, workers)
    assert support_tasks(kept) == [("done", why)]
    assert the_case(kept).failing_since is None
    change(kept, urgency_ok=["emergency"])
    a_night(clock, workers)
    assert [state for state, _ in support_tasks(kept)] == ["done", "open"]


def test_a_task_that_a_person_closed_is_not_asked_again_until_the_case_has_passed(kept, clock, workers):
    change(kept, urgency_ok=["emergency"])
    a_night(clock, workers)
    with kept.changing() as session:
        task = session.scalar(select(SupportTask))
        task.state = "dismissed"
    a_night(clock, workers)
    assert [state for state, _ in support_tasks(kept)] == ["dismissed"]
    change(kept, urgency_ok=["urgent"])
    a_night(clock, workers)
    assert [state for state, _ in support_tasks(kept)] == ["dismissed"]


def test_a_case_that_raises_has_failed_and_stops_no_other(kept, clock, workers):
    with kept.changing() as session:
        broken = case_of("hello")
        broken.content, broken.title = {"nothing": True}, "Broken"
        session.add(broken)
    a_night(clock, workers)
    with kept.rows() as rows:
        results = {case.title: (case.passed, case.misses) for case in rows.scalars(select(EvalCase))}
    assert results["No hot water"][0] is True
    assert results["Broken"] == (False, ["The dispatcher failed: KeyError."])


def test_a_failing_case_is_counted_on_the_first_page(staff, kept, clock, workers):
    change(kept, urgency_ok=["emergency"])
    a_night(clock, workers)
    buckets = {one.select_one("span").text: one for one in staff.get("/admin/").html.select(".buckets a")}
    assert buckets["Failing cases"].select_one("strong").text == "1"
    assert "No hot water" in staff.get(buckets["Failing cases"]["href"])


# In the panel


def test_a_case_is_run_switched_off_and_deleted_each_with_its_audit_row(staff, world, factories):
    def form(action):
        page = staff.get("/admin/cases/details/", {"id": str(world.ids["cases"])})
        return next(form for form in page.forms.values() if form.action.endswith(action))

    assert "It passed." in form("/run").submit().follow()
    switch = form("/switch")
    switch["reason"] = "it is too strict"
    assert "It does not run any more." in switch.submit().follow()
    assert the_case(factories).is_active is False
    gone = form("/discard")
    gone["reason"] = "it names a neighbour"
    assert "The case is deleted." in gone.submit().follow()
    assert the_case(factories) is None
    with factories.rows() as rows:
        deeds = rows.scalars(select(Audit.action).where(Audit.action.startswith("case.")).order_by(Audit.id)).all()
    assert deeds == ["case.run", "case.switch", "case.delete"]


def test_the_page_of_a_case_says_what_is_expected_and_how_it_plays(staff, booked):
    page = saved(whole_form(staff, booked), says="$150")
    told = page.html.select_one("main").text
    assert "It ends as booked." in told
    assert "Some answer contains “$150”." in told
    assert "Every text has at most 320 characters." in told
    assert [one.text for one in page.html.select("li.outbound p")][-1].startswith("Booked")
