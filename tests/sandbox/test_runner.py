"""The whole house: started in order, ready in all its parts, and gone without a trace."""

import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.request import urlopen

import pytest

from sandbox.processes import PortTaken, claim_port
from sandbox.supervision import family, living

ROOT = Path(__file__).parents[2]


@pytest.fixture
def var():
    """A folder that the servers' user can reach, which pytest's own closed ones are not."""
    with tempfile.TemporaryDirectory(prefix="nevermisscall-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "var"


@pytest.fixture
def port_base():
    return next(base for base in range(31_000, 60_000, 7) if all(map(is_free, range(base, base + 7))))


def is_free(port):
    try:
        return claim_port(port, "this test") == port
    except PortTaken:
        return False


def start(*arguments):
    command = [sys.executable, "-m", "sandbox.runner", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def lines_until(process, sign):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if sign in line:
            break
    return "".join(lines)


def read(url):
    with urlopen(url, timeout=10) as answer:
        return json.loads(answer.read())


def test_everything_starts_answers_and_stops(var, port_base):
    house = start("--var", var, "--port-base", port_base)
    said = lines_until(house, "Ctrl-C stops it")
    assert "Pages ready after" in said, said
    processes = family(house.pid)
    assert set(read(f"http://127.0.0.1:{port_base}/readyz")["checks"].values()) == {"ok"}
    known = read(f"http://127.0.0.1:{port_base + 2}/sandbox/state")["numbers"]
    assert len(known) == 5
    assert {number["voice_url"] for number in known} == {f"http://127.0.0.1:{port_base}/webhooks/twilio/call"}
    assert read(f"http://127.0.0.1:{port_base + 6}/messages") == []
    assert (var / "run.env").stat().st_mode & 0o777 == 0o600
    house.send_signal(signal.SIGINT)
    assert house.wait(60) == 0
    assert not set(processes) & set(living())


def test_a_taken_port_stops_the_start_with_the_remedy(var, port_base):
    first = start("servers", "--var", var, "--port-base", port_base)
    lines_until(first, "Ctrl-C stops it")
    second = start("--var", var.with_name("other"), "--port-base", port_base)
    said, _ = second.communicate(timeout=60)
    assert second.returncode == 1
    assert f"Port {port_base + 2}, wanted for the carrier, is taken" in said
    assert "PORT_BASE=" in said
    first.terminate()
    assert first.wait(60) == 0
    first.stdout.close()


def test_a_process_of_the_product_needs_the_servers_first(var, port_base):
    web = start("web", "--var", var, "--port-base", port_base)
    said, _ = web.communicate(timeout=60)
    assert web.returncode == 1
    assert "make servers" in said
