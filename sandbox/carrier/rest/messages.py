"""Messages: create, fetch, list, redact, cancel, delete."""

from datetime import UTC, date, datetime

from sandbox.carrier import delivery, texts
from sandbox.carrier.records import Message
from sandbox.carrier.rest.routing import ACCOUNT, Answer, Request, pages, route
from sandbox.carrier.wire import E164, Refused, segments

MAGIC_TO = {  # Twilio's own test numbers
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
MAGIC_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
MAGIC_SENDER = "+15005550006"
MAX_BODY = 1600


@route("POST", f"{ACCOUNT}/Messages.json")
def create(request: Request) -> Answer:
    """Take a text, or say why not; its delivery is reported after the answer."""
    form, world = request.form, request.world
    body, media = form.get("Body", ""), form.getlist("MediaUrl")
    if not body and not media and not form.get("ContentSid"):
        raise Refused(400, 21602)
    if len(body) > MAX_BODY:
        raise Refused(400, 21617)
    to = request.need("To", 21211)
    sender, service_sid = form.get("From"), form.get("MessagingServiceSid")
    _check_recipient(to)
    _check_sender(request, sender, service_sid)
    _check_pair(request, to, sender, service_sid)
    message = world.remember(_accepted(request, to, body, media))
    taken = message.to_json()
    if message.status != "scheduled":
        _deliver(request, message)
    return 201, taken


def _check_recipient(to: str) -> None:
    if to in MAGIC_TO:
        raise Refused(400, MAGIC_TO[to])
    if not E164.match(to) and ":" not in to:
        raise Refused(400, 21211)


def _check_sender(request: Request, sender: str | None, service_sid: str | None) -> None:
    world = request.world
    if sender in MAGIC_FROM:
        raise Refused(400, MAGIC_FROM[sender])
    if service_sid:
        service = world.services.get(service_sid)
        if service is None or service.account_sid != request.account.sid:
            raise Refused(404, 21701)
        if not world.service_numbers(service_sid):
            raise Refused(400, 21703)
    if sender and sender != MAGIC_SENDER:
        number = world.numbers.get(sender)
        if number is None or number.account_sid != request.account.sid:
            raise Refused(400, 21606)


def _check_pair(request: Request, to: str, sender: str | None, service_sid: str | None) -> None:
    if to == sender:
        raise Refused(400, 21266)
    world = request.world
    number = world.numbers.get(sender or "")
    keys = {service_sid or "", sender or "", *(texts.block_keys(number) if number else ())}
    if any((key, to) in world.blocked for key in keys):
        raise Refused(400, 21610)


def _accepted(request: Request, to: str, body: str, media: list[str]) -> Message:
    form = request.form
    service = request.world.services.get(form.get("MessagingServiceSid", ""))
    first = "accepted" if service else "queued"
    return Message(
        request.account.sid,
        to,
        form.get("From"),
        body,
        status="scheduled" if form.get("SendAt") else first,
        service_sid=service.sid if service else None,
        num_media=len(media),
        num_segments=0 if service else segments(body),
        callback=form.get("StatusCallback") or (service.status_callback if service else None),
        media_urls=list(media),
        fields=form.to_dict(),
    )


def _deliver(request: Request, message: Message) -> None:
    world = request.world
    scenario = world.delivery(message.to)
    if scenario.held:
        return
    if scenario.early:
        delivery.deliver(world, message, scenario)
        return
    request.later(lambda: delivery.deliver(world, message, scenario))


@route("GET", f"{ACCOUNT}/Messages.json")
def listing(request: Request) -> Answer:
    """Messages of the account, newest first, by To, From and the day or moment of sending."""
    world, query = request.world, request.query
    to, sender = query.get("To"), query.get("From")
    pool = world.texts.get(to or sender or "", []) if to or sender else list(world.messages.values())
    found = [
        message
        for message in pool
        if message.account_sid == request.account.sid
        and (not to or message.to == to)
        and (not sender or message.sender == sender)
        and in_range(query, "DateSent", message.sent_at or message.created_at)
    ]
    return pages(request, "messages", found[::-1])


def in_range(query: dict[str, str], name: str, moment: datetime) -> bool:
    """Whether a moment lies within `Name`, `Name<` and `Name>`; a bare date means the whole day."""
    exact, before, after = (query.get(name + sign) for sign in ("", "<", ">"))
    if exact and moment.date() != _moment(exact).date():
        return False
    if before and moment > _moment(before):
        return False
    return not (after and moment < _moment(after))


def _moment(text: str) -> datetime:
    if len(text) == len("2026-01-01"):
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _own(request: Request, sid: str) -> Message:
    message = request.world.messages.get(sid)
    if message is None or message.account_sid != request.account.sid:
        raise Refused(404, 20404)
    return message


@route("GET", f"{ACCOUNT}/Messages/{{sid}}.json")
def fetch(request: Request, sid: str) -> Answer:
    """One message."""
    return 200, _own(request, sid).to_json()


@route("POST", f"{ACCOUNT}/Messages/{{sid}}.json")
def update(request: Request, sid: str) -> Answer:
    """Redact the body (only the empty text is allowed) or cancel what is scheduled."""
    message = _own(request, sid)
    body = request.field("Body")
    if body:
        raise Refused(400, 20001, "Body can only be updated to the empty string")
    if body == "":
        message.body = ""
    if request.field("Status") == "canceled":
        if message.status not in ("scheduled", "accepted", "queued"):
            raise Refused(400, 30409, "Message cannot be canceled, it is already on its way")
        message.move("canceled")
    return 200, message.to_json()


@route("DELETE", f"{ACCOUNT}/Messages/{{sid}}.json")
def delete(request: Request, sid: str) -> Answer:
    """Forget a message."""
    message = _own(request, sid)
    with request.world.lock:
        del request.world.messages[sid]
        for phone in {message.to, message.sender or ""}:
            request.world.texts[phone].remove(message)
    return 204, None
