"""Child processes that never outlive us, and the ports they listen on."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

PR_SET_PDEATHSIG = 1


class SandboxError(Exception):
    """Something on this machine is in the way; the message says what and how to get round it."""


class PortTaken(SandboxError):
    """Another program listens on a port that we were told to use."""


def dies_with_parent(ending: signal.Signals) -> Callable[[], None] | None:
    """Return a `preexec_fn` that lets Linux send `ending` to the child when its parent dies, kill -9 included.

    The kernel watches the thread that starts the child (prctl(2)), so start children from one that stays.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def watch_parent() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(ending))
        if os.getppid() != parent:
            os._exit(1)

    return watch_parent


def start(command: list[Any], *, ending: signal.Signals, log: Path, **options: Any) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own, so that Ctrl-C reaches only us; its output is appended to `log`."""
    with log.open("ab") as output:
        child: Any = subprocess.Popen(
            [str(word) for word in command],
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=dies_with_parent(ending),  # noqa: PLW1509 - two system calls, prepared before the fork
            **({"stdin": subprocess.DEVNULL} | options),
        )
    return cast("subprocess.Popen[bytes]", child)


def stop(process: subprocess.Popen[bytes], *endings: signal.Signals, patience_seconds: float = 10) -> None:
    """Ask a child to end, each time less politely, and kill it when it will not listen."""
    for ending in (*endings, signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(ending)
            with suppress(subprocess.TimeoutExpired):
                process.wait(patience_seconds)


def stop_leftover(pid_file: Path, folder: Path, *endings: signal.Signals, patience_seconds: float = 10) -> bool:
    """Stop a server that a killed predecessor left working in `folder`; return whether there was one."""
    pid = read_pid(pid_file)
    if pid is None or not works_in(pid, folder):
        return False
    for ending in (*endings, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(pid, ending)
        deadline = time.monotonic() + patience_seconds
        while works_in(pid, folder) and time.monotonic() < deadline:
            time.sleep(0.02)
    return True


def read_pid(pid_file: Path) -> int | None:
    """Return the number on the first line of a pid file, or nothing when there is no such file or number."""
    try:
        return int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def works_in(pid: int, folder: Path) -> bool:
    """Tell whether a live process has `folder` as its working directory: pids are reused, folders are not."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cwd").readlink() == folder.resolve()
        except OSError:
            return False
    found = subprocess.run(
        ["lsof", "-a", "-d", "cwd", "-p", str(pid), "-Fn"], capture_output=True, text=True, check=False
    )
    return f"n{folder.resolve()}\n" in found.stdout


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def claim_port(port: int, purpose: str) -> int:
    """Return `port`, or any free one for 0.

    Raises PortTaken with the remedy when another program listens there.
    """
    if port == 0:
        return free_port()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            elsewhere = port // 100 * 100 + 1000
            raise PortTaken(
                f"Port {port}, wanted for {purpose}, is taken by another program. Stop that program, "
                f"or choose other ports with PORT_BASE, for example: make demo PORT_BASE={elsewhere}"
            ) from error
    return port


def tail(log: Path, lines: int = 5) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def end_in_order_at_signals() -> None:
    """Leave every `with` block at the first SIGINT or SIGTERM, and let no second one interrupt that."""

    def leave(*_: Any) -> None:
        let_no_signal_interrupt()
        sys.exit(0)

    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, leave)


def let_no_signal_interrupt() -> None:
    """Go on to the end, whatever is pressed: what is being stopped must not be left half-way."""
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.SIG_IGN)
