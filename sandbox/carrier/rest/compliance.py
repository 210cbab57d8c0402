"""Registration of senders: profiles, brands, campaigns, toll-free verification, and the sinks of their events."""

import json
from dataclasses import dataclass, field
from typing import Any

from sandbox.carrier.rest.routing import EVENTS, MESSAGING, TRUSTHUB, Answer, Request, meta_pages, route
from sandbox.carrier.wire import Refused, iso, new_sid, now, snake

FLAGS = {
    "mock", "skip_automatic_sec_vet", "has_embedded_links", "has_embedded_phone", "subscriber_opt_in", "age_gated",
    "direct_lending", "age_gated_content",
}  # fmt: skip
LISTS = {
    "use_case_categories", "opt_in_image_urls", "opt_in_keywords", "opt_out_keywords", "help_keywords",
    "message_samples", "types",
}  # fmt: skip
OBJECTS = {"attributes", "sink_configuration"}
CAMPAIGN_STATUS = "campaign_status"


@dataclass(frozen=True)
class Kind:
    """A resource with a life of its own: where it lives, how its SID begins, how it starts."""

    name: str
    host: str
    path: str
    prefix: str
    key: str
    start: dict[str, Any] = field(default_factory=dict)
    updated: int = 200
    on_update: dict[str, Any] = field(default_factory=dict)


KINDS = [
    Kind("profile", TRUSTHUB, "/v1/CustomerProfiles", "BU", "results", {"status": "draft", "errors": []}),
    Kind("assignment", TRUSTHUB, "/v1/CustomerProfiles/{parent}/EntityAssignments", "BV", "results"),
    Kind("endpoint", TRUSTHUB, "/v1/CustomerProfiles/{parent}/ChannelEndpointAssignments", "RA", "results"),
    Kind(
        "evaluation", TRUSTHUB, "/v1/CustomerProfiles/{parent}/Evaluations", "EL", "results",
        {"status": "compliant", "results": []},
    ),
    Kind("trust_product", TRUSTHUB, "/v1/TrustProducts", "BU", "results", {"status": "draft", "errors": []}),
    Kind("assignment", TRUSTHUB, "/v1/TrustProducts/{parent}/EntityAssignments", "BV", "results"),
    Kind("endpoint", TRUSTHUB, "/v1/TrustProducts/{parent}/ChannelEndpointAssignments", "RA", "results"),
    Kind(
        "evaluation", TRUSTHUB, "/v1/TrustProducts/{parent}/Evaluations", "EL", "results",
        {"status": "compliant", "results": []},
    ),
    Kind("end_user", TRUSTHUB, "/v1/EndUsers", "IT", "results"),
    Kind("document", TRUSTHUB, "/v1/SupportingDocuments", "RD", "results", {"status": "DRAFT"}),
    Kind(
        "brand", MESSAGING, "/v1/a2p/BrandRegistrations", "BN", "data",
        {"status": "PENDING", "identity_status": "SELF_DECLARED", "tcr_id": None, "errors": [], "brand_score": None},
        updated=202, on_update={"status": "PENDING", "errors": []},
    ),
    Kind(
        "campaign", MESSAGING, "/v1/Services/{parent}/Compliance/Usa2p", "QE", "compliance",
        {CAMPAIGN_STATUS: "IN_PROGRESS", "campaign_id": None, "errors": [], "is_externally_registered": False},
        on_update={CAMPAIGN_STATUS: "IN_PROGRESS", "errors": []},
    ),
    Kind(
        "toll_free", MESSAGING, "/v1/Tollfree/Verifications", "HH", "verifications",
        {
            "status": "PENDING_REVIEW", "rejection_reason": None, "rejection_reasons": [], "error_code": None,
            "edit_allowed": None, "edit_expiration": None,
        },
        updated=202, on_update={"status": "IN_REVIEW", "edit_allowed": None},
    ),
    Kind("sink", EVENTS, "/v1/Sinks", "DG", "sinks", {"status": "active"}),
    Kind("subscription", EVENTS, "/v1/Subscriptions", "DF", "subscriptions"),
]  # fmt: skip
PARENTS = {"campaign": "messaging_service_sid"}


def _register(kind: Kind) -> None:
    """Create, list, fetch, update and delete for one kind."""

    @route("POST", kind.path, kind.host)
    def create(request: Request, parent: str | None = None) -> Answer:
        _check(request, kind)
        body = {"sid": new_sid(kind.prefix), "account_sid": request.account.sid, **kind.start, **_fields(request)}
        if parent:
            body[PARENTS.get(kind.name, "parent")] = parent
        body |= {"date_created": iso(now()), "url": f"https://{request.host}{request.path}/{body['sid']}"}
        return 201, _save(request, kind, body)

    @route("GET", kind.path, kind.host)
    def listing(request: Request, parent: str | None = None) -> Answer:
        wanted = {snake(name): value for name, value in request.query.items() if not name.startswith("Page")}
        mine = [
            body
            for body in request.world.resources.values()
            if body["_kind"] == kind.name
            and body["account_sid"] == request.account.sid
            and parent in (None, body.get(PARENTS.get(kind.name, "parent")))
            and all(str(body.get(name)) == value for name, value in wanted.items())
        ]
        return meta_pages(request, kind.key, [_shown(body) for body in mine[::-1]])

    @route("GET", f"{kind.path}/{{sid}}", kind.host)
    def fetch(request: Request, sid: str, parent: str | None = None) -> Answer:
        return 200, _shown(_own(request, kind, sid))

    @route("POST", f"{kind.path}/{{sid}}", kind.host)
    def update(request: Request, sid: str, parent: str | None = None) -> Answer:
        body = _own(request, kind, sid)
        if body.get("edit_allowed") is False:
            raise Refused(400, 30824, "Toll-free verification can no longer be edited")
        body |= {**kind.on_update, **_fields(request)}
        return kind.updated, _save(request, kind, body)

    @route("DELETE", f"{kind.path}/{{sid}}", kind.host)
    def delete(request: Request, sid: str, parent: str | None = None) -> Answer:
        _own(request, kind, sid)
        with request.world.lock:
            del request.world.resources[sid]
        return 204, None


def _check(request: Request, kind: Kind) -> None:
    """What must exist before: the number of a verification, an approved brand of a campaign."""
    if kind.name == "toll_free":
        request.world.number_by_sid(request.account.sid, request.form.get("TollfreePhoneNumberSid", ""))
    if kind.name == "campaign":
        brand = request.world.resources.get(request.form.get("BrandRegistrationSid", ""))
        if brand is None or brand["status"] != "APPROVED":
            raise Refused(400, 21717, "The brand registration is not approved")


def _fields(request: Request) -> dict[str, Any]:
    """The form as the resource keeps it."""
    found: dict[str, Any] = {}
    for name, values in request.form.lists():
        key = snake(name)
        if key in LISTS:
            found[key] = values
        elif key in FLAGS:
            found[key] = values[0].lower() == "true"
        elif key in OBJECTS:
            found[key] = json.loads(values[0])
        else:
            found[key] = values[0]
    return found


def _save(request: Request, kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
    body |= {"date_updated": iso(now()), "_kind": kind.name}
    with request.world.lock:
        request.world.resources[body["sid"]] = body
    return _shown(body)


def _shown(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if not key.startswith("_")}


def _own(request: Request, kind: Kind, sid: str) -> dict[str, Any]:
    body = request.world.resources.get(sid)
    if body is None or body["_kind"] != kind.name or body["account_sid"] != request.account.sid:
        raise Refused(404, 20404)
    return body


for _kind in KINDS:
    _register(_kind)
