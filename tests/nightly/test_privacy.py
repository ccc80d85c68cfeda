"""No person in a log, a message, a card or the store of models; no connection to anywhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from support.faults import FAULTS
from support.nightly import NIGHTS, a_night
from support.postgres import Server, server  # noqa: F401
from support.private_job import CANARY, NIGHT, write_job
from support.sealed import can_seal

import churnlab as cl

pytestmark = pytest.mark.xdist_group("privacy")  # one job for all of them

ROOT = Path(cl.__file__).parents[1]
MAY_HOLD_IDS = ("risk_list_", "changes_")  # beside what a user has given: events, users


class Job(NamedTuple):
    """A job that was run: its folder, what it said, and what it asked of the network."""

    folder: Path
    said: str
    codes: dict[str, list[int]]
    network: list[str]


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """The job of `support.private_job`, sealed where the kernel can do it."""
    folder = tmp_path_factory.mktemp("private")
    write_job(folder)
    words = [sys.executable, "-m", "support.private_job", str(folder), "sealed"]
    places = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    done = subprocess.run(words, env=_env(PYTHONPATH=places), capture_output=True, text=True)
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
    lines = [json.loads(x) for x in done.stdout.splitlines() if x.startswith('{"')]
    ended = [x for x in lines if "code" in x and "words" in x]
    codes: dict[str, list[int]] = {}
    for line in ended:
        codes.setdefault(Path(line["words"][line["words"].index("--config") + 1]).stem, []).append(
            line["code"]
        )
    return Job(folder, done.stdout + done.stderr, codes, lines[-1]["network"])


def _env(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k != "MLFLOW_DISABLE_TELEMETRY"}
    return kept | {"OMP_NUM_THREADS": "1"} | more


def test_a_whole_job_opens_no_connection(private: Job) -> None:
    """Update, train, approve, score, grade and watch, with telemetry as it is without any setting."""
    assert private.codes["churnlab"] == [0] * 11
    assert private.network == []


@pytest.mark.skipif(not can_seal(), reason="another kernel")
@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6"])
def test_a_sealed_process_is_ended_by_a_socket(family: str) -> None:
    code = (
        f"from support import sealed; import socket; sealed.seal(); socket.socket(socket.{family})"
    )
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, env=_env(PYTHONPATH=str(ROOT / "tests")))
    assert done.returncode == -signal.SIGSYS


def test_what_python_asks_of_the_network_is_seen() -> None:
    code = "from support import sealed; seen = sealed.watch(); import socket, contextlib\n"
    code += "with contextlib.suppress(OSError): socket.create_connection(('127.0.0.1', 1))\n"
    code += "import sys; sys.exit(len(seen))"
    done = subprocess.run([sys.executable, "-c", code], env=_env(PYTHONPATH=str(ROOT / "tests")))
    assert done.returncode == 2  # a look-up and a connection


@pytest.mark.skipif(not FAULTS or not shutil.which("strace"), reason="slow, and asks for strace")
def test_a_list_for_a_database_asks_that_address_alone(
    night: Path,
    server: Server,  # noqa: F811
    tmp_path: Path,
) -> None:
    """What the system was asked to connect to, by the drivers of databases too."""
    a_night(str(night), NIGHTS[0])
    to = f"postgresql://tester@127.0.0.1:{server.port}/postgres"
    night.write_text(night.read_text() + f'\n[[sinks]]\nto = "{to}"\ntable = "risks"\n')
    trace, code = tmp_path / "trace", "from churnlab.cli import main; main()"
    words = ["strace", "-f", "-qq", "-e", "trace=connect", "-o", str(trace), sys.executable, "-c"]
    words += [code, "score", "--as-of", NIGHTS[0], "--config", str(night)]
    here = _env(PYTHONPATH=str(ROOT), PGPASSWORD=server.environment["PGPASSWORD"])
    done = subprocess.run(words, env=here, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    asked = re.findall(r"sa_family=AF_INET6?, .*", trace.read_text())
    wanted = f'sin_port=htons({server.port}), sin_addr=inet_addr("127.0.0.1")'
    assert asked and [line for line in asked if wanted not in line] == []


def test_nobody_is_named_in_what_a_job_says(private: Job) -> None:
    """Nor where rows are bad: ids in other columns, torn lines, another type; with --debug too."""
    assert CANARY not in private.said
    bad = {name: codes for name, codes in private.codes.items() if name != "churnlab"}
    assert bad == {name: [3, 3] for name in bad} and len(bad) == 8
    assert private.said.count("Traceback") == len(bad)


def test_nobody_is_named_in_any_file_but_the_list(private: Job) -> None:
    """Not in MLflow's database, models and examples, the card, manifests and schemas."""
    places = [private.folder / name for name in ("runs", "output", "exports", "more")]
    files = [p for place in places for p in place.rglob("*") if p.is_file()]
    names = {p.name for p in files}
    assert {
        "mlflow.db",
        "model.json",
        "input_example.json",
        "card.html",
        "latest.json",
        "watch.html",
    } <= names
    named = [p for p in files if CANARY.encode() in p.read_bytes().lower()]
    assert [p for p in named if not p.name.startswith(MAY_HOLD_IDS)] == []
    assert f"risk_list_{NIGHT}" in "".join(p.name for p in named if p.suffix == ".csv")
