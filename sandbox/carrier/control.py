"""JSON endpoints under /sandbox for the demo and for tests in another process."""

from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, jsonify, request
from werkzeug.exceptions import BadRequest

from sandbox.carrier.calls import Call
from sandbox.carrier.handsets import BEHAVIOURS, Handset
from sandbox.carrier.records import Message
from sandbox.carrier.world import NoSuchNumber

if TYPE_CHECKING:
    from sandbox.carrier.carrier import Carrier

bp = Blueprint("control", __name__, url_prefix="/sandbox")


def carrier() -> "Carrier":
    """The network that this application shows."""
    return current_app.extensions["carrier"]


def asked() -> dict[str, Any]:
    """The JSON object of the request."""
    body = request.get_json(silent=True) if request.data else {}
    if not isinstance(body, dict):
        raise BadRequest("send a JSON object")
    return body


@bp.errorhandler(TypeError)
@bp.errorhandler(ValueError)
@bp.errorhandler(KeyError)
@bp.errorhandler(AttributeError)
@bp.errorhandler(NoSuchNumber)
def bad_request(error: Exception) -> tuple[Any, int]:
    """A wrong word in the request is the asker's mistake."""
    return jsonify(error=f"{type(error).__name__}: {error}"), 400


def text_json(message: Message) -> dict[str, Any]:
    """A text for the page."""
    return {
        "sid": message.sid,
        "from": message.sender,
        "to": message.to,
        "body": message.body,
        "direction": message.direction,
        "status": message.status,
        "error_code": message.error_code,
        "is_automatic": message.is_automatic,
        "at": message.created_at.isoformat(),
        "media": message.media_urls,
    }


def handset_json(handset: Handset) -> dict[str, Any]:
    """A telephone for the page."""
    return {name: value for name, value in vars(handset).items() if name != "commands"}


@bp.get("/state")
def state() -> Any:
    """Everything at a glance."""
    here, world = carrier(), carrier().world
    return jsonify(
        numbers=[
            {**number.to_json(), "service_sid": number.service_sid, "registered": number.registered}
            for number in world.numbers.values()
        ],
        services=[service.to_json() for service in world.services.values()],
        messages=len(world.messages),
        calls=len(world.calls),
        webhooks=len(world.webhooks.log),
        handsets=[handset_json(one) for one in world.handsets.values()],
        complaints=[str(one) for one in world.complaints],
        spec_skipped=here.spec_skipped,
        routes=here.routes,
        time_scale=world.time_scale,
        behaviours=BEHAVIOURS,
    )


@bp.post("/numbers")
def add_number() -> Any:
    """Preset a number: `phone` and any setting of Carrier.add_number."""
    settings = asked()
    return jsonify(carrier().add_number(settings.pop("phone"), **settings).to_json()), 201


@bp.post("/accounts")
def add_account() -> Any:
    """Add an account: `sid`, `token`, `owner_sid?`."""
    settings = asked()
    return jsonify(carrier().add_account(settings.pop("sid"), settings.pop("token"), **settings).to_json()), 201


@bp.post("/call")
def call() -> Any:
    """A customer calls: `from`, `to`, `caller?`, `handset? {phone, behaviour, ...}`, `background?`, caller traits."""
    body = asked()
    told = body.pop("handset", None)
    if told:
        carrier().handset(told.pop("phone"), told.pop("behaviour", None), **told)
    return jsonify(carrier().call(body.pop("from"), body.pop("to"), **body).report())


@bp.get("/calls")
def calls() -> Any:
    """Calls without their child legs, newest last, of one `phone` if asked."""
    phone = request.args.get("phone")
    return jsonify(
        [
            one.report()
            for one in carrier().calls
            if one.parent is None and (not phone or phone in (one.sender, one.to, *(leg.to for leg in one.legs)))
        ]
    )


def _call(sid: str) -> Call:
    return carrier().world.calls[sid]


