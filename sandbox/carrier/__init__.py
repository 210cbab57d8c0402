"""A phone network behind Twilio's REST API and webhooks, for demo, development and tests.

Never used in production. It listens on the loopback address only, keeps everything in memory and talks to one
product: Twilio's hosts are served under one port (the first path segment is the host that the client wanted), and
webhooks, signed with the account's token for the public URL, are posted to the product's loopback address.

In a test::

    carrier = start(product_url, public_url, account_sid, auth_token)          # port 0: any free port
    settings.TWILIO_API_ROUTES = carrier.routes
    carrier.add_number("+12135550100", service_sid="MG...", voice_url=..., sms_url=..., status_callback=...)
    carrier.handset("+13105550199", "no_answer")          # or presses_1, busy, voicemail, declines, by_hand, ...
    call = carrier.call("+12135550142", "+12135550100")   # caller="hangs_up_ringing" | "stays" | Caller(...)
    call.status, call.said, call.documents, call.requests, call.voicemail, call.dial_status, call.bridged
    carrier.text("+12135550142", "+12135550100", "My sink leaks", times=2).statuses
    carrier.settle()                                      # every callback is out
    carrier.texts_to("+12135550142")[-1].body
    carrier.delivery("+12135550142", "undelivered", error=30006)   # repeat, shuffled, early, held, statuses
    carrier.decide(sid, "TWILIO_REJECTED", edit_allowed=True)      # brands, campaigns, toll-free, profiles
    carrier.fault("refuse", 2, status=429, code=20429)    # or "lose", "close", "slow" (seconds=...)
    assert carrier.complaints == []                       # wrong requests, wrong TwiML, wrong webhook URLs
    carrier.reset(); carrier.stop()

`product_app` posts webhooks straight into a WSGI application instead of a socket; `background=False` keeps callbacks
until `settle()` posts them in the caller's thread; `time_scale` lets a call take real time (1.0 = as long as it says).
The same over HTTP: `sandbox.carrier.control` (`/sandbox/...`). On its own: `python -m sandbox.carrier --help`.
"""

from typing import Any

from sandbox.carrier.carrier import Carrier
from sandbox.carrier.handsets import Caller, Handset

__all__ = ["Caller", "Carrier", "Handset", "start"]


def start(
    product_url: str, public_url: str, account_sid: str, auth_token: str, port: int = 0, **options: Any
) -> Carrier:
    """Start a network in this process; `options` are those of carrier.Options."""
    return Carrier(product_url, public_url, account_sid, auth_token, port, **options)
