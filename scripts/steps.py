"""Steps of the set-up: said, timed, logged, and explained when they fail."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOG = ROOT / "var/log/setup.log"
SAY_STILL_SECONDS = 10
REMEDIES = (
    (("No space left", "ENOSPC", "Disk quota exceeded"), "The disk is full: free some space and run this again."),
    (
        ("NameResolutionError", "Temporary failure in name", "Connection", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT"),
        "The package index cannot be reached: check the network (and proxy settings) and run this again.",
    ),
    (
        ("CERTIFICATE_VERIFY_FAILED", "SELF_SIGNED_CERT", "UNABLE_TO_VERIFY", "UNABLE_TO_GET_ISSUER"),
        "The package index's certificate is not trusted here: set PIP_CERT and NODE_EXTRA_CA_CERTS to your proxy's CA.",
    ),
    (
        ("No matching distribution", "Could not find a version", "ETARGET", "E404"),
        "The package index does not have what we need: check the network, or PIP_INDEX_URL if you use a mirror.",
    ),
    (("Permission denied", "EACCES"), "This folder holds files of another user: run as their owner or remove them."),
)


class Trouble(Exception):
    """What stands in the way, and the remedy."""


def run(command: list[Any], **environment: str) -> None:
    """Run a command with its output in the log, and say from time to time that it is still at work."""
    start = LOG.stat().st_size if LOG.exists() else 0
    with LOG.open("ab") as log:
        child = subprocess.Popen(
            [str(word) for word in command],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    waited = 0
    try:
        while True:
            try:
                failed = child.wait(SAY_STILL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                waited += SAY_STILL_SECONDS
                say(f"  still at work after {waited} s")
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()
    if failed:
        raise Trouble(explanation(Path(str(command[0])).name, start))


def explanation(program: str, start: int) -> str:
    """Turn the end of the log into a sentence with a remedy."""
    with LOG.open(errors="replace") as log:
        log.seek(start)
        output = log.read()
    last = "\n".join(output.strip().splitlines()[-6:])
    for signs, remedy in REMEDIES:
        if any(sign in output for sign in signs):
            return f"{remedy}\n{last}\n(all of it: {LOG})"
    return f"{program} failed:\n{last}\n(all of it: {LOG})"


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what is being done, and how long it took."""
    say(f"{what} ...")
    began = time.monotonic()
    yield
    say(f"  done in {time.monotonic() - began:.1f} s")


def succeeds(*command: Any) -> bool:
    """Tell whether a command can be run and ends well."""
    try:
        return subprocess.run([str(word) for word in command], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)
