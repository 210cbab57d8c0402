"""Google's sign-in and Calendar v3 as far as the product uses them, for demo, development and tests.

Never used in production. It listens on the loopback address only and keeps everything in memory; requests that the real
one would not take are answered as it would, and written down.

In a test::

    google = start()                                      # port 0: any free port
    google.settings                                       # the product's settings that lead here
    google.account("owner@prime.example")                 # an account with its primary calendar
    google.consent(auth_url, "owner@prime.example")       # says yes; where the browser is sent back to
    google.consent(auth_url, ..., deny=True)              # or no, or without=["calendar.events"] boxes unticked
    google.events("owner@prime.example")                  # what stands in its calendars
    google.move_by_hand(event_id, start, end)             # the contractor himself; also edit, delete, add
    google.fault("refuse", 2, status=500)                 # or "close", "lose" (accepted, no answer), "slow"
    google.revoke("owner@prime.example")                  # from now on invalid_grant
    google.requests                                       # what was asked: ("POST", "/token"), ...
    assert google.complaints == []
    google.reset(); google.stop()

Its manners follow Google's discovery document and its guides on synchronisation and errors; where no source says which,
the module that chooses says so.
"""

from sandbox.google.google import Google

__all__ = ["Google", "start"]


def start(port: int = 0) -> Google:
    """Start a Google in this process."""
    return Google(port)
