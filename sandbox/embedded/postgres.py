"""A PostgreSQL of our own: made at the first start, repaired after a crash, stopped with us."""

import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from sandbox import processes
from sandbox.embedded import binaries
from sandbox.embedded.folders import hand_over
from sandbox.processes import SandboxError

SUPERUSER = "postgres"
OWNER = "nmc"
APPLICATION = "nmc_app"
EXTENSIONS = ("btree_gist", "pg_trgm")
SMALL = {
    "shared_buffers": "48MB",
    "max_connections": "60",
    "max_worker_processes": "2",
    "max_parallel_workers": "0",
    "autovacuum_max_workers": "1",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path is limited to 107 characters, a data folder's is not
}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
START_SECONDS = 60


class Postgres:
    """One server on one data folder; `url` belongs to its superuser."""

    def __init__(self, home: Path, run_as: dict[str, Any], password: str) -> None:
        self.home, self.run_as, self.password = home, run_as, password
        self.folder = home / "postgres"
        self.log = home / "postgres.log"
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for the superuser, database `postgres`."""
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/postgres"

    def start(self, port: int, *, fast: bool) -> None:
        """Serve on a port of loopback; the data folder is made when there is none."""
        processes.stop_leftover(self.folder / "postmaster.pid", self.folder, signal.SIGINT, signal.SIGQUIT)
        program = binaries.postgres()
        runnable = binaries.within_reach(program, self.home, self.run_as)
        if not (self.folder / "PG_VERSION").exists():
            self.make(runnable.with_name("initdb"), program.version)
        self.check_version(program.version)
        self.port = processes.claim_port(port, "PostgreSQL")
        settings = SMALL | (FORGETFUL if fast else {}) | ({"io_method": "sync"} if program.version >= (18,) else {})
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [runnable, "-D", self.folder, "-p", self.port, *options]
        self.process = processes.start(command, ending=signal.SIGINT, log=self.log, cwd="/", **self.run_as)
        self.wait_until_ready()

    def make(self, initdb: Path, version: tuple[int, ...]) -> None:
        """Make the data folder: complete, or not at all."""
        half_made, password_file = self.home / "postgres.new", self.home / "postgres.password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        hand_over(password_file, self.run_as)
        shutil.rmtree(half_made, ignore_errors=True)
        builtin = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        locale = builtin if version >= (17,) else ["--locale=C.UTF-8"]
        access = ["--auth=scram-sha-256", f"--pwfile={password_file}", f"--username={SUPERUSER}"]
        command: list[Any] = [
            initdb,
            "-D",
            half_made,
            *access,
            "--encoding=UTF8",
            *locale,
            "--no-sync",
            "--no-instructions",
        ]
        try:
            made = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **self.run_as)
        finally:
            password_file.unlink()
        if made.returncode:
            raise SandboxError(f"PostgreSQL could not make its data folder {self.folder}: {made.stderr.strip()}")
        half_made.rename(self.folder)

    def check_version(self, version: tuple[int, ...]) -> None:
        """Refuse a data folder that another major version has made."""
        made_by = (self.folder / "PG_VERSION").read_text().strip()
        if made_by != str(version[0]):
            raise SandboxError(
                f"{self.folder} was made by PostgreSQL {made_by}, and this is {version[0]}. "
                "Start afresh with `make clean`, or set EMBEDDED_POSTGRES_BIN to that version's programs."
            )

    def wait_until_ready(self) -> None:
        """Wait until it answers, after its recovery if it was killed."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process and self.process.poll() is None:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        raise SandboxError(f"PostgreSQL does not start. The end of {self.log}:\n{processes.tail(self.log)}")

    def stop(self) -> None:
        """Stop it: sessions are ended, data is safe."""
        if self.process:
            processes.stop(self.process, signal.SIGINT, signal.SIGQUIT)


def prepare(admin_url: str, password: str) -> None:
    """Make the two roles: one owns the tables, the other uses them and can pass no row security."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
        for role in (OWNER, APPLICATION):
            verb = sql.SQL("ALTER" if role in known else "CREATE")
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS PASSWORD {}").format(
                    verb, sql.Identifier(role), sql.Literal(password)
                )
            )


def create_database(admin_url: str, name: str, *, template: str | None = None) -> None:
    """Make a database for the two roles, with the extensions, when there is none of this name."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        copy = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
        create = sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER))
        if not known:
            connection.execute(create + copy)
    if template is None:
        furnish(psycopg.conninfo.make_conninfo(admin_url, dbname=name))


def furnish(url: str) -> None:
    """Add the extensions, and let the application use whatever the owner will create."""
    schema = sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT {rights} TO {application}")
    names = {"owner": sql.Identifier(OWNER), "application": sql.Identifier(APPLICATION)}
    with psycopg.connect(url) as connection:
        for extension in EXTENSIONS:
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
        connection.execute(sql.SQL("ALTER SCHEMA public OWNER TO {owner}").format(**names))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {application}").format(**names))
        for rights in (
            "SELECT, INSERT, UPDATE, DELETE ON TABLES",
            "USAGE, SELECT ON SEQUENCES",
            "EXECUTE ON FUNCTIONS",
        ):
            connection.execute(schema.format(rights=sql.SQL(rights), **names))


def drop_database(admin_url: str, name: str) -> None:
    """Remove a database and end its sessions."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
