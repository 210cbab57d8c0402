"""Every table, for Alembic; nothing else."""

from app.audit import Audit
from app.calendars import Calendar, Connection
from app.calendars.consent import OAuthState
from app.calendars.mirror import ExternalEvent
from app.calendars.pushes import CalendarEvent
from app.calls import Call, Claim
from app.consent import Consent, Contact, OptOut
from app.conversations import Conversation, Note, Turn
from app.customers import Customer
from app.escalations import Escalation, Rung
from app.estimates import Estimate
from app.evaluation import EvalCase
from app.events import Event
from app.heard import HeardVersion
from app.idempotency import IdempotencyKey
from app.inbox import Webhook
from app.leads import Lead
from app.messages import Message
from app.messages.reports import Report
from app.notifications import Delivery, Notification
from app.numbers import Number
from app.quota import UsageReservation
from app.registrations import Registration
from app.scheduling.appointments import Appointment
from app.scheduling.holds import Hold
from app.scheduling.offered import OfferedSlot
from app.scheduling.reminders import Reminder
from app.scheduling.technicians import Technician
from app.services import ServiceKey
from app.sessions import RefreshToken, Session
from app.subscriptions import Subscription
from app.tasks import SupportTask, Task
from app.tenants import Tenant
from app.usage import UsageCounter, UsageEvent
from app.users import Staff, User
from app.wordings import Wording

__all__ = [
    "Appointment", "Audit", "Calendar", "CalendarEvent", "Call", "Claim", "Connection", "Consent", "Contact",
    "Conversation", "Customer", "Delivery", "Escalation", "Estimate", "EvalCase", "Event", "ExternalEvent",
    "HeardVersion", "Hold", "IdempotencyKey", "Lead", "Message", "Note", "Notification", "Number", "OAuthState",
    "OfferedSlot", "OptOut", "RefreshToken", "Registration", "Reminder", "Report", "Rung", "ServiceKey", "Session",
    "Staff", "Subscription", "SupportTask", "Task", "Technician", "Tenant", "Turn", "UsageCounter", "UsageEvent",
    "UsageReservation", "User", "Webhook", "Wording",
]  # fmt: skip
