"""Calls through the network: customers ring a number, the product rings people."""

import threading
import xml.etree.ElementTree as ET

from sandbox.carrier.calls import Call, CallFailed, HungUp, Over
from sandbox.carrier.handsets import Caller, Handset
from sandbox.carrier.records import Number
from sandbox.carrier.voice import Leg
from sandbox.carrier.world import World


class NoSuchNumber(LookupError):
    """Nobody has bought this number here."""


def inbound(
    world: World, sender: str, to: str, caller: Caller, *, extra: dict[str, str] | None = None,
    forwarded_from: str | None = None, background: bool = False,
) -> Call:
    """A customer rings one of the numbers; returns when the call is over, or at once in the background."""
    number = world.numbers.get(to)
    if number is None:
        raise NoSuchNumber(to)
    call = Call(
        number.account_sid, sender, to, status="ringing", number_sid=number.sid, extra=dict(extra or {}),
        callback=number.status_callback, forwarded_from=forwarded_from,
    )
    with world.lock:
        world.calls[call.sid] = call
    call.tell(f"{sender} calls {to}")
    leg = Leg(world, call, caller, fallback=number.voice_fallback_url)
    if background:
        threading.Thread(target=_converse, args=(leg, number), name="carrier-call", daemon=True).start()
    else:
        _converse(leg, number)
    return call


def _converse(leg: Leg, number: Number) -> None:
    """The whole life of an inbound call."""
    call = leg.call
    if not number.voice_url:
        return _end(leg, "failed")
    status = "completed"
    try:
        leg.run(number.voice_url, number.voice_method)
    except Over as ending:
        status = ending.status
    except HungUp:
        status = "completed" if call.answered_second is not None else "no-answer"
    except CallFailed as failure:
        call.tell(f"An application error has occurred: {failure}")
        leg.world.complain("call", str(failure))
        status = "failed"
    return _end(leg, status)


def _end(leg: Leg, status: str) -> None:
    """Note the end and tell the status callback."""
    leg.call.tell(f"Call over: {status}")
    leg.progress("completed", status)
    leg.call.finish(status)


def outbound(
    world: World, call: Call, ring_seconds: float, url: str | None, xml: str | None, method: str, *,
    fallback: str | None = None,
) -> None:
    """The product rings somebody: ring, run its document with whoever picks up, report the progress."""
    handset = world.handset(call.to)
    leg = Leg(world, call, handset, fallback=fallback)
    leg.progress("initiated", "initiated")
    call.status = "ringing"
    call.tell(f"{call.sender} rings {call.to}")
    leg.progress("ringing", "ringing")
    try:
        status = _pick_up(leg, handset, ring_seconds)
        if status == "completed":
            call.answer()
            leg.progress("answered", "in-progress")
            _speak(leg, url, xml, method)
    except Over as ending:
        status = ending.status
    except HungUp:
        status = "completed" if call.answered_second is not None else "canceled"
    except CallFailed as failure:
        world.complain("call", str(failure))
        status = "failed"
    _end(leg, status)


def _pick_up(leg: Leg, handset: Handset, limit: float) -> str:
    """What ringing comes to."""
    if handset.behaviour == "by_hand":
        command = handset.command(limit * max(1.0, leg.world.time_scale), leg.call.hangup)
        return {"answer": "completed", "decline": "busy"}.get(command or "", "no-answer")
    leg.pause(min(handset.rings, limit))
    return handset.outcome if handset.rings <= limit else "no-answer"


def _speak(leg: Leg, url: str | None, xml: str | None, method: str) -> None:
    """Run the document of an outbound call."""
    if url:
        leg.run(url, method)
        return
    page = leg.execute("", ET.fromstring(xml or "<Response/>"))
    while page is not None:
        page = leg.execute(*page)
