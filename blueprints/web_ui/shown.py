"""How numbers, money and times are written for people: always in the zone of the business (experience.md 1.3)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import g

from app import phones
from app.clock import now
from app.conversations import Conversation
from app.customers import Customer
from app.scheduling.appointments import Appointment
from blueprints.web_ui import public_bp

MINUTE, HOUR, DAY = 60, 3600, 86400


def zone() -> ZoneInfo:
    """The zone of the business that is looked at."""
    return g.user.tenant.zone


def _local(at: datetime) -> datetime:
    return at.astimezone(zone())


@public_bp.app_template_filter()
def phone(e164: str | None) -> str:
    """`(213) 555-0142`, or in words that there is no number."""
    if e164 is None or phones.is_withheld(e164):
        return "Withheld number"
    return phones.shown(e164)


@public_bp.app_template_filter()
def can_be_called(e164: str | None) -> bool:
    """Whether a link to call that number makes sense."""
    return e164 is not None and e164.startswith("+") and not phones.is_withheld(e164)


@public_bp.app_template_filter()
def who(customer: Customer | None, e164: str | None = None) -> str:
    """The name of a customer, else the number."""
    if customer is not None and customer.name:
        return customer.name
    return phone(customer.phone if customer is not None else e164)


@public_bp.app_template_filter()
def without(summary: str, name: str) -> str:
    """A summary that begins with the customer's name, without it: the page has named them already."""
    return summary.removeprefix(f"{name}: ")


@public_bp.app_template_filter()
def title(thread: Conversation) -> str:
    """What a thread is called."""
    return who(thread.customer, thread.customer_phone)


@public_bp.app_template_filter()
def ago(at: datetime) -> str:
    """`now`, `5 min`, `3 h`, `Mon`, `Sep 3`: short enough for the end of a line."""
    seconds = (now() - at).total_seconds()
    if seconds < MINUTE:
        return "now"
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)} min"
    if seconds < DAY:
        return f"{int(seconds // HOUR)} h"
    local = _local(at)
    if seconds < 6 * DAY:
        return f"{local:%a}"
    return day_and_month(local.date())


@public_bp.app_template_filter()
def day_and_month(day: date) -> str:
    """`Sep 3`, with the year when it is another one."""
    same_year = day.year == _local(now()).year
    return f"{day:%b} {day.day}" + ("" if same_year else f", {day.year}")


@public_bp.app_template_filter()
def exactly(at: datetime) -> str:
    """`Tue, Sep 15, 10:02 AM PDT`: when it must not be doubted."""
    local = _local(at)
    return f"{local:%a}, {day_and_month(local.date())}, {at_clock(at)} {local:%Z}"


@public_bp.app_template_filter()
def at_clock(at: datetime) -> str:
    """`10:02 AM`."""
    local = _local(at)
    return f"{local.hour % 12 or 12}:{local:%M %p}"


@public_bp.app_template_filter()
def on_day(at: datetime) -> str:
    """`Today`, `Yesterday`, `Tomorrow` or `Tue, Sep 15`."""
    day, today = _local(at).date(), _local(now()).date()
    near = {-1: "Yesterday", 0: "Today", 1: "Tomorrow"}
    return near.get((day - today).days) or f"{day:%a}, {day_and_month(day)}"


@public_bp.app_template_filter()
def window(visit: Appointment) -> str:
    """`9-11 AM`, `11 AM-1 PM`: when the customer was told to expect somebody."""
    start, end = _local(visit.window_start_at), _local(visit.window_end_at)
    half = "" if f"{start:%p}" == f"{end:%p}" else f" {start:%p}"
    return f"{_hour(start)}{half}-{_hour(end)} {end:%p}"


def _hour(local: datetime) -> str:
    return f"{local.hour % 12 or 12}" + (f":{local:%M}" if local.minute else "")


@public_bp.app_template_filter()
def day_and_window(visit: Appointment) -> str:
    """`Tue, Sep 15, 9-11 AM`."""
    return f"{on_day(visit.window_start_at)}, {window(visit)}"


@public_bp.app_template_filter()
def short_window(visit: Appointment) -> str:
    """`Tue 9-11`: for a chip."""
    start, end = _local(visit.window_start_at), _local(visit.window_end_at)
    today = start.date() == _local(now()).date()
    return f"{'today' if today else format(start, '%a')} {_hour(start)}-{_hour(end)}"


@public_bp.app_template_filter()
def dollars(cents: int | None) -> str:
    """`$1,250`, with cents only where there are some."""
    if cents is None:
        return "no price"
    return f"${cents / 100:,.2f}" if cents % 100 else f"${cents // 100:,}"


@public_bp.app_template_global()
def price(low: int | None, high: int | None) -> str:
    """`$150-$200`, or one price where they are the same."""
    if low is None or high is None:
        return "no price"
    return dollars(low) if low == high else f"{dollars(low)}-{dollars(high)}"


@public_bp.app_template_filter()
def job(job_type: str | None) -> str:
    """`Water heater repair` for `water_heater_repair`."""
    return (job_type or "").replace("_", " ").capitalize()


@public_bp.app_template_filter()
def jobs(visit: Appointment) -> str:
    """What a visit is for."""
    return ", ".join(job(one) for one in visit.job_types) or visit.title or "Visit"


@public_bp.app_template_filter()
def address(parts: dict[str, str]) -> str:
    """One line of an address as far as it is known."""
    street = " ".join(part for part in (parts.get("street_address"), parts.get("unit")) if part)
    return ", ".join(part for part in (street, parts.get("city"), parts.get("postal_code")) if part)


@public_bp.app_template_filter()
def duration(seconds: int | None) -> str:
    """`0:18`, `12:05`."""
    minutes, rest = divmod(int(timedelta(seconds=seconds or 0).total_seconds()), 60)
    return f"{minutes}:{rest:02}"


@public_bp.app_template_filter()
def capped(count: int) -> str:
    """A count that was not counted to its end."""
    return "99+" if count > 99 else str(count)
