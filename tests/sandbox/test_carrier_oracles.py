"""What the sandbox's network refuses to swallow: wrong requests, wrong TwiML, wrong addresses."""

import pytest
from twilio.base.exceptions import TwilioRestException

from sandbox.carrier import oracle, specs, twiml
from tests.sandbox.phone_lab import ACCOUNT, BUSINESS, CONTRACTOR, CUSTOMER, HOOKS, PUBLIC, SERVICE, lab

NEEDS_SPEC = pytest.mark.skipif(
    oracle.missing(oracle.spec_directory()) is not None, reason=str(oracle.missing(oracle.spec_directory()))
)
TEXT = {"to": CUSTOMER, "messaging_service_sid": SERVICE, "body": "x"}


@pytest.fixture(scope="module")
def town():
    with lab() as town:
        yield town


@pytest.fixture(autouse=True)
def _no_old_complaints(town):
    town.carrier.complaints.clear()


def raw(client):
    url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    answer = client.request("POST", url, data={"To": CUSTOMER, "From": BUSINESS, "Body": "x", "StatusCallBack": "x"})
    raise TwilioRestException(answer.status_code, url)


WRONG = {
    "no sender": (lambda c: c.messages.create(to=CUSTOMER, body="x"), "one of ['from'"),
    "no content": (lambda c: c.messages.create(to=CUSTOMER, from_=BUSINESS), "one of ['body'"),
    "not a number": (lambda c: c.messages.create(**{**TEXT, "to": "2135551234x"}), "body: To"),
    "not a kind of schedule": (lambda c: c.messages.create(**TEXT, schedule_type="z"), "ScheduleType"),
    "underscore in a host": (lambda c: c.messages.create(**TEXT, status_callback="https://my_host/cb"), "StatusCall"),
    "nothing to buy": (lambda c: c.incoming_phone_numbers.create(), "one of ['phone_number'"),
    "not a method": (
        lambda c: c.incoming_phone_numbers.create(phone_number=CUSTOMER, voice_method="PUT"),
        "VoiceMethod",
    ),
    "not a SID": (lambda c: c.messages("SM1").fetch(), "path: Sid"),
    "unknown field": (raw, "unknown field StatusCallBack"),
}


@NEEDS_SPEC
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_request_is_answered_500_and_kept(town, name):
    use, words = WRONG[name]
    with pytest.raises(TwilioRestException) as refusal:
        use(town.client)
    assert refusal.value.status == 500
    assert words in str(town.carrier.complaints)


@NEEDS_SPEC
def test_right_requests_pass(town):
    town.client.messages.create(
        **TEXT,
        status_callback=f"{PUBLIC}/cb",
        smart_encoded=True,
        validity_period=600,
        media_url=["https://pub.example/1.png", "https://pub.example/2.png"],
        message_intent="customercare",
    )
    assert town.carrier.complaints == []


@NEEDS_SPEC
def test_our_own_answers_are_looked_at():
    rules = oracle.load(oracle.spec_directory())
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert rules.response_errors("POST", "api.twilio.com", path, 201, {"status": "que"})
    assert rules.response_errors("POST", "api.twilio.com", path, 201, {"status": "queued"}) == []
    assert rules.size > 300


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ('<Dial timeout="20" action="/a"><Number url="/w">+1213</Number></Dial>', None),
        ('<Gather numDigits="1" action="/k"><Say voice="alice">Press 1</Say></Gather><Hangup/>', None),
        ('<Dial timeOut="20"><Number>+1213</Number></Dial>', "no attribute timeOut"),
        ('<Dial action="/a">+1213</Dial><Say>x</Say>', "unreachable verb after <Dial>"),
        ("<Rcord/>", "unknown <Rcord>"),
        ('<Dial><Number phoneNumber="+1213"/></Dial>', "no attribute phoneNumber"),
        ("<Say><Number>+1213</Number></Say>", "<Number> inside <Say>"),
        ('<Record maxLength="30"/>', "loop"),
        ("<Pause/><Say>x</Say>", "<Pause> first"),
        (f"<Say>{'x' * 4097}</Say>", "4096"),
        ('<Start><Recording recordingStatusCallback="/r"/></Start>', "absolute URL"),
    ],
)
def test_twiml(document, words):
    found = twiml.mistakes(f"<Response>{document}</Response>".encode())
    assert (words in " ".join(found)) if words else not found


def test_bytes_before_the_declaration():
    assert "12100" in twiml.mistakes(b'\n<?xml version="1.0"?><Response/>')[0]


def test_a_whisper_must_not_dial():
    assert twiml.mistakes(b"<Response><Dial>+1213</Dial></Response>", whisper=True)


def test_a_text_is_no_call():
    assert twiml.mistakes(b"<Response><Dial>+1213</Dial></Response>", "messaging")
    assert not twiml.mistakes(b"<Response><Message>Hi</Message></Response>", "messaging")


def test_wrong_twiml_in_a_call_is_kept(town):
    town.product.documents[f"{HOOKS}/call"] = f'<Dial timeOut="20" action="{HOOKS}/x">{CONTRACTOR}</Dial>'
    town.carrier.call(CUSTOMER, BUSINESS)
    assert "timeOut" in str(town.carrier.complaints)


def test_a_loop_of_documents_ends(town):
    town.product.documents[f"{HOOKS}/call"] = f"<Redirect>{HOOKS}/call</Redirect>"
    call = town.carrier.call(CUSTOMER, BUSINESS)
    assert call.status == "failed"
    assert "loop" in str(town.carrier.complaints)


def test_a_reply_in_twiml_reaches_the_customer(town):
    town.product.documents[f"{HOOKS}/sms"] = "<Message>Hello from TwiML</Message>"
    town.carrier.text(CUSTOMER, BUSINESS, "hi")
    assert town.carrier.texts_to(CUSTOMER)[-1].body == "Hello from TwiML"


def test_webhooks_never_leave_the_product(town):
    hook = town.carrier.post("https://elsewhere.example/hook", {})
    assert hook.status == 0
    assert "elsewhere.example" in str(town.carrier.complaints)


def test_files_that_are_there_are_not_fetched_again(tmp_path):
    for name in oracle.FILES:
        (tmp_path / f"twilio_{name}.json").write_text("{}")
    assert specs.fetch(tmp_path)


def test_without_npm_there_is_a_reason(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not specs.fetch(tmp_path / "spec")
    assert "npm is not installed" in capsys.readouterr().err
    assert "fetches them" in oracle.missing(tmp_path / "spec")
