"""Phone numbers: search, buy, configure, give back."""

from sandbox.carrier.records import TOLL_FREE, Number
from sandbox.carrier.rest.routing import ACCOUNT, Answer, Request, pages, route
from sandbox.carrier.wire import E164, Refused, as_bool, now, snake

EMPTY_AREA = "533"  # Twilio's own test area code without numbers
UNAVAILABLE, INVALID, SURE = "+15005550000", "+15005550001", "+15005550006"
PLACES = {
    "213": ("Los Angeles", "CA", "90012"),
    "310": ("Santa Monica", "CA", "90401"),
    "212": ("New York", "NY", "10001"),
}
PER_AREA = 30  # numbers on sale in one area: 555-0100 and up


def _on_sale(request: Request, area: str, sms: bool = True) -> list[str]:
    if area == EMPTY_AREA:
        return []
    phones = [f"+1{area}55501{last:02d}" for last in range(PER_AREA)]
    return [phone for phone in phones if phone not in request.world.numbers] if sms else phones


def _offer(phone: str) -> dict[str, object]:
    area = phone[2:5]
    city, region, postal_code = PLACES.get(area, ("Springfield", "CA", "90001"))
    toll_free = phone.startswith(TOLL_FREE)
    return {
        "friendly_name": f"({area}) {phone[5:8]}-{phone[8:]}",
        "phone_number": phone,
        "lata": None if toll_free else "730",
        "locality": None if toll_free else city,
        "rate_center": None if toll_free else city.upper()[:10],
        "latitude": None if toll_free else "34.052200",
        "longitude": None if toll_free else "-118.243700",
        "region": None if toll_free else region,
        "postal_code": None if toll_free else postal_code,
        "iso_country": "US",
        "address_requirements": "none",
        "beta": False,
        "capabilities": {"mms": True, "sms": True, "voice": True, "fax": False},
    }


def _search(request: Request, areas: list[str]) -> Answer:
    contains = (request.query.get("Contains") or "").replace("*", "")
    phones = [phone for area in areas for phone in _on_sale(request, area) if contains in phone]
    size = int(request.query.get("PageSize", "50") or 50)
    found = [_offer(phone) for phone in phones[:size]]
    return 200, {
        "available_phone_numbers": found,
        "uri": request.path,
        "page": 0,
        "page_size": size,
        "start": 0,
        "end": max(0, len(found) - 1),
        "first_page_uri": request.path,
        "next_page_uri": None,
        "previous_page_uri": None,
    }


@route("GET", f"{ACCOUNT}/AvailablePhoneNumbers/{{country}}/Local.json")
def search_local(request: Request, country: str) -> Answer:
    """Local numbers on sale, by area code, by another number or by place."""
    _check_country(country)
    near = request.query.get("NearNumber", "")
    area = request.query.get("AreaCode") or (near[2:5] if near.startswith("+1") else "213")
    return _search(request, [area])


@route("GET", f"{ACCOUNT}/AvailablePhoneNumbers/{{country}}/TollFree.json")
def search_toll_free(request: Request, country: str) -> Answer:
    """Toll-free numbers on sale."""
    _check_country(country)
    area = request.query.get("AreaCode")
    return _search(request, [area] if area else ["833", "844"])


def _check_country(country: str) -> None:
    if country not in ("US", "CA"):
        raise Refused(404, 20404)


@route("POST", f"{ACCOUNT}/IncomingPhoneNumbers.json")
def buy(request: Request) -> Answer:
    """Buy a number; of two buyers of the same one the second is told 21422."""
    phone = request.field("PhoneNumber")
    with request.world.lock:
        if not phone:
            offers = _on_sale(request, request.field("AreaCode") or "")
            if not offers:
                raise Refused(400, 21452)
            phone = offers[0]
        if phone == INVALID or not E164.match(phone):
            raise Refused(400, 21421)
        if phone == UNAVAILABLE or phone in request.world.numbers:
            raise Refused(400, 21422)
        number = Number(request.account.sid, phone, registered=request.world.registers_numbers)
        request.world.numbers[phone] = number
    _configure(request, number)
    return 201, number.to_json()


def _configure(request: Request, number: Number) -> None:
    """Take over the fields of the form; the empty string clears a URL."""
    for name, value in request.form.items():
        key = snake(name)
        if key in ("phone_number", "area_code", "api_version") or not hasattr(number, key):
            continue
        if isinstance(getattr(number, key), bool):
            setattr(number, key, as_bool(value))
        else:
            setattr(number, key, value or None)
    if number.voice_application_sid:
        number.voice_url = None
    number.updated_at = now()


@route("GET", f"{ACCOUNT}/IncomingPhoneNumbers.json")
def listing(request: Request) -> Answer:
    """Bought numbers, by friendly name or number."""
    name, phone = request.query.get("FriendlyName"), request.query.get("PhoneNumber")
    found = [
        number
        for number in list(request.world.numbers.values())
        if number.account_sid == request.account.sid
        and (name is None or number.friendly_name == name)
        and (phone is None or phone.replace("*", "") in number.phone_number)
    ]
    return pages(request, "incoming_phone_numbers", found)


@route("GET", f"{ACCOUNT}/IncomingPhoneNumbers/{{sid}}.json")
def fetch(request: Request, sid: str) -> Answer:
    """One bought number."""
    return 200, request.world.number_by_sid(request.account.sid, sid).to_json()


@route("POST", f"{ACCOUNT}/IncomingPhoneNumbers/{{sid}}.json")
def update(request: Request, sid: str) -> Answer:
    """Change where calls and texts go."""
    number = request.world.number_by_sid(request.account.sid, sid)
    _configure(request, number)
    return 200, number.to_json()


@route("DELETE", f"{ACCOUNT}/IncomingPhoneNumbers/{{sid}}.json")
def release(request: Request, sid: str) -> Answer:
    """Give a number back; there is no way to undo it."""
    number = request.world.number_by_sid(request.account.sid, sid)
    with request.world.lock:
        del request.world.numbers[number.phone_number]
    return 204, None
