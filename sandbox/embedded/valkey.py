"""A Valkey (or Redis) of our own, with an append-only file unless told to be forgetful."""

import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from sandbox import processes
from sandbox.embedded import binaries
from sandbox.processes import SandboxError

START_SECONDS = 30


class Valkey:
    """One server on one data folder."""

    def __init__(self, home: Path, run_as: dict[str, Any], password: str) -> None:
        self.home, self.run_as, self.password = home, run_as, password
        self.folder = home / "valkey"
        self.pid_file = home / "valkey.pid"
        self.log = home / "valkey.log"
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of database 0, with the password."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self, port: int, *, fast: bool) -> None:
        """Serve on a port of loopback; what the append-only file holds is there again."""
        processes.stop_leftover(self.pid_file, self.folder, signal.SIGTERM)
        program = binaries.within_reach(binaries.valkey(), self.home, self.run_as)
        self.port = processes.claim_port(port, "Valkey")
        # Settings arrive on standard input: on the command line everybody on the machine could read the password.
        self.process = processes.start(
            [program, "-"], ending=signal.SIGTERM, log=self.log, cwd="/", stdin=subprocess.PIPE, **self.run_as
        )
        if self.process.stdin:
            self.process.stdin.write(self.settings(fast=fast).encode())
            self.process.stdin.close()
        self.pid_file.write_text(str(self.process.pid))
        self.wait_until_ready()

    def settings(self, *, fast: bool) -> str:
        """Return the server's configuration file."""
        return (
            f"port {self.port}\nbind 127.0.0.1\nrequirepass {self.password}\ndir {self.folder}\n"
            f'save ""\nappendonly {"no" if fast else "yes"}\nappendfsync everysec\nmaxmemory-policy noeviction\n'
        )

    def wait_until_ready(self) -> None:
        """Wait until it answers, after loading its file."""
        client = redis.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0))
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process and self.process.poll() is None:
            try:
                client.ping()
            except (redis.ConnectionError, redis.exceptions.BusyLoadingError):
                time.sleep(0.01)
            else:
                return client.close()
        raise SandboxError(f"Valkey does not start. The end of {self.log}:\n{processes.tail(self.log)}")

    def stop(self) -> None:
        """Stop it; the append-only file is flushed first."""
        if self.process:
            processes.stop(self.process, signal.SIGTERM)
            self.pid_file.unlink(missing_ok=True)
