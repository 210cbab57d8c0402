"""Several processes as one: started in order, watched, stopped in order, and none of them left behind."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from sandbox import processes
from sandbox.processes import SandboxError

PATIENCE_SECONDS = 12
Enough = Callable[[int, str], bool]
direct = build_opener(ProxyHandler({}))


@dataclass
class Process:
    """A program that keeps running: how it is started and how the kernel ends it should we be killed."""

    name: str
    command: list[Any]
    environment: dict[str, str] = field(default_factory=dict)
    ending: signal.Signals = signal.SIGTERM


class Supervisor:
    """Children of this process, all working in `root`, their output in `logs/NAME.log`."""

    def __init__(self, root: Path, logs: Path, environment: dict[str, str]) -> None:
        self.root, self.logs, self.environment = root.resolve(), logs, environment
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def stop_leftovers(self) -> None:
        """End what a killed predecessor has left running."""
        for pid_file in self.logs.glob("*.pid"):
            processes.stop_leftover(pid_file, self.root, signal.SIGTERM)
            for orphan in session(processes.read_pid(pid_file) or 0):
                if processes.works_in(orphan, self.root):
                    os.kill(orphan, signal.SIGKILL)
            pid_file.unlink()

    def start(self, process: Process) -> None:
        """Start a process and leave it running; its log begins anew."""
        self.log(process.name).unlink(missing_ok=True)
        child = processes.start(
            process.command,
            ending=process.ending,
            log=self.log(process.name),
            cwd=self.root,
            env=self.environment | process.environment,
        )
        self.pid_file(process.name).write_text(str(child.pid))
        self.running[process.name] = child

    def run(self, name: str, command: list[Any]) -> None:
        """Run a program to its end; raises SandboxError with the end of its output when it fails."""
        self.log(name).unlink(missing_ok=True)
        options: dict[str, Any] = {"cwd": self.root, "env": self.environment}
        child = processes.start(command, ending=signal.SIGKILL, log=self.log(name), **options)
        if child.wait():
            raise SandboxError(f"{name} failed. The end of {self.log(name)}:\n{processes.tail(self.log(name), 15)}")

    def check(self) -> None:
        """Raise SandboxError when a process has ended by itself."""
        for name, child in self.running.items():
            if child.poll() is not None:
                end = processes.tail(self.log(name), 15)
                raise SandboxError(f"{name} ended with code {child.returncode}. The end of {self.log(name)}:\n{end}")

    def wait_for(self, url: str, *, is_enough: Enough | None = None, patience_seconds: float = 60) -> None:
        """Wait until an address answers well while all processes live."""
        deadline = time.monotonic() + patience_seconds
        answer = "nothing"
        while time.monotonic() < deadline:
            self.check()
            status, answer = ask(url)
            if (is_enough or is_good)(status, answer):
                return
            time.sleep(0.05)
        raise SandboxError(f"{url} is not ready after {patience_seconds:.0f} s. Its last answer: {answer}")

    def stop(self) -> None:
        """Ask all to end at once; the stubborn, and children that outlive them, are killed."""
        for child in self.running.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + PATIENCE_SECONDS
        for name, child in self.running.items():
            with suppress(subprocess.TimeoutExpired):
                child.wait(max(0.1, deadline - time.monotonic()))
            for pid in session(child.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            child.wait()
            self.pid_file(name).unlink(missing_ok=True)
        self.running.clear()

    def log(self, name: str) -> Path:
        """Where a process writes to."""
        return self.logs / f"{name}.log"

    def pid_file(self, name: str) -> Path:
        """Where the next start finds what we may leave behind."""
        return self.logs / f"{name}.pid"


def is_good(status: int, _answer: str) -> bool:
    """Tell whether an HTTP status means success."""
    return 200 <= status < 300


def ask(url: str) -> tuple[int, str]:
    """Return the status and the text of an answer; 0 when there is none."""
    try:
        with direct.open(url, timeout=5) as answer:
            return answer.status, answer.read(2000).decode(errors="replace")
    except HTTPError as error:
        return error.code, error.read(2000).decode(errors="replace")
    except (URLError, OSError) as error:
        return 0, str(error)


def session(leader: int) -> list[int]:
    """Return the processes of a session: its leader and all that came of it, orphans too."""
    return [pid for pid, (_, its_session) in living().items() if its_session == leader]


def family(ancestor: int) -> list[int]:
    """Return a process and its children and theirs."""
    parents = {pid: parent for pid, (parent, _) in living().items()}
    found = [ancestor]
    for elder in found:
        found.extend(pid for pid, parent in parents.items() if parent == elder)
    return found


def living() -> dict[int, tuple[int, int]]:
    """Return the parent and the session of every process (Linux only)."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent, _, its_session = entry.read_text().rpartition(")")[2].split()[:4]
            if state != "Z":
                found[int(entry.parent.name)] = (int(parent), int(its_session))
    return found


def memory_megabytes(pids: list[int]) -> float:
    """Return the memory that processes take, what they share counted once (PSS, Linux only)."""
    kilobytes = 0
    for pid in pids:
        with suppress(OSError):
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            kilobytes += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return kilobytes / 1024
