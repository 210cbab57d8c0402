"""dispatch-bot-ai over HTTP: who may ask, what is refused, and that an answer holds only what the request allows."""

import copy

import pytest

HOURS = {"start": "08:00", "end": "18:00"}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TECH = "0192f000-0000-7000-8000-000000000001"


def free(day: int, start: str, end: str, kind: str = "regular") -> dict:
    return {
        "technician_id": TECH,
        "start": f"2026-09-{day}T{start}:00-07:00",
        "end": f"2026-09-{day}T{end}:00-07:00",
        "kind": kind,
    }


REQUEST = {
    "caller_phone": "+13105550142",
    "called_number": "(213) 555-0100",
    "current_message": "MISSED_CALL_TRIGGER",
    "business_name": "Prime Plumbing",
    "trade_type": "plumbing",
    "business_hours": dict.fromkeys(DAYS[:5], HOURS) | {"saturday": None, "sunday": None},
    "phone_hours": {"always_available": True},
    "business_address": {
        "street_address": "200 N Spring St", "city": "Los Angeles", "state": "CA", "postal_code": "90012",
        "latitude": 34.0522, "longitude": -118.2437,
    },
    "job_estimates": [
        {"job_type": "water_heater_repair", "description": "Water heater repair", "estimated_hours": 2,
         "estimated_cost_min": 150,
         "estimated_cost_max": 400},
        {"job_type": "faucet_repair", "description": "Faucet repair", "estimated_hours": 1.5, "estimated_cost_min": 150,
         "estimated_cost_max": 200},
    ],
    "business_settings": {
        "accept_emergencies": True, "emergency_service_enabled": True, "max_jobs_per_day": 6,
        "service_radius_miles": 25,
    },
    "current_time": "2026-09-15T17:00:00Z",
    "timezone": "America/Los_Angeles",
    "availability": {
        "version": 412,
        "stale": False,
        "technicians": [{"technician_id": TECH, "user_id": TECH, "timezone": "America/Los_Angeles"}],
        "free_ranges": [
            free(15, "10:00", "18:00"), free(15, "18:00", "23:59", "after_hours"), free(16, "08:00", "12:00"),
            free(17, "13:00", "18:00"),
        ],
        "jobs_per_day": {},
    },
}  # fmt: skip
LEAK = "My water heater is leaking, 789 Sunset Blvd 90012. This is Dana Reed"


def said(sender: str, message: str, minute: int) -> dict:
    return {"timestamp": f"2026-09-15T16:{minute}:00Z", "sender": sender, "message": message, "message_type": "sms"}


@pytest.fixture
def ask(callers):
    program = callers.program("dispatch:process")

    def send(status=200, **changes):
        return program.post("/dispatch/process", json=copy.deepcopy(REQUEST) | changes, status=status).json

    return send


def test_the_opener_greets_and_asks_for_the_job(ask):
    answer = ask()
    action = answer["next_action"]
    assert "Prime Plumbing" in action["message_to_customer"]
    assert action["action_type"] == "continue_conversation"
    assert (answer["conversation_stage"], answer["engine"], answer["proposed_slot"]) == ("initial", "rules", None)


def test_a_described_job_is_offered_only_times_and_prices_of_the_request(ask):
    answer = ask(current_message=LEAK)
    slots = [answer["proposed_slot"], *answer["alternative_slots"]]
    assert answer["extracted_info"]["job_type"] == "water_heater_repair"
    assert answer["extracted_info"]["customer_name"] == "Dana Reed"
    assert answer["validation"]["service_area_valid"] is True
    ranges = [(one["start"], one["end"]) for one in REQUEST["availability"]["free_ranges"]]
    from datetime import datetime

    for slot in slots:
        start, end = (datetime.fromisoformat(slot[name]) for name in ("start_time", "end_time"))
        assert any(datetime.fromisoformat(a) <= start and end <= datetime.fromisoformat(b) for a, b in ranges)
        multiplier = slot["multiplier_applied"]
        assert (slot["price_min"], slot["price_max"]) == (round(150 * multiplier), round(400 * multiplier))
        assert slot["technician_id"] == TECH
    assert answer["next_action"]["message_to_customer"].count("$") >= len(slots)


def test_a_choice_of_an_offered_slot_is_booked(ask):
    offered = ask(current_message=LEAK)
    slots = [offered["proposed_slot"], *offered["alternative_slots"]]
    history = [
        said("ai", "Hi", 50),
        said("customer", LEAK, 51),
        said("ai", offered["next_action"]["message_to_customer"], 52),
    ]
    answer = ask(current_message=str(len(slots)), conversation_history=history, offered_slots=slots)
    assert answer["next_action"]["action_type"] == "book_appointment"
    assert answer["proposed_slot"]["slot_id"] == slots[-1]["slot_id"]
    assert answer["proposed_slot"]["requires_confirmation"] is False
    assert answer["extracted_info"]["customer_confirmed"] is True
    assert answer["extracted_info"]["selected_option"] == len(slots)
    assert answer["conversation_stage"] == "complete"


def test_the_history_is_remembered(ask):
    history = [said("ai", "Hi", 50), said("customer", "my faucet drips", 51), said("ai", "Where?", 52)]
    answer = ask(current_message="789 Sunset Blvd 90012", conversation_history=history)
    assert answer["extracted_info"]["job_type"] == "faucet_repair"
    assert answer["proposed_slot"]["duration_minutes"] == 90


def test_the_same_request_has_the_same_answer(ask):
    one, other = ask(current_message=LEAK, engine_hint="rules"), ask(current_message=LEAK, engine_hint="rules")
    assert one == other


