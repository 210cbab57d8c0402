"""The demo, as a newcomer starts it: the whole house, the whole story, and nothing left behind."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest

from sandbox.processes import PortTaken, claim_port, free_port

ROOT = Path(__file__).parents[2]
PORTS = 7
PATIENCE_SECONDS = 540
TOLD = (
    r"Dana rings Prime Plumbing from \(\d{3}\) 555-01\d\d; his phone rings, nobody presses 1",
    r"to Dana after [\d,]+ ms: \"Hi, this is Prime Plumbing",
    r"\d windows are offered",
    r"the visit stands in the calendar at the time that she chose",
    r"the lead is there, with the visit",
    r"and his open page has shown it",
    r"other times? (is|are) offered to him",
    r"his next call is listed: Not texted: opted out",
    r"to Mei after [\d,]+ ms: \"Get everybody out now",
    r"he pressed 1, and nobody else is woken up",
    r"All \d\d expectations held",
    r"owner@prime-plumbing\.example \S{8,}",
    r"support@nevermisscall\.example \S{8,}",
    r"Memory \d+ MB in \d+ processes",
)


@pytest.fixture
def var():
    """A folder for the demo's data that PostgreSQL's own user can reach too."""
    folder = Path(tempfile.mkdtemp(prefix="nevermisscall-demo-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def free_ports():
    """The first of several free ports in a row."""
    while True:
        first = free_port()
        with suppress(PortTaken, OverflowError):
            for port in range(first, first + PORTS):
                claim_port(port, "the demo")
            return first


def carriers_of(mark):
    """Processes that have inherited our mark."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark.encode() in environment.read_bytes():
                found.append(int(environment.parent.name))
    return found


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE_SECONDS + 30)
def test_the_story_ends_as_it_should_and_leaves_nothing_behind(var):
    mark, first = f"demo-test-{uuid4()}", free_ports()
    command = [sys.executable, "-m", "sandbox.demo", "--exit", "--port-base", str(first), "--var", str(var)]
    environment = {**os.environ, "NMC_MARK": mark}
    demo = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    assert demo.returncode == 0, demo.stdout[-6000:] + demo.stderr[-2000:]
    told = " ".join(demo.stdout.split())
    assert [line for line in TOLD if not re.search(line, told)] == []
    assert carriers_of(mark) == []
    assert [claim_port(port, "the next demo") for port in range(first, first + PORTS)] == [*range(first, first + PORTS)]
    assert [file.name for file in (var / "log").glob("*.pid")] == []
