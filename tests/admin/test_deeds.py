"""What support can do: each deed asks for a reason, happens once, and leaves its row in the audit."""

import pytest
from sqlalchemy import func, select

from app.audit import Audit
from app.calls import Call
from app.consent import OptOut
from app.events import Event
from app.inbox import Webhook
from app.queue import Job, workshop
from app.subscriptions import Subscription
from app.tasks import SupportTask
from app.tenants import Tenant
from tests.admin.conftest import STAFF


def form_of(page, action):
    return next(form for form in page.forms.values() if form.action.endswith(action))


def details(staff, world, path):
    return staff.get(f"/admin/{path}/details/", {"id": str(world.ids[path])})


def deeds(factories, action):
    with factories.rows() as rows:
        found = rows.scalars(
            select(Audit)
            .where(Audit.action == action, Audit.actor == STAFF, Audit.target != "subscription:x")
            .order_by(Audit.at, Audit.id)
        )
        return [(one.reason, one.before, one.after) for one in found.all()]


def test_a_plan_is_changed_with_a_reason_and_audited(staff, world, factories):
    form = form_of(details(staff, world, "subscriptions"), "/plan")
    form["plan"], form["reason"] = "enterprise", "asked on the phone"
    assert "The plan is enterprise now." in form.submit().follow()
    with factories.rows() as rows:
        assert rows.scalar(select(Subscription)).plan == "enterprise"
    assert deeds(factories, "plan.change") == [("asked on the phone", {"plan": "professional"}, {"plan": "enterprise"})]


def test_without_a_reason_nothing_is_done_and_nothing_is_written(staff, world, factories):
    form = form_of(details(staff, world, "subscriptions"), "/plan")
    form["plan"], form["reason"] = "enterprise", "   "
    assert "give a reason" in form.submit().follow()
    with factories.rows() as rows:
        assert rows.scalar(select(Subscription)).plan == "professional"
    assert deeds(factories, "plan.change") == []


def test_an_unknown_plan_changes_nothing_and_leaves_a_row_that_says_so(staff, world, factories):
    form = form_of(details(staff, world, "subscriptions"), "/plan")
    form["plan"].force_value("platinum")
    form["reason"] = "try"
    assert "There is no plan called platinum." in form.submit().follow()
    with factories.rows() as rows:
        assert rows.scalar(select(Subscription)).plan == "professional"
    assert [after for _, _, after in deeds(factories, "plan.change")] == [
        {"nothing_done": "There is no plan called platinum."}
    ]


def test_a_failed_webhook_is_replayed_once(staff, world, factories, workers):
    form = form_of(details(staff, world, "webhooks"), "/replay")
    form["reason"] = "the handler is mended"
    assert "Replayed 1." in form.submit().follow()
    assert "Replayed 0. Nothing was to be done for 1." in form.submit().follow()
    with factories.rows() as rows:
        webhook = rows.get(Webhook, world.ids["webhooks"])
        assert (webhook.status, webhook.replays) == ("received", 1)
    assert [(before, after) for _, before, after in deeds(factories, "webhook.replay")] == [
        ({"status": "failed", "attempts": 6, "replays": 0}, {"status": "received", "attempts": 5, "replays": 1}),
        (None, {"nothing_done": "Only a failed webhook can be replayed."}),
    ]
    workers()
    with factories.rows() as rows:
        assert rows.get(Webhook, world.ids["webhooks"]).status == "handled"
        assert rows.scalar(select(func.count()).select_from(Call)) == 1


def test_webhooks_chosen_in_the_list_are_shown_before_they_are_replayed(staff, world, factories):
    page = staff.get("/admin/webhooks/")
    token = page.forms["action_form"]["csrf_token"].value
    chosen = [("rowid", str(world.ids["webhooks"])), ("rowid", str(world.more.text_webhook))]
    fields = [("action", "replay"), ("csrf_token", token), *chosen]
    asked = staff.post("/admin/webhooks/action/", fields, headers={"Referer": page.request.url}, status=200)
    assert "Replay 1 of 2 webhooks" in asked
    form = form_of(asked, "/replay")
    form["reason"] = "mended"
    assert "Replayed 1." in form.submit().follow()


