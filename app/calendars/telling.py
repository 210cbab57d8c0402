"""What the owner hears of his linked calendars: once for each trouble, with what he can do (behaviour.md 2.6)."""

from zoneinfo import ZoneInfo

from app import notifications, tasks, users
from app.calendars import Connection
from app.calendars.pushes import CalendarEvent
from app.extensions import db
from app.notifications import Category, Channel
from app.tenants import Tenant

PAGE = "/app/account"
NAMES = {"google": "Google"}


def reconnect(connection: Connection) -> None:
    """The permission is gone: one notice and one task, with the way to connect again."""
    name = NAMES[connection.provider]
    why = f"{name} does not let us into the calendar of {connection.account_email} any more. Connect it again."
    key = f"reconnect:{connection.id}:{connection.trouble_at:%Y%m%dT%H%M%S}"
    tasks.add(connection.tenant_id, key, "reconnect_calendar", why)
    _notify(connection, f"Reconnect your {name} calendar", f"{why} Visits are booked as before meanwhile.", key)


def cannot_write(row: CalendarEvent, connection: Connection) -> None:
    """A visit did not get into the calendar: a task for each visit, one notice for the whole trouble."""
    name = NAMES[connection.provider]
    when = row.start_at.astimezone(_zone(row)).strftime("%a %b %-d %H:%M")
    doing = "could not be written into" if row.is_wanted else "could not be taken out of"
    why = f"{row.title}, {when}: {doing} your {name} calendar. The visit stands; look at your calendar yourself."
    since = f"{connection.trouble_at:%Y%m%dT%H%M%S}"
    tasks.add(
        row.tenant_id, f"{_tasks_of(row)}{since}", "calendar_conflict", why[:500], appointment_id=row.appointment_id
    )
    body = f"Visits are booked as before, but your {name} calendar does not take them. First: {why}"
    _notify(connection, f"Your {name} calendar is out of date", body, f"calendar-trouble:{connection.id}:{since}")


def conflict(row: CalendarEvent, what: str) -> None:
    """The contractor has changed our event in his calendar: he says which of the two is right."""
    why = f"{row.title}: {what} in your calendar, and changed here. Say what is right."
    key = f"{_tasks_of(row)}{row.version}:{what}"
    tasks.add(row.tenant_id, key, "calendar_conflict", why[:500], appointment_id=row.appointment_id)


def caught_up(row: CalendarEvent) -> None:
    """The calendar has the visit after all: nobody needs to put it there by hand."""
    tasks.settle(row.tenant_id, _tasks_of(row), "Your calendar is up to date again.")


def connected(connection: Connection) -> None:
    """The contractor has connected again."""
    if connection.trouble_at is not None:
        tasks.settle(connection.tenant_id, f"reconnect:{connection.id}:", "Connected again.")


def _tasks_of(row: CalendarEvent) -> str:
    """How the keys of the tasks about an event begin."""
    return f"calendar:{row.id}:"


def _zone(row: CalendarEvent) -> ZoneInfo:
    return db.session.get_one(Tenant, row.tenant_id).zone


def _notify(connection: Connection, title: str, body: str, key: str) -> None:
    owner = users.owner_of(connection.tenant_id)
    if owner is None:
        return
    notifications.tell(
        owner,
        title=title,
        body=body,
        category=Category.system_announcement,
        channels=[Channel.push, Channel.email],
        dedupe_key=key,
        action_path=PAGE,
    )
