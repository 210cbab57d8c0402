"""A language model that answers badly, late or not at all: the customer is answered in time, and it is known why."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from app import tenancy
from app.conversations import Turn
from app.dispatch import guard
from app.extensions import db
from app.providers import llm
from app.providers.llm import breaker
from app.users import Presence
from jobs import drains
from jobs.conversations import Turns
from sandbox.llm import BEHAVIOURS
from tests.factories import F1
from tests.faults.test_queue_trouble import redis_gone
from tests.flows.story import CUSTOMER, OTHER, THIRD, Story
from tests.language_model import WIRES, last_turn

ROOT = Path(__file__).parents[2]
UNCLEAR = "it makes a strange gurgling sound again"
REPLY = "Sorry to hear that. What exactly makes the sound, and what's your street address and ZIP?"
TEMPLATE = "What exactly is the problem"
DEADLINE = 1.0
SLACK = 0.6
"""What the rest of a turn takes on a busy machine."""
OUTCOMES = {
    "ok": ("answered", 1),
    "fenced": ("answered", 1),
    "badjson": ("unreadable", 2),
    "wrongschema": ("unreadable", 2),
    "empty": ("unreadable", 2),
    "length": ("unreadable", 1),
    "refusal": ("refused", 1),
    "e401": ("misconfigured", 1),
    "e429": ("rate limited", 1),
    "e500": ("failed", 1),
    "html": ("failed", 1),
    "hang": ("timed out", 1),
    "drip": ("timed out", 1),
}
"""What comes of each behaviour, and how many requests it costs: one repair, for an answer of the wrong shape alone."""


@pytest.fixture
def story(factories, carrier, clock, workers, model):
    """Prime Plumbing lets the model help; a call was missed."""
    told = Story(factories, carrier, clock, workers)
    told.opens(F1, dispatcher={"external_model_allowed": True}).at("10:00")
    told.factories.owner(told.tenant_id, presence=Presence.offline)  # nobody is waited for before an answer
    told.misses()
    model.says(reply=REPLY)
    return told


@pytest.fixture(scope="session", autouse=True)
def loaded(chosen):
    """The libraries are there before the first question, as in a worker: their import is not what is measured."""
    from app.providers.llm import client

    for wire in WIRES:
        client.warm(chosen.model_copy(update={"llm_provider": wire, "llm_model": "ok"}))


def test_every_behaviour_of_the_sandbox_is_tried():
    assert set(OUTCOMES) == set(BEHAVIOURS)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("behaviour", OUTCOMES)
def test_whatever_the_model_does_the_customer_is_answered_well_and_in_time(story, model, behaviour, wire):
    outcome, requests = OUTCOMES[behaviour]
    model.on(behaviour, wire, llm_deadline_s=DEADLINE)
    started = time.perf_counter()
    answer = story.says(UNCLEAR)
    seconds = time.perf_counter() - started
    turn = last_turn(story)
    assert turn.suggestion["outcome"] == outcome
    assert len(model.requests) == requests
    if outcome == "answered":
        assert (answer, turn.engine) == (REPLY, "llm")
    else:
        assert answer.startswith(TEMPLATE)
        assert turn.engine == "rules"
    assert guard.faults(answer) == ()
    assert turn.suggestion["milliseconds"] <= (DEADLINE + llm.GRACE) * 1000
    assert seconds < DEADLINE + SLACK + 1.0  # with the text's way in and out
    assert story.thread().ai_failures == 0


@pytest.mark.parametrize("wire", WIRES)
def test_a_cut_function_call_costs_one_repair_at_most(story, model, wire):
    model.on("length", wire, llm_output_mode="tool")
    assert story.says(UNCLEAR).startswith(TEMPLATE)
    assert len(model.requests) <= 2


def test_nobody_listening_is_no_error(story, model):
    model.on("ok", llm_base_url="http://127.0.0.1:1/v1")
    assert story.says(UNCLEAR).startswith(TEMPLATE)
    assert last_turn(story).suggestion["outcome"] == "failed"


def turns_of(story, count):
    """So many customers are answered, one after the other; what came of asking for each."""
    for number in range(count):
        phone = f"+1310555{2000 + number}"
        story.misses(phone)
        assert story.says(UNCLEAR, phone).startswith(TEMPLATE)
    return [turn.suggestion.get("outcome") for turn in story.all(Turn) if turn.suggestion]


@pytest.mark.parametrize("behaviour", ["e500", "hang", "html"])
def test_three_failures_open_the_breaker_and_a_minute_later_one_question_tries(story, model, clock, behaviour):
    model.on(behaviour, llm_deadline_s=0.3)
    outcomes = turns_of(story, 5)
    assert outcomes[3:] == ["breaker open"] * 2
    assert len(model.requests) == breaker.FAIL_MAX
    model.on("ok", llm_deadline_s=0.3)
    story.later(minutes=1, seconds=1)
    assert story.says(UNCLEAR) == REPLY
    with model.web.app_context():
        assert llm.status()[0] == "healthy"


def test_a_server_that_is_still_down_is_left_alone_for_another_minute(story, model):
    model.on("e500")
    turns_of(story, 3)
    story.later(minutes=1, seconds=1)
    story.says(UNCLEAR)
    story.misses(OTHER)
    story.says(UNCLEAR, OTHER)
    assert len(model.requests) == breaker.FAIL_MAX + 1
    assert last_turn(story).suggestion["outcome"] == "breaker open"


def test_being_sent_away_opens_the_breaker_for_as_long_as_the_server_said(story, model):
    model.on("e429")
    story.says(UNCLEAR)
    model.on("ok")
    story.misses(OTHER)
    story.later(seconds=10)
    story.says(UNCLEAR, OTHER)
    assert last_turn(story).suggestion["outcome"] == "breaker open"
    story.later(seconds=21)
    story.misses(THIRD)
    assert story.says(UNCLEAR, THIRD) == REPLY


@pytest.mark.parametrize("behaviour", ["e401", "refusal"])
def test_what_is_not_the_servers_fault_leaves_the_breaker_closed(story, model, behaviour):
    model.on(behaviour)
    outcomes = turns_of(story, 4)
    assert len(set(outcomes)) == 1
    assert len(model.requests) == 4
    with model.web.app_context():
        assert breaker.is_closed(model.web.extensions["settings"])
        assert llm.status()[0] == ("misconfigured" if behaviour == "e401" else "healthy")


def test_five_inventions_in_a_row_open_the_breaker(story, model):
    model.on("ok")
    model.says(reply="It costs $5. What is the problem, and the address?")
    outcomes = turns_of(story, 6)
    assert outcomes == ["answered"] * 5 + ["breaker open"]


def test_a_good_answer_forgives_the_inventions_before_it(story, model):
    model.on("ok")
    model.says(reply="It costs $5. What is the problem, and the address?")
    turns_of(story, 4)
    model.says(reply=REPLY)
    assert story.says(UNCLEAR) == REPLY
    model.says(reply="It costs $5. What is the problem, and the address?")
    story.misses(OTHER)
    story.says(UNCLEAR, OTHER)
    with model.web.app_context():
        assert breaker.is_closed(model.web.extensions["settings"])


def test_the_breaker_is_one_for_all_processes(story, model, chosen):
    from jobs.commands import create_command_app

    model.on("e500")
    turns_of(story, 3)
    other = create_command_app(chosen)
    other.extensions["settings"] = model.web.extensions["settings"]
    with other.app_context():
        assert llm.status()[0] == "breaker open"
        assert llm.ask({}, business="b").result().outcome == "breaker open"
    assert len(model.requests) == breaker.FAIL_MAX


FORKS = """
import os
from app import create_app
from app.providers import llm
from config import settings
app = create_app(settings())
with app.app_context():
    llm.warm()
    print(llm.ask({"customer_text": "hm"}, business="b").result().outcome, flush=True)
    for _ in range(2):
        child = os.fork()
        if child == 0:
            print(llm.ask({"customer_text": "hm"}, business="b").result().outcome, flush=True)
            os._exit(0)
        os.waitpid(child, 0)
