"""The network driven from another process: JSON endpoints, the page, the command line."""

import os
import re
import subprocess
import sys

import pytest
import requests

from sandbox.carrier import start
from tests.sandbox.phone_lab import ACCOUNT, BUSINESS, CONTRACTOR, CUSTOMER, HOOKS, PUBLIC, SERVICE, TOKEN, lab


@pytest.fixture
def town():
    with lab() as town:
        yield town
        assert town.carrier.complaints == []


def ask(town, method, path, expected=200, /, **body):
    answer = requests.request(method, f"{town.carrier.url}/sandbox{path}", json=body or None, timeout=30)
    assert answer.status_code == expected, answer.text
    return answer.json() if answer.content else None


def test_a_missed_call_and_its_text_by_json(town):
    call = ask(
        town,
        "POST",
        "/call",
        **{"from": CUSTOMER},
        to=BUSINESS,
        handset={"phone": CONTRACTOR, "behaviour": "busy"},
        voicemail="Please call",
    )
    assert (call["dial_status"], call["voicemail"]["text"], call["is_over"]) == ("busy", "Please call", True)
    assert ask(town, "GET", f"/calls/{call['sid']}")["story"] == call["story"]
    assert [one["sid"] for one in ask(town, "GET", f"/calls?phone={CONTRACTOR[1:]}".replace("=", "=%2B"))] == [
        call["sid"]
    ]
    town.client.messages.create(to=CUSTOMER, messaging_service_sid=SERVICE, body="Sorry we missed you")
    assert ask(town, "POST", "/settle")["settled"]
    assert ask(town, "POST", "/text", **{"from": CUSTOMER}, to=BUSINESS, body="hi", times=2)["statuses"] == [200, 200]
    texts = requests.get(f"{town.carrier.url}/sandbox/messages", params={"phone": CUSTOMER}, timeout=5).json()
    assert [(one["body"], one["direction"], one["status"]) for one in texts] == [
        ("Sorry we missed you", "outbound-api", "delivered"),
        ("hi", "inbound", "received"),
    ]


def test_handsets_faults_deliveries_and_lines_by_json(town):
    assert ask(town, "POST", f"/handsets/{CONTRACTOR}", behaviour="presses_1")["behaviour"] == "presses_1"
    assert ask(town, "GET", f"/handsets/{CONTRACTOR}")["digits"] == "1"
    assert "no_such" in ask(town, "POST", f"/handsets/{CONTRACTOR}", 400, behaviour="no_such")["error"]
    assert ask(town, "POST", "/faults", 201, kind="refuse", status=429, code=20429)["code"] == 20429
    assert len(town.carrier.world.faults.waiting) == 1
    ask(town, "DELETE", "/faults", 204)
    assert town.carrier.world.faults.waiting == []
    assert ask(town, "POST", f"/deliveries/{CUSTOMER}", 201, final="failed", error=30007)["error"] == 30007
    ask(town, "POST", f"/line-types/{CUSTOMER}", 204, kind="landline")
    assert town.carrier.world.line_types[CUSTOMER] == "landline"


def test_state_numbers_and_a_fresh_start_by_json(town):
    ask(town, "POST", "/numbers", 201, phone="+12135550101", friendly_name="Ace Electric")
    state = ask(town, "GET", "/state")
    assert [one["phone_number"] for one in state["numbers"]] == [BUSINESS, "+12135550101"]
    assert state["routes"] == town.carrier.routes
    ask(town, "POST", "/reset", 204)
    assert ask(town, "GET", "/state")["numbers"] == []
    assert "NoSuchNumber" in ask(town, "POST", "/call", 400, **{"from": CUSTOMER}, to=BUSINESS)["error"]


def page(town, method="GET", path="/", **fields):
    fields = {"customer": CUSTOMER, "number": BUSINESS, "contractor": CONTRACTOR, **fields}
    answer = requests.request(
        method, f"{town.carrier.url}{path}", **{"params" if method == "GET" else "data": fields}, timeout=10
    )
    assert answer.status_code == 200
    return answer.text


