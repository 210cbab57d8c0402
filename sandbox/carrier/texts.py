"""Texts from customers to the product, and the list of those who want none back."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from sandbox.carrier import twiml
from sandbox.carrier.records import Media, Message, Number, Service
from sandbox.carrier.webhooks import Webhook
from sandbox.carrier.wire import API_HOST, API_VERSION, segments
from sandbox.carrier.world import World

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


@dataclass(frozen=True)
class Manner:
    """How a text arrives: `times` over under one MessageSid, one after the other or `at_once`; forged when `tamper`.

    `opt_out_type` overrides what the network makes of the words; `extra` are further fields of the webhook.
    """

    times: int = 1
    at_once: bool = False
    tamper: bool = False
    sid: str = ""
    opt_out_type: str | None = None
    extra: dict[str, str] = field(default_factory=dict)


def inbound(
    world: World, sender: str, to: str, body: str, *, media: Sequence[Attachment] = (), manner: Manner = Manner()
) -> Inbound:
    """Somebody texts one of the numbers."""
    number = world.number(to)
    message = Message(
        number.account_sid,
        to,
        sender,
        body,
        direction="inbound",
        status="received",
        service_sid=number.service_sid,
        num_media=len(media),
        num_segments=segments(body),
        sid=manner.sid,
    )
    service = world.services.get(number.service_sid or "")
    kind = manner.opt_out_type or _keyword(world, number, sender, body)
    params = {**_params(message), **_attach(world, message, media), **manner.extra}
    if kind and (manner.opt_out_type or service is None or service.advanced_opt_out):
        params["OptOutType"] = kind
    if manner.tamper:
        return Inbound(message, _tell(world, number, service, params, tamper=True))
    world.remember(message)
    _apply(world, number, sender, kind)
    result = Inbound(message)
    with ThreadPoolExecutor(manner.times if manner.at_once else 1) as runners:
        tellings = [runners.submit(_tell, world, number, service, params) for _ in range(manner.times)]
    for telling in tellings:
        result.hooks += telling.result()
    if kind:
        _reply(world, number, sender, REPLIES[kind], is_automatic=True)
    return result


def _params(message: Message) -> dict[str, str]:
    fields = {
        "MessageSid": message.sid,
        "SmsMessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsStatus": "received",
        "AccountSid": message.account_sid,
        "ApiVersion": API_VERSION,
        "From": message.sender or "",
        "FromCountry": "US",
        "FromCity": "",
        "FromState": "",
        "FromZip": "",
        "To": message.to,
        "ToCountry": "US",
        "ToCity": "",
        "ToState": "",
        "ToZip": "",
        "Body": message.body,
        "NumMedia": str(message.num_media),
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
    world: World, number: Number, service: Service | None, params: dict[str, str], *, tamper: bool = False
) -> list[Webhook]:
    """Post to the service's URL, else to the number's; the fallback URL after a failure."""
    url, method = number.sms_url, number.sms_method
    fallback = number.sms_fallback_url
    if service and not service.use_inbound_webhook_on_number:
        url, method, fallback = service.inbound_request_url, service.inbound_method, service.fallback_url
    if not url:
        return []
    hook = world.webhooks.post(number.account_sid, url, params, method=method, tamper=tamper)
    hooks = [hook]
    if not hook.ok and not tamper and fallback:
        failed = {**params, "ErrorCode": "11200" if hook.status > 0 else "11205", "ErrorUrl": hook.url}
        hooks.append(world.webhooks.post(number.account_sid, fallback, failed))
    if hooks[-1].ok and hooks[-1].body:
        _obey(world, number, params["From"], hooks[-1])
    return hooks


def _obey(world: World, number: Number, sender: str, hook: Webhook) -> None:
    """Read the answer: a <Message> in it is a reply to the sender."""
    if "xml" not in hook.content_type:
        return
    for wrong in twiml.mistakes(hook.body, "messaging"):
        world.complain("twiml", f"{hook.path}: {wrong}")
    try:
        replies = list(twiml.parse(hook.body).iter("Message"))
    except ET.ParseError:
        return
    for one in replies:
        _reply(world, number, sender, " ".join("".join(one.itertext()).split()))


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


def _reply(world: World, number: Number, phone: str, body: str, *, is_automatic: bool = False) -> None:
    """A text that leaves without the API: Twilio's own answer to a keyword, or one in the product's TwiML."""
    message = Message(
        number.account_sid,
        phone,
        number.phone_number,
        body,
        direction="outbound-reply",
        status="delivered",
        service_sid=number.service_sid,
        is_automatic=is_automatic,
    )
    world.remember(message)