def test_words_of_customers_are_hidden_until_somebody_says_why(staff, world, factories):
    page = staff.get("/admin/webhooks/details/", {"id": str(world.more.text_webhook)})
    assert "My heater leaks" not in page
    assert "555-0142" not in page
    form = form_of(page, "/reveal")
    form["reason"] = "the customer says that it never arrived"
    shown = form.submit()
    assert "My heater leaks" in shown
    assert "secret-token" not in shown
    assert [reason for reason, _, _ in deeds(factories, "webhook.reveal")] == [
        "the customer says that it never arrived"
    ]


def test_a_failed_event_is_relayed_again_once(staff, world, factories):
    form = form_of(details(staff, world, "events"), "/retry")
    form["reason"] = "mended"
    assert "It is relayed again." in form.submit().follow()
    assert "Only a failed event can be relayed again." in form.submit().follow()
    with factories.rows() as rows:
        assert rows.get(Event, world.ids["events"]).status == "waiting"
    assert len(deeds(factories, "event.retry")) == 2


def test_texting_is_paused_and_resumed_for_a_reason(staff, world, factories):
    form = form_of(details(staff, world, "tenants"), "/pause")
    form["reason"] = "complaint of a carrier"
    page = form.submit().follow()
    assert "Support paused texting: complaint of a carrier" in page
    assert staff.get("/admin/tenants/?only=stopped").text.count("details/?id=") == 1
    form = form_of(page, "/resume")
    form["reason"] = "sorted out"
    assert "This business texts again." in form.submit().follow()
    with factories.rows() as rows:
        assert rows.scalar(select(Tenant)).texting_paused_reason is None
    assert deeds(factories, "texting.resume") == [
        ("sorted out", {"paused": "complaint of a carrier"}, {"paused": None})
    ]


def test_a_number_is_opted_out_for_somebody_who_asked_by_phone(staff, world, factories):
    form = form_of(details(staff, world, "customers"), "/opt-out")
    form["reason"] = "called us at noon"
    assert "texts the number no more" in form.submit().follow()
    assert "opted out already" in form.submit().follow()
    with factories.rows() as rows:
        assert rows.scalars(select(OptOut.source)).all() == ["support"]
    assert len(deeds(factories, "optout.add")) == 2


def test_a_task_is_closed_with_its_outcome_and_a_line(staff, world, factories):
    form = form_of(details(staff, world, "tasks"), "/close")
    form["outcome"], form["reason"] = "done", "the carrier lifted it"
    assert "The task is closed." in form.submit().follow()
    assert "closed already" in form.submit().follow()
    with factories.rows() as rows:
        task = rows.scalar(select(SupportTask))
        assert (task.state, task.note) == ("done", "the carrier lifted it")


def test_saving_plain_facts_unchanged_rewrites_nothing(staff, world, factories):
    columns = [column.name for column in Tenant.__table__.columns]

    def row():
        with factories.rows() as rows:
            return [getattr(rows.scalar(select(Tenant)), name) for name in columns]

    before = row()
    page = staff.get("/admin/tenants/edit/", {"id": str(world.ids["tenants"])})
    form = next(form for form in page.forms.values() if "business_name" in form.fields)
    form["reason"] = "a look"
    form.submit(status=302)
    assert row() == before


def test_an_edit_of_plain_facts_is_audited_with_before_and_after(staff, world, factories):
    page = staff.get("/admin/tenants/edit/", {"id": str(world.ids["tenants"])})
    form = next(form for form in page.forms.values() if "business_name" in form.fields)
    assert set(form.fields) >= {"business_name", "email", "city"}
    assert not {"trade_type", "status", "timezone", "setting_changes"} & set(form.fields)
    form["city"], form["reason"] = "Pasadena", "moved"
    form.submit(status=302)
    assert deeds(factories, "tenant.edit") == [("moved", {"city": "Los Angeles"}, {"city": "Pasadena"})]


def test_an_edit_without_a_reason_is_not_saved(staff, world, factories):
    page = staff.get("/admin/tenants/edit/", {"id": str(world.ids["tenants"])})
    form = next(form for form in page.forms.values() if "business_name" in form.fields)
    form["city"] = "Pasadena"
    form.submit(status=200)
    with factories.rows() as rows:
        assert rows.scalar(select(Tenant)).city == "Los Angeles"


@pytest.fixture
def failed_job(web, workers):
    """A job that raised, in the failed registry with its traceback."""
    from rq import SimpleWorker

    with web.app_context():
        waiting = web.extensions["queues"]["bulk"]
        job = waiting.enqueue("jobs.webhooks.ending_of", None, failure_ttl=3600)
        worker = SimpleWorker([waiting], connection=waiting.connection, serializer="json")
        worker.work(burst=True, logging_level="CRITICAL")
    return job.id


