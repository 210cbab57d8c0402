"""<Dial>: ring telephones, screen whoever picks up, put the caller through."""

import xml.etree.ElementTree as ET
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
    return leg.fetch(
        urljoin(url, verb.get("action", "")), _outcome(status, child, bridged), verb.get("method", "POST")
    )


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


def _ring(leg: "Leg", url: str, verb: ET.Element) -> tuple[str, Call | None, bool]:
    """Ring all numbers at once; status of the dial, the leg it is about, whether the two sides talked."""
    targets = _targets(leg, url, verb)
    limit = float(verb.get("timeout", "30"))
    for child, _handset, _number in targets:
        leg.call.legs.append(child)
        with leg.world.lock:
            leg.world.calls[child.sid] = child
        leg.call.tell(f"Ringing {child.to}")
        _progress(leg, child, "initiated")
        _progress(leg, child, "ringing")
    result = ("failed", None, False)
    for child, handset, number in sorted(targets, key=lambda target: target[1].rings):
        result = _one(leg, url, child, handset, number, limit)
        if result[2] or result[0] == "completed":
            break
    for child, _handset, _number in targets:
        if not child.done.is_set():
            child.finish("canceled")
            _progress(leg, child, "completed")
    return result


def _targets(leg: "Leg", url: str, verb: ET.Element) -> list[tuple[Call, Handset, ET.Element | None]]:
    """The legs to ring: each <Number>, or the text of <Dial> itself."""
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
            call.account_sid, verb.get("callerId") or call.sender, phone, direction="outbound-dial", status="ringing",
            parent=call, callback=urljoin(url, callback) if callback else None, callback_events=tuple(events.split()),
        )
        found.append((child, leg.world.handset(phone), number))
    return found


def _one(
    leg: "Leg", url: str, child: Call, handset: Handset, number: ET.Element | None, limit: float
) -> tuple[str, Call, bool]:
    """Let one telephone ring until it is answered, refused, or the time is up."""
    status = _until_picked_up(leg, handset, limit)
    child.seconds = leg.call.seconds
    if status != "completed" and handset.forwards_to:
        return _forward(leg, child, handset, number)
    if status != "completed":
        child.finish(status)
        leg.call.tell(f"{child.to}: {status}")
        _progress(leg, child, "completed")
        return status, child, False
    child.answer()
    leg.call.tell(f"{child.to} picks up")
    _progress(leg, child, "answered")
    bridged = _screen(leg, url, child, handset, number)
    if bridged:
        _talk(leg, child, handset)
    status = "completed" if bridged else handset.screened_as
    child.finish("completed")
    _progress(leg, child, "completed")
    return status, child, bridged


def _until_picked_up(leg: "Leg", handset: Handset, limit: float) -> str:
    """`completed` when somebody picks up; raises HungUp when the caller loses patience first."""
    patience = leg.person.gives_up_after if isinstance(leg.person, Caller) else 1e9
    if handset.behaviour == "by_hand":
        return _by_hand(leg, handset, limit)
    leg.pause(min(handset.rings, limit, patience))
    if patience < min(handset.rings, limit):
        raise HungUp
    return handset.outcome if handset.rings <= limit else "no-answer"


def _by_hand(leg: "Leg", handset: Handset, limit: float) -> str:
    """The page decides: `answer`, `decline`, or nothing until the time is up."""
    command = handset.command(limit * max(1.0, leg.world.time_scale), leg.call.hangup)
    leg.pause(0)
    return {"answer": "completed", "decline": "busy"}.get(command or "", "no-answer")


def _screen(leg: "Leg", url: str, child: Call, handset: Handset, number: ET.Element | None) -> bool:
    """Play the screening document to whoever picked up; True when the two sides are put through."""
    page = number.get("url") if number is not None else None
    if page:
        screening = type(leg)(leg.world, child, handset, whisper=True)
        try:
            screening.run(urljoin(url, page), number.get("method", "POST"))
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
    leg.call.hangup.wait(handset.talk_seconds * leg.world.time_scale)
    leg.call.seconds += handset.talk_seconds
    child.seconds = leg.call.seconds


def _forward(leg: "Leg", child: Call, handset: Handset, number: ET.Element | None) -> tuple[str, Call, bool]:
    """The carrier behind the handset forwards the unanswered call: a new call comes in and takes this leg."""
    leg.call.tell(f"{child.to} forwards to {handset.forwards_to}")
    child.answer()
    leg.world.ring_in(child.sender, str(handset.forwards_to), Caller("stays"), forwarded_from=handset.phone)
    child.finish("completed")
    _progress(leg, child, "completed")
    is_screened = number is not None and bool(number.get("url"))  # nobody there presses a key
    return (handset.screened_as if is_screened else "completed"), child, not is_screened


def _progress(leg: "Leg", child: Call, event: str) -> None:
    """A status callback of the child leg."""
    status = {"answered": "in-progress", "completed": child.status}.get(event, event)
    type(leg)(leg.world, child, Caller("stays")).progress(event, status)
