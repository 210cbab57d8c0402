"""Messaging Services and the numbers in them."""

from sandbox.carrier.records import Number, Service
from sandbox.carrier.rest.routing import MESSAGING, Answer, Request, meta_pages, route
from sandbox.carrier.wire import Refused, as_bool, iso, now, snake

SERVICES = "/v1/Services"


@route("POST", SERVICES, MESSAGING)
def create(request: Request) -> Answer:
    """A new service."""
    service = Service(request.account.sid, request.need("FriendlyName", 20001))
    _configure(request, service)
    with request.world.lock:
        request.world.services[service.sid] = service
    return 201, service.to_json()


def _configure(request: Request, service: Service) -> None:
    for name, value in request.form.items():
        key = snake(name)
        if key in ("sid", "account_sid", "advanced_opt_out") or not hasattr(service, key):
            continue
        present = getattr(service, key)
        if isinstance(present, bool):
            setattr(service, key, as_bool(value))
        elif isinstance(present, int):
            setattr(service, key, int(value))
        else:
            setattr(service, key, value or None)
    service.updated_at = now()


def own(request: Request, sid: str) -> Service:
    """The account's service; refused with 20404."""
    service = request.world.services.get(sid)
    if service is None or service.account_sid != request.account.sid:
        raise Refused(404, 20404)
    return service


@route("GET", SERVICES, MESSAGING)
def listing(request: Request) -> Answer:
    """The services of the account."""
    found = [one for one in list(request.world.services.values()) if one.account_sid == request.account.sid]
    return meta_pages(request, "services", found)


@route("GET", f"{SERVICES}/{{sid}}", MESSAGING)
def fetch(request: Request, sid: str) -> Answer:
    """One service."""
    return 200, own(request, sid).to_json()


@route("POST", f"{SERVICES}/{{sid}}", MESSAGING)
def update(request: Request, sid: str) -> Answer:
    """Change a service."""
    service = own(request, sid)
    _configure(request, service)
    return 200, service.to_json()


@route("DELETE", f"{SERVICES}/{{sid}}", MESSAGING)
def delete(request: Request, sid: str) -> Answer:
    """Remove a service; its numbers stay bought."""
    own(request, sid)
    with request.world.lock:
        for number in request.world.service_numbers(sid):
            number.service_sid = None
        del request.world.services[sid]
    return 204, None


def membership(number: Number) -> dict[str, object]:
    """A number as a member of its service."""
    return {
        "sid": number.sid,
        "account_sid": number.account_sid,
        "service_sid": number.service_sid,
        "date_created": iso(number.updated_at),
        "date_updated": iso(number.updated_at),
        "phone_number": number.phone_number,
        "country_code": "US",
        "capabilities": ["MMS", "SMS", "Voice"],
        "url": f"https://{MESSAGING}{SERVICES}/{number.service_sid}/PhoneNumbers/{number.sid}",
    }


@route("POST", f"{SERVICES}/{{sid}}/PhoneNumbers", MESSAGING)
def add_number(request: Request, sid: str) -> Answer:
    """Put a number into the service; a number is in one service only."""
    own(request, sid)
    number = request.world.number_by_sid(request.account.sid, request.need("PhoneNumberSid", 20001))
    with request.world.lock:
        if number.service_sid == sid:
            raise Refused(409, 21710)
        if number.service_sid:
            raise Refused(409, 21712)
        number.service_sid = sid
    return 201, membership(number)


@route("GET", f"{SERVICES}/{{sid}}/PhoneNumbers", MESSAGING)
def list_numbers(request: Request, sid: str) -> Answer:
    """The numbers of the service."""
    own(request, sid)
    return meta_pages(request, "phone_numbers", [membership(one) for one in request.world.service_numbers(sid)])


def _member(request: Request, sid: str, number_sid: str) -> Number:
    own(request, sid)
    number = request.world.number_by_sid(request.account.sid, number_sid)
    if number.service_sid != sid:
        raise Refused(404, 20404)
    return number


@route("GET", f"{SERVICES}/{{sid}}/PhoneNumbers/{{number_sid}}", MESSAGING)
def fetch_number(request: Request, sid: str, number_sid: str) -> Answer:
    """One membership."""
    return 200, membership(_member(request, sid, number_sid))


@route("DELETE", f"{SERVICES}/{{sid}}/PhoneNumbers/{{number_sid}}", MESSAGING)
def remove_number(request: Request, sid: str, number_sid: str) -> Answer:
    """Take a number out of the service."""
    _member(request, sid, number_sid).service_sid = None
    return 204, None
