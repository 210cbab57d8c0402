"""Support words our texts anew: what the guard lets pass is kept with its reason, what it does not is refused."""

import pytest
from sqlalchemy import select

from app import tenancy
from app.audit import Audit
from app.dispatch import variants, wording
from app.extensions import db
from app.wordings import Wording
from tests.admin.conftest import STAFF
from tests.factories import F2

HONEST = "We can do {window} for {price}. Reply YES and it is yours."


def write(staff, text, *, template="offer_one", reason="asked on the phone", **place):
    """Choose a text, type the words, save."""
    chosen = {"template": template, "language": "en", **place}
    form = next(form for form in staff.get("/admin/wordings/new/", chosen).forms.values() if "text" in form.fields)
    form["text"], form["reason"] = text, reason
    return form.submit()


def rows_of(factories):
    with factories.rows() as rows:
        return [
            (row.tenant_id, row.trade, row.language, row.template, row.text, row.is_active, row.changed_by)
            for row in rows.scalars(select(Wording).order_by(Wording.id))
        ]


def deeds(factories):
    with factories.rows() as rows:
        found = rows.scalars(select(Audit).where(Audit.action.like("wording.%")).order_by(Audit.at, Audit.id))
        return [(one.action, one.actor, one.reason, one.tenant_id, one.before, one.after) for one in found]


def form_of(page, action):
    return next(form for form in page.forms.values() if form.action.endswith(action))


def test_words_for_one_business_are_kept_with_who_wrote_them_and_why(staff, world, factories):
    tenant_id = world.ids["tenants"]
    page = write(staff, f"  {HONEST} ", business="prime plumbing").follow()
    assert HONEST in page
    assert "Larkspur" not in page.html.select_one(".lead-line").text
    assert rows_of(factories) == [(tenant_id, None, "en", "offer_one", HONEST, True, STAFF)]
    after = {"text": HONEST, "template": "offer_one", "language": "en"}
    assert deeds(factories) == [("wording.add", STAFF, "asked on the phone", tenant_id, None, after)]


def test_words_for_a_trade_and_for_everybody(staff, world, factories):
    write(staff, HONEST, trade="hvac")
    write(staff, "Claro, {window}, {price}. Responda SI y es suya.", language="es")
    assert [row[:4] for row in rows_of(factories)] == [
        (None, "hvac", "en", "offer_one"),
        (None, None, "es", "offer_one"),
    ]


def test_the_form_shows_our_words_the_placeholders_and_what_must_be_said(staff, world):
    page = staff.get("/admin/wordings/new/", {"template": "offer_one", "language": "es"})
    assert "Tenemos libre {window}, {price}." in page
    shown = {tuple(cell.text for cell in row.select("td"))[::2] for row in page.html.select("tr")}
    assert {("{price}", "must be in it"), ("{window}", "must be in it"), ("{business}", "may be in it")} <= shown
    assert "It must also say: SI." in page


def test_a_text_is_chosen_first_and_life_safety_is_not_among_them(staff, world):
    page = staff.get("/admin/wordings/new/")
    offered = [option.get("value") for option in page.html.select("#template option")]
    assert offered == list(variants.editable())
    assert not {"safety_question", "safe_ask", "safe_address", "valve", "life_safety"} & set(offered)
    for fixed in ("safety_question", "life_safety", "gas"):
        refused = staff.get("/admin/wordings/new/", {"template": fixed, "language": "en"})
        assert "which text, and for whom?" in refused
        token = refused.forms[1]["csrf_token"].value
        sent = {"csrf_token": token, "text": "Flip the breaker.", "reason": "x"}
        address = f"/admin/wordings/new/?template={fixed}&language=en"
        assert "which text" in staff.post(address, sent, headers={"Referer": "https://nmc.example/"})


@pytest.mark.parametrize(
    ("place", "trouble"),
    [
        ({"business": "Nobody"}, "No businesses are called “Nobody”"),
        ({"business": "Prime Plumbing", "trade": "hvac"}, "not for both"),
        ({"trade": "bakery"}, "There is no trade “bakery”."),
    ],
)
def test_words_need_a_place_that_exists(staff, world, place, trouble):
    page = staff.get("/admin/wordings/new/", {"template": "thanks", "language": "en", **place})
    assert trouble in page


