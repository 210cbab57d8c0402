"""One box finds everything, and says what it understood when it finds nothing."""

from tests.admin.conftest import SID

HITS = (
    ("(310) 555-0142", "customers"), ("+13105550142", "customers"), ("310.555.0142", "customers"),
    ("dana@exam", "customers"), ("Dana", "customers"),
    ("REED", "customers"), ("ana re", "customers"), ("prime plumb", "tenants"),
    (SID["CA"], "calls"), (SID["SM"], "messages"), ("213-555-0100", "numbers"), ("req_dial", "webhooks"),
    ("nmc-ab2cd", "appointments"),
)  # fmt: skip


def test_a_unique_hit_opens_its_page_at_once(staff, world):
    for text, path in HITS:
        answer = staff.get("/admin/search", {"q": text}, status=302)
        assert answer.location.endswith(f"/admin/{path}/details/?id={world.ids[path]}"), text


def test_any_id_of_ours_opens_its_page(staff, world):
    for path, row_id in world.ids.items():
        answer = staff.get("/admin/search", {"q": f" {row_id} "}, status=302)
        assert answer.location.endswith(f"/admin/{path}/details/?id={row_id}"), path


def test_the_id_of_a_person_or_an_alarm_opens_the_page_it_belongs_to(staff, world):
    assert "/admin/tenants/" in staff.get("/admin/search", {"q": str(world.more.owner)}, status=302).location
    assert "/admin/conversations/" in staff.get("/admin/search", {"q": str(world.more.alarm)}, status=302).location


def test_several_hits_stand_in_groups_with_counts(staff, world, factories):
    from app.customers import Customer

    with factories.changing() as session:
        session.add(Customer(tenant_id=world.ids["tenants"], phone="+13105550143", name="Prime Customer"))
    page = staff.get("/admin/search", {"q": "prime"}, status=200)
    assert "Businesses (1)" in page
    assert "Customers (1)" in page
    assert "People of businesses (1)" in page


UNDERSTOOD = (
    ("212 555 0177", "read as the phone number +12125550177"),
    ("555-0177", "too short"),
    ("zz", "too short"),
    ("nobody at all", "read as part of a name or an e-mail address"),
    ("SM" + "e" * 32, "read as an id of the carrier"),
    ("00000000-0000-7000-8000-000000000000", "read as an id of ours"),
    ("100%_\\", "read as part of a name"),
    ("\x00'; drop table", "read as part of a name"),
)


def test_nothing_found_says_what_was_understood(staff, world):
    for text, understood in UNDERSTOOD:
        page = staff.get("/admin/search", {"q": text}, status=200)
        assert "Nothing found" in page, text
        assert understood in page, text