"""


def test_the_forks_of_a_worker_ask_with_what_it_has_loaded(model, chosen):
    """RQ forks for every job: the thread that carries the questions does not come along, the libraries do."""
    model.on("ok")
    told = model.server.settings("openai_compatible", "ok") | {"redis_url": chosen.redis_url, "env": "test"}
    environment = os.environ | {name.upper(): value for name, value in told.items()}
    ran = subprocess.run(
        [sys.executable, "-c", FORKS], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout.split() == ["answered"] * 3
    assert len(model.requests) == 3


def test_without_redis_nothing_is_asked_and_everybody_is_answered(story, model):
    """What cannot be counted is not spent; the turn itself is a row and waits for nobody."""
    model.on("ok")
    story.texts(UNCLEAR)
    story.clock.move_to(story.thread().ai_due_at)
    with redis_gone(model.web), model.web.app_context():
        assert llm.status()[0] == "off"
        with tenancy.scope(tenancy.SYSTEM):
            turns = Turns()
            while turns.drain_once():
                pass
            db.session.remove()
    assert last_turn(story).suggestion["outcome"].startswith("not asked")
    assert model.requests == []
    story.workers.sweep()
    assert story.heard()[-1].startswith(TEMPLATE)


def test_a_breaker_of_this_process_stands_in_while_redis_is_gone(model):
    model.on("e500")
    settings = model.web.extensions["settings"]
    with redis_gone(model.web), model.web.app_context():
        assert breaker.admits(settings)
        for _ in range(breaker.FAIL_MAX):
            breaker.record(settings, llm.Outcome.failed, None)
        assert not breaker.admits(settings)
    model.web.extensions.pop("llm_breakers_alone")


def test_a_customer_who_writes_again_does_not_wait_for_the_model(story, model):
    """The first text hangs at the model when the second one tells of a danger; the inbox is another process's work."""
    model.on("hang", llm_deadline_s=6)
    story.texts(UNCLEAR)
    story.clock.move_to(story.thread().ai_due_at)

    def smells_gas():
        story.carrier.text(CUSTOMER, F1.number, "now I smell gas")
        with model.web.app_context():
            drains.inbox()
            db.session.remove()

    second = threading.Timer(0.7, smells_gas)
    second.start()
    started = time.perf_counter()
    story.workers.sweep()
    second.join()
    story.answers()
    assert time.perf_counter() - started < 5.0
    assert "911" in story.heard()[-1]
    assert last_turn(story).suggestion == {}


