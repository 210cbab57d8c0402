"""Measurements without load: the inbox page over many conversations."""

import http.cookiejar
import json
import re
import statistics
import time
import urllib.parse
import urllib.request
from collections.abc import Callable

from sandbox.runner import House
from tests.bench.house import PRIME, Rows

Figures = dict[str, float]


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


def yardstick() -> Figures:
    """A fixed piece of plain Python that no change of ours touches: how fast the machine is at this moment.

    Between two runs compare figure times yardstick, not figures: on shared machines it moves by half within minutes.
    """
    text = json.dumps({str(number): [number, str(number)] for number in range(2_000)})
    return {"ms": statistics.median(timed(lambda: json.dumps(json.loads(text), sort_keys=True), 60))}


ROWS = 30
"""What the page shows at once."""
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
        if page.count(b"/app/inbox/") < ROWS:
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
