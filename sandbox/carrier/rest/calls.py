"""Calls that the product places, and the record of all calls."""

import threading
from urllib.parse import urlsplit

from sandbox.carrier import network, twiml
from sandbox.carrier.calls import Call
from sandbox.carrier.rest.messages import MAGIC_TO, in_range
from sandbox.carrier.rest.routing import ACCOUNT, Answer, Request, pages, route
from sandbox.carrier.wire import E164, Refused


@route("POST", f"{ACCOUNT}/Calls.json")
def create(request: Request) -> Answer:
    """Ring somebody; the call goes on after the answer."""
    form, world = request.form, request.world
    to, sender = request.need("To", 21201), request.need("From", 21213)
    if to in MAGIC_TO or not E164.match(to):
        raise Refused(400, MAGIC_TO.get(to, 21211))
    number = world.numbers.get(sender)
    if number is None or number.account_sid != request.account.sid:
        raise Refused(400, 21210, "The source phone number provided is not yet verified for your account")
    url, xml = form.get("Url"), form.get("Twiml")
    if url and not urlsplit(url).hostname:
        raise Refused(400, 21205, "Url is not a valid URL")
    for wrong in twiml.mistakes(xml.encode()) if xml and not url else ():
        world.complain("twiml", f"Calls.json Twiml: {wrong}")
    call = Call(
        request.account.sid,
        sender,
        to,
        direction="outbound-api",
        number_sid=number.sid,
        callback=form.get("StatusCallback"),
        callback_events=tuple(form.getlist("StatusCallbackEvent")) or ("completed",),
    )
    with world.lock:
        world.calls[call.sid] = call
    order = network.Order(
        float(form.get("Timeout", "60")), url, xml, form.get("Method", "POST"), form.get("FallbackUrl")
    )
    request.later(lambda: _start(request, call, order))
    return 201, call.to_json()


def _start(request: Request, call: Call, order: network.Order) -> None:
    """Run in the pool when time stands still, in a thread of its own when it passes or a person decides."""
    world = request.world
    if world.time_scale or world.handset(call.to).behaviour == "by_hand":
        threading.Thread(target=network.outbound, args=(world, call, order), name="carrier-call", daemon=True).start()
    else:
        network.outbound(world, call, order)


@route("GET", f"{ACCOUNT}/Calls.json")
def listing(request: Request) -> Answer:
    """Calls of the account, newest first, by both ends, parent, status and times."""
    query = request.query
    wanted = {"To": "to", "From": "from", "Status": "status", "ParentCallSid": "parent_call_sid"}
    found = []
    for call in list(request.world.calls.values()):
        shown = call.to_json()
        if call.account_sid != request.account.sid:
            continue
        if any(query.get(name) not in (None, shown[key]) for name, key in wanted.items()):
            continue
        if in_range(query, "StartTime", call.started_at or call.created_at):
            found.append(call)
    return pages(request, "calls", found[::-1])


def _own(request: Request, sid: str) -> Call:
    call = request.world.calls.get(sid)
    if call is None or call.account_sid != request.account.sid:
        raise Refused(404, 20404)
    return call


@route("GET", f"{ACCOUNT}/Calls/{{sid}}.json")
def fetch(request: Request, sid: str) -> Answer:
    """One call."""
    return 200, _own(request, sid).to_json()


@route("POST", f"{ACCOUNT}/Calls/{{sid}}.json")
def update(request: Request, sid: str) -> Answer:
    """End a call: `completed`, or `canceled` while it still rings."""
    call = _own(request, sid)
    if call.done.is_set():
        raise Refused(400, 21220, "Call is not in-progress. Cannot redirect.")
    if request.field("Status") in ("completed", "canceled"):
        call.hangup.set()
    return 200, call.to_json()
