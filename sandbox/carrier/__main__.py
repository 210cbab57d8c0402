"""`python -m sandbox.carrier`: the phone network as a process of its own."""

import argparse
import os
import signal
import sys
import threading

from sandbox.carrier import start

DEMO_ACCOUNT, DEMO_TOKEN = "AC" + "0" * 31 + "1", "sandbox-token"


def options() -> argparse.ArgumentParser:
    """The command line; every option has an environment variable as its default."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.carrier",
        description="A phone network behind Twilio's API, on the loopback address. Open its URL in a browser to call "
        "and text the product; point the product at it with the TWILIO_API_ROUTES that it prints.",
        epilog="Each option can also come from the environment variable named in its help.",
    )

    def add(flag: str, variable: str, default: str, text: str, kind: type = str) -> None:
        parser.add_argument(
            flag, type=kind, default=kind(os.environ.get(variable, default)), help=f"{text} [{variable}, %(default)s]"
        )

    add("--port", "CARRIER_PORT", "5610", "port to listen on, 0 for any", int)
    add("--product", "CARRIER_PRODUCT_URL", "http://127.0.0.1:5600", "where the product listens")
    add("--public-url", "PUBLIC_BASE_URL", "http://127.0.0.1:5600", "the address that its webhooks are signed for")
    add("--account-sid", "TWILIO_ACCOUNT_SID", DEMO_ACCOUNT, "SID of the parent account")
    add("--time-scale", "CARRIER_TIME_SCALE", "0.3", "seconds that a second of a call takes; 0: no waiting", float)
    parser.add_argument(
        "--auth-token", default=os.environ.get("TWILIO_AUTH_TOKEN", DEMO_TOKEN), help="its token [TWILIO_AUTH_TOKEN]"
    )
    parser.add_argument("--no-spec", action="store_true", help="do not check requests against Twilio's specification")
    return parser


def main() -> int:
    """Run until a signal comes."""
    args = options().parse_args()
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    carrier = start(
        args.product,
        args.public_url,
        args.account_sid,
        args.auth_token,
        args.port,
        time_scale=args.time_scale,
        check_spec=not args.no_spec,
    )
    checked = f"not checked: {carrier.spec_skipped}" if carrier.spec_skipped else "checked"
    print(f"Phone network at {carrier.url} (requests {checked})\nTWILIO_API_ROUTES={carrier.routes}", flush=True)
    done.wait()
    carrier.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