REFUSED = [
    ("offer_one", HONEST + " {discount}", "There is no {discount} here."),
    ("offer_one", "We can do {window}. Reply YES.", "{price} is missing: the customer has to know it."),
    ("offer_one", "{window} at {price}. Just tell me.", "It must tell the customer to reply YES."),
    ("greeting", "Hi, automated assistant of {business}. What is it?", "It must say STOP"),
    ("greeting", "Hi, {business}. What is it? Reply STOP to opt out.", "an automated assistant writes"),
    ("hand_over_emergency", "The team is alerted.", "It must say 911"),
    ("offer_one", HONEST + " Or $50 in cash.", "“$50” is an amount that no row knows."),
    ("thanks", "Thanks, 10% less next time. {business}", "speaks of a discount"),
    ("thanks", "Thanks, we call you at 9 AM. {business}", "“at 9” is a time that no row knows."),
    ("thanks", "Thanks, see us on Sunday. {business}", "“Sunday” is a time"),
    ("thanks", "Thanks. More on www.prime.example {business}", "is a link or an address"),
    ("thanks", "Thanks. Or call 213 555 0199. {business}", "is a phone number that no row knows"),
    ("thanks", "Thanks, all of it guaranteed. {business}", "is a promise that nobody made"),
    ("thanks", "I'm a real person. {business}", "claims a human being"),
    ("thanks", "This is Brenda from {business}. Thanks.", "is a name"),
    ("thanks", "Turn off the water first. {business}", "is advice on handling equipment"),
    ("cancel_ask", "Cancel {window}? Reply YES, or reply CANCEL.", "on which the carriers stop all texts"),
    ("thanks", "You are booked. {business}", "only by the texts of a booking"),
    ("booked_tentative", "Confirmed: {window}, {price}, {job_number}, {confirm_when}.", "a visit that is confirmed"),
    ("hand_over", "Our man is on the way.", "expected within the hour"),
    ("thanks", "Gracias \N{WAVING HAND SIGN} {business}", "plain alphabet"),
    ("ask_when", "When? Today? Or never?", "It asks too much"),
    ("offer_choice", "{options} {choices} " + "It would be good to see you. " * 6, "It is too long: with long names"),
]


@pytest.mark.parametrize("refused", REFUSED, ids=[sentence for _, _, sentence in REFUSED])
def test_words_that_may_not_be_sent_are_refused_with_a_sentence(staff, world, factories, refused):
    template, text, sentence = refused
    page = write(staff, text, template=template)
    assert page.status_int == 200
    assert any(sentence in issue.text for issue in page.html.select(".issues li")), page.html.select(".issues")
    form = next(form for form in page.forms.values() if "text" in form.fields)
    assert form["text"].value.strip() == text.strip()
    assert rows_of(factories) == []
    assert deeds(factories) == []


def test_each_of_our_own_words_could_be_saved(web):
    for language in ("en", "es"):
        for template in variants.editable():
            for variant in wording.ours(template, language):
                assert variants.review(variant.text, template=template, language=language) == (), variant.id


def test_the_name_of_the_business_may_stand_in_its_own_words_only(staff, world, factories):
    text = "This is Prime Plumbing, {business}, that is. Thanks."
    assert write(staff, text, template="thanks").status_int == 200
    assert write(staff, text, template="thanks", business="Prime Plumbing").status_int == 302


def test_an_edit_keeps_what_was_there_before(staff, world, factories):
    page = write(staff, HONEST).follow().click("Edit the words")
    form = next(form for form in page.forms.values() if "text" in form.fields)
    assert form["text"].value == HONEST
    form["text"], form["reason"] = "We have {window}, {price}. Reply YES.", "shorter"
    assert "We have {window}" in form.submit().follow()
    action, _, reason, _, before, after = deeds(factories)[-1]
    assert (action, reason, before["text"]) == ("wording.edit", "shorter", HONEST)
    assert after["text"] == "We have {window}, {price}. Reply YES."
    form["text"] = "We have {window} for $5. Reply YES."
    assert "“$5” is an amount" in form.submit(status=200)
    assert rows_of(factories)[0][4] == "We have {window}, {price}. Reply YES."


