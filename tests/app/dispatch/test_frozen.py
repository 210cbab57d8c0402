"""A context that is kept with a case comes back as it was; each field is kept or left out on purpose."""

import dataclasses
import json

from app.dispatch import Context
from app.evaluation import frozen
from tests.app.dispatch.house import Talk, at


def test_every_field_of_a_context_is_kept_or_left_out_on_purpose():
    fields = {part.name for part in dataclasses.fields(Context)}
    assert fields - set(frozen.SETTINGS) - frozen.LEFT_OUT == set()
    assert not set(frozen.SETTINGS) & frozen.LEFT_OUT


def test_what_was_kept_comes_back_as_it_was():
    talk = Talk(now=at(15, 10), extra_facts="We take cards.")
    context = talk.context()
    back = frozen.thaw(json.loads(json.dumps(frozen.freeze(context, talk.terms))))
    names = [name for name in frozen.SETTINGS if hasattr(context, name)]
    assert {name: back[name] for name in names} == {name: getattr(context, name) for name in names}
    for place in ({"postal_code": "90026"}, {"postal_code": "10001"}, {"street": "1 Elm St"}):
        where = {"street": None, "city": None, "state": None, "postal_code": None, "emergency": False} | place
        assert back["check_area"](**where) == context.check_area(**where)


def test_a_field_that_is_no_more_does_no_harm():
    talk = Talk(now=at(15, 10))
    kept = frozen.freeze(talk.context(), talk.terms)
    kept["context"]["old_way"] = 3
    assert "old_way" not in frozen.thaw(kept)
