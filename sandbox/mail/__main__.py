"""`python -m sandbox.mail`: the mail server as a process of its own."""

import argparse
import signal
import sys
import threading

from sandbox import mail
from sandbox.processes import PortTaken


def main() -> int:
    """Run until a signal comes."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.mail", description="A mail server that keeps every mail.")
    parser.add_argument("--port", type=int, default=5605, help="port for SMTP, 0 for any (%(default)s)")
    parser.add_argument("--http-port", type=int, default=5606, help="port of the page, 0 for any (%(default)s)")
    options = parser.parse_args()
    done = threading.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: done.set())
    try:
        server = mail.start(options.port, options.http_port)
    except PortTaken as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Mail at {server.url}\nSMTP_URL={server.smtp_url}", flush=True)
    done.wait()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
