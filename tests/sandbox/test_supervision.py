"""Processes that run as one: watched, stopped together, and none of them left behind."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox import credentials
from sandbox.processes import PortTaken, SandboxError, claim_port, free_port, read_pid
from sandbox.supervision import Process, Supervisor, family, living, memory_megabytes

ROOT = Path(__file__).parents[2]
STUBBORN_PARENT = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
sys.exit(0) if sys.argv[1:] else time.sleep(600)
"""


@pytest.fixture
def supervisor(tmp_path):
    running = Supervisor(tmp_path, tmp_path / "log", dict(os.environ))
    yield running
    running.stop()


def python(name, program, *arguments, ending=signal.SIGTERM):
    return Process(name, [sys.executable, "-c", program, *arguments], {}, ending)


def is_free(port):
    with contextlib.suppress(PortTaken):
        return claim_port(port, "this test") == port
    return False


def becomes_true(fact, patience_seconds=15):
    deadline = time.monotonic() + patience_seconds
    while not fact() and time.monotonic() < deadline:
        time.sleep(0.05)
    return fact()


def test_an_address_is_waited_for(supervisor):
    port = free_port()
    supervisor.start(Process("pages", [sys.executable, "-m", "http.server", port, "--bind", "127.0.0.1"]))
    supervisor.wait_for(f"http://127.0.0.1:{port}/")
    assert supervisor.running["pages"].poll() is None


def test_a_process_that_ends_by_itself_is_reported_with_its_last_words(supervisor):
    supervisor.start(python("hasty", "import sys; sys.exit('no database')"))
    assert becomes_true(lambda: supervisor.running["hasty"].poll() is not None)
    with pytest.raises(SandboxError, match=r"hasty ended with code 1(.|\n)*no database"):
        supervisor.check()


def test_nobody_is_waited_for_in_vain(supervisor):
    supervisor.start(python("hasty", "raise SystemExit(3)"))
    with pytest.raises(SandboxError, match="hasty ended with code 3"):
        supervisor.wait_for(f"http://127.0.0.1:{free_port()}/")


def test_a_step_that_fails_is_reported_with_its_last_words(supervisor):
    supervisor.run("good", [sys.executable, "-c", "print('fine')"])
    with pytest.raises(SandboxError, match=r"migrate failed(.|\n)*no such table"):
        supervisor.run("migrate", [sys.executable, "-c", "raise SystemExit('no such table')"])


def test_a_child_that_outlives_its_parent_is_killed(supervisor):
    supervisor.start(python("parent", STUBBORN_PARENT, "leave"))
    assert becomes_true(lambda: supervisor.running["parent"].poll() is not None)
    child = int(supervisor.log("parent").read_text())
    assert child in living()
    supervisor.stop()
    assert becomes_true(lambda: child not in living())
    assert not supervisor.pid_file("parent").exists()


def test_what_a_killed_predecessor_left_is_ended(supervisor, tmp_path):
    supervisor.start(python("parent", STUBBORN_PARENT, "leave"))
    supervisor.running.pop("parent").wait()
    orphan = int(supervisor.log("parent").read_text())
    Supervisor(tmp_path, tmp_path / "log", {}).stop_leftovers()
    assert becomes_true(lambda: orphan not in living())


def test_memory_counts_the_whole_family(supervisor):
    supervisor.start(python("child", "import time; time.sleep(600)"))
    child = supervisor.running["child"].pid
    assert child in family(os.getpid())
    assert memory_megabytes([os.getpid(), child]) > memory_megabytes([child]) > 0


def test_log_ins_are_made_once_and_are_private(tmp_path):
    file = tmp_path / "credentials.env"
    first = credentials.load(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert credentials.load(file) == first
    assert len(first["SECRET_KEY"]) >= 32
    assert first["TWILIO_ACCOUNT_SID"].startswith("AC")
    assert len(first["TWILIO_ACCOUNT_SID"]) == 34


def test_a_name_that_an_older_file_lacks_is_added(tmp_path):
    file = tmp_path / "credentials.env"
    credentials.write(file, {"SECRET_KEY": "kept"})
    assert credentials.load(file)["SECRET_KEY"] == "kept"
    assert set(credentials.MAKERS) == set(credentials.read(file))


def test_killing_the_runner_leaves_nothing_behind(tmp_path):
    base = next(base for base in range(21_000, 60_000, 7) if all(map(is_free, range(base, base + 7))))
    command = [sys.executable, "-m", "sandbox.runner", "servers", "--var", tmp_path, "--port-base", str(base)]
    runner = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert any("Ctrl-C stops it" in line for line in iter(runner.stdout.readline, ""))
    started = family(runner.pid)
    assert len(started) > 3
    runner.kill()
    runner.communicate()
    assert becomes_true(lambda: not set(started) & set(living()))
    elsewhere = tmp_path / "servers/elsewhere"
    if elsewhere.is_symlink():
        subprocess.run(["rm", "-r", elsewhere.readlink()], check=True)
    assert read_pid(tmp_path / "lock") == runner.pid
