"""A PostgreSQL server of the tests' own."""

from __future__ import annotations

import glob
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.databases import CANARY


class Server:
    """A PostgreSQL server of the tests' own, on a free loopback port, with a password."""

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="churnlab-postgres-"))
        self.owner: dict[str, Any] = (
            {"user": "postgres", "group": "postgres", "extra_groups": []}
            if os.geteuid() == 0
            else {}
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self.programs / program, "-D", self.folder / "data", *arguments],
            cwd=self.folder,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            timeout=120,
            env={"LC_ALL": "C", "PATH": os.defpath},
            **self.owner,
        )

    def start(self) -> None:
        password = self.folder / "password"
        password.write_text(CANARY)
        if self.owner:
            for path in (self.folder, password):
                shutil.chown(path, "postgres", "postgres")
        self.run(
            "initdb",
            "-U",
            "tester",
            f"--pwfile={password}",
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        )
        password.unlink()
        self.resume()

    def resume(self) -> None:
        """Start the server that `start` has made."""
        self.run(
            "pg_ctl",
            "-w",
            "-l",
            str(self.folder / "log"),
            "-o",
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' "
            "-c fsync=off -c timezone=Asia/Shanghai -c autovacuum=off",
            "start",
        )

    def halt(self) -> None:
        """End it as a power cut does: nobody is asked, nothing is finished."""
        self.run("pg_ctl", "-w", "-m", "immediate", "stop")

    def stop(self) -> None:
        if (self.folder / "data" / "postmaster.pid").exists():
            self.run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(self.folder)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": "tester",
            "PGDATABASE": "postgres",
            "PGPASSWORD": CANARY,
            "PGTZ": "Asia/Kolkata",
        }


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    pytest.importorskip("adbc_driver_postgresql.dbapi")
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb")) or [
        p for p in [shutil.which("initdb")] if p
    ]
    if not found:
        pytest.skip("PostgreSQL's server is not installed")
    server = Server(Path(found[-1]).parent)
    try:
        server.start()
        yield server
    finally:
        server.stop()


Run = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def postgres(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs statements as the owner, in a database that is empty again after the test."""
    from adbc_driver_postgresql import dbapi

    for name in [n for n in os.environ if n.startswith("PG")]:
        monkeypatch.delenv(name)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)

    options = {"adbc.postgresql.use_copy": "false"}  # explain is not to be copied

    def run(*statements: str) -> list[tuple[Any, ...]]:
        with (
            dbapi.connect("postgresql://", autocommit=True) as connection,
            connection.cursor(adbc_stmt_kwargs=options) as cursor,
        ):
            for statement in statements:
                cursor.execute(statement)
            return (
                cursor.fetchall()
                if statements[-1].lower().startswith(("select", "explain"))
                else []
            )

    yield run
    run("drop schema public cascade", "create schema public", "drop schema if exists other cascade")


def eventually(check: Callable[[], bool]) -> None:
    """A server's process counts and goes a moment after its client has gone."""
    for _ in range(200):
        if check():
            return
        time.sleep(0.05)
    raise AssertionError("did not come true in ten seconds")


pg = pytest.mark.xdist_group("postgres")
