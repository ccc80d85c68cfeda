"""Doctor: is everything there that a night needs? It looks some seconds, and changes nothing.

Each check ends as one finding: `ok`, `warn`, or `bad` with the exit code that a night would have.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from glob import glob
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from churnlab.config.as_trained import check_meaning
from churnlab.config.inputs import open_log, open_registry, open_store, open_tracker
from churnlab.config.tables import Config
from churnlab.errors import ChurnlabError, ConfigError, LockedError, OutputError
from churnlab.errors.secrets import in_short, shown_name
from churnlab.events.addresses import scheme_of
from churnlab.language.sentence import Sentence, sentence
from churnlab.nightly.lists.shelf import LocalShelf
from churnlab.nightly.ranking import Ranking
from churnlab.nightly.sinks.opened import sink_of
from churnlab.schema.days import Day, before, day_number, day_text
from churnlab.schema.progress import Say, silent

OK, WARN, BAD = "ok", "warn", "bad"
WORST_FIRST = (2, 3, 4, 7, 5, 6, 1)
SECONDS = 30.0  # for each check
LITTLE, NEXT_TO_NOTHING = 2 << 30, 100 << 20  # bytes of a disk
_DAY = "{day}"


@dataclass(frozen=True)
class Finding:
    """What a check found: `state` ok, warn or bad, and the exit code of a bad one."""

    check: str
    state: str
    code: int
    says: Sentence

    def to_dict(self, language: str) -> dict[str, Any]:
        """JSON-ready, in a language."""
        return vars(self) | {"says": self.says.text(language)}


@dataclass(frozen=True)
class Examined:
    """All findings; `in_time` is False where a check was given up and may still be at work."""

    findings: tuple[Finding, ...]
    language: str
    in_time: bool

    @property
    def code(self) -> int:
        """The exit code of the worst finding; 0 where nothing is bad."""
        codes = {finding.code for finding in self.findings}
        return next((code for code in WORST_FIRST if code in codes), 0)

    @property
    def worst(self) -> str:
        """What the worst finding says; empty where nothing is bad."""
        bad = (f.says.text(self.language) for f in self.findings if f.code and f.code == self.code)
        return next(bad, "")

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        told = [finding.to_dict(self.language) for finding in self.findings]
        return {"code": self.code, "findings": told}


Check = Callable[[Config, datetime], Iterator[Finding]]


def examine(path: Path, now: datetime, say: Say = silent, seconds: float = SECONDS) -> Examined:
    """Look at a configuration and all that it names; each check has so many `seconds`.

    `now` is a moment with a zone. Nothing is changed.

    >>> import tempfile
    >>> from datetime import UTC
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = examine(Path(folder) / "churnlab.toml", datetime.now(UTC))
    >>> found.code, found.findings[0].check
    (2, 'configuration')
    """
    say("configuration")
    try:
        config = Config.read(path)
        Ranking.of(config)
        config.feature_set()
    except ChurnlabError as error:
        return Examined((_refused("configuration", error),), "en", True)
    file = sentence("{file} can be read", file=str(path))
    findings, in_time = [Finding("configuration", OK, 0, file)], True
    for name, check in CHECKS.items():
        say(name)
        found = _bounded(name, check, (config, now), seconds)
        in_time = in_time and found is not None
        findings += found or [_given_up(name, seconds)]
    return Examined(tuple(findings), config.lang, in_time)


def _bounded(
    name: str, check: Check, given: tuple[Config, datetime], seconds: float
) -> list[Finding] | None:
    """The findings of a check; None where it takes longer."""
    found: list[Finding] = []
    ended = threading.Event()

    def run() -> None:
        """Run the check; an error becomes a finding."""
        try:
            found.extend(check(*given))
        except ChurnlabError as error:
            found.append(_refused(name, error))
        except Exception as error:
            kind, text = type(error).__name__, in_short(str(error))
            what = sentence("a bug of ours: {kind}: {text}", kind=kind, text=text)
            found.append(Finding(name, BAD, 1, what))
        ended.set()

    threading.Thread(target=run, daemon=True).start()
    return list(found) if ended.wait(seconds) else None


def _refused(name: str, error: ChurnlabError) -> Finding:
    return Finding(name, BAD, error.exit_code, sentence("{error}", error=str(error)))


def _given_up(name: str, seconds: float) -> Finding:
    says = sentence("no answer within {seconds:.0f} seconds", seconds=seconds)
    return Finding(name, WARN, 0, says)


def _log(config: Config, now: datetime) -> Iterator[Finding]:
    """The log can be read, has its columns, and how new it is; of files by day, the newest."""
    log, newest = config, ""
    if _DAY in config.log.path and not scheme_of(config.log.path):
        files = sorted(glob(config.path(config.log.path).replace(_DAY, "*")))
        newest = files[-1] if files else ""
    if newest:  # one day need not have an event of each role
        one_day: dict[str, Any] = {"path": newest, "roles": None, "receipts": [], "ignore": []}
        log = config.model_copy(update={"log": config.log.model_copy(update=one_day)})
    counted = open_log(log).describe()
    says = sentence(
        "{events:,} events in {place}, the newest on {day} in {zone}",
        events=counted["events"],
        place=shown_name(newest or config.log.path),
        day=counted["last_day"],
        zone=counted["timezone"],
    )
    yield Finding("log", OK, 0, says)


def _store(config: Config, now: datetime) -> Iterator[Finding]:
    """The store can be read, means what the configuration says, has all days and all files."""
    if not config.store.folder:
        yield Finding("store", OK, 0, sentence("no store: the log is read each time"))
        return
    if not (Path(config.path(config.store.folder)) / "manifest.json").exists():
        says = sentence("there is no store yet; begin it by `churnlab update --since`")
        yield Finding("store", WARN, 0, says)
        return
    folder = open_store(config).folder
    for file in folder.manifest.files():
        place = folder.path / file.name
        if not place.exists() or place.stat().st_size != file.bytes:
            says = sentence("{file} is missing or cut off", file=str(place))
            yield Finding("store", BAD, 3, says)
    missing = folder.missing_days()
    if missing:
        says = sentence(
            "{days} days are missing, the first is {day}",
            days=len(missing),
            day=day_text(missing[0]),
        )
        yield Finding("store", BAD, 5, says)
    yield from _newest(folder.days, config, now)


def _newest(days: tuple[int, ...], config: Config, now: datetime) -> Iterator[Finding]:
    """How far a store is behind the clock."""
    if not days:
        yield Finding("store", WARN, 0, sentence("the store has no day yet"))
        return
    last, yesterday = days[-1], day_number(_local(config, now)) - 1
    told = {"days": len(days), "last": day_text(last)}
    if before(last, yesterday):
        says = sentence(
            "{days} days up to {last}, {behind} days behind yesterday",
            **told,
            behind=yesterday - last,
        )
        yield Finding("store", WARN, 0, says)
    else:
        yield Finding("store", OK, 0, sentence("{days} days up to {last}", **told))


def _registry(config: Config, now: datetime) -> Iterator[Finding]:
    """The store of runs answers, and its champion may score, is whole and means the same."""
    today = day_number(_local(config, now))
    tracker, run = open_tracker(config), None
    if config.approval.required:
        champion = open_registry(config).scoring()
        run = champion.run_id
        if champion.overdue(day_text(today)):
            overdue = today - day_number(champion.review_due)
            block = (config.guards.review or [0, overdue])[1]
            says = sentence("the review of the model was due on {day}", day=champion.review_due)
            yield Finding("registry", *((BAD, 5) if overdue > block else (WARN, 0)), says)
    run = run or tracker.latest()
    files = tracker.verify(run)
    facts = tracker.load(run).facts
    if config.store.folder and (Path(config.path(config.store.folder)) / "manifest.json").exists():
        check_meaning(facts, open_store(config))
    says = sentence(
        "run {run} scores; {files} files are as they were logged", run=run, files=len(files)
    )
    yield Finding("registry", OK, 0, says)


def _sinks(config: Config, now: datetime) -> Iterator[Finding]:
    """The output folder and every sink can be written now."""
    if not scheme_of(config.output.folder):
        LocalShelf(Path(config.path(config.output.folder)) / "list").check()
        says = sentence("{place} can be written", place=config.path(config.output.folder))
        yield Finding("sinks", OK, 0, says)
    for table in config.sinks:
        try:
            sink = sink_of(config.path(table.to), table.table, table.formats)
            sink.check()
        except (ConfigError, LockedError) as error:
            yield _refused("sinks", error)
        except ChurnlabError as error:
            says = sentence("{error}", error=str(error))
            yield Finding("sinks", BAD, OutputError.exit_code, says)
        else:
            yield Finding("sinks", OK, 0, sentence("{place} can be written", place=sink.name))


def _disk(config: Config, now: datetime) -> Iterator[Finding]:
    """There is room where lists, the store and runs are kept."""
    places = [config.output.folder, config.store.folder, config.tracking.store]
    seen = set()
    for given in filter(None, places):
        if scheme_of(given):
            continue
        path = Path(config.path(given)).absolute()
        place = next(p for p in (path, *path.parents) if p.exists())
        free, device = shutil.disk_usage(place).free, place.stat().st_dev
        if device in seen:
            continue
        seen.add(device)
        says = sentence("{free:.1f} GB are free at {place}", free=free / 1e9, place=str(place))
        state = BAD if free < NEXT_TO_NOTHING else WARN if free < LITTLE else OK
        yield Finding("disk", state, OutputError.exit_code if state == BAD else 0, says)


def _clock(config: Config, now: datetime) -> Iterator[Finding]:
    """What day it is by the clock of this machine where the log's days begin."""
    zone = config.log.timezone or "UTC"
    moment = now.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    says = sentence("it is {moment} in {zone}", moment=moment, zone=zone)
    if config.store.folder and (Path(config.path(config.store.folder)) / "manifest.json").exists():
        days = open_store(config).folder.days
        if days and not before(days[-1], day_number(_local(config, now))):
            says = sentence(
                "it is {moment} in {zone}, and the store has {day} already: is the clock right, "
                "or was a day put in that is not over?",
                moment=moment,
                zone=zone,
                day=day_text(days[-1]),
            )
            yield Finding("clock", WARN, 0, says)
            return
    yield Finding("clock", OK, 0, says)


def _local(config: Config, now: datetime) -> Day:
    """The day of a moment in the log's zone."""
    return now.astimezone(ZoneInfo(config.log.timezone or "UTC")).date()


CHECKS: dict[str, Check] = {
    "log": _log,
    "store": _store,
    "registry": _registry,
    "sinks": _sinks,
    "disk": _disk,
    "clock": _clock,
}
