"""The page for people: be a customer with a telephone, and the contractor whose telephone rings."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from markupsafe import escape
from werkzeug.wrappers import Response

from sandbox.carrier import control
from sandbox.carrier.control import carrier
from sandbox.carrier.handsets import BEHAVIOURS, CALLER_BEHAVIOURS
from sandbox.carrier.wire import E164

if TYPE_CHECKING:
    from sandbox.carrier.carrier import Carrier

bp = Blueprint("pages", __name__)
CUSTOMER, CONTRACTOR = "+12135550142", "+13105550199"
SHOWN_CALLS, SHOWN_TEXTS = 4, 60
FATES = {
    "": ("Arrive", None),
    "30003": ("Phone switched off (30003)", 30003),
    "30005": ("No such phone (30005)", 30005),
    "30006": ("Landline (30006)", 30006),
    "30007": ("Filtered as spam (30007)", 30007),
    "30034": ("Number not registered (30034)", 30034),
}


def create_pages(network: "Carrier") -> Flask:
    """The sandbox's own page and its JSON endpoints."""
    app = Flask("sandbox.carrier")
    app.extensions["carrier"] = network
    app.register_blueprint(control.bp)
    app.register_blueprint(bp)
    return app


@dataclass(frozen=True)
class Scene:
    """Who is on the page: the customer's phone, the business's number, the contractor's phone."""

    customer: str
    number: str
    contractor: str

    @property
    def query(self) -> str:
        """The scene as a query string."""
        return urlencode(vars(self))


def _phone(name: str, otherwise: str) -> str:
    """A number as typed, brought into E.164; ten digits are American."""
    digits = "".join(sign for sign in request.values.get(name, "") if sign.isdigit())
    phone = f"+1{digits}" if len(digits) == len("2135550142") else f"+{digits}"
    return phone if E164.match(phone) else otherwise


def _scene() -> Scene:
    numbers = list(carrier().world.numbers)
    number = _phone("number", numbers[0] if numbers else "")
    return Scene(_phone("customer", CUSTOMER), number, _phone("contractor", _last_rung() or CONTRACTOR))


def _last_rung() -> str | None:
    """The telephone that the product rang last."""
    rung = [call.to for call in carrier().calls if call.direction.startswith("outbound")]
    return rung[-1] if rung else None


def _fragments(scene: Scene) -> dict[str, str]:
    """The parts of the page that change by themselves, by element id."""
    return {
        "customer-texts": render_template("_texts.html", texts=_texts(scene.customer), me=scene.customer),
        "contractor-texts": render_template("_texts.html", texts=_texts(scene.contractor), me=scene.contractor),
        "customer-calls": render_template("_calls.html", calls=_calls(scene.customer), scene=scene, may_hang_up=True),
        "contractor-calls": render_template("_calls.html", calls=_calls(scene.contractor), scene=scene),
        "customer-now": _now(scene.customer),
        "contractor-now": _now(scene.contractor),
        "network": render_template("_network.html", carrier=carrier(), complaints=carrier().complaints[-5:]),
    }


def _texts(phone: str) -> list[Any]:
    return list(carrier().world.texts.get(phone, ()))[-SHOWN_TEXTS:]


def _calls(phone: str) -> list[Any]:
    found = [
        call
        for call in carrier().calls
        if call.parent is None and phone in (call.sender, call.to, *(leg.to for leg in call.legs))
    ]
    return found[: -SHOWN_CALLS - 1 : -1]


def _now(phone: str) -> str:
    """The latest line of the latest call, for those who listen to the page."""
    calls = _calls(phone)
    line = escape(calls[0].story[-1]) if calls and calls[0].story else ""
    return f'<p id="now-{phone.replace("+", "p")}">{line}</p>'


@bp.get("/")
def page() -> str:
    """The page itself."""
    scene = _scene()
    return render_template(
        "phone.html",
        scene=scene,
        parts=_fragments(scene),
        numbers=list(carrier().world.numbers.values()),
        handset=carrier().handset(scene.contractor),
        behaviours=BEHAVIOURS,
        callers=CALLER_BEHAVIOURS,
        fates=FATES,
        fate=str(carrier().world.delivery(scene.customer).error or ""),
    )


@bp.get("/fragments")
def fragments() -> dict[str, str]:
    """What changes, for the script that asks every second."""
    return _fragments(_scene())


def _back(scene: Scene) -> Response:
    return redirect(f"{url_for('pages.page')}?{scene.query}", 303)


@bp.post("/phone/call")
def call() -> Response:
    """The customer calls."""
    scene = _scene()
    if scene.number in carrier().world.numbers:
        carrier().call(
            scene.customer,
            scene.number,
            request.form.get("caller", "leaves_voicemail"),
            background=True,
            voicemail=request.form.get("voicemail") or "Please call me back.",
            digits=list(request.form.get("digits", "").replace(" ", "")),
        )
    return _back(scene)


@bp.post("/phone/hangup")
def hang_up() -> Response:
    """The customer puts the receiver down."""
    call = carrier().world.calls.get(request.form.get("sid", ""))
    if call:
        call.hangup.set()
    return _back(_scene())


@bp.post("/phone/text")
def text() -> Response:
    """One of the two writes."""
    scene = _scene()
    sender = scene.contractor if request.form.get("who") == "contractor" else scene.customer
    pictures = [(one.mimetype, one.read()) for one in request.files.getlist("picture") if one.filename]
    body = request.form.get("body", "").strip()
    if scene.number in carrier().world.numbers and (body or pictures):
        carrier().text(sender, scene.number, body, pictures)
    return _back(scene)


@bp.post("/phone/fate")
def fate() -> Response:
    """What becomes of texts to the customer from now on."""
    scene = _scene()
    _, error = FATES[request.form.get("fate", "")]
    carrier().delivery(scene.customer, "undelivered" if error else "delivered", error=error)
    return _back(scene)


@bp.post("/phone/handset")
def handset() -> Response:
    """How the contractor's telephone behaves from now on."""
    scene = _scene()
    carrier().handset(scene.contractor, request.form.get("behaviour", "no_answer"))
    return _back(scene)


@bp.post("/phone/press")
def press() -> Response:
    """The contractor does something by hand."""
    scene = _scene()
    carrier().handset(scene.contractor).commands.put(request.form.get("command", ""))
    return _back(scene)
