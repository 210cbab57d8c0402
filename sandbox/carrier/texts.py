"""Texts through the network: what customers write, what becomes of ours, and the block list."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox.carrier.records import Media, Message, Number, Service
from sandbox.carrier.webhooks import Webhook
from sandbox.carrier.wire import API_HOST, API_VERSION, segments
from sandbox.carrier.world import Delivery, World

STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
START = {"START", "UNSTOP"}
HELP = {"HELP", "INFO"}
REPLIES = {
    "STOP": "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe.",
    "START": "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe.",
    "HELP": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}
PRICE_PER_SEGMENT = 0.0083
Attachment = tuple[str, bytes]  # content type and content


@dataclass
class Inbound:
    """A text from outside: the message as filed, and what the product answered each time it was told."""

    message: Message
    hooks: list[Webhook] = field(default_factory=list)

    @property
    def sid(self) -> str:
        """Its MessageSid."""
        return self.message.sid

    @property
    def statuses(self) -> list[int]:
        """The HTTP status of each delivery to the product."""
        return [hook.status for hook in self.hooks]


def inbound(
    world: World, sender: str, to: str, body: str, *, media: Sequence[Attachment] = (), times: int = 1,
    tamper: bool = False, sid: str | None = None, opt_out_type: str | None = None, extra: dict[str, str] | None = None,
) -> Inbound:
    """Somebody texts one of the numbers; posted `times` times under one MessageSid."""
    number = world.numbers[to]
    message = Message(
        number.account_sid, to, sender, body, direction="inbound", status="received", service_sid=number.service_sid,
        num_media=len(media), num_segments=segments(body), sid=sid or "",
    )
    service = world.services.get(number.service_sid or "")
    kind = opt_out_type or _keyword(world, number, sender, body)
    params = {**_params(message), **_attach(world, message, media), **(extra or {})}
    if kind and (opt_out_type or service is None or service.advanced_opt_out):
        params["OptOutType"] = kind
    if not tamper:
        world.remember(message)
        _apply(world, number, sender, kind)
    result = Inbound(message)
    for _ in range(times):
        result.hooks += _tell(world, number, service, params, tamper)
    if kind and not tamper:
        _reply(world, number, sender, kind)
    return result


def _params(message: Message) -> dict[str, str]:
    fields = {
        "MessageSid": message.sid, "SmsMessageSid": message.sid, "SmsSid": message.sid, "SmsStatus": "received",
        "AccountSid": message.account_sid, "ApiVersion": API_VERSION, "From": message.sender or "",
        "FromCountry": "US", "FromCity": "", "FromState": "", "FromZip": "", "To": message.to, "ToCountry": "US",
        "ToCity": "", "ToState": "", "ToZip": "", "Body": message.body, "NumMedia": str(message.num_media),
        "NumSegments": str(message.num_segments),
    }
    if message.service_sid:
        fields["MessagingServiceSid"] = message.service_sid
    return fields


def _attach(world: World, message: Message, media: Sequence[Attachment]) -> dict[str, str]:
    """File the attachments; their fields of the webhook."""
    fields = {}
    for index, (content_type, content) in enumerate(media):
        item = Media(message.account_sid, message.sid, content_type, content)
        with world.lock:
            world.media[item.sid] = item
        url = f"https://{API_HOST}{item.path}"
        message.media_urls.append(url)
        fields[f"MediaUrl{index}"], fields[f"MediaContentType{index}"] = url, content_type
    return fields


def _tell(
    world: World, number: Number, service: Service | None, params: dict[str, str], tamper: bool
) -> list[Webhook]:
    """Post to the service's URL, else to the number's; the fallback URL after a failure."""
    url, method = number.sms_url, number.sms_method
    fallback = number.sms_fallback_url
    if service and not service.use_inbound_webhook_on_number:
        url, method, fallback = service.inbound_request_url, service.inbound_method, service.fallback_url
    if not url:
        return []
    hook = world.webhooks.post(number.account_sid, url, params, method=method, tamper=tamper)
    if hook.ok or tamper or not fallback:
        return [hook]
    failed = {**params, "ErrorCode": "11200" if hook.status > 0 else "11205", "ErrorUrl": hook.url}
    return [hook, world.webhooks.post(number.account_sid, fallback, failed)]


# the block list


def block_keys(number: Number) -> list[str]:
    """What an opt-out blocks: the number itself and the service it belongs to."""
    return [number.phone_number, *([number.service_sid] if number.service_sid else [])]


def _keyword(world: World, number: Number, sender: str, body: str) -> str | None:
    word = body.strip().upper()
    if word in STOP:
        return "STOP"
    if word in HELP:
        return "HELP"
    is_blocked = any((key, sender) in world.blocked for key in block_keys(number))
    return "START" if word in START or (word == "YES" and is_blocked) else None


def _apply(world: World, number: Number, phone: str, kind: str | None) -> None:
    pairs = {(key, phone) for key in block_keys(number)}
    with world.lock:
        if kind == "STOP":
            world.blocked |= pairs
        elif kind == "START":
            world.blocked -= pairs


def _reply(world: World, number: Number, phone: str, kind: str) -> None:
    """Twilio's own answer to a keyword; the product never sees it."""
    message = Message(
        number.account_sid, phone, number.phone_number, REPLIES[kind], direction="outbound-reply", status="delivered",
        service_sid=number.service_sid, is_automatic=True,
    )
    world.remember(message)


