"""The support team's panel (Flask-Admin): read-only until a view says otherwise."""

from flask import Flask
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme

from admin import access, login
from admin.appointments import AppointmentView
from admin.audit import AuditView
from admin.base import StaffView
from admin.calls import CallView
from admin.cases import CaseView
from admin.conversations import ConversationView
from admin.customers import CustomerView
from admin.events import EventView
from admin.home import HomePage
from admin.leads import LeadView
from admin.messages import MessageView
from admin.numbers import NumberView
from admin.playground import PlaygroundPage
from admin.queues import QueuesPage
from admin.subscriptions import SubscriptionView
from admin.tasks import TaskView
from admin.tenants import TenantView
from admin.webhooks import WebhookView
from admin.wordings import WordingView
from app.audit import Audit
from app.calls import Call
from app.conversations import Conversation
from app.customers import Customer
from app.evaluation import EvalCase
from app.events import Event
from app.inbox import Webhook
from app.leads import Lead
from app.messages import Message
from app.numbers import Number
from app.scheduling.appointments import Appointment
from app.subscriptions import Subscription
from app.tasks import SupportTask
from app.tenants import Tenant
from app.wordings import Wording

VIEWS: tuple[tuple[type[StaffView], type, str, str, str], ...] = (
    (TenantView, Tenant, "Tenants", "tenants", "Businesses"),
    (NumberView, Number, "Numbers", "numbers", "Businesses"),
    (SubscriptionView, Subscription, "Subscriptions", "subscriptions", "Businesses"),
    (WordingView, Wording, "Wordings", "wordings", "Businesses"),
    (CustomerView, Customer, "Customers", "customers", "Their customers"),
    (CallView, Call, "Calls", "calls", "Their customers"),
    (ConversationView, Conversation, "Conversations", "conversations", "Their customers"),
    (MessageView, Message, "Messages", "messages", "Their customers"),
    (LeadView, Lead, "Leads", "leads", "Their customers"),
    (AppointmentView, Appointment, "Appointments", "appointments", "Their customers"),
    (WebhookView, Webhook, "Webhooks", "webhooks", "Machinery"),
    (EventView, Event, "Events", "events", "Machinery"),
    (TaskView, SupportTask, "Support tasks", "tasks", "Support"),
    (AuditView, Audit, "Audit", "audit", "Support"),
    (CaseView, EvalCase, "Test cases", "cases", "Assistant"),
)
"""Every list of rows: view, table, name, path, group of the menu."""


def init_app(web: Flask) -> None:
    """Register the panel with its guard, its sign-in and its views."""
    access.init_app(web)
    web.register_blueprint(login.bp)
    panel = Admin(
        web,
        name="NeverMissCall support",
        url="/admin",
        index_view=HomePage(name="Home", url="/admin"),
        theme=Bootstrap4Theme(base_template="panel/base.html", fluid=True),
    )
    for view, table, name, path, group in VIEWS:
        panel.add_view(view(table, name=name, endpoint=f"admin_{path}", url=f"/admin/{path}", category=group))
    panel.add_view(QueuesPage(name="Jobs", endpoint="admin_jobs", url="/admin/jobs", category="Machinery"))
    panel.add_view(
        PlaygroundPage(name="Playground", endpoint="admin_playground", url="/admin/playground", category="Assistant")
    )
    for name in ("admin", *(f"admin_{path}" for _, _, _, path, _ in VIEWS), "admin_jobs", "admin_playground"):
        web.after_request_funcs.setdefault(name, []).append(access.protect)
