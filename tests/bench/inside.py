"""Measurements without load: a dispatcher turn, a search for times, the inbox page over many conversations."""

import datetime as dt
import http.cookiejar
import random
import re
import statistics
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from decimal import Decimal

from app.dispatch import Context, Event, State, decide
from app.dispatch.types import Estimate
from app.scheduling import availability
from app.scheduling.types import AreaVerdict, Busy, Place, Technician, Terms, Wanted
from sandbox.runner import House
from tests.bench.house import PRIME, Rows

Figures = dict[str, float]
NOW = dt.datetime(2026, 9, 15, 17, 0, tzinfo=dt.UTC)
WEEK = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), ("08:00", "18:00"))
TEXTS = (
    "My water heater is leaking all over the basement, 789 Sunset Blvd, Los Angeles 90210",
    "hi its Dana, kitchen sink clogged and the toilet runs, 44 Elm St apt 3 90012, tomorrow afternoon or fri morning?",
    "how much for a faucet", "ok the second one", "can you do it cheaper", "tengo una fuga de agua en la cocina",
    "never mind, what about next week but not tuesday", "Is this a real person?", "yes", "I smell gas near the furnace",
)  # fmt: skip


def timed(work: Callable[[], object], times: int) -> list[float]:
    """Milliseconds of each run."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append((time.perf_counter() - began) * 1000)
    return sorted(found)


def figures(milliseconds: list[float]) -> Figures:
    """Median, p95 and p99."""
    last = len(milliseconds) - 1
    return {
        "p50_ms": statistics.median(milliseconds),
        "p95_ms": milliseconds[int(last * 0.95)],
        "p99_ms": milliseconds[int(last * 0.99)],
    }


def _terms() -> Terms:
    return Terms("America/Los_Angeles", WEEK, Place(34.0522, -118.2437, "90012", "street"))


def _busy(people: int, blocks: int) -> list[Busy]:
    dice, found = random.Random(7), []
    for number in range(blocks):
        start = NOW + dt.timedelta(minutes=15 * dice.randrange(14 * 96))
        where = Place(34.0 + dice.random() / 5, -118.4 + dice.random() / 5, None, "street")
        end = start + dt.timedelta(minutes=dice.choice((30, 60, 90)))
        found.append(Busy(str(number % people), start, end, place=where))
    return found


def availability_search() -> Figures:
    """14 days, three technicians, 300 busy blocks."""
    terms, people, taken = _terms(), [Technician(str(number)) for number in range(3)], _busy(3, 300)
    wanted = Wanted(90, place=Place(34.09, -118.4, "90210", "zip"))
    return figures(timed(lambda: availability.find(wanted, terms, people, taken, NOW), 60))


def turns() -> Figures:
    """Turns of the dispatcher over texts of every kind, with a search over a real calendar in each that needs one."""
    terms, people, taken = _terms(), [Technician("1")], _busy(1, 40)
    context = Context(
        business_name="Prime Plumbing", trade="plumbing", timezone="America/Los_Angeles", business_hours=WEEK,
        price_book=(
            Estimate("water_heater_repair", 120, Decimal(150), Decimal(400)),
            Estimate("drain_clog", 90, Decimal(150), Decimal(300)),
            Estimate("faucet_repair", 90, Decimal(150), Decimal(200)),
        ),
        find_slots=lambda wanted: availability.find(wanted, terms, people, taken, NOW),
        check_area=lambda **_where: AreaVerdict("in", Place(postal_code="90210")),
    )  # fmt: skip
    found: list[float] = []
    for _ in range(40):
        state = State()
        for text in TEXTS:
            began = time.perf_counter()
            _, state = decide(state, Event.message(text), context, NOW)
            found.append((time.perf_counter() - began) * 1000)
    return figures(sorted(found[len(TEXTS) :]))


MANY = """
WITH business AS (
  SELECT t.id AS tenant_id, n.id AS number_id
  FROM tenant t JOIN number n ON n.tenant_id = t.id WHERE n.e164 = %(number)s
),
people AS (
  INSERT INTO customer (
    id, tenant_id, phone, name, addresses, language, line_type, special_instructions, created_at, version)
  SELECT gen_random_uuid(), tenant_id, '+1909' || lpad((2000000 + i)::text, 7, '0'), 'Caller ' || i,
    '[]', 'en', 'unknown', '', now(), 1
  FROM business, generate_series(1, 10000) AS i RETURNING id, tenant_id, phone
)
INSERT INTO conversation (
  id, tenant_id, number_id, customer_id, customer_phone, business_phone, status, mode, control_version,
  dispatch_state, stage, urgency_level, urgency_confidence, ai_confidence, facts, language, ai_failures,
  is_done, is_unread, needs_person, last_message, last_message_at, created_at)
SELECT gen_random_uuid(), p.tenant_id, b.number_id, p.id, p.phone, %(number)s, 'active', 'waiting_customer', 1,
  '{}', 'initial', 'normal', 0.8, 0, '{}', 'en', 0,
  false, random() < 0.1, random() < 0.01, 'My sink leaks', now() - random() * interval '90 days', now()
FROM people p JOIN business b USING (tenant_id)
"""


def inbox_page(house: House, rows: Rows) -> Figures:
    """The inbox as the contractor opens it, all 10,000 conversations in its list."""
    rows.connection.execute(MANY, {"number": PRIME})
    rows.connection.execute("ANALYZE")
    browser = _signed_in(house)
    address = f"{house.web_url}/app/inbox?view=all"

    def open_page() -> None:
        with browser.open(address, timeout=20) as answer:
            page = answer.read()
        if b"Caller" not in page:
            raise RuntimeError("the inbox page does not show the conversations")

    open_page()
    return figures(timed(open_page, 40)) | {"conversations": rows.one("SELECT count(*) FROM conversation")}


def _signed_in(house: House) -> urllib.request.OpenerDirector:
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(jar))
    with browser.open(f"{house.web_url}/login", timeout=20) as answer:
        token = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', answer.read())
    form = {
        "csrf_token": token[1].decode() if token else "",
        "email": "owner@prime-plumbing.example",
        "password": house.credentials["DEMO_OWNER_PASSWORD"],
    }
    browser.open(f"{house.web_url}/login", urllib.parse.urlencode(form).encode(), timeout=20).close()
    return browser
