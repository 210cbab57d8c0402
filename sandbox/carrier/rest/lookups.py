"""Lookup v2: is this a number, and of what kind."""

from sandbox.carrier.records import TOLL_FREE
from sandbox.carrier.rest.routing import LOOKUPS, Answer, Request, route
from sandbox.carrier.wire import E164


@route("GET", "/v2/PhoneNumbers/{phone}", LOOKUPS)
def fetch(request: Request, phone: str) -> Answer:
    """What is known about a number; unknown ones are mobile unless told otherwise."""
    is_valid = bool(E164.match(phone)) and (not phone.startswith("+1") or len(phone) == len("+12135550100"))
    wanted = (request.query.get("Fields") or "").split(",")
    body: dict[str, object] = {  # packages that were not asked for are left out: the client reads None
        "calling_country_code": "1" if phone.startswith("+1") else None,
        "country_code": "US" if phone.startswith("+1") else None,
        "phone_number": phone,
        "national_format": f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}" if is_valid else None,
        "valid": is_valid,
        "validation_errors": [] if is_valid else ["INVALID_LENGTH"],
        "url": f"https://{LOOKUPS}/v2/PhoneNumbers/{phone}",
    }
    if is_valid and "line_type_intelligence" in wanted:
        body["line_type_intelligence"] = _line_type(request, phone)
    if is_valid and "caller_name" in wanted:
        body["caller_name"] = {"caller_name": None, "caller_type": None}
    return 200, body


def _line_type(request: Request, phone: str) -> dict[str, object]:
    plain = "tollFree" if phone.startswith(TOLL_FREE) else "mobile"
    return {
        "mobile_country_code": "310",
        "mobile_network_code": "410",
        "carrier_name": "Sandbox Mobile",
        "type": request.world.line_types.get(phone, plain),
    }
