"""The whole house on one machine: servers, stand-ins, and the product's own processes, each with its log.

    with runner.running(Path("var")) as house:
        house.web_url, house.carrier, house.mail, house.credentials, house.environment

By hand: `python -m sandbox.runner` starts everything, `... servers` what the product needs around it, and
`... web` (or stream, worker, clock) one process in the foreground beside that.
"""

import argparse
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from sandbox import carrier, credentials, embedded, mail, processes
from sandbox.carrier import Carrier
from sandbox.embedded import Servers, folders
from sandbox.mail import MailServer
from sandbox.supervision import Process, Supervisor, family, memory_megabytes

ROOT = Path(__file__).resolve().parent.parent
PORT_BASE = 5600
USES = ("the pages", "the event stream", "the carrier", "PostgreSQL", "Valkey", "mail", "the mail page")
GUNICORN = [sys.executable, "-m", "gunicorn", "--config"]
PROCESSES: dict[str, tuple[list[str], signal.Signals]] = {
    "web": ([*GUNICORN, "gunicorn.conf.py", "wsgi:create_web_app()"], signal.SIGTERM),
    "stream": ([*GUNICORN, "gunicorn.stream.conf.py", "wsgi:create_stream_app()"], signal.SIGTERM),
    "worker": ([sys.executable, "-m", "jobs.worker", "inbox", "outbox", "turns", "bulk"], signal.SIGTERM),
    "clock": ([sys.executable, "-m", "jobs.clock"], signal.SIGTERM),
}
CALL_SECONDS_PER_SECOND = 0.3


@dataclass
class House:
    """Everything that runs, and how to reach it."""

    var: Path
    port_base: int
    credentials: dict[str, str]
    servers: Servers = field(init=False)
    carrier: Carrier = field(init=False)
    mail: MailServer = field(init=False)
    environment: dict[str, str] = field(init=False)
    product: Supervisor = field(init=False)

    @property
    def web_url(self) -> str:
        """The product's pages and APIs."""
        return address(self.port_base)

    @property
    def stream_url(self) -> str:
        """The product's event stream."""
        return address(self.port_base + 1)

    def memory_megabytes(self) -> float:
        """Return the memory of all processes together, this one included, what they share counted once."""
        return memory_megabytes(family(os.getpid()))


@contextmanager
def running(var: Path, port_base: int = PORT_BASE, say: Callable[[str], Any] = print) -> Iterator[House]:
    """Start everything on the data in `var`, wait until it is ready, and stop it in order at the end.

    Raises SandboxError with the remedy. Start it from a thread that stays: the kernel ends the processes with it.
    """
    with surroundings(var, port_base, say) as house:
        product = house.product
        product.start(process("web", port_base))  # takes as long to start as the migrations, and waits for them
        with step("Database migrated, demo data there", say):
            product.run("prepare", [sys.executable, "-m", "scripts.prepare"])
        with step("Pages ready", say):
            product.wait_for(f"{house.web_url}/readyz")
        with step("Stream, workers and clock ready", say):
            for name in ("stream", "worker", "clock"):
                product.start(process(name, port_base))
            product.wait_for(f"{house.web_url}/readyz", is_enough=is_all_well)
            product.wait_for(house.stream_url, is_enough=is_there)
        yield house


@contextmanager
def surroundings(var: Path, port_base: int, say: Callable[[str], Any]) -> Iterator[House]:
    """Start what the product needs around it: the two servers, the phone network and the mail server."""
    var.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(folders.alone(var))
        house = House(var, port_base, credentials.load(var / "credentials.env"))
        house.product = Supervisor(ROOT, var / "log", {})
        house.product.stop_leftovers()
        for port, use in enumerate(USES, port_base):
            if use not in {"PostgreSQL", "Valkey"}:  # these two look for their own leftovers first
                processes.claim_port(port, use)
        with step("PostgreSQL and Valkey ready", say):
            started = embedded.servers(var / "servers", port_base + 3, port_base + 4)
            house.servers = stack.enter_context(started)
        with step("Phone network and mail server ready", say):
            start_stand_ins(house, stack)
        house.environment = environment(house)
        credentials.write(var / "run.env", house.environment)
        house.product.environment = os.environ | house.environment
        stack.callback(house.product.stop)
        yield house