def test_a_failed_job_is_shown_with_its_traceback_and_run_again_once(staff, failed_job, web, factories):
    page = staff.get("/admin/jobs/")
    assert "AttributeError" in page
    assert staff.get("/admin/").text.count("<strong>1</strong>") == 1
    form = form_of(page, "/failed")
    form["id"], form["reason"] = [failed_job], "mended"
    assert "Queued again: 1." in form.submit("deed", value="requeue").follow()
    assert "Queued again: 0." in form.submit("deed", value="requeue").follow()
    with web.app_context():
        assert len(web.extensions["queues"]["bulk"]) == 1
        assert workshop.failures() == []
    assert [after for _, _, after in deeds(factories, "job.requeue")] == [
        {"job": "jobs.webhooks.ending_of"},
        {"nothing_done": "This job does not wait among the failed ones any more."},
    ]


def test_a_failed_job_is_discarded(staff, failed_job, web, factories):
    form = form_of(staff.get("/admin/jobs/"), "/failed")
    form["id"], form["reason"] = [failed_job], "not needed"
    assert "Discarded: 1." in form.submit("deed", value="discard").follow()
    with web.app_context():
        assert workshop.count_failures() == 0
    assert len(deeds(factories, "job.discard")) == 1


def test_the_jobs_page_tells_what_is_overdue_although_the_queues_are_empty(staff, world, web, factories):
    from app.clock import now
    from app.inbox import WebhookStatus

    with factories.changing() as session:
        webhook = session.get(Webhook, world.ids["webhooks"])
        webhook.status, webhook.due_at = WebhookStatus.received, now()
    web.extensions["redis"].flushdb()
    row = staff.get("/admin/jobs/").text.split("Webhooks to handle")[1].split("</tr>")[0]
    assert "waiting" in row


def test_without_redis_the_jobs_page_still_says_what_is_overdue(staff, world, web, monkeypatch):
    from redis import Redis

    gone = Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.1)
    for one in web.extensions["queues"].values():
        monkeypatch.setattr(one, "connection", gone)
    monkeypatch.setitem(web.extensions, "redis", gone)
    page = staff.get("/admin/jobs/", status=200)
    assert "Redis does not answer" in page
    assert "Webhooks to handle" in page
    assert "Redis does not answer" in staff.get("/admin/", status=200)


def test_every_posted_deed_of_these_pages_left_a_row(staff, world, factories):
    pages = {
        "subscriptions": "/plan",
        "webhooks": "/replay",
        "events": "/retry",
        "tenants": "/pause",
        "customers": "/opt-out",
    }
    for path, action in pages.items():
        form = form_of(details(staff, world, path), action)
        form["reason"] = "for the record"
        form.submit()
    with factories.rows() as rows:
        written = rows.scalar(select(func.count()).select_from(Audit).where(Audit.reason == "for the record"))
    assert written == len(pages)


def test_a_ring_waits_for_the_commit_of_a_replay(staff, world, web):
    form = form_of(details(staff, world, "webhooks"), "/replay")
    form["reason"] = "mended"
    form.submit()
    with web.app_context():
        assert [job.func_name for job in web.extensions["queues"]["inbox"].jobs] == [str(Job.drain_inbox)]


def test_plain_facts_have_a_form_they_must_fit(staff, world, factories):
    page = staff.get("/admin/tenants/edit/", {"id": str(world.ids["tenants"])})
    form = next(form for form in page.forms.values() if "business_name" in form.fields)
    form["email"], form["business_name"], form["reason"] = "nobody", "", "try"
    assert "This is no e-mail address." in form.submit(status=200)
    with factories.rows() as rows:
        assert rows.scalar(select(Tenant)).business_name == "Prime Plumbing"


def test_signing_in_is_slowed_down_after_wrong_passwords(staff, browser):
    browser.reset()
    for _ in range(5):
        form = browser.get("/admin/login").forms[0]
        form["email"], form["password"] = STAFF, "a-wrong-password"
        assert form.submit(status=422)
    form = browser.get("/admin/login").forms[0]
    form["email"], form["password"] = STAFF, "a-long-enough-password"
    assert "Too many wrong passwords" in form.submit(status=429)
