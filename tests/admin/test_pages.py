"""Every list, page, search and export of the panel opens and shows the rows that there are."""

import csv
import io

from sqlalchemy import select

from app.audit import Audit
from app.conversations import Turn
from tests.admin.conftest import LISTS, SID
from tests.factories import CUSTOMER

FILTERS = {
    "messages": "flt0_status_equals=delivered",
    "webhooks": "flt0_status_equals=failed",
    "conversations": "flt0_mode_equals=escalated",
    "calls": "flt0_business_contains=prime",
    "leads": "flt0_business_contains=prime",
    "subscriptions": "flt0_plan_equals=professional",
    "audit": "flt0_action_equals=plan.change",
}

SEARCHES = (
    ("tenants", "plumb"), ("numbers", "213 555 0100"), ("customers", "(310) 555-0142"), ("customers", "dana"),
    ("calls", SID["CA"]), ("calls", "310-555-0142"), ("conversations", "3105550142"), ("conversations", "reed"),
    ("messages", SID["SM"]), ("messages", "+1 310 555 0142"), ("messages", "req_written"), ("leads", "Dana"),
    ("leads", "3105550142"), ("appointments", "nmc-ab2cd"), ("webhooks", SID["CA"]), ("webhooks", "req_dial"),
    ("tasks", "refuses"), ("audit", "plan.change"),
)  # fmt: skip


def test_a_list_shows_its_rows_and_links_to_their_pages(staff, world):
    for path in LISTS:
        page = staff.get(f"/admin/{path}/", status=200)
        assert f"/admin/{path}/details/?id={world.ids[path]}" in page, path


def test_the_page_of_every_row_opens(staff, world):
    for path in LISTS:
        page = staff.get(f"/admin/{path}/details/", {"id": str(world.ids[path])}, status=200)
        assert str(world.ids[path]) in page.html.select_one("main").text, path


def test_a_list_is_exported_with_its_rows_and_that_is_audited(staff, world, factories):
    for path in LISTS:
        answer = staff.get(f"/admin/{path}/export/csv/", status=200)
        assert len(list(csv.reader(io.StringIO(answer.text)))) >= 2, path
        assert CUSTOMER not in answer.text, path
    with factories.rows() as rows:
        assert len(rows.scalars(select(Audit).where(Audit.action == "list.export")).all()) == len(LISTS)


def test_an_id_that_is_none_leads_back_to_the_list(staff, world):
    for path in LISTS:
        for wrong in ("nonsense", "00000000-0000-7000-8000-000000000000"):
            assert staff.get(f"/admin/{path}/details/", {"id": wrong}, status=302).location.endswith(f"/admin/{path}/")


def test_a_filter_keeps_what_fits(staff, world):
    for path, query in FILTERS.items():
        assert str(world.ids[path]) in staff.get(f"/admin/{path}/?{query}", status=200), path


def test_an_unknown_state_in_an_address_is_a_wrong_value_and_no_failure(staff, world):
    page = staff.get("/admin/messages/?flt0_status_equals=nonsense", status=200)
    assert "nvalid" in page


def test_the_search_of_a_list_finds_its_row(staff, world):
    for path, text in SEARCHES:
        assert str(world.ids[path]) in staff.get(f"/admin/{path}/", {"search": text}, status=200), (path, text)


def test_a_list_of_one_business_hides_the_others(staff, world):
    other = "00000000-0000-7000-8000-000000000000"
    assert str(world.ids["calls"]) not in staff.get("/admin/calls/", {"tenant": other}, status=200)
    assert str(world.ids["calls"]) in staff.get("/admin/calls/", {"tenant": str(world.ids["tenants"])}, status=200)


def test_lists_mask_customers_phones_and_show_no_words(staff, world):
    page = staff.get("/admin/messages/")
    assert "(310)\u00a0***-**42" in page
    assert "555-0142" not in page
    assert "Hello from Prime Plumbing" not in page


def test_times_stand_in_the_zone_of_the_business(staff, world):
    assert "10:00:00 AM PDT" in staff.get("/admin/calls/")


def test_a_cell_that_looks_like_a_formula_is_defused(staff, world, factories):
    from app.tasks import SupportTask

    with factories.changing() as session:
        session.get(SupportTask, world.ids["tasks"]).why = "=HYPERLINK(1)"
    assert "'=HYPERLINK(1)" in staff.get("/admin/tasks/export/csv/").text


def test_nothing_can_be_made_or_deleted(staff, world):
    for path in LISTS:
        assert staff.get(f"/admin/{path}/new/").status_int == 302
        if path != "tenants":
            assert staff.get(f"/admin/{path}/edit/", {"id": str(world.ids[path])}).status_int == 302


def test_the_thread_tells_texts_notes_and_turns_in_sentences(staff, world):
    page = staff.get("/admin/conversations/details/", {"id": str(world.ids["conversations"])})
    assert "My heater leaks" in page
    assert "Missed call. Texted." in page
    assert "Understood as “describe job” because of “leaks”." in page
    assert "It was outside the hours in which the business starts conversations." in page
    assert "nobody has taken it yet" in page


def test_the_dossier_says_what_is_wrong(staff, world):
    page = staff.get("/admin/tenants/details/", {"id": str(world.ids["tenants"])})
    assert "1 conversation(s) need a person now and nobody took them." in page
    assert "1 text(s) did not arrive in the last 7 days." in page
    assert "The carrier refuses us." in page


def test_the_counts_on_the_first_page_are_the_rows_of_their_lists(staff, world):
    home = staff.get("/admin/")
    expected = {
        "Emergencies untaken": 1,
        "Texts in trouble": 1,
        "Failed webhooks": 1,
        "Failed events": 1,
        "Support tasks": 1,
    }
    for bucket in home.html.select(".buckets a"):
        name, count = bucket.select_one("span").text, int(bucket.select_one("strong").text)
        assert count == expected.get(name, 0), name
        if "only=" in bucket["href"]:
            assert len(staff.get(bucket["href"]).html.select(".model-list a[href*=details]")) >= count


def test_the_home_says_how_the_language_model_is(staff, model):
    def shown():
        return staff.get("/admin/", status=200).html.select_one("main").text

    assert "Language model: off" in shown()
    model.on("ok")
    assert "Language model: healthy" in shown()
    assert "ok (openai_compatible)" in shown()
    model.on("ok", llm_provider="skynet")
    assert "LLM_PROVIDER is not known" in shown()


def test_a_turn_tells_what_came_of_asking_the_model(staff, world, factories):
    with factories.changing() as session:
        turn = session.scalar(select(Turn).limit(1))
        turn.suggestion = {"outcome": "timed out", "milliseconds": 6001.2, "rejected": ["words: amount"]}
        thread_id = turn.conversation_id
    page = staff.get("/admin/conversations/details/", {"id": str(thread_id)}, status=200)
    assert "timed out after 6001 ms; not taken: words: amount" in page.html.select_one("main").text
