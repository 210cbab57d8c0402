"""The stage of the scenarios, and what must hold after each of them."""

import logging
import re
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations

import pytest
from sqlalchemy import select

from app.conversations import LIVE, Conversation
from app.estimates import Estimate
from app.messages import Message
from app.users import User
from tests.blueprints.conftest import Callers
from tests.factories import F1
from tests.flows.story import Story
from tests.linked import ACCOUNT, Contractor

RATES = [Decimal(rate) for rate in ("1", "1.5", "1.75", "2", "2.25", "2.5", "2.75", "3.25")]
MOST_JOBS = 2


@pytest.fixture
def story(factories, carrier, clock, workers, caplog):
    """A story; in the end the rules that every scenario shares are looked at."""
    told = Story(factories, carrier, clock, workers)
    yield told
    assert_house_rules(told)
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []


@pytest.fixture
def contractor(story, browser, google):
    """Links the calendar of the story's owner as soon as there is one."""

    def linked(business=F1, **how):
        with story.factories.rows() as rows:
            user_id = str(rows.scalar(select(User.id).where(User.email == business.owner_email)))
        api = Callers(browser, story.factories).program(
            "universal-calendar:read", "universal-calendar:write", "app-server:read", "app-server:write",
            tenant_id=story.tenant_id,
        )  # fmt: skip
        google.account(ACCOUNT)
        owner = Contractor(api, browser, google, user_id)
        assert owner.link(**how).endswith("result=connected")
        story.workers()
        google.world.requests.clear()
        return owner

    return linked


def assert_house_rules(story):
    """One open thread per customer, no text around the gate, no price outside list times rate (scenarios.md)."""
    with story.factories.rows() as rows:
        open_ones = rows.execute(
            select(Conversation.tenant_id, Conversation.customer_phone).where(Conversation.status.in_(LIVE))
        ).all()
        assert [pair for pair, count in Counter(map(tuple, open_ones)).items() if count > 1] == []
        known = {row.provider_sid: row for row in rows.scalars(select(Message)) if row.provider_sid}
        allowed = _allowed_prices(rows)
        for phone in {row.customer_phone for row in known.values()}:
            for text in story.carrier.texts_to(phone):
                row = known.get(text.sid)
                assert row is None or row.policy, f"not through the gate: {text.body}"
                if row is not None and row.sender != "human":
                    assert _figures(text.body) <= allowed, text.body


def _figures(body):
    return {int(figure.replace(",", "")) for figure in re.findall(r"\$([\d,]*\d)", body)}


def _allowed_prices(rows):
    lines = [(line.low_cents, line.high_cents) for line in rows.scalars(select(Estimate).where(Estimate.is_active))]
    lines.append((15_000, 20_000))
    sums = [(low, high) for low, high in lines]
    sums += [(one[0] + two[0], one[1] + two[1]) for one, two in combinations(lines, MOST_JOBS)]
    cents = {end for pair in sums for end in pair}
    return {int((Decimal(end) / 100 * rate).quantize(Decimal(1), ROUND_HALF_UP)) for end in cents for rate in RATES}
