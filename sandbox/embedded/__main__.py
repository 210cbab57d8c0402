"""Start PostgreSQL and Valkey by hand: `python -m sandbox.embedded`, and Ctrl-C stops them."""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from sandbox import embedded
from sandbox.processes import end_in_order_at_signals


def main() -> int:
    """Serve until a signal comes."""
    options = read_options()
    end_in_order_at_signals()
    try:
        if options.passing:
            return run_beside_passing_servers(options.command)
        with embedded.servers(options.home, options.postgres_port, options.valkey_port, fast=options.fast) as servers:
            print_addresses(servers)
            signal.pause()
    except embedded.SandboxError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.embedded", description=__doc__)
    parser.add_argument("--home", type=Path, default=Path("var/servers"), help="folder of the data (var/servers)")
    parser.add_argument("--postgres-port", type=int, default=5603, help="0 takes a free one (5603)")
    parser.add_argument("--valkey-port", type=int, default=5604, help="0 takes a free one (5604)")
    parser.add_argument("--fast", action="store_true", help="nothing survives a crash: for tests")
    parser.add_argument("--passing", action="store_true", help="on a folder that is removed afterwards, for a command")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what to run with --passing")
    return parser.parse_args()


def run_beside_passing_servers(command: list[str]) -> int:
    """Run a command with the addresses of fresh servers in its environment."""
    with embedded.passing_servers() as servers:
        return subprocess.run(command, env=os.environ | servers.environment(), check=False).returncode


def print_addresses(servers: embedded.Servers) -> None:
    """Print the environment that the product's commands need."""
    print(f"# ready after {servers.seconds:.1f} s; Ctrl-C stops both", file=sys.stderr)
    for name, address in servers.environment().items():
        print(f"{name}={address}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
