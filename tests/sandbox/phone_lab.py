"""A tiny product and the official Twilio client, pointed at the sandbox's phone network."""

import threading
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Response, request
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from werkzeug.serving import make_server

from sandbox.carrier import Carrier, start

ACCOUNT, TOKEN, SERVICE = "AC" + "a" * 32, "tok-of-the-lab", "MG" + "b" * 32
PUBLIC = "https://pub.example"
CUSTOMER, BUSINESS, CONTRACTOR = "+12135550142", "+12135550100", "+13105550199"
HOOKS = "/webhooks/twilio"
WHISPER = f'<Gather numDigits="1" timeout="6" action="{HOOKS}/call/whisper-key"><Say>Press 1.</Say></Gather><Hangup/>'
VOICEMAIL = (
    f'<Say>Sorry we missed you.</Say><Record maxLength="120" action="{HOOKS}/recorded" transcribe="true" '
    f'transcribeCallback="{HOOKS}/transcription" recordingStatusCallback="{HOOKS}/recording"/>'
)
DIAL = (
    f'<Dial timeout="18" answerOnBridge="true" action="{HOOKS}/call/status">'
    f'<Number url="{HOOKS}/call/whisper">{CONTRACTOR}</Number></Dial>'
)


class RoutedClient(TwilioHttpClient):
    """Sends each Twilio host to its route; a host without one never leaves the machine."""

    def __init__(self, routes: str, **options) -> None:
        super().__init__(**options)
        self.routes = dict(pair.split("=", 1) for pair in routes.split(","))

    def request(self, method, url, *args, **kwargs):
        wanted = urlsplit(url)
        to = urlsplit(self.routes[wanted.hostname])
        return super().request(
            method, urlunsplit((to.scheme, to.netloc, to.path + wanted.path, wanted.query, "")), *args, **kwargs
        )


def client_of(carrier, *, token=TOKEN, account=ACCOUNT, timeout=5, **options):
    """The official client, speaking to the carrier."""
    http = RoutedClient(carrier.routes, timeout=timeout)
    return Client(account, token, http_client=http, environment={"_": ""}, **options)


class Product:
    """Answers webhooks with prepared documents and remembers what it was told, as long as the signature holds."""

    def __init__(self) -> None:
        self.documents = {f"{HOOKS}/call": DIAL, f"{HOOKS}/call/whisper": WHISPER, f"{HOOKS}/call/status": VOICEMAIL}
        self.statuses: dict[str, int] = {}
        self.heard = defaultdict(list)
        self.heed = lambda at, fields: None
        self.forged, self.lock = 0, threading.Lock()
        self.app = Flask("product")
        self.app.add_url_rule("/<path:path>", view_func=self.answer, methods=["GET", "POST"])
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def answer(self, path):
        at, query = f"/{path}", request.query_string.decode()
        url = PUBLIC + at + (f"?{query}" if query else "")
        body = request.get_data(as_text=True) if request.is_json else request.form
        if not RequestValidator(TOKEN).validate(url, body, request.headers.get("X-Twilio-Signature", "")):
            self.forged += 1
            return "", 401
        fields = request.get_json() if request.is_json else request.form.to_dict()
        with self.lock:
            self.heard[at].append(fields)
        self.heed(at, fields)
        if at.endswith("/whisper-key") and fields["Digits"] != "1":
            return xml("<Hangup/>")
        if at in self.statuses:
            return "", self.statuses[at]
        if at in self.documents:
            return xml(self.documents[at])
        return xml("") if at.endswith(("/sms", "/recorded", "/whisper-key", "/fallback")) else ("", 204)

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def xml(verbs):
    """A TwiML answer."""
    return Response(f'<?xml version="1.0" encoding="UTF-8"?><Response>{verbs}</Response>', mimetype="text/xml")


@dataclass
class Lab:
    """The network, the product it serves, and a way to reach the network as the product does."""

    carrier: Carrier
    product: Product

    @property
    def client(self) -> Client:
        """The official client, with the right credentials."""
        return client_of(self.carrier)

    def told(self, hook: str) -> list[dict]:
        """What one of the product's webhooks was told so far, once all callbacks are out."""
        assert self.carrier.settle()
        return self.product.heard[HOOKS + hook]


@contextmanager
def lab(**options):
    """A network with one number in one service, and a product behind it."""
    product = Product()
    carrier = start(product.url, PUBLIC, ACCOUNT, TOKEN, **options)
    carrier.add_number(
        BUSINESS,
        service_sid=SERVICE,
        voice_url=f"{PUBLIC}{HOOKS}/call#rc=2&rp=all",
        sms_url=f"{PUBLIC}{HOOKS}/sms",
        voice_fallback_url=f"{PUBLIC}{HOOKS}/voice-fallback",
        status_callback=f"{PUBLIC}{HOOKS}/call/ended",
    )
    try:
        yield Lab(carrier, product)
    finally:
        carrier.stop()
        product.stop()