@bp.get("/calls/<sid>")
def one_call(sid: str) -> Any:
    """One call and its story."""
    return jsonify(_call(sid).report())


@bp.post("/calls/<sid>/hangup")
def hang_up(sid: str) -> Any:
    """The caller puts the receiver down."""
    _call(sid).hangup.set()
    return jsonify(_call(sid).report())


@bp.post("/text")
def text() -> Any:
    """Somebody texts: `from`, `to`, `body`, `times?`, `tamper?`, `opt_out_type?`."""
    body = asked()
    result = carrier().text(body.pop("from"), body.pop("to"), body.pop("body"), **body)
    return jsonify(sid=result.sid, statuses=result.statuses)


@bp.get("/messages")
def messages() -> Any:
    """Texts from or to a `phone` (else all), oldest first; `after` leaves out the first so many."""
    phone, after = request.args.get("phone"), int(request.args.get("after", "0"))
    world = carrier().world
    found = list(world.texts.get(phone, ())) if phone else carrier().messages
    return jsonify([text_json(one) for one in found[after:]])


@bp.route("/handsets/<phone>", methods=["GET", "POST"])
def handset(phone: str) -> Any:
    """A telephone; POST changes its `behaviour` and other traits."""
    told = asked() if request.method == "POST" else {}
    return jsonify(handset_json(carrier().handset(phone, told.pop("behaviour", None), **told)))


@bp.post("/handsets/<phone>/press")
def press(phone: str) -> Any:
    """Do something by hand: `command` one of answer, decline, hangup, key:1."""
    carrier().handset(phone).commands.put(str(asked()["command"]))
    return jsonify(ok=True)


@bp.post("/faults")
def faults() -> Any:
    """Trouble ahead: `kind`, `times`, `path`, `status`, `code`, `seconds`."""
    return jsonify(vars(carrier().fault(**asked()))), 201


@bp.delete("/faults")
def no_faults() -> Any:
    """A good day again."""
    carrier().world.faults.clear()
    return "", 204


@bp.post("/deliveries/<phone>")
def delivery(phone: str) -> Any:
    """How texts to a phone fare (`*`: all): `final`, `error`, `statuses`, `repeat`, `shuffled`, `early`, `held`."""
    return jsonify(vars(carrier().delivery(phone, **asked()))), 201


@bp.post("/messages/<sid>/deliver")
def deliver(sid: str) -> Any:
    """Report the statuses of one text now."""
    return jsonify(text_json(carrier().deliver(sid, **asked())))


@bp.post("/line-types/<phone>")
def line_type(phone: str) -> Any:
    """What Lookup says: `kind`."""
    carrier().line_type(phone, asked()["kind"])
    return "", 204


@bp.post("/registrations/<sid>")
def decide(sid: str) -> Any:
    """The authorities decide: `status`, `lost?`, `as_string?`, facts."""
    body = asked()
    return jsonify(told=[one.status for one in carrier().decide(sid, body.pop("status"), **body)])


@bp.get("/registrations")
def registrations() -> Any:
    """Everything that waits for a decision, or had one."""
    return jsonify([{**one, "kind": one["_kind"]} for one in carrier().world.resources.values()])


@bp.post("/settle")
def settle() -> Any:
    """Wait until every callback is out."""
    return jsonify(settled=carrier().settle(float(asked().get("timeout", 10))))


@bp.get("/complaints")
def complaints() -> Any:
    """What the real network would not have accepted."""
    return jsonify([str(one) for one in carrier().complaints])


@bp.get("/webhooks")
def webhooks() -> Any:
    """Requests to the product, oldest first, the last hundred."""
    return jsonify([{"url": one.url, "status": one.status, "params": one.params} for one in carrier().webhooks[-100:]])


@bp.post("/reset")
def reset() -> Any:
    """Forget everything but the accounts."""
    carrier().reset()
    return "", 204
