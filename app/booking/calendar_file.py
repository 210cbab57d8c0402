"""A visit as an iCalendar file for the customer's own calendar (RFC 5545)."""

from app.clock import now
from app.scheduling.appointments import Appointment, AppointmentStatus
from app.tenants import Tenant


def of(tenant: Tenant, appointment: Appointment) -> bytes:
    """One event over the arrival window, in UTC; a later file of the same visit replaces the earlier one."""
    from icalendar import Calendar, Event  # noqa: PLC0415 - two megabytes that only this file needs

    event = Event()
    event.add("uid", f"{appointment.id}@nevermisscall")
    event.add("sequence", appointment.version)
    event.add("dtstamp", now())
    event.add("dtstart", appointment.window_start_at)
    event.add("dtend", appointment.window_end_at)
    event.add("summary", f"{tenant.business_name}: arrival")
    event.add("status", "CANCELLED" if appointment.status == AppointmentStatus.cancelled else "CONFIRMED")
    if appointment.job_number:
        event.add("description", f"Job {appointment.job_number}")
    if street := appointment.address.get("street_address"):
        event.add("location", street)
    calendar = Calendar()
    calendar.add("prodid", "-//NeverMissCall//Visit//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    return calendar.to_ical()
