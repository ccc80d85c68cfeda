"""How a command runs: errors in one line with an exit code, signals, progress."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout, suppress
from functools import partial
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
import typer.main
from typer.core import TyperGroup

from churnlab.cli.telling import lines, telling
from churnlab.cli.watchdog import ended_anyway
from churnlab.config.layers import with_flags
from churnlab.errors import ChurnlabError, ConfigError
from churnlab.errors.secrets import HidingStream, in_short
from churnlab.language.printable import printable
from churnlab.schema.progress import Say, drawn_by, off, told_to

INTERRUPTED = 130  # 128 and the number of the signal, as a shell has it
NOBODY_READS = 141
_BEGINNING = "starting"
_STOPPED = "stopped before the end; no file is half written"
_BY_SIGNAL = (129, INTERRUPTED, 143)
STOPPING = ("SIGTERM", "SIGHUP")
# What typer says of a wrong call; the class lies in another module from one release to the next.
_WrongCall: Any = typer.BadParameter.__mro__[2]


class Stopped(KeyboardInterrupt):
    """A signal asked the process to end, which it does with `code` once it has cleaned up."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.code = 128 + number


class NoReader(Exception):
    """Stdout is a pipe whose reader has gone, such as `head`."""


class _Results(HidingStream):
    """Stdout without secrets, which tells a reader who has gone from any other broken pipe."""

    def write(self, text: str) -> int:
        """Write the text without secrets; returns its own length, as callers expect."""
        try:
            return super().write(text)
        except BrokenPipeError as error:
            raise NoReader from error

    def flush(self) -> None:
        """Hand on what was written."""
        try:
            self._stream.flush()
        except BrokenPipeError as error:
            raise NoReader from error


class Commands(TyperGroup):
    """The commands; a wrong call is one line, too. Those that read a configuration take `--set`."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        _give_set(self)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **more: Any,
    ) -> Any:
        """Run a command and end the process with its exit code, as typer does."""
        typer_main = partial(super().main, args, prog_name, complete_var)
        call = partial(typer_main, False, windows_expand_args, **more)
        if not standalone_mode:
            return call()
        words = sys.argv[1:] if args is None else args
        with telling(words, off()) as told:
            code = _code_of(call, words)
            if told is not None:
                told.end(code)
        sys.exit(code)


def _give_set(command: Any) -> None:
    """Give `--set` to a command that reads a configuration, and to those below it."""
    for below in getattr(command, "commands", {}).values():
        _give_set(below)
    options = {option for parameter in command.params for option in parameter.opts}
    if "--config" in options and "--set" not in options:
        command.params.append(_set_option())


def _set_option() -> Any:
    """The option that sets a key of the configuration, over the environment and the file.

    typer makes options from the parameters of a command alone, so one is made and its option taken.
    """
    alone = typer.Typer(add_completion=False)
    alone.command()(_with_set)
    return typer.main.get_command(alone).params[0]


def _set(context: typer.Context, given: list[str]) -> None:
    """Let what is set count until the command has ended."""
    context.with_resource(with_flags(given or ()))


def _with_set(
    given: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="TABLE.KEY=VALUE",
            help="Set a key of the configuration, such as list.top=500; as often as you like.",
            expose_value=False,
            callback=_set,
        ),
    ] = [],  # noqa: B006
) -> None:
    """Nothing: see _set_option."""


def _code_of(call: Callable[[], Any], words: Sequence[str]) -> int:
    """The exit code of a command that is called with some words."""
    try:
        _check_words(words)
        code = call()
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except _WrongCall as error:
        _say(f"{printable(error.format_message()).rstrip('.')}; --help says how to call it")
        return int(error.exit_code)
    except ConfigError as error:
        _say(str(error))
        return error.exit_code
    except BrokenPipeError:
        _close_stdout()
        return NOBODY_READS


def _check_words(words: Sequence[str]) -> None:
    """Refuse a word that is no text: bytes that are not UTF-8 reach Python as half characters."""
    from churnlab.schema.files import is_text

    for word in words:
        if not is_text(word):
            raise ConfigError.from_no_text("the argument", word)


@contextmanager
def guarded(debug: bool) -> Iterator[None]:
    """Turn an error into one line and the exit code of its kind; hide secrets in all output."""
    told = lines()
    try:
        with _without_secrets(), nullcontext() if told is None else told.beating():
            yield
    except typer.Exit:
        raise
    except KeyboardInterrupt as error:
        _say(_STOPPED)
        raise typer.Exit(getattr(error, "code", INTERRUPTED)) from error
    except NoReader as error:
        _close_stdout()
        raise typer.Exit(NOBODY_READS) from error
    except Exception as error:
        with _without_secrets():
            if debug and told is not None:
                told.trace = traceback.format_exc()
            elif debug:
                traceback.print_exc()
            text, code = _in_one_line(error)
            _say(text)
        raise typer.Exit(code) from error


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise Stopped where a signal would end the process at once, so that it cleans up first."""
    before = {}
    for name in STOPPING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            before[number] = signal.signal(number, _stop)
    heeded = frozenset(map(int, (signal.SIGINT, *before)))
    try:
        with ended_anyway(heeded, _last_word):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_at_once(code: object) -> None:
    """End the process where a signal stopped it: its threads and libraries may take long to end."""
    if code in _BY_SIGNAL:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(int(str(code)))


