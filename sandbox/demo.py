"""Start the house, play the story of a missed call, and stay until Ctrl-C: `python -m sandbox.demo [--exit]`.

With `--exit` it does not stay, and the exit code tells whether everything that the story promises did happen.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import NoReturn

from sandbox import processes, runner
from sandbox.runner import House, say
from sandbox.story import scenes
from sandbox.story.telling import Teller
from sandbox.supervision import family

STAFF = "support@nevermisscall.example"
OWNER = "owner@prime-plumbing.example"


def main() -> int:
    """Start, play, stay."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.demo", description="Play the story of a missed call.")
    parser.add_argument("--exit", action="store_true", help="stop after the story; 0 if it ended as it should")
    parser.add_argument(
        "--port-base", type=int, default=runner.PORT_BASE, help="the first of seven ports (%(default)s)"
    )
    parser.add_argument("--var", type=Path, default=Path("var"), help="folder of data, log-ins and logs (%(default)s)")
    options = parser.parse_args()
    processes.end_in_order_at_signals()
    began = time.perf_counter()
    try:
        with runner.running(options.var, options.port_base, say) as house:
            say(f"Everything is ready after {time.perf_counter() - began:.1f} s.")
            teller = Teller(say)
            scenes.play(house, teller)
            say(ending(house, teller))
            if options.exit:
                processes.let_no_signal_interrupt()
                return 1 if teller.failures else 0
            stay(house)
    except processes.SandboxError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def ending(house: House, teller: Teller) -> str:
    """Return how the story ended, where everything is, and who may sign in."""
    told, failed = teller.held + len(teller.failures), len(teller.failures)
    seconds = time.perf_counter() - teller.began
    verdict = f"All {told} expectations held." if not failed else f"{failed} of {told} expectations did not hold:"
    lines = [f"\nThe story took {seconds:.0f} s. {verdict}"]
    lines += [f"  {failure}" for failure in teller.failures]
    if failed:
        lines.append(f"  What the processes had to say is in {house.var / 'log'}.")
    count, memory = len(family(os.getpid())), house.memory_megabytes()
    passwords = house.credentials
    rows = [
        ("Contractor's pages", f"{house.web_url}/login", OWNER, passwords["DEMO_OWNER_PASSWORD"]),
        ("Support's panel", f"{house.web_url}/admin/", STAFF, passwords["DEMO_STAFF_PASSWORD"]),
        ("Phone network", house.carrier.url, "call and text as a customer, be the contractor's phone", ""),
        ("Mail", house.mail.url, "every mail that was sent", ""),
    ]
    lines += ["", *(f"{what:20}{where:32}{who}  {password}".rstrip() for what, where, who, password in rows)]
    lines.append(f"{'Logs, log-ins':20}{house.var / 'log'}, {house.var / 'credentials.env'}")
    lines.append(f"{'Memory':20}{memory:.0f} MB in {count} processes")
    return "\n".join(lines)


def stay(house: House) -> NoReturn:
    """Keep everything running until Ctrl-C."""
    say("\nCtrl-C stops everything.")
    while True:
        house.product.check()
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
