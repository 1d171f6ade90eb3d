"""A real PostgreSQL with PostGIS for tests: a cluster of its own, on a socket in a temporary folder."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

_NUMBERS = itertools.count()
_TEMPLATE = "with_postgis"
SECRET = "s3cret-w0rd"  # the password of the one role that must state one


@dataclass(frozen=True)
class Server:
    """A running server; `database` makes an empty database on it, with PostGIS."""

    folder: Path
    owner: str

    def address(self, database: str, *, user: str = "", password: str = "") -> str:
        secret = f":{password}" if password else ""
        return f"postgresql://{user or self.owner}{secret}@/{database}?host={self.folder}"

    def database(self) -> Database:
        name = f"county{next(_NUMBERS)}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as there:
            there.execute(f"create database {name} template {_TEMPLATE}")  # type: ignore[call-overload]
        return Database(server=self, name=name)


@dataclass(frozen=True)
class Database:
    server: Server
    name: str

    @property
    def address(self) -> str:
        return self.server.address(self.name)

    def table(self, name: str, more: str = "") -> str:
        """The address of a table, as a study file writes it."""
        return f"{self.address}&table={name}{more}"

    def run(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.address, autocommit=True) as there:
            cursor = there.execute(text, values or None)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def fill(self, name: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
        """Make a table of these columns and rows."""
        self.run(f"create table {name} ({columns})")
        with psycopg.connect(self.address, autocommit=True) as there:
            marks = ", ".join(["%s"] * len(rows[0]))
            there.cursor().executemany(f"insert into {name} values ({marks})", rows)  # type: ignore[arg-type]


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, the newest first; None where there is no PostgreSQL with PostGIS."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda at: -int(at.parent.name)):
        extension = Path("/usr/share/postgresql") / folder.parent.name / "extension" / "postgis.control"
        if (folder / "initdb").exists() and extension.exists():
            return folder
    return None


@contextmanager
def server(bin_folder: Path) -> Iterator[Server]:
    """Start a cluster; PostgreSQL refuses to run as root, so root lends it to another user."""
    folder = Path(tempfile.mkdtemp(prefix="jiujin-pg-", dir="/tmp"))
    owner = pwd.getpwuid(os.geteuid()).pw_name
    before: list[str] = []
    if os.geteuid() == 0:
        owner = "postgres"
        shutil.chown(folder, owner)
        before = ["runuser", "-u", owner, "--"]
    data = folder / "data"

    def run(program: str, *words: str) -> None:
        command = [*before, str(bin_folder / program), *words]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)

    folder.chmod(0o755)
    run("initdb", "-D", str(data), "-A", "trust", "--no-sync", "-E", "UTF8", "--locale", "C", "-U", owner)
    rules = data / "pg_hba.conf"
    rules.write_text("local all clerk scram-sha-256\n" + rules.read_text())
    settings = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c full_page_writes=off"
    run("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", settings, "start")
    try:
        found = Server(folder=folder, owner=owner)
        with psycopg.connect(found.address("postgres"), autocommit=True) as there:
            there.execute(f"create database {_TEMPLATE}")  # type: ignore[call-overload]
            there.execute(f"create role clerk login password '{SECRET}'")  # type: ignore[call-overload]
        with psycopg.connect(found.address(_TEMPLATE), autocommit=True) as there:
            there.execute("create extension postgis")
        yield found
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
