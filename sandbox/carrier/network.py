"""Calls through the network: customers ring a number, the product rings people."""

import threading
from dataclasses import dataclass

from sandbox.carrier import twiml
from sandbox.carrier.calls import Call, CallFailed, HungUp, Over
from sandbox.carrier.handsets import Caller, Handset
from sandbox.carrier.records import Number
from sandbox.carrier.voice import Leg
from sandbox.carrier.world import World


class NoSuchNumber(LookupError):
    """Nobody has bought this number here."""


def inbound(
    world: World, sender: str, to: str, caller: Caller, *, extra: dict[str, str] | None = None, background: bool = False
) -> Call:
    """A customer rings one of the numbers; returns when the call is over, or at once in the background."""
    number = world.numbers.get(to)
    if number is None:
        raise NoSuchNumber(to)
    call = Call(
        number.account_sid,
        sender,
        to,
        status="ringing",
        number_sid=number.sid,
        extra=dict(extra or {}),
        callback=number.status_callback,
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


@dataclass(frozen=True)
class Order:
    """What an outbound call is to do: ring for so long, then run the document at `url` or the one given."""

    ring_seconds: float = 60.0
    url: str | None = None
    xml: str | None = None
    method: str = "POST"
    fallback: str | None = None


def outbound(world: World, call: Call, order: Order) -> None:
    """The product rings somebody: ring, run its document with whoever picks up, report the progress."""
    handset = world.handset(call.to)
    leg = Leg(world, call, handset, fallback=order.fallback)
    leg.progress("initiated", "initiated")
    call.status = "ringing"
    call.tell(f"{call.sender} rings {call.to}")
    leg.progress("ringing", "ringing")
    try:
        status = _pick_up(leg, handset, order.ring_seconds)
        if status == "completed":
            call.answer()
            leg.progress("answered", "in-progress")
            call.tell(f"{call.to} picks up")
            _speak(leg, order)
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
        leg.pause(0)
        return {"answer": "completed", "decline": "busy"}.get(command or "", "no-answer")
    leg.pause(min(handset.rings, limit))
    return handset.outcome if handset.rings <= limit else "no-answer"


def _speak(leg: Leg, order: Order) -> None:
    """Run the document of an outbound call."""
    if order.url:
        leg.run(order.url, order.method)
        return
    page = leg.execute("", twiml.parse(order.xml or "<Response/>"))
    while page is not None:
        page = leg.execute(*page)
