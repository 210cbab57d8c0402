"""What is measured in the running house; each returns figures and says what bounds them."""

import sys
import threading
import time

from sandbox.runner import House, process
from sandbox.supervision import Process
from tests.bench import house as stage
from tests.bench.house import MISSED, Rows, like
from tests.bench.load import Missed, Outcome, closed_loop, open_loop

Figures = dict[str, float]
LOOP_SECONDS = 8


def closed(house: House, rows: Rows) -> Figures:
    """Closed loop over 32 connections: accepted and fully processed per second.

    Fully processed: the webhook is handled, the call decided, the thread open, the greeting in the outbox, the events
    written. Sending the texts is another measurement, so the outbox and the event workers rest meanwhile.
    """
    with only_inbox(house, rows):
        calls = stage.calls(house, 12_000, 213)
        before, began = rows.one(MISSED, like(213)), time.perf_counter()
        outcome = closed_loop(house.web_url, calls, connections=32, seconds=LOOP_SECONDS)
        during = rows.one(MISSED, like(213)) - before
        rows.wait(MISSED, before + outcome.sent, like(213))
        whole = time.perf_counter() - began
    return {
        "accepted_per_s": outcome.sent / outcome.lasted,
        "processed_per_s": outcome.sent / whole,
        "processed_during_loop_per_s": during / outcome.lasted,
        "p50_ms": outcome.percentile(0.5),
        "p99_ms": outcome.percentile(0.99),
        "refused": len(outcome.failures),
    }


def plain(house: House, rows: Rows) -> Figures:
    """The same load on the pattern of a job per event, with two forking workers."""
    port = house.port_base + 8
    gunicorn = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        "gunicorn.conf.py",
        "tests.bench.plain:create_plain_app()",
    ]
    with only_inbox(house, rows):
        house.product.start(Process("plain-web", gunicorn, {"PORT": str(port)}))
        for number in (1, 2):
            house.product.start(Process(f"plain-worker-{number}", [sys.executable, "-m", "tests.bench.plain"]))
        base = f"http://127.0.0.1:{port}"
        house.product.wait_for(f"{base}/webhooks/none", is_enough=lambda status, _answer: status in (404, 405))
        calls = stage.calls(house, 8_000, 415)
        outcome = closed_loop(base, calls, connections=32, seconds=LOOP_SECONDS)
        time.sleep(4)
        done = rows.one(MISSED, like(415))
        for name in ("plain-web", "plain-worker-1", "plain-worker-2"):
            house.product.running.pop(name).kill()
    return {
        "accepted_per_s": outcome.sent / outcome.lasted,
        "processed_per_s": done / (outcome.lasted + 4),
        "p99_ms": outcome.percentile(0.99),
        "backlog": outcome.sent - done,
    }


class only_inbox:  # noqa: N801 - reads as a phrase in `with`
    """Only the inbox worker runs meanwhile; it is awake when the measurement begins."""

    areas = iter((206, 207, 208, 209, 210, 212, 214, 215))

    def __init__(self, house: House, rows: Rows) -> None:
        self.house, self.rows = house, rows

    def __enter__(self) -> None:
        stage.kill_workers(self.house)
        command = [sys.executable, "-m", "jobs.worker", "inbox"]
        self.house.product.start(Process("worker", command))
        area = next(self.areas)
        closed_loop(self.house.web_url, stage.calls(self.house, 300, area), connections=8, seconds=3)
        self.rows.wait(MISSED, 1, like(area), seconds=30)
        time.sleep(1)

    def __exit__(self, *_: object) -> None:
        stage.kill_workers(self.house)
        self.rows.connection.execute("UPDATE message SET status = 'canceled' WHERE status = 'queued'")
        self.rows.connection.execute("UPDATE event SET status = 'relayed' WHERE status = 'waiting'")
        self.house.product.start(process("worker", self.house.port_base))


def steady(house: House, rows: Rows) -> Figures:
    """Open loop at 200 webhooks/s for ten seconds; web and inbox work, the sending rests as in the closed loop."""
    with only_inbox(house, rows):
        calls = stage.calls(house, 2_000, 510)
        outcome = open_loop(house.web_url, calls, per_second=200, connections=24)
        settled = rows.wait(MISSED, len(calls), like(510))
    return {
        "p50_ms": outcome.percentile(0.5),
        "p99_ms": outcome.percentile(0.99),
        "refused": len(outcome.failures),
        "settled_after_s": settled,
    }


