"""<Dial>: ring telephones, screen whoever picks up, put the caller through."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from sandbox.carrier.calls import Call, CallFailed, HungUp, Over
from sandbox.carrier.handsets import Caller, Handset
from sandbox.carrier.wire import E164

if TYPE_CHECKING:
    from sandbox.carrier.voice import Leg

Page = tuple[str, ET.Element]


def dial(leg: "Leg", url: str, verb: ET.Element) -> Page | None:
    """Ring, then ask Dial's action how the call goes on; without an action the next verb follows."""
    if verb.get("answerOnBridge") != "true":
        leg.call.answer()
    try:
        status, child, bridged = _ring(leg, url, verb)
    except HungUp:
        _caller_gave_up(leg, url, verb)
        raise
    leg.call.dial_status, leg.call.bridged = status, bridged
    leg.call.answer()
    leg.call.tell(f"Dial ended: {status}, {'put through' if bridged else 'not put through'}")
    if not verb.get("action"):
        return None
    return leg.fetch(urljoin(url, verb.get("action", "")), _outcome(status, child, bridged), verb.get("method", "POST"))


def _outcome(status: str, child: Call | None, bridged: bool) -> dict[str, str]:
    fields = {"DialCallStatus": status, "DialBridged": str(bridged).lower()}
    if child:
        fields["DialCallSid"] = child.sid
    if child and status == "completed":
        fields["DialCallDuration"] = str(child.duration)
    return fields


def _caller_gave_up(leg: "Leg", url: str, verb: ET.Element) -> None:
    """The caller is gone; no source settles whether the action is still asked, so the caller's behaviour says it."""
    call = leg.call
    call.dial_status = "no-answer"
    call.tell("The caller hangs up")
    is_asked = isinstance(leg.person, Caller) and leg.person.action_requested
    if not (is_asked and verb.get("action")):
        return
    child = call.legs[-1] if call.legs else None
    call.status = "completed" if call.answered_second is not None else "no-answer"
    status = "completed" if child and child.answered_second is not None else "no-answer"
    leg.fetch(urljoin(url, verb.get("action", "")), _outcome(status, child, False), verb.get("method", "POST"))


@dataclass
class Target:
    """One telephone to ring: its leg, the telephone, and the <Number> that named it."""

    child: Call
    handset: Handset
    number: ET.Element | None

    @property
    def screening(self) -> str | None:
        """The URL of the document for whoever picks up."""
        return self.number.get("url") if self.number is not None else None


def _ring(leg: "Leg", url: str, verb: ET.Element) -> tuple[str, Call | None, bool]:
    """Ring all numbers, at once unless told otherwise; the first to pick up wins.

    Gives the status of the dial, the leg it is about and whether the two sides talked.
    """
    targets, in_turn = _targets(leg, url, verb), verb.get("sequential") == "true"
    limit, began = float(verb.get("timeout", "30")), leg.call.seconds
    for target in targets:
        _announce(leg, target)
    status, child, bridged = "failed", None, False
    try:
        for target in targets if in_turn else sorted(targets, key=lambda one: one.handset.rings):
            status, child, bridged = _one(leg, url, target, limit, leg.call.seconds if in_turn else began)
            if child.answered_second is not None:
                break
    finally:
        for target in targets:
            if not target.child.done.is_set():
                target.child.finish("canceled")
                _progress(leg, target.child, "completed")
    return status, child, bridged


def _announce(leg: "Leg", target: Target) -> None:
    """The telephone starts to ring."""
    leg.call.legs.append(target.child)
    with leg.world.lock:
        leg.world.calls[target.child.sid] = target.child
    leg.call.tell(f"Ringing {target.child.to}")
    _progress(leg, target.child, "initiated")
    _progress(leg, target.child, "ringing")


def _targets(leg: "Leg", url: str, verb: ET.Element) -> list[Target]:
    """The telephones to ring: each <Number>, or the text of <Dial> itself."""
    numbers: list[tuple[str, ET.Element | None]] = [
        ((number.text or "").strip(), number) for number in verb.iter("Number")
    ] or [((verb.text or "").strip(), None)]
    call, found = leg.call, []
    for phone, number in numbers:
        if not E164.match(phone):
            leg.world.complain("twiml", f"<Dial> to {phone!r}: not an E.164 number (13223)")
            continue
        callback = number.get("statusCallback") if number is not None else None
        events = (number.get("statusCallbackEvent") or "completed") if number is not None else "completed"
        child = Call(
            call.account_sid,
            verb.get("callerId") or call.sender,
            phone,
            direction="outbound-dial",
            status="ringing",
            parent=call,
            callback=urljoin(url, callback) if callback else None,
            callback_events=tuple(events.split()),
        )
        found.append(Target(child, leg.world.handset(phone), number))
    return found


