"""The whole house for a measurement, and a look into its database."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from sandbox import runner
from sandbox.embedded import folders
from sandbox.embedded.valkey import Valkey
from sandbox.runner import House
from tests.bench.load import Missed, missed_calls

PRIME = "+12135550100"


@contextmanager
def started(folder: Path, port_base: int) -> Iterator[tuple[House, float]]:
    """A house of its own under `folder`, quiet; and the seconds from nothing to its first page."""
    began, ready = time.perf_counter(), {}

    def hear(line: str) -> None:
        if line.startswith("Pages ready"):
            ready["pages"] = time.perf_counter() - began

    with runner.running(folder, port_base, hear) as house:
        yield house, ready["pages"]


def calls(house: House, count: int, area: int) -> list[Missed]:
    """Missed calls to Prime Plumbing from an area code that no other measurement uses."""
    known = house.credentials
    return missed_calls(
        count,
        base=house.web_url,
        public=house.web_url,
        account=known["TWILIO_ACCOUNT_SID"],
        token=known["TWILIO_AUTH_TOKEN"],
        called=PRIME,
        area=area,
    )


class Rows:
    """The database, as its owner sees it."""

    def __init__(self, house: House) -> None:
        admin = house.servers.admin_url
        self.connection = psycopg.connect(admin.rpartition("/")[0] + "/nmc", autocommit=True)

    def one(self, sql: str, *values: object) -> float:
        """The first column of the first row, as a number."""
        row = self.connection.execute(sql, values).fetchone()  # type: ignore[arg-type]
        return float(row[0] or 0) if row else 0.0

    def wait(self, sql: str, enough: float, *values: object, seconds: float = 120) -> float:
        """Wait until a count is reached; how long that took, or NaN."""
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            if self.one(sql, *values) >= enough:
                return time.perf_counter() - began
            time.sleep(0.05)
        return float("nan")


MISSED = "SELECT count(*) FROM call WHERE customer_phone LIKE %s AND status = 'missed'"


def like(area: int) -> str:
    """The callers of one area code."""
    return f"+1{area}%"


def kill_workers(house: House) -> None:
    """kill -9 the workers with all their children, as a power loss would."""
    for pid in runner.family(house.product.running["worker"].pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    house.product.running.pop("worker").wait()


def start_workers(house: House) -> None:
    """Start the workers again."""
    house.product.start(runner.process("worker", house.port_base))


def kill_valkey(house: House) -> None:
    """kill -9 Valkey."""
    os.kill(int((servers_home(house) / "valkey.pid").read_text()), signal.SIGKILL)


def start_valkey(house: House) -> Valkey:
    """Start Valkey again on its data and port."""
    server = Valkey(servers_home(house), folders.other_user(), house.servers.password)
    server.start(house.servers.redis_port, fast=False)
    return server


def servers_home(house: House) -> Path:
    """Where the servers' data really lies."""
    home = house.var / "servers"
    return (home / "elsewhere").resolve() if (home / "elsewhere").exists() else home.resolve()