def first_text(house: House, rows: Rows) -> Figures:
    """20 missed calls a second for 30 s: from the webhook to the carrier's POST."""
    calls = stage.calls(house, 600, 619)
    due: dict[str, float] = {}
    outcome = _timed(house, calls, due, per_second=20)
    texts = _arrivals(house, "+1619", len(calls), seconds=30)
    found = Outcome(seconds=_waits(rows, "+1619", due))
    return {
        "p50_ms": found.percentile(0.5),
        "p95_ms": found.percentile(0.95),
        "p99_ms": found.percentile(0.99),
        "lost": len(calls) - len(texts),
        "doubled": sum(len(arrived) > 1 for arrived in texts.values()),
        "refused": len(outcome.failures),
    }


def kill(house: House, rows: Rows) -> Figures:
    """100 events a second for 12 s; the workers are killed at 3 s, Valkey at 6 s, each started again a second later."""
    calls = stage.calls(house, 1_200, 714)
    again: list[object] = []

    def accidents() -> None:
        time.sleep(3)
        stage.kill_workers(house)
        time.sleep(1)
        stage.start_workers(house)
        time.sleep(2)
        stage.kill_valkey(house)
        time.sleep(1)
        again.append(stage.start_valkey(house))

    due: dict[str, float] = {}
    outcomes: list[Outcome] = []
    load = threading.Thread(target=lambda: outcomes.append(_timed(house, calls, due, per_second=100)))
    load.start()
    accidents()  # in this thread, which stays: the kernel ends the processes with the thread that started them
    load.join()
    outcome = outcomes[0]
    rows.wait(MISSED, len(calls), like(714), seconds=60)
    missed = rows.one(MISSED, like(714))
    texts = _arrivals(house, "+1714", len(calls), seconds=150)
    waits = Outcome(seconds=_waits(rows, "+1714", due))
    rows.kept = again  # type: ignore[attr-defined] - the new Valkey lives as long as the house
    return {
        "events": len(calls),
        "lost_calls": len(calls) - missed,
        "lost_texts": len(calls) - len(texts),
        "doubled_texts": sum(len(arrived) > 1 for arrived in texts.values()),
        "refused": len(outcome.failures),
        "slowest_webhook_ms": max(outcome.seconds) * 1000,
        "text_p50_ms": waits.percentile(0.5),
        "text_max_s": max(waits.seconds, default=float("nan")),
    }


def _timed(house: House, calls: list[Missed], due: dict[str, float], *, per_second: float) -> Outcome:
    began = time.time() + 0.2
    due.update({call.caller: began + number / per_second for number, call in enumerate(calls)})
    return open_loop(house.web_url, calls, per_second=per_second, connections=16)


def _waits(rows: Rows, prefix: str, due: dict[str, float]) -> list[float]:
    """Seconds from the moment a webhook was due to the carrier's answer to our POST, by the product's own rows."""
    sql = (
        "SELECT customer_phone, extract(epoch FROM accepted_at) FROM message "
        "WHERE customer_phone LIKE %s AND purpose = 'greeting'"
    )
    found = rows.connection.execute(sql, (f"{prefix}%",)).fetchall()
    return [float(at) - due[phone] for phone, at in found if at is not None and phone in due]


def _arrivals(house: House, prefix: str, enough: int, *, seconds: float) -> dict[str, list[float]]:
    """When the carrier took each text, by phone; waits until all have one, and a little longer for doubles."""
    until = time.time() + seconds
    while True:
        found: dict[str, list[float]] = {}
        for text in house.carrier.messages:
            if text.to.startswith(prefix):
                found.setdefault(text.to, []).append(text.created_at.timestamp())
        if len(found) >= enough or time.time() > until:
            if time.time() < until:
                time.sleep(1)
            return found
        time.sleep(0.5)


def memory(house: House) -> Figures:
    """The whole demo: servers, product and sandbox, shared pages counted once (PSS)."""
    return {"megabytes": house.memory_megabytes()}