def keep_code(code: object) -> None:
    """Let a signal that comes after the last word end the process with the code of its work.

    Python takes seconds to end after a large job, and whoever stops it then would read in the exit
    code that nothing was published.
    """
    number = code if isinstance(code, int) else int(code is not None)
    for name in STOPPING:
        stop = getattr(signal, name, None)
        if stop is not None and signal.getsignal(stop) is signal.SIG_DFL:
            signal.signal(stop, lambda *_: os._exit(number))


def _last_word(code: int) -> None:
    """Say that a process ends that was stopped and did not heed it, unless it is said already."""
    told = lines()
    if told is not None:
        _say(_STOPPED)
        told.end(code)
    elif sys.stderr.isatty():
        _say(_STOPPED)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise Stopped(number)


def _close_stdout() -> None:
    """Let what is left for stdout go nowhere, or Python complains of it in the end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


@contextmanager
def _without_secrets() -> Iterator[None]:
    """Hide passwords and keys in what this process prints, by whatever library.

    Results on stdout keep words such as `token=`: they may be a column's or an event's.
    """
    out = _Results(sys.stdout, logins_alone=True)
    with redirect_stdout(out), redirect_stderr(HidingStream(sys.stderr)):
        yield


def _in_one_line(error: Exception) -> tuple[str, int]:
    """An error's text and exit code."""
    if isinstance(error, ChurnlabError):
        return str(error), error.exit_code
    what = f"{type(error).__name__}: {in_short(str(error))}"
    return f"a bug of ours: {what}; run with --debug and report it", 1


def _say(text: str) -> None:
    """Say what is wrong: in a line at a terminal, in the last of the JSON lines elsewhere."""
    told = lines()
    if told is None:
        print(f"churnlab: {printable(text)}", file=sys.stderr)
    else:
        told.error = printable(text)


@contextmanager
def progress() -> Iterator[Say]:
    """Progress as a line that moves while somebody watches, else as JSON lines.

    The line has what is done, or the bar of it once that takes some time.
    """
    told = lines()
    if told is not None:
        with told_to(told.part):
            yield told.say
        return
    if off():
        yield lambda text: None
        return
    from rich.console import Console  # takes a tenth of a second

    with Console(stderr=True).status(_BEGINNING) as status:
        said = [_BEGINNING]

        def say(text: str) -> None:
            """Show another step beside the spinner."""
            said[0] = text
            status.update(text)

        with drawn_by(lambda bar: status.update(bar or said[0])):
            yield say
