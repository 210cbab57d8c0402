"""What becomes of the product's texts: statuses, prices, and what is told about them."""

import random
import time

from sandbox.carrier import texts
from sandbox.carrier.records import Message
from sandbox.carrier.wire import API_VERSION, now, segments
from sandbox.carrier.world import Delivery, World

PRICE_PER_SEGMENT = 0.0083
MAX_TEXTS_OF_A_PAIR = 30  # two automatic answerers on one network would go on for ever


def deliver(world: World, message: Message, scenario: Delivery) -> None:
    """Report the statuses of a text to its callback, in the scenario's order, each as often as it says."""
    gate = _registration_error(world, message)
    if gate:
        scenario = Delivery("undelivered", gate)
    steps = scenario.steps()
    _choose_sender(world, message)
    final = steps[-1] if steps else message.status
    order = random.sample(steps, len(steps)) if scenario.shuffled else steps
    for status in order:
        if message.status == "canceled":
            return
        if scenario.seconds and world.time_scale:
            time.sleep(scenario.seconds * world.time_scale)
        error = scenario.error if status in ("failed", "undelivered") else None
        _move(message, status, error, final)
        for _ in range(scenario.repeat if message.callback else 0):
            world.webhooks.post(message.account_sid, str(message.callback), _status_params(message, status, error))
    _move(message, final, None, final)
    if message.status == "delivered" and message.to in world.numbers:
        _arrive(world, message)


def _arrive(world: World, message: Message) -> None:
    """The recipient is one of the network's own numbers: the text comes in there."""
    earlier = [one for one in world.texts[message.to] if one.direction == "inbound" and one.sender == message.sender]
    if len(earlier) >= MAX_TEXTS_OF_A_PAIR:
        world.complain("text", f"{message.sender} and {message.to} text each other without end")
        return
    texts.inbound(world, str(message.sender), message.to, message.body)


def _move(message: Message, status: str, error: int | None, final: str) -> None:
    """The API never goes back from the final status, whatever order the callbacks come in."""
    if message.status == final:
        return
    message.move(status, error)
    if status == final:
        message.price = f"-{PRICE_PER_SEGMENT * message.num_segments:.5f}"


def _status_params(message: Message, status: str, error: int | None) -> dict[str, str]:
    fields = {
        "AccountSid": message.account_sid,
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "MessageStatus": status,
        "SmsStatus": status,
        "To": message.to,
        "From": message.sender or "",
        "ApiVersion": API_VERSION,
    }
    if message.service_sid:
        fields["MessagingServiceSid"] = message.service_sid
    if status == "delivered":
        fields["RawDlrDoneDate"] = now().strftime("%y%m%d%H%M")
    return fields | ({"ErrorCode": str(error)} if error else {})


def _choose_sender(world: World, message: Message) -> None:
    """A Messaging Service picks its number only now, and counts the segments."""
    if message.sender is None:
        pool = world.service_numbers(message.service_sid or "")
        message.sender = pool[0].phone_number if pool else None
        if message.sender:
            with world.lock:
                world.texts.setdefault(message.sender, []).append(message)
    message.num_segments = segments(message.body)


def _registration_error(world: World, message: Message) -> int | None:
    """30034 for an unregistered local number, 30032 for an unverified toll-free one."""
    _choose_sender(world, message)
    number = world.numbers.get(message.sender or "")
    if number is None or number.registered:
        return None
    return 30032 if number.is_toll_free else 30034
