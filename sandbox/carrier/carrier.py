"""The handle on a running network: what tests and the demo use."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from sandbox.carrier import delivery, network, oracle, registrations, server, texts
from sandbox.carrier.calls import Call
from sandbox.carrier.faults import Fault
from sandbox.carrier.handsets import BEHAVIOURS, Caller, Handset
from sandbox.carrier.pages import create_pages
from sandbox.carrier.records import Account, Message, Number, Service
from sandbox.carrier.rest.media import STORAGE
from sandbox.carrier.texts import Attachment, Inbound, Manner
from sandbox.carrier.webhooks import Sender, Webhook, Webhooks
from sandbox.carrier.wire import new_sid
from sandbox.carrier.world import Complaint, Delivery, World

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """How a network runs.

    `time_scale`: real seconds per second of a call, 0 for none. `check_spec`: check against Twilio's specification,
    when its files are there. `background`: post callbacks from a pool, else in `settle`. `product_app`: a WSGI
    application that gets the webhooks instead of a socket. `timeout`: seconds that a webhook may take.
    `numbers_registered`: whether a newly bought number may text at once.
    """

    host: str = "127.0.0.1"
    time_scale: float = 0.0
    check_spec: bool = True
    background: bool = True
    product_app: Any = None
    timeout: float = 15.0
    workers: int = 4
    numbers_registered: bool = True


class Carrier:
    """A phone network with one parent account; see the package's docstring for a tour."""

    def __init__(
        self, product_url: str, public_url: str, account_sid: str, auth_token: str, port: int = 0, **options: Any
    ) -> None:
        how = Options(**options)
        self.account_sid, self.world = account_sid, World()
        world = self.world
        world.time_scale = how.time_scale
        world.accounts[account_sid] = Account(account_sid, auth_token)
        sender = Sender(product_url, public_url, how.product_app, how.timeout)
        workers = how.workers if how.background else 0
        world.webhooks = Webhooks(sender, world.token_of, world.complain, workers=workers)
        world.pass_on = lambda first, to, via: network.forwarded(world, first, to, via)
        world.registers_numbers = how.numbers_registered
        self.spec_skipped = oracle.missing(oracle.spec_directory()) if how.check_spec else "switched off"
        if self.spec_skipped:
            log.warning("Requests are not checked against Twilio's specification: %s", self.spec_skipped)
        rules = None if self.spec_skipped else oracle.load(oracle.spec_directory())
        self._front = server.Front(world, rules, create_pages(self))
        self._server = server.listen(self._front, how.host, port)
        self.url = world.address = f"http://{how.host}:{self._server.server_port}"
        world.storage_url = f"http://localhost:{self._server.server_port}/{STORAGE}"
        self._thread = server.serve(self._server)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def routes(self) -> str:
        """The value for TWILIO_API_ROUTES."""
        return ",".join(f"{host}={self.url}/{host}" for host in (*server.HOSTS, STORAGE))

    def stop(self) -> None:
        """Close the port and let the threads end."""
        self._front.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self.world.webhooks.stop()

    def settle(self, timeout: float = 10.0) -> bool:
        """Wait until every callback is out; False when the time is up."""
        return self.world.webhooks.settle(timeout)

    def reset(self) -> None:
        """Forget numbers, texts, calls, faults, complaints; accounts stay."""
        self.settle()
        with self.world.lock:
            self.world.clear()
            self.world.webhooks.log.clear()

    # what exists

    def add_account(self, sid: str, token: str, *, owner_sid: str | None = None, **keys: str) -> Account:
        """Another account; `keys` are API keys by SID with their secrets."""
        account = Account(sid, token, owner_sid=owner_sid or self.account_sid, keys=keys)
        self.world.accounts[sid] = account
        return account

    def add_number(
        self, phone: str, *, account_sid: str | None = None, service_sid: str | None = None, **settings: Any
    ) -> Number:
        """A number that is already bought; an unknown service is made with the number's text URL."""
        account_sid = account_sid or self.account_sid
        number = Number(account_sid, phone, service_sid=service_sid, **settings)
        if service_sid and service_sid not in self.world.services:
            self.add_service(sid=service_sid, account_sid=account_sid, inbound_request_url=number.sms_url)
        self.world.numbers[phone] = number
        return number

    def add_service(self, **settings: Any) -> Service:
        """A Messaging Service that already exists."""
        settings = {"account_sid": self.account_sid, "sid": new_sid("MG"), **settings}
        service = Service(**settings)
        self.world.services[service.sid] = service
        return service

    def handset(self, phone: str, behaviour: str | None = None, **traits: Any) -> Handset:
        """The telephone with this number, told how to behave from now on."""
        if behaviour is not None and behaviour not in BEHAVIOURS:
            raise ValueError(f"{behaviour!r} is not one of {', '.join(BEHAVIOURS)}")
        handset = self.world.handset(phone)
        for name, value in {**({"behaviour": behaviour} if behaviour else {}), **traits}.items():
            if not hasattr(handset, name):
                raise AttributeError(name)
            setattr(handset, name, value)
        return handset

    def line_type(self, phone: str, kind: str) -> None:
        """What Lookup says about a number: mobile, landline, nonFixedVoip, ..."""
        self.world.line_types[phone] = kind

    def block(self, sender_or_service: str, phone: str) -> None:
        """Opt a customer out at the network, without telling the product."""
        self.world.blocked.add((sender_or_service, phone))

    # what happens

    def call(
        self,
        sender: str,
        to: str,
        caller: str | Caller = "leaves_voicemail",
        *,
        extra: dict[str, str] | None = None,
        background: bool = False,
        **traits: Any,
    ) -> Call:
        """A customer calls; over when this returns, unless `background`.

        `traits` go to the Caller; `extra` are further fields of every webhook, e.g. ForwardedFrom or StirVerstat.
        """
        person = caller if isinstance(caller, Caller) else Caller(caller, **traits)
        return network.inbound(self.world, sender, to, person, extra=extra, background=background)

    def text(self, sender: str, to: str, body: str, media: Sequence[Attachment] = (), **how: Any) -> Inbound:
        """Somebody texts; `how` is texts.Manner: times, at_once, tamper, sid, opt_out_type, extra."""
        return texts.inbound(self.world, sender, to, body, media=media, manner=Manner(**how))

    def delivery(self, phone: str = "*", final: str = "delivered", **how: Any) -> Delivery:
        """How texts to this phone (`*`: all) fare from now on; see world.Delivery."""
        scenario = Delivery(final, **how)
        self.world.deliveries[phone] = scenario
        return scenario

    def deliver(self, message: Message | str, final: str = "delivered", **how: Any) -> Message:
        """Report the statuses of one text now, in this thread."""
        message = self.world.messages[message] if isinstance(message, str) else message
        delivery.deliver(self.world, message, Delivery(final, **how))
        return message

    def fault(self, kind: str = "refuse", times: int = 1, **how: Any) -> Fault:
        """The next `times` requests meet a fault; see faults.Fault."""
        return self.world.faults.add(Fault(kind, times, **how))  # type: ignore[arg-type]

    def post(self, url: str, params: dict[str, str], *, account_sid: str | None = None, **how: Any) -> Webhook:
        """A signed webhook of your own making (`tamper=True` forges it)."""
        account_sid = account_sid or self.account_sid
        return self.world.webhooks.post(account_sid, url, {"AccountSid": account_sid, **params}, **how)

    def post_json(self, url: str, document: object, *, account_sid: str | None = None, tamper: bool = False) -> Webhook:
        """A signed JSON webhook of your own making."""
        return self.world.webhooks.post_json(account_sid or self.account_sid, url, document, tamper=tamper)

    def decide(self, sid: str, status: str, **how: Any) -> list[Webhook]:
        """The authorities decide about a registration; see registrations.decide."""
        return registrations.decide(self.world, sid, status, **how)

    # what happened

    def texts_to(self, phone: str, *, automatic: bool = False) -> list[Message]:
        """The product's texts to a phone, oldest first; Twilio's own keyword replies only on request."""
        return [
            message
            for message in list(self.world.texts.get(phone, ()))
            if message.to == phone and message.direction != "inbound" and (automatic or not message.is_automatic)
        ]

    @property
    def messages(self) -> list[Message]:
        """All texts, oldest first."""
        return list(self.world.messages.values())

    @property
    def calls(self) -> list[Call]:
        """All calls and their legs, oldest first."""
        return list(self.world.calls.values())

    @property
    def webhooks(self) -> list[Webhook]:
        """All requests to the product, oldest first."""
        return list(self.world.webhooks.log)

    @property
    def complaints(self) -> list[Complaint]:
        """What the real network would not have accepted; empty after a good test."""
        return self.world.complaints