def test_a_turn_that_asks_keeps_nobody_else_waiting(story, model):
    """Both are due at the same moment, the one who has to wait for the model first."""
    model.on("hang", llm_deadline_s=1.5)
    story.misses(OTHER)
    story.texts(UNCLEAR)
    story.texts("my faucet drips, 789 Sunset Blvd 90210", OTHER)
    story.clock.move_to(max(story.thread().ai_due_at, story.thread(OTHER).ai_due_at))
    story.workers.sweep()
    told = sorted(story.all(Turn), key=lambda turn: turn.id)
    assert [turn.suggestion.get("outcome") for turn in told] == [None, "timed out"]
    assert "$150-$200" in story.heard(OTHER)[-1]
    assert story.heard()[-1].startswith(TEMPLATE)


def test_no_transaction_is_open_while_the_model_thinks(story, model, tables_owner):
    """Looked at twenty times during a hang of a second, from outside."""
    model.on("hang", llm_deadline_s=1)
    story.texts(UNCLEAR)
    story.clock.move_to(story.thread().ai_due_at)
    idle = text(
        "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()"
    )
    seen = []

    def look():
        while not model.requests:
            time.sleep(0.01)
        time.sleep(0.1)
        with tables_owner.connect() as connection:
            for _ in range(20):
                seen.append(connection.scalar(idle))
                connection.rollback()
                time.sleep(0.03)

    watcher = threading.Thread(target=look)
    watcher.start()
    story.workers.sweep()
    watcher.join()
    assert last_turn(story).suggestion["outcome"] == "timed out"
    assert max(seen[:20]) <= 1
    assert seen.count(0) >= 15  # a look for newer texts now and then is short


@pytest.mark.parametrize(
    ("settings", "state", "why"),
    [
        ({"llm_provider": "none"}, "off", "no language model"),
        ({"llm_provider": "skynet"}, "misconfigured", "LLM_PROVIDER is not known"),
        ({"llm_provider": "openai", "llm_model": "ok"}, "misconfigured", "LLM_API_KEY is not set"),
        ({"llm_provider": "openai_compatible", "llm_model": "ok"}, "misconfigured", "LLM_BASE_URL is not set"),
    ],
)
def test_a_wrong_setting_means_rules_alone_and_is_shown(story, model, settings, state, why):
    model.web.extensions["settings"] = model.without.model_copy(update=settings)
    assert story.says(UNCLEAR).startswith(TEMPLATE)
    told = model.web.test_client().get("/health/dispatch-bot-ai").json
    assert told["services"]["llm"] == state
    assert told["status"] == ("healthy" if state == "off" else "degraded")
    with model.web.app_context():
        assert why in llm.status()[1]
    assert last_turn(story).suggestion == {}
