"""Start PostgreSQL and Valkey by hand: `python -m sandbox.embedded`, and Ctrl-C stops them."""

import argparse
import signal
import sys
from pathlib import Path
from typing import Any

from sandbox import embedded


def main() -> int:
    """Serve until a signal comes."""
    options = read_options()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, leave)
    try:
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
    return parser.parse_args()


def leave(*_: Any) -> None:
    """End in order at the first signal, and let no second one interrupt that."""
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.SIG_IGN)
    sys.exit(0)


def print_addresses(servers: embedded.Servers) -> None:
    """Print the environment that the product's commands need."""
    print(f"# ready after {servers.seconds:.1f} s; Ctrl-C stops both", file=sys.stderr)
    print(f"DATABASE_URL={servers.database_url()}")
    print(f"MIGRATION_DATABASE_URL={servers.database_url(role=embedded.OWNER)}")
    print(f"REDIS_URL={servers.redis_url}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