def test_the_page_works_without_its_script(town):
    assert "No texts yet." in page(town)
    page(town, "POST", "/phone/handset", behaviour="busy")
    page(town, "POST", "/phone/call", caller="leaves_voicemail", voicemail="It leaks & drips")
    town.carrier.calls[0].join()
    assert "Voicemail: It leaks &amp; drips" in page(town)
    shown = page(town, "POST", "/phone/text", body="<b>Hi</b>", who="customer")
    assert "&lt;b&gt;Hi&lt;/b&gt;" in shown
    page(town, "POST", "/phone/text", body="OK", who="contractor")
    assert [told["From"] for told in town.told("/sms")] == [CUSTOMER, CONTRACTOR]


def test_the_page_decides_what_becomes_of_texts(town):
    assert "selected>Landline" in page(town, "POST", "/phone/fate", fate="30006")
    message = town.client.messages.create(to=CUSTOMER, messaging_service_sid=SERVICE, body="Hello")
    assert town.carrier.settle()
    assert town.carrier.world.messages[message.sid].error_code == 30006
    assert "undelivered (error 30006)" in page(town)
    assert "selected>Arrive" in page(town, "POST", "/phone/fate", fate="")


def test_the_page_brings_everything_itself(town):
    html = page(town)
    links = re.findall(r'(?:src|href|action)="([^"]*)', html)
    assert [link for link in links if not link.startswith(("/", "#", "data:,"))] == []
    for name in ("phone.css", "phone.js"):
        assert requests.get(f"{town.carrier.url}/static/{name}", timeout=5).status_code == 200
    labels = html.count("<label")
    assert labels == html.count("<select") + html.count("<textarea") + len(
        re.findall(r'<input (?!type="hidden")', html)
    )


def test_a_call_in_the_making_can_be_hung_up_on_the_page(town):
    page(town, "POST", "/phone/handset", behaviour="by_hand")
    page(town, "POST", "/phone/call")
    call = town.carrier.calls[0]
    page(town, "POST", "/phone/hangup", sid=call.sid)
    assert call.join().status == "no-answer"


def test_only_the_loopback_address_is_bound(town):
    with pytest.raises(ValueError, match="loopback"):
        start(town.product.url, PUBLIC, ACCOUNT, TOKEN, host="0.0.0.0")


def test_a_port_that_is_taken_is_an_error_of_its_own(town):
    with pytest.raises(OSError, match="in use"):
        start(town.product.url, PUBLIC, ACCOUNT, TOKEN, int(town.carrier.url.rsplit(":", 1)[1]))


def test_webhooks_can_go_straight_into_an_application(town):
    with start("http://127.0.0.1:1", PUBLIC, ACCOUNT, TOKEN, product_app=town.product.app, background=False) as carrier:
        carrier.add_number(BUSINESS, sms_url=f"{PUBLIC}{HOOKS}/sms", status_callback=f"{PUBLIC}{HOOKS}/call/ended")
        assert carrier.text(CUSTOMER, BUSINESS, "hi").statuses == [200]
        carrier.call(CUSTOMER, BUSINESS)  # a number without a voice URL
        assert town.product.heard[f"{HOOKS}/call/ended"] == []
        assert carrier.settle()
        assert town.product.heard[f"{HOOKS}/call/ended"][0]["CallStatus"] == "failed"


def test_a_product_that_is_away_is_no_connection():
    with start("http://127.0.0.1:1", PUBLIC, ACCOUNT, TOKEN) as carrier:
        carrier.add_number(BUSINESS, sms_url=f"{PUBLIC}/sms")
        assert carrier.text(CUSTOMER, BUSINESS, "hi").statuses == [0]
        assert len(carrier.webhooks) == 2  # one retry, because nothing was connected


def test_the_command_line():
    command = [sys.executable, "-m", "sandbox.carrier"]
    help_text = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True).stdout
    assert "TWILIO_API_ROUTES" in help_text
    process = subprocess.Popen(
        [*command, "--port", "0", "--no-spec"], stdout=subprocess.PIPE, text=True, env={**os.environ}
    )
    try:
        url = re.search(r"http://127.0.0.1:\d+", process.stdout.readline()).group()
        assert requests.get(f"{url}/sandbox/state", timeout=5).json()["spec_skipped"] == "switched off"
    finally:
        process.terminate()
        assert process.wait(10) == 0
        process.stdout.close()
