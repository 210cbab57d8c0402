"""`python -m sandbox.llm`: the model server as a process of its own."""

import argparse
import signal
import sys
import threading

from sandbox import llm
from sandbox.processes import PortTaken


def main() -> int:
    """Run until a signal comes."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.llm", description="A model server that behaves as its model's name says."
    )
    parser.add_argument("--port", type=int, default=5608, help="port, 0 for any (%(default)s)")
    options = parser.parse_args()
    done = threading.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: done.set())
    try:
        server = llm.start(options.port)
    except PortTaken as error:
        print(error, file=sys.stderr)
        return 1
    told = server.settings("openai_compatible", "ok")
    print("\n".join(f"{name.upper()}={value}" for name, value in told.items()))
    print(f"Behaviours: {' '.join(llm.BEHAVIOURS)}", flush=True)
    done.wait()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
