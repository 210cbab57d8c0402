"""Changes laid over settings: the last word counts, nothing else is touched, nonsense is refused (behaviour.md 13)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import settings
from app.errors import Malformed

KEYS = st.sampled_from("abcd")
LEAVES = st.one_of(st.integers(), st.text(max_size=3), st.booleans(), st.none(), st.lists(st.integers(), max_size=2))
TREES = st.recursive(LEAVES, lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=8)
GROUPS = st.dictionaries(KEYS, TREES, max_size=3)


@given(base=GROUPS)
def test_no_changes_change_nothing(base):
    assert settings.merge(base, {}) == base
    assert settings.merge({}, base) == base


@given(base=GROUPS, changes=GROUPS)
def test_the_same_changes_twice_are_the_changes_once(base, changes):
    once = settings.merge(base, changes)
    assert settings.merge(once, changes) == once


@given(base=GROUPS, changes=GROUPS)
def test_what_is_not_named_stays(base, changes):
    merged = settings.merge(base, changes)
    assert set(merged) == set(base) | set(changes)
    for key in set(base) - set(changes):
        assert merged[key] == base[key]


@given(base=GROUPS, changes=GROUPS)
def test_the_base_is_left_as_it_was(base, changes):
    before = repr(base)
    settings.merge(base, changes)
    assert repr(base) == before


@pytest.mark.parametrize("trade", sorted(settings.TRADE_DEFAULTS))
def test_every_trade_is_complete_by_itself(trade):
    complete = settings.complete(trade, {})
    assert any(complete.business_hours.days().values())
    assert complete.pricing.diagnostic.min <= complete.pricing.diagnostic.max


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"texting": {"greeting_cooldwon_minutes": 5}}, "texting.greeting_cooldwon_minutes"),
        ({"calls": {"ring_timeout_seconds": 9}}, "calls.ring_timeout_seconds"),
        ({"business_hours": {"monday": {"start": "18:00", "end": "08:00"}}}, "business_hours.monday"),
        ({"emergency_service": {"night_emergency_multiplier": 9}}, "emergency_service.night_emergency_multiplier"),
        ({"operational_limits": {"zip_include": ["9021"]}}, "operational_limits.zip_include.0"),
    ],
)
def test_a_wrong_setting_is_named(changes, field):
    with pytest.raises(Malformed) as refused:
        settings.complete("plumbing", changes)
    assert [one["field"] for one in refused.value.details["validation_errors"]] == [field]