def start_stand_ins(house: House, stack: ExitStack) -> None:
    """Start the phone network and the mail server in this process, which has nothing else to do."""
    stack.enter_context(logging_to(house.product.log("sandbox")))
    account, token = house.credentials["TWILIO_ACCOUNT_SID"], house.credentials["TWILIO_AUTH_TOKEN"]
    how = {"time_scale": CALL_SECONDS_PER_SECOND, "check_spec": False}
    house.carrier = carrier.start(house.web_url, house.web_url, account, token, house.port_base + 2, **how)
    stack.callback(house.carrier.stop)
    house.mail = mail.start(house.port_base + 5, house.port_base + 6)
    stack.callback(house.mail.stop)


@contextmanager
def logging_to(file: Path) -> Iterator[None]:
    """Write what the stand-ins log to a file of their own."""
    handler = logging.FileHandler(file)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logger = logging.getLogger("sandbox")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.propagate = True
        logger.removeHandler(handler)
        handler.close()


def environment(house: House) -> dict[str, str]:
    """Return the settings of every process of the product."""
    return {
        "ENV": "development",
        **house.credentials,
        **house.servers.environment(),
        "PUBLIC_BASE_URL": house.web_url,
        "STREAM_URL": house.stream_url,
        "TWILIO_API_ROUTES": house.carrier.routes,
        "SMTP_URL": house.mail.smtp_url,
        "CARRIER_URL": house.carrier.url,
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",  # glibc keeps an arena of memory for each thread otherwise
    }


def is_all_well(status: int, answer: str) -> bool:
    """Tell whether `/readyz` finds nothing missing: the workers and the clock are there too."""
    return status == 200 and set(json.loads(answer)["checks"].values()) == {"ok"}


def is_there(status: int, _answer: str) -> bool:
    """Tell whether anything answers at all."""
    return status > 0


def process(name: str, port_base: int) -> Process:
    """Return how one of the product's processes is started."""
    command, ending = PROCESSES[name]
    port = {"web": port_base, "stream": port_base + 1}.get(name)
    return Process(name, command, {"PORT": str(port)} if port else {}, ending)


def address(port: int) -> str:
    """Return the address of a port of this machine."""
    return f"http://127.0.0.1:{port}"


@contextmanager
def step(what: str, say: Callable[[str], Any]) -> Iterator[None]:
    """Say that a step is done, and how long it took."""
    began = time.perf_counter()
    yield
    say(f"{what} after {time.perf_counter() - began:.1f} s")


def main() -> int:
    """Run what the command line names until a signal comes."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.runner", description="Run the house, or a part of it.")
    parser.add_argument("part", nargs="?", default="all", choices=["all", "servers", *PROCESSES], help="all of it")
    parser.add_argument("--var", type=Path, default=Path("var"), help="folder of data, log-ins and logs (%(default)s)")
    parser.add_argument("--port-base", type=int, default=PORT_BASE, help="the first of seven ports (%(default)s)")
    options = parser.parse_args()
    if options.part in PROCESSES:
        become(options.part, options.var, options.port_base)
    processes.end_in_order_at_signals()
    start = surroundings if options.part == "servers" else running
    try:
        with start(options.var, options.port_base, say) as house:
            say(f"\n{addresses(house)}\n\nCtrl-C stops it.")
            while True:
                house.product.check()
                time.sleep(0.5)
    except processes.SandboxError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def become(name: str, var: Path, port_base: int) -> NoReturn:
    """Turn into one process of the product, with the settings that the last start of the servers has left."""
    settings = credentials.read(var / "run.env")
    if not settings:
        sys.exit("Start what the product needs first, in another terminal: make servers")
    chosen = process(name, port_base)
    os.chdir(ROOT)
    os.execve(chosen.command[0], chosen.command, os.environ | settings | chosen.environment)  # noqa: S606 - as meant


def addresses(house: House) -> str:
    """Return where everything is to be found."""
    return (
        f"Pages         {house.web_url}\n"
        f"Phone network {house.carrier.url}\n"
        f"Mail          {house.mail.url}\n"
        f"Log-ins       {house.var / 'credentials.env'}\n"
        f"Logs          {house.var / 'log'}"
    )


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
