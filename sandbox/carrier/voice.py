"""Runs the product's TwiML on one leg of a call."""

import xml.etree.ElementTree as ET
from urllib.parse import urljoin

from sandbox.carrier import dialling, twiml
from sandbox.carrier.calls import FINAL, Call, CallFailed, Document, HungUp, Over
from sandbox.carrier.handsets import Caller, Handset
from sandbox.carrier.recordings import record
from sandbox.carrier.webhooks import TIMED_OUT, UNREACHABLE, Webhook
from sandbox.carrier.wire import API_VERSION, now, rfc2822
from sandbox.carrier.world import World

MAX_DOCUMENTS = 30  # a call that fetches more is a loop
WORDS_PER_SECOND = 2.5
Page = tuple[str, ET.Element]


class Leg:
    """One leg at work: `person` is the human on it, `whisper` says that this is a screening document."""

    def __init__(
        self,
        world: World,
        call: Call,
        person: Caller | Handset,
        *,
        fallback: str | None = None,
        whisper: bool = False,
    ) -> None:
        self.world, self.call, self.person = world, call, person
        self.fallback, self.is_whisper = fallback, whisper
        self.fetched = 0

    def run(self, url: str, method: str = "POST") -> None:
        """Execute documents until the last one runs out; raises Over, HungUp or CallFailed."""
        page: Page | None = self.fetch(url, {}, method)
        while page is not None:
            page = self.execute(*page)

    def execute(self, url: str, root: ET.Element) -> Page | None:
        """Run one document; the next one, or None when it simply ran out."""
        for verb in root:
            following = getattr(self, f"_{verb.tag.lower()}", self._unknown)(url, verb)
            if following is not None:
                return following
        return None

    # what every request carries

    def params(self) -> dict[str, str]:
        """The fields that every voice webhook of this leg has."""
        call = self.call
        fields = {
            "AccountSid": call.account_sid,
            "CallSid": call.sid,
            "CallStatus": call.status,
            "From": call.sender,
            "To": call.to,
            "Caller": call.sender,
            "Called": call.to,
            "Direction": call.direction,
            "ApiVersion": API_VERSION,
            "FromCountry": "US",
            "ToCountry": "US",
            "CallerCountry": "US",
            "CalledCountry": "US",
        }
        if call.parent:
            fields["ParentCallSid"] = call.parent.sid
        return {**fields, **call.extra}

    def post(self, url: str, fields: dict[str, str], method: str = "POST") -> Webhook:
        """One webhook of this leg."""
        hook = self.world.webhooks.post(
            self.call.account_sid, url, {**self.params(), **fields}, kind="voice", method=method
        )
        self.call.requests.append(hook)
        return hook

    def fetch(self, url: str, fields: dict[str, str], method: str = "POST") -> Page:
        """Ask the product for a document, the fallback URL after it."""
        self.fetched += 1
        if self.fetched > MAX_DOCUMENTS:
            self.world.complain("twiml", f"loop: more than {MAX_DOCUMENTS} documents in one call, last {url}")
            raise CallFailed("loop")
        hook = self.post(url, fields, method)
        root, code = self._read(hook)
        if root is None and self.fallback:
            self.call.tell(f"Error {code} at {hook.path}, asking the fallback URL")
            hook = self.post(self.fallback, {**fields, "ErrorCode": str(code), "ErrorUrl": hook.url})
            root, code = self._read(hook)
        if root is None:
            raise CallFailed(f"{code} at {hook.path}")
        self.call.documents.append(Document(hook.url, hook.text))
        return hook.url, root

    def _read(self, hook: Webhook) -> tuple[ET.Element | None, int]:
        if hook.status in (UNREACHABLE, TIMED_OUT):
            return None, 11205
        if not hook.ok:
            return None, 11200
        if not hook.body:
            return ET.Element("Response"), 0
        if hook.content_type.partition(";")[0].strip() not in ("text/xml", "application/xml"):
            self.world.complain("twiml", f"{hook.path}: content type {hook.content_type} is not text/xml")
        for wrong in twiml.mistakes(hook.body, whisper=self.is_whisper):
            self.world.complain("twiml", f"{hook.path}: {wrong}")
        try:
            return twiml.parse(hook.body), 0
        except ET.ParseError:
            return None, 12100

    def later(self, url: str | None, base: str, fields: dict[str, str]) -> None:
        """A webhook outside the call's own thread, such as a recording that is ready."""
        if url:
            at = urljoin(base, url)
            self.world.webhooks.later(lambda: self.post(at, fields))

    def progress(self, event: str, status: str) -> None:
        """A status callback of this leg, if it was asked for."""
        call = self.call
        if not call.callback or event not in call.callback_events:
            return
        fields = {
            "CallStatus": status,
            "Timestamp": rfc2822(now()) or "",
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(call.sequence),
        }
        call.sequence += 1
        if status in FINAL:
            fields |= {"CallDuration": str(call.duration), "Duration": str(-(-call.duration // 60))}
        at = call.callback
        self.world.webhooks.later(lambda: self.post(at, fields))

    # verbs

    def _unknown(self, _url: str, verb: ET.Element) -> None:
        self.call.tell(f"<{verb.tag}> is not played here")

    def _say(self, _url: str, verb: ET.Element) -> None:
        text = " ".join("".join(verb.itertext()).split())
        self.call.answer()
        self.call.said.append(text)
        who = "Contractor hears" if self.is_whisper else "Line says"
        self.call.tell(f"{who}: {text}")
        if getattr(self.person, "behaviour", "") == "hangs_up_at_greeting":
            raise HungUp
        self.pause(len(text.split()) / WORDS_PER_SECOND)

    def _play(self, _url: str, verb: ET.Element) -> None:
        self.call.answer()
        self.call.said.append(f"[{(verb.text or verb.get('digits') or '').strip()}]")
        self.pause(3)

    def _pause(self, _url: str, verb: ET.Element) -> None:
        self.pause(float(verb.get("length", "1")))

    def _hangup(self, _url: str, _verb: ET.Element) -> None:
        self.call.tell("The line hangs up")
        raise Over

    def _reject(self, _url: str, verb: ET.Element) -> None:
        raise Over("busy" if verb.get("reason") == "busy" else "failed")

    def _redirect(self, url: str, verb: ET.Element) -> Page:
        return self.fetch(urljoin(url, (verb.text or "").strip()), {}, verb.get("method", "POST"))

    def _gather(self, url: str, verb: ET.Element) -> Page | None:
        self.call.answer()
        self.execute(url, verb)
        digits = self.keys(float(verb.get("timeout", "5")))
        if digits:
            self.call.tell(f"Pressed {digits}")
        if digits or verb.get("actionOnEmptyResult") == "true":
            fields = {"Digits": digits, "FinishedOnKey": "", "msg": "Gather End"}
            return self.fetch(urljoin(url, verb.get("action", "")), fields, verb.get("method", "POST"))
        return None

    def _record(self, url: str, verb: ET.Element) -> Page | None:
        self.call.answer()
        return record(self, url, verb)

    def _dial(self, url: str, verb: ET.Element) -> Page | None:
        return dialling.dial(self, url, verb)

    # the person

    def pause(self, seconds: float) -> None:
        """Time passes; raises HungUp when the person has gone."""
        self.call.wait(seconds, self.world.time_scale)

    def keys(self, timeout: float) -> str:
        """What the person presses within the timeout."""
        if isinstance(self.person, Handset):
            if self.person.hangs_up:
                raise HungUp
            if self.person.behaviour == "by_hand":
                return self._by_hand(self.person, timeout)
        digits = self.person.keys()
        self.pause(1 if digits else timeout)
        return digits

    def _by_hand(self, handset: Handset, timeout: float) -> str:
        """A key pressed on the page: `key:1`, or `hangup`."""
        first = self.call.parent or self.call
        command = handset.command(timeout * max(1.0, self.world.time_scale), first.hangup)
        if command == "hangup":
            raise HungUp
        return command.removeprefix("key:") if command and command.startswith("key:") else ""
