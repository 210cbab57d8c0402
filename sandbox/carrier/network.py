"""Calls through the network: customers ring a number, the product rings people."""

import threading
from dataclasses import dataclass

from sandbox.carrier import twiml
from sandbox.carrier.calls import Call, CallFailed, HungUp, Over
from sandbox.carrier.handsets import Caller, Handset
from sandbox.carrier.records import Number
from sandbox.carrier.voice import Leg
from sandbox.carrier.world import World

MAX_HOPS = 5  # a call that was forwarded more often goes in circles


def inbound(
    world: World, sender: str, to: str, caller: Caller, *, extra: dict[str, str] | None = None, background: bool = False
) -> Call:
    """A customer rings one of the numbers; returns when the call is over, or at once in the background."""
    number = world.number(to)
    call = _ringing(world, number, sender, extra or {})
    call.tell(f"{sender} calls {to}")
    leg = Leg(world, call, caller, fallback=number.voice_fallback_url)
    if background:
        threading.Thread(target=_alone, args=(leg, number), name="carrier-call", daemon=True).start()
    else:
        _converse(leg, number)
    return call


def _ringing(world: World, number: Number, sender: str, extra: dict[str, str]) -> Call:
    """A new inbound call."""
    call = Call(
        number.account_sid,
        sender,
        number.phone_number,
        status="ringing",
        number_sid=number.sid,
        extra=dict(extra),
        callback=number.status_callback,
    )
    with world.lock:
        world.calls[call.sid] = call
    return call


def forwarded(world: World, first: Call, to: str, via: str) -> None:
    """The call goes on to another of the numbers, told as a new call; `via` is the telephone that passed it on."""
    if first.hops >= MAX_HOPS:
        world.complain("call", f"forwarding loop: {first.sender} to {to} by way of {via}")
        return
    number = world.number(to)
    extra = {"ForwardedFrom": via} if via != to else {}
    call = _ringing(world, number, first.sender, extra)
    call.hops = first.hops + 1
    call.tell(f"{call.sender} reaches {to}" + (f" by way of {via}" if extra else ""))
    _converse(Leg(world, call, Caller("stays"), fallback=number.voice_fallback_url), number)


def _alone(leg: Leg, number: Number) -> None:
    """A call without anybody waiting for it: a fault of ours becomes a complaint."""
    try:
        _converse(leg, number)
    except Exception as error:  # noqa: BLE001 - the thread would die silently
        leg.world.complain("carrier", repr(error))
        leg.call.finish("failed")


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