def test_danger_is_answered_with_the_fixed_words_and_escalated(ask):
    answer = ask(current_message="I smell gas in the kitchen")
    assert answer["extracted_info"]["urgency_level"] == "emergency"
    assert answer["life_safety"]["class"] is not None
    assert answer["next_action"]["action_type"] == "escalate_to_owner"
    assert answer["next_action"]["escalation_level"] >= 3


def test_a_place_outside_the_radius_is_said_to_be(ask):
    answer = ask(current_message="Water heater leaking at 1 Main St, San Diego 92101")
    assert answer["validation"]["service_area_valid"] is False
    assert "OUT_OF_AREA" in answer["validation"]["validation_errors"]
    assert answer["proposed_slot"] is None


def test_a_request_without_free_time_offers_none(ask):
    availability = REQUEST["availability"] | {"free_ranges": []}
    answer = ask(current_message=LEAK, availability=availability)
    assert answer["proposed_slot"] is None
    assert answer["validation"]["capacity_available"] is False


def test_a_full_day_counts_even_if_the_calendar_is_not_sent(ask):
    availability = REQUEST["availability"] | {"jobs_per_day": {"2026-09-15": 6}}
    answer = ask(current_message="faucet drips, 789 Sunset Blvd 90012", availability=availability)
    assert not answer["proposed_slot"]["start_time"].startswith("2026-09-15")


def test_a_stale_calendar_makes_every_offer_tentative(ask):
    answer = ask(current_message=LEAK, availability=REQUEST["availability"] | {"stale": True})
    assert answer["proposed_slot"]["booking_type"] == "tentative"
    assert "CALENDAR_STALE" in answer["validation"]["validation_errors"]


@pytest.mark.parametrize("headers", [{}, {"X-Service-Key": "nmc_unknown"}])
def test_nobody_without_a_key_may_ask(callers, factories, headers):
    callers.nobody().post("/dispatch/process", json=REQUEST, status=401, headers=headers)


def test_people_and_other_programs_may_not_ask(callers, factories):
    factories.business()
    callers.person().post("/dispatch/process", json=REQUEST, status=403)
    callers.program("app-server:write").post("/dispatch/process", json=REQUEST, status=403)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("trade_type", "bakery"),
        ("timezone", "Mars/Olympus"),
        ("current_time", "yesterday"),
        ("caller_phone", "not a phone"),
        ("current_message", "x" * 1601),
        ("availability", None),
        ("business_settings", {"accept_emergencies": True}),
        ("job_estimates", [{"job_type": "x", "estimated_hours": 1, "estimated_cost_min": 5, "estimated_cost_max": 1}]),
    ],
)
def test_every_wrong_field_is_named(ask, field, value):
    error = ask(status=400, **{field: value})["error"]
    assert error["code"] == "VALIDATION_FAILED"
    assert all(problem["field"].startswith(field) for problem in error["details"]["validation_errors"])


def test_nothing_to_offer_is_told_apart(ask):
    error = ask(status=422, job_estimates=[])["error"]
    assert (error["code"], error["details"]["field"]) == ("VALIDATION_ERROR", "job_estimates")


def test_its_health_is_public(callers, factories):
    answer = callers.nobody().get("/health/dispatch-bot-ai").json
    assert (answer["status"], answer["services"]["rules"]) == ("healthy", "healthy")


PUZZLE = "the thing goes glug glug, 789 Sunset Blvd 90012"


@pytest.fixture
def with_model(model):
    """The platform lets this service ask the model."""
    model.on("ok", llm_for_process=True)
    model.says(job_type="faucet_fixture")
    return model


def test_a_model_may_fill_what_the_rules_do_not_know(ask, with_model):
    answer = ask(current_message=PUZZLE)
    assert (answer["engine"], answer["extracted_info"]["job_type"]) == ("llm", "faucet_repair")
    assert (answer["proposed_slot"]["price_min"], answer["proposed_slot"]["price_max"]) == (150, 200)
    [asked] = with_model.requests
    assert "Sunset" not in asked.text


def test_the_hint_for_rules_leaves_the_model_out(ask, with_model):
    answers = [ask(current_message=PUZZLE, engine_hint="rules") for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["engine"] == "rules"
    assert with_model.requests == []


def test_the_model_is_left_out_unless_the_platform_allows_it(ask, model):
    model.on("ok")
    assert ask(current_message=PUZZLE)["engine"] == "rules"
    assert model.requests == []


def test_the_last_texts_are_told_without_what_identifies(ask, with_model):
    history = [said("ai", "Hi", 50), said("customer", "I'm Dana Reed, 213-555-0199", 51), said("ai", "What is it?", 52)]
    ask(current_message=PUZZLE, conversation_history=history)
    seen = with_model.requests[0].text
    assert "What is it?" in seen
    assert "555-0199" not in seen
    assert "Reed" not in seen


@pytest.mark.parametrize("behaviour", ["e401", "e500", "badjson", "drip"])
def test_a_model_in_trouble_is_no_error_of_this_service(ask, with_model, behaviour):
    with_model.on(behaviour, llm_for_process=True, llm_deadline_s=1)
    answer = ask(current_message=PUZZLE)
    assert answer["engine"] == "rules"
    assert answer["next_action"]["message_to_customer"]


def test_its_health_tells_of_the_model(browser, model):
    def seen():
        told = browser.get("/health/dispatch-bot-ai").json
        return told["status"], told["services"]["llm"]

    assert seen() == ("healthy", "off")
    model.on("ok")
    assert seen() == ("healthy", "healthy")
    model.on("ok", llm_model="")
    assert seen() == ("degraded", "misconfigured")