def test_without_a_reason_nothing_is_kept(staff, world, factories):
    assert write(staff, HONEST, reason="").status_int == 200
    assert rows_of(factories) == []


def test_words_are_taken_out_of_use_and_back_with_a_reason(staff, world, factories):
    page = write(staff, HONEST).follow()
    form = form_of(page, "/stop")
    form["reason"] = "out of date"
    page = form.submit().follow()
    assert "not used any more" in page
    assert rows_of(factories)[0][5] is False
    form = form_of(page, "/use")
    form["reason"] = "wanted again"
    assert "used again" in form.submit().follow()
    assert [one[0] for one in deeds(factories)] == ["wording.add", "wording.stop", "wording.use"]


def test_old_words_that_would_not_pass_today_are_not_used_again(staff, world, factories):
    row = Wording(tenant_id=world.ids["tenants"], language="en", template="thanks", text="Free estimates!")
    row.changed_by, row.is_active = "x", False
    with factories.changing() as session:
        session.add(row)
        session.flush()
        row_id = row.id
    form = form_of(staff.get("/admin/wordings/details/", {"id": str(row_id)}), "/use")
    form["reason"] = "try"
    assert "Nothing was done: These words may not be sent: discount" in form.submit().follow()
    assert rows_of(factories)[0][5] is False


def test_a_draft_is_shown_filled_with_its_parts(staff, world):
    asked = {"template": "offer_one", "language": "en", "business": str(world.ids["tenants"])}
    part = staff.get("/admin/wordings/preview", asked | {"text": "{business}: {window}, {price}. Reply YES."})
    assert "Prime Plumbing: tomorrow 9:20-11:20 AM, $137-$264. Reply YES." in part
    assert "1 part." in part
    assert "The guard lets it pass." in part
    part = staff.get("/admin/wordings/preview", asked | {"text": "{window}, {price}, $9 <b>YES</b> {oops}"})
    assert "There is no {oops} here." in part
    assert "<b>" not in part.text
    assert "Write something" in staff.get("/admin/wordings/preview")


def test_the_list_is_filtered_by_business_trade_language_and_text(staff, world):
    write(staff, "Ours alone: {window}, {price}. Reply YES.", business="Prime Plumbing")
    write(staff, "Cold or warm: {window}, {price}. Reply YES.", trade="hvac")
    write(staff, "Gracias de nuevo. {business}", template="thanks", language="es")
    for query, found in (
        ("flt0_business_contains=prime", "Ours alone"),
        ("flt0_trade_equals=hvac", "Cold or warm"),
        ("flt0_language_equals=es", "Gracias de nuevo"),
        ("flt0_text_equals=thanks", "Gracias de nuevo"),
        ("search=warm", "Cold or warm"),
        (f"tenant={world.ids['tenants']}", "Ours alone"),
    ):
        page = staff.get(f"/admin/wordings/?{query}")
        all_ = ("Ours alone", "Cold or warm", "Gracias de nuevo")
        assert [text for text in all_ if text in page] == [found], query


def test_a_business_reads_its_own_and_the_common_words_and_writes_no_common_ones(staff, world, web, factories):
    other = factories.business(F2)
    write(staff, HONEST, business=str(other))
    write(staff, HONEST, trade="hvac")
    mine = world.ids["tenants"]
    with web.app_context():
        with tenancy.scope(tenancy.Scope("tenant", mine)):
            assert [row.trade for row in db.session.scalars(select(Wording))] == ["hvac"]
            assert db.session.query(Wording).update({"text": "mine now"}) == 0
            assert db.session.query(Wording).delete() == 0
            db.session.add(Wording(language="en", template="thanks", text="x", changed_by="x"))
            with pytest.raises(Exception, match="row-level security"):
                db.session.flush()
            db.session.rollback()
        with tenancy.scope(tenancy.NOBODY):
            assert {row.tenant_id for row in db.session.scalars(select(Wording))} <= {None}
        with tenancy.scope(tenancy.SYSTEM):
            db.session.add(Wording(language="en", template="thanks", text="x", changed_by="x"))
            with pytest.raises(Exception, match="row-level security"):
                db.session.flush()
            db.session.rollback()