def _one(leg: "Leg", url: str, target: Target, limit: float, began: float) -> tuple[str, Call, bool]:
    """Let one telephone ring until it is answered, refused, or the time since `began` is up."""
    child, handset = target.child, target.handset
    status = _until_picked_up(leg, handset, limit, leg.call.seconds - began)
    child.seconds = leg.call.seconds
    onward = child.to if child.to in leg.world.numbers else handset.forwards_to
    if status != "completed" and onward in leg.world.numbers:
        return _forward(leg, target, onward)
    if status != "completed":
        child.finish(status)
        leg.call.tell(f"{child.to}: {status}")
        _progress(leg, child, "completed")
        return status, child, False
    child.answer()
    leg.call.tell(f"{child.to} picks up")
    _progress(leg, child, "answered")
    bridged = _screen(leg, url, target)
    if bridged:
        _talk(leg, child, handset)
    child.finish("completed")
    _progress(leg, child, "completed")
    return ("completed" if bridged else handset.screened_as), child, bridged


def _until_picked_up(leg: "Leg", handset: Handset, limit: float, rung: float) -> str:
    """`completed` when somebody picks up; raises HungUp when the caller loses patience first."""
    patience = leg.person.gives_up_after if isinstance(leg.person, Caller) else 1e9
    if handset.behaviour == "by_hand":
        return _by_hand(leg, handset, limit)
    leg.pause(max(0.0, min(handset.rings, limit, patience) - rung))
    if patience < min(handset.rings, limit):
        raise HungUp
    return handset.outcome if handset.rings <= limit else "no-answer"


def _by_hand(leg: "Leg", handset: Handset, limit: float) -> str:
    """The page decides: `answer`, `decline`, or nothing until the time is up."""
    command = handset.command(limit * max(1.0, leg.world.time_scale), leg.call.hangup)
    leg.pause(0)
    return {"answer": "completed", "decline": "busy"}.get(command or "", "no-answer")


def _screen(leg: "Leg", url: str, target: Target) -> bool:
    """Play the screening document to whoever picked up; True when the two sides are put through."""
    child = target.child
    if target.screening and target.number is not None:
        screening = type(leg)(leg.world, child, target.handset, whisper=True)
        try:
            screening.run(urljoin(url, target.screening), target.number.get("method", "POST"))
        except (Over, HungUp, CallFailed) as ending:
            leg.call.tell(f"Not put through ({type(ending).__name__})")
            return False
        finally:
            leg.call.requests.extend(child.requests)
            leg.call.documents.extend(child.documents)
            leg.call.seconds = child.seconds
    leg.pause(0)
    if leg.person.behaviour == "hangs_up_before_bridge":
        raise HungUp
    return True


def _talk(leg: "Leg", child: Call, handset: Handset) -> None:
    """The two talk until the time is up or somebody hangs up."""
    leg.call.answer()
    leg.call.bridged = True
    leg.call.tell("They talk")
    lasts = handset.talk_seconds * leg.world.time_scale
    if handset.behaviour == "by_hand":
        handset.command(max(lasts, handset.talk_seconds), leg.call.hangup)
    else:
        leg.call.hangup.wait(lasts)
    leg.call.seconds += handset.talk_seconds
    child.seconds = leg.call.seconds


def _forward(leg: "Leg", target: Target, onward: str) -> tuple[str, Call, bool]:
    """One of the network's own numbers takes the leg, rung directly or by the carrier behind an unanswered phone."""
    child, handset = target.child, target.handset
    leg.call.tell(f"{child.to} goes on to {onward}")
    child.answer()
    child.hops = leg.call.hops
    leg.world.pass_on(child, onward, handset.phone)
    child.finish("completed")
    _progress(leg, child, "completed")
    is_screened = bool(target.screening)  # nobody there presses a key
    return (handset.screened_as if is_screened else "completed"), child, not is_screened


def _progress(leg: "Leg", child: Call, event: str) -> None:
    """A status callback of the child leg."""
    status = {"answered": "in-progress", "completed": child.status}.get(event, event)
    type(leg)(leg.world, child, Caller("stays")).progress(event, status)
