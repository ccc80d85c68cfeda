"""Errors in one line whoever notices them, signals that leave no debris, and a reader who has gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import call, error_of, told

from churnlab.cli import running
from churnlab.cli.running import Stopped, stoppable
from churnlab.config.tables import Config
from churnlab.errors import ConfigError

PATCHED = """
import sys, time
from churnlab.cli import main
from churnlab.config.tables import Config
from churnlab.schema.files import publish

def slow(path):
    def stay(file):
        file.write(b"half")
        print("started", flush=True)
        time.sleep(60)
    publish({{path: stay}})

def long(path):
    print("a line\\n" * {lines})
    return Config.of({{"log": {{"path": "x", "user": "u", "time": "t", "event": "e"}}}}, path)

Config.read = {read}
sys.argv = ["churnlab", "config", "--config", sys.argv[1]]
main()
"""


def started(read: str, path: Path, lines: int = 0) -> subprocess.Popen[bytes]:
    code = PATCHED.format(read=read, lines=lines)
    pipe = subprocess.PIPE
    words = [sys.executable, "-c", code, path]
    return subprocess.Popen(words, stdout=pipe, stderr=pipe, preexec_fn=_heed_hangups)


def _heed_hangups() -> None:
    """Take SIGHUP as usual, also where the tests run under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_leaves_no_debris_and_one_line(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    (tmp_path / "old").write_text("old")
    child = started("slow", tmp_path / "old")
    assert child.stdout is not None
    assert child.stdout.readline() == b"started\n" and len(os.listdir(tmp_path)) == 2
    child.send_signal(number)
    out, error = child.communicate(timeout=60)
    assert (child.returncode, out) == (code, b"")
    assert error_of(error.decode()) == "churnlab: stopped before the end; no file is half written\n"
    assert told(error.decode())[-1]["outcome"] == "stopped"
    assert os.listdir(tmp_path) == ["old"] and (tmp_path / "old").read_text() == "old"


@pytest.mark.parametrize("lines", [1, 100_000])
def test_a_reader_who_has_gone_is_no_error(tmp_path: Path, lines: int) -> None:
    child = started("long", tmp_path / "x", lines)
    assert child.stdout is not None
    child.stdout.close()
    assert child.stderr is not None
    with child.stderr as said:
        assert told(said.read().decode())[-1]["outcome"] == "nobody reads the result"
    assert child.wait(timeout=60) == running.NOBODY_READS


def test_a_broken_pipe_of_another_kind_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(path: Path) -> Config:
        raise BrokenPipeError(32, "the database has gone")

    monkeypatch.setattr(Config, "read", broken)
    assert "the database has gone" in call("config", code=1)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["trian"], "No such command 'trian'. Did you mean 'train'"),
        (["train", "--confg", "x"], "No such option"),
        (["score"], "Missing option '--as-of'"),
        (["train", "--config"], "requires an argument"),
        (["update", "--day", "1", "--wait", "x"], "Invalid value for '--wait'"),
        (["train", "more"], "unexpected extra argument"),
        (["train", "--config", "a\ud800.toml"], "is no text; give one in UTF-8"),
        (["config", "--config", "a\udcff"], "is no text; give one in UTF-8"),
        (["features", "--as-of", "2026-01-01", "--out", "\udc80"], "is no text"),
        (["score", "--as-of", "\udc80"], "is no text"),
        (["trian\nand\rmore\x1b[2J"], "'trian\\nand"),
        (["config", "--config", "no\nsuch\rfile\x1b"], "no configuration file"),
    ],
)
def test_a_wrong_call_is_one_line(words: list[str], says: str) -> None:
    error = call(*words, code=2)
    assert says in error and error.startswith("churnlab: ")
    assert len(error.splitlines()) == 1 and error[:-1].isprintable()


def test_bytes_that_are_no_text_are_one_line() -> None:
    code = "from churnlab.cli import main; main()"
    words = [sys.executable, "-c", code, "train", "--config", b"\xff.toml"]
    done = subprocess.run(words, capture_output=True, check=False)
    assert done.returncode == 2 and done.stdout == b""
    assert error_of(done.stderr.decode()).startswith("churnlab: the argument '\\udcff.toml' is no")


def test_a_terminal_that_lacks_letters_gets_them_written_out(tmp_path: Path) -> None:
    toml = '[log]\npath = "渠道.parquet"\nuser = "u"\ntime = "t"\nevent = "e"\n'
    (tmp_path / "churnlab.toml").write_text(toml, encoding="utf-8")
    code = "from churnlab.cli import main; main()"
    words = [sys.executable, "-c", code, "config", "--config", str(tmp_path / "churnlab.toml")]
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(words, capture_output=True, check=True, env=ascii_only)
    assert b'path = "\\u6e20\\u9053.parquet"' in done.stdout


def test_handlers_of_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with stoppable():
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # tests under nohup ignore it
    try:
        with pytest.raises(Stopped, match="SIGHUP") as stopped, stoppable():
            signal.raise_signal(signal.SIGHUP)
        assert stopped.value.code == 129 and signal.getsignal(signal.SIGHUP) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_error_before_a_command_begins_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(words: list[str]) -> None:
        raise ConfigError("said")

    monkeypatch.setattr(running, "_check_words", refuse)
    assert call("--version", code=2) == "churnlab: said\n"


@pytest.mark.parametrize("code", [0, 5])
def test_a_signal_after_the_work_is_done_leaves_its_code(code: int) -> None:
    program = (
        "import atexit, os, signal, sys, time\n"
        "from churnlab.cli import commands\n"
        f"commands.app = lambda: sys.exit({code})\n"
        "atexit.register(lambda: (os.kill(os.getpid(), signal.SIGTERM), time.sleep(5)))\n"
        "commands.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert done.returncode == code
