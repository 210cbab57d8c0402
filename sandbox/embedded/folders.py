"""The folder of the servers: whom it belongs to, where it lies, who has it in use."""

import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sandbox.processes import SandboxError

OPEN_TO_ALL = Path("/var/tmp")  # noqa: S108 - survives a restart of the machine; `own` refuses a stranger's folder


def other_user() -> dict[str, Any]:
    """Return how to start the servers as `nobody` when we are root: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        raise SandboxError(
            "PostgreSQL cannot run as root and there is no user `nobody`: run this as another user."
        ) from error
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def prepare(home: Path, run_as: dict[str, Any]) -> Path:
    """Make the servers' folder and return where it really lies.

    It is `home` itself, or, when the servers' user cannot get there (a closed folder above), a folder below /var/tmp
    that `home/elsewhere` points to.
    """
    home.mkdir(parents=True, exist_ok=True)
    link = home / "elsewhere"
    if run_as and not can_write(home, run_as):
        link.unlink(missing_ok=True)
        place = OPEN_TO_ALL / f"nevermisscall-{hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]}"
        link.symlink_to(place)
        remove_abandoned()
        own(place, run_as)
        (place / "home").write_text(str(home.resolve()))
        home = place
    own(home / "valkey", run_as)
    return home.resolve()


def remove_abandoned() -> None:
    """Remove the open folders whose home is gone: `rm -r` of a folder does not follow its links."""
    for mark in OPEN_TO_ALL.glob("nevermisscall-*/home"):
        if mark.parent.lstat().st_uid in {0, other_user().get("user")} and not Path(mark.read_text()).exists():
            with suppress(SandboxError), alone(mark.parent):
                shutil.rmtree(mark.parent, ignore_errors=True)


def can_write(home: Path, run_as: dict[str, Any]) -> bool:
    """Give `home` to the servers' user and tell whether that helped."""
    own(home, run_as)
    return subprocess.run(["test", "-w", home], cwd="/", check=False, **run_as).returncode == 0


def own(folder: Path, run_as: dict[str, Any]) -> None:
    """Make a folder that only the servers' user may enter; a stranger's folder of that name is refused."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), run_as.get("user", os.geteuid())}:
        raise SandboxError(f"{folder} belongs to somebody else. Remove it and start again.")
    folder.chmod(0o700)
    hand_over(folder, run_as)


def hand_over(path: Path, run_as: dict[str, Any]) -> None:
    """Give a file or a folder to the user that the servers run as."""
    if run_as:
        os.chown(path, run_as["user"], run_as["group"])


def password(home: Path) -> str:
    """Return the password of the servers in `home`, made at the first start and kept for us alone."""
    file = home / "password"
    if not file.exists():
        half_written = home / "password.new"
        half_written.touch(mode=0o600)
        half_written.write_text(secrets.token_hex(16))
        half_written.rename(file)
    return file.read_text()


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold the folder while its servers run; the lock goes when we do, however that happens."""
    with (home / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            starter = lock.read().strip() or "unknown"
            raise SandboxError(
                f"What works in {home} is already running, started by process {starter}. Stop that one first."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
