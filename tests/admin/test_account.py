"""Every turn of the dispatcher is told in plain sentences, and each step of its policy has one."""

from sqlalchemy import select

from admin import account, steps
from app.conversations import Turn
from app.dispatch import Event, policy
from app.dispatch.policy import offering
from tests.app.dispatch.house import Talk, at


def turn(**facts):
    return Turn(**{
        "event": "message", "intent": "new_job", "stage": "confirming", "acts": [], "evidence": [], "errors": [],
        "extracted": {}, "step": "offer", "confidences": {}, "candidates": [], "verdicts": [], "suggestion": {},
        "template": "offer_choice", "engine": "rules", "milliseconds": 1.26, "outcome": "open",
    } | facts)  # fmt: skip


def lines(told):
    return {line.label: line.text for line in told.lines}


def test_every_step_of_the_policy_has_its_sentence_and_no_sentence_is_left_over():
    known = {step.__name__ for step in policy.STEPS} | set(policy.EVENTS) | {offering.offer.__name__}
    assert set(steps.STEPS) == known
    assert all(one.endswith(".") and one[0].isupper() for one in steps.STEPS.values())


def test_a_step_that_is_no_more_and_one_that_was_not_kept_are_told_as_such():
    assert steps.sentence("old_way") == "The step was called old way."
    assert steps.sentence(None) == "Which step of the policy answered was not kept for this turn."


def test_what_was_understood_is_told_with_how_sure_and_which_words_led_to_it():
    told = account.of(turn(
        evidence=["job: heater", "time: tomorrow", "intent: new_job"],
        confidences={"intent": 0.9, "job": 0.76, "address": 0.4},
        extracted={"job_type": "water_heater", "zip": "90026", "times": [{"date": "2026-09-16"}], "picked": [0]},
    ))  # fmt: skip
    assert told.headline == "Understood as “new job” because of “job: heater”, “time: tomorrow”. Said “offer choice”."
    assert lines(told)["How sure"] == "intent 90% (sure), job 76% (rather sure), address 40% (guessing)"
    assert lines(told)["Known so far"] == "job water heater; ZIP 90026; times 2026-09-16"
    assert lines(told)["Step"] == steps.STEPS["offer"]
    assert lines(told)["Engine"] == "by rules, 1.3 ms"


def test_what_was_said_considered_refused_and_suggested_is_told():
    told = lines(account.of(turn(
        candidates=["offer_choice#2", "offer_choice#1"],
        verdicts=["offer_choice#2: amount, promise"],
        suggestion={"intent": "new_job", "job_types": ["water_heater"], "outcome": "too late", "milliseconds": 6000.4},
        acts=["book:abc", "alert_owner"], errors=["OUT_OF_AREA"], engine="llm",
    )))  # fmt: skip
    assert told["Said"] == "the wording “offer choice”; considered: offer choice#2, offer choice#1"
    assert told["Guard"] == "refused “offer_choice#2” because of amount, promise"
    assert told["Language model"] == "too late after 6000 ms; intent new job; job types water heater"
    assert told["Did"] == "book the time, tell the contractor"
    assert told["Stood in the way"] == "out of area"
    assert told["Engine"].startswith("by rules and the language model")


def test_silence_is_told_as_what_it_is():
    told = account.of(turn(event="timeout", template=None, candidates=[]))
    assert told.headline == f"{steps.STEPS['timeout']} Said nothing."
    assert lines(told)["Said"] == "nothing"
    assert "Guard" not in lines(told)


def test_an_imagined_turn_is_told_like_a_kept_one():
    event = Event.message("My water heater is leaking, 1420 W Sunset Blvd 90026")
    told = account.of_result(event, Talk(now=at(15, 10)).hear(event), 0.8)
    assert told.headline.startswith("Understood as “new job”")
    assert "heater" in lines(told)["Words that led to it"]
    assert lines(told)["Step"] in steps.STEPS.values()


def test_the_page_of_a_thread_folds_the_account_of_each_turn_away(staff, world, factories):
    with factories.changing() as session:
        kept = session.scalar(select(Turn))
        kept.step, kept.confidences = "missing", {"intent": 0.95}
        kept.verdicts = ["ask_address#1: promise"]
    page = staff.get("/admin/conversations/details/", {"id": str(world.ids["conversations"])})
    folded = page.html.select_one("li.turn details.account")
    assert not folded.has_attr("open")
    assert steps.STEPS["missing"] in folded.text
    assert "intent 95% (sure)" in folded.text
    assert "refused “ask_address#1” because of promise" in folded.text


def test_the_page_of_a_text_tells_the_same(staff, world):
    page = staff.get("/admin/messages/details/", {"id": str(world.more.heard)})
    assert "by rules, 1.5 ms" in page.html.select_one(".way details.account").text
