"""Support words a text anew: the next text of that business has it, no other does, and a lie is never sent."""

from sqlalchemy import select

from app import tenancy
from app.conversations import Conversation, Turn
from app.wordings import Wording
from tests.factories import F1, F2
from tests.flows.story import CUSTOMER, OTHER

HELLO = "{business}, automated assistant speaking. Which street and ZIP, and what is wrong? Reply STOP to opt out."


def word(story, template, text, *, tenant_id=None, trade=None, language="en"):
    """Words as the panel keeps them; those for everybody are written by staff alone."""
    row = Wording(
        tenant_id=tenant_id, trade=trade, language=language, template=template, text=text, changed_by="sam@x.example"
    )
    with story.factories.changing() as session, tenancy.scope(tenancy.STAFF):
        session.add(row)
        session.commit()
        return row.id


def switch_off(story, row_id):
    with story.factories.changing() as session, tenancy.scope(tenancy.STAFF):
        session.get(Wording, row_id).is_active = False
        session.commit()


def newest_turn(story):
    with story.factories.rows() as rows:
        turn = rows.scalar(select(Turn).order_by(Turn.id.desc()).limit(1))
        return turn.candidates, turn.verdicts


def test_the_next_conversation_has_the_new_words_and_another_business_does_not(story, clock):
    story.opens(F1).at("10:00")
    row_id = word(story, "greeting", HELLO, tenant_id=story.tenant_id)
    story.misses()
    assert story.heard()[-1].startswith("Prime Plumbing, automated assistant speaking.")
    other = story.factories.business(F2)
    story.carrier.call(OTHER, F2.number, "leaves_voicemail")
    story.workers()
    assert story.heard(OTHER)[-1].startswith("Hi, this is ElectriPro (automated assistant).")
    with story.factories.rows() as rows:
        assert {row.tenant_id for row in rows.scalars(select(Conversation))} == {story.tenant_id, other}
    switch_off(story, row_id)
    story.misses("+13105550150")
    assert story.heard("+13105550150")[-1].startswith("Hi, this is Prime Plumbing (automated assistant).")


def test_an_edit_counts_at_the_next_turn_of_a_talk_that_runs(story, clock):
    story.opens(F1).at("10:00")
    story.misses()
    row_id = word(story, "ask_address", "And where is that? Street and ZIP, please.", tenant_id=story.tenant_id)
    assert story.says("My kitchen sink is clogged") == "And where is that? Street and ZIP, please."
    assert newest_turn(story) == ([f"own:ask_address#{row_id}"], [])
    offer = word(story, "offer_choice", "Free: {options}. Which, {choices}?", trade="plumbing")
    answer = story.says("456 Oak Ave 90210")
    assert answer.startswith("Free: 1) today")
    assert newest_turn(story)[0] == [f"own:offer_choice#{offer}"]


def test_the_words_of_the_business_come_before_its_trades_and_those_for_everybody(story, clock):
    story.opens(F1).at("10:00")
    everybody = word(story, "ask_address", "Everybody: which street and ZIP?")
    trade = word(story, "ask_address", "Trade: which street and ZIP?", trade="plumbing")
    word(story, "ask_address", "Electric: which street and ZIP?", trade="electrical")
    own = word(story, "ask_address", "Own: guaranteed, which street and ZIP?", tenant_id=story.tenant_id)
    story.misses()
    assert story.says("My kitchen sink is clogged") == "Trade: which street and ZIP?"
    candidates, verdicts = newest_turn(story)
    assert candidates == [f"own:ask_address#{own}", f"own:ask_address#{trade}"]
    assert verdicts == [f"own:ask_address#{own}: promise (guaranteed)"]
    assert everybody
    assert story.says("hm", OTHER) != "Own"


def test_words_that_lie_are_never_sent(story, clock):
    story.opens(F1).at("10:00")
    lie = word(story, "offer_choice", "We will be there at 9 AM for $50, guaranteed. {options} {choices}")
    story.misses()
    answer = story.says("My kitchen sink is clogged, 456 Oak Ave 90210")
    assert answer.startswith("Prime Plumbing can come: 1) today")
    candidates, verdicts = newest_turn(story)
    assert candidates == [f"own:offer_choice#{lie}", "offer_choice#0"]
    assert all(word in verdicts[0] for word in ("amount ($50)", "time (at 9)", "promise"))
    assert not any("$50," in text or "guaranteed" in text for text in story.heard())


def test_spanish_has_words_of_its_own(story, clock):
    story.opens(F1).at("10:00")
    word(story, "ask_address", "Where to, please?", tenant_id=story.tenant_id)
    word(story, "ask_address", "¿A donde vamos, con codigo postal?", tenant_id=story.tenant_id, language="es")
    story.misses()
    answer = story.says("hola, tengo el fregadero de la cocina tapado, necesito un plomero por favor")
    assert answer == "¿A donde vamos, con codigo postal?"


def test_a_text_that_leaves_without_a_turn_has_the_words_too(story, clock):
    story.opens(F1).at("10:00")
    word(story, "help", "{business} here, phone {phone}. Reply STOP to opt out.", tenant_id=story.tenant_id)
    story.misses()
    story.texts("AYUDA")
    assert story.heard()[-1].startswith("Prime Plumbing here, phone (")


def test_a_contractors_own_greeting_is_completed(story, clock):
    story.opens(F1, texting={"greeting_template": "Howdy, {business} here! What is broken?"}).at("10:00")
    story.misses()
    assert story.heard(CUSTOMER)[-1] == (
        "Howdy, Prime Plumbing (automated assistant) here! What is broken? Reply STOP to opt out."
    )


def test_rows_whose_template_or_placeholder_is_gone_do_no_harm(story, clock):
    story.opens(F1).at("10:00")
    word(story, "no_such_template", "Boo.", tenant_id=story.tenant_id)
    word(story, "greeting", "{nobody} {business} automated assistant STOP", tenant_id=story.tenant_id)
    story.misses()
    assert story.heard()[-1].startswith("Hi, this is Prime Plumbing (automated assistant).")