# what becomes of ours


def deliver(world: World, message: Message, scenario: Delivery) -> None:
    """Report the statuses of a text to its callback, in the scenario's order, each as often as it says."""
    gate = _registration_error(world, message)
    if gate:
        scenario = Delivery("undelivered", gate)
    steps = scenario.steps()
    _choose_sender(world, message)
    final = steps[-1] if steps else message.status
    order = random.sample(steps, len(steps)) if scenario.shuffled else steps
    for status in order:
        if message.status == "canceled":
            return
        if scenario.seconds and world.time_scale:
            time.sleep(scenario.seconds * world.time_scale)
        error = scenario.error if status in ("failed", "undelivered") else None
        _move(message, status, error, final)
        for _ in range(scenario.repeat if message.callback else 0):
            world.webhooks.post(message.account_sid, str(message.callback), _status_params(message, status, error))
    _move(message, final, None, final)


def _move(message: Message, status: str, error: int | None, final: str) -> None:
    """The API never goes back from the final status, whatever order the callbacks come in."""
    if message.status == final:
        return
    message.move(status, error)
    if status == final:
        message.price = f"-{PRICE_PER_SEGMENT * message.num_segments:.5f}"


def _status_params(message: Message, status: str, error: int | None) -> dict[str, str]:
    fields = {
        "AccountSid": message.account_sid, "MessageSid": message.sid, "SmsSid": message.sid, "MessageStatus": status,
        "SmsStatus": status, "To": message.to, "From": message.sender or "", "ApiVersion": API_VERSION,
    }
    if message.service_sid:
        fields["MessagingServiceSid"] = message.service_sid
    return fields | ({"ErrorCode": str(error)} if error else {})


def _choose_sender(world: World, message: Message) -> None:
    """A Messaging Service picks its number only now, and counts the segments."""
    if message.sender is None:
        pool = world.service_numbers(message.service_sid or "")
        message.sender = pool[0].phone_number if pool else None
        if message.sender:
            with world.lock:
                world.texts.setdefault(message.sender, []).append(message)
    message.num_segments = segments(message.body)


def _registration_error(world: World, message: Message) -> int | None:
    """30034 for an unregistered local number, 30032 for an unverified toll-free one."""
    _choose_sender(world, message)
    number = world.numbers.get(message.sender or "")
    if number is None or number.registered:
        return None
    return 30032 if number.is_toll_free else 30034


