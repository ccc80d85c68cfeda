"""`churnlab update`, and the other commands on a store: the same as on the log; exit codes; two at once; killed at any moment."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.activity_store import FEATURES, by_day, content, write_days
from support.command import TOML, call, error_of, train_and_approve

from churnlab.config.tables import Config
from churnlab.dataset.build import iter_datasets
from churnlab.demo import datasets
from churnlab.nightly import score as nightly_score
from churnlab.schema.days import day_number, day_text
from churnlab.store import activity_store
from churnlab.store.activity_store import ActivityStore
from churnlab.training.card_facts import data_facts
from churnlab.training.preparation import split_rows

ZONE = "Asia/Shanghai"
WHOLE = TOML.replace("ltv_horizon = 60", "ltv_horizon = 30")
FILES = WHOLE.replace('path = "events.parquet"', 'path = "events/{day}.parquet"')
STORE = '\n[store]\nfolder = "store"\n'
RISKS = ("list_parquet", "list_csv")


@pytest.fixture(scope="module")
def community() -> datasets.Community:
    return datasets.make_community(users=100, days=115, seed=5)


def job(
    folder: Path, community: datasets.Community, toml: str = FILES + STORE, last: str | None = None
) -> Path:
    """A folder with a file a day, up to one day, users and a configuration."""
    events = (
        community.events
        if last is None
        else community.events[community.events["ts"] < pd.Timestamp(last) + pd.Timedelta(days=1)]
    )
    write_days(folder / "events", events, ZONE)
    community.users.to_parquet(folder / "users.parquet", index=False)
    (folder / "churnlab.toml").write_text(toml)
    return folder / "churnlab.toml"


@pytest.fixture
def small(tmp_path: Path, community: datasets.Community) -> Path:
    """A store of five days, and files of eight."""
    config = job(tmp_path / "job", community, last="2026-01-08")
    call("update", "--since", "2026-01-01", "--day", "2026-01-05", "--config", config)
    return config


def said(*words: Any) -> Any:
    return json.loads(call(*words, "--json"))


def test_the_commands_give_the_same_on_a_store_as_on_the_log(
    community: datasets.Community, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One test, because the two trainings are what takes the time."""
    log, store = job(tmp_path / "log", community, FILES), job(tmp_path / "stored", community)
    done = said("update", "--since", "2026-01-01", "--day", "2026-04-25", "--config", store)
    assert len(done) == 115 and sum(d["counts"]["events"] for d in done) == len(community.events)
    assert (
        done[3]["people"]
        == by_day(community.events, ZONE)[day_number("2026-01-04")]["user_id"].nunique()
    )
    results = [train_and_approve(c) for c in (log, store)]
    assert (
        results[0]["version"] == results[1]["version"]
        and results[0]["metrics"] == results[1]["metrics"]
    )
    assert "lateness is unknown" in (store.parent / "output" / "card.md").read_text()
    for day in ("2026-04-26", "2026-03-20"):
        check_lists_and_features(log, store, day, tmp_path)
    assert said("features", "--config", log) == said("features", "--config", store)
    check_a_store_that_is_not_there_or_not_whole(small, store)
    check_small_parts(store, monkeypatch)


def check_lists_and_features(log: Path, store: Path, day: str, folder: Path) -> None:
    early = ("--force", "the models have learnt from these days")
    lists = [said("score", "--as-of", day, "--config", c, *early) for c in (log, store)]
    assert lists[0]["people"] == lists[1]["people"] > 30
    for kind in RISKS:  # of two runs, which are the same models
        one, other = (without(each[kind], "run_id") for each in lists)
        pd.testing.assert_frame_equal(one, other)
    for name, config in (("log", log), ("store", store)):
        call("features", "--config", config, "--as-of", day, "--out", folder / f"{name}.parquet")
    assert (folder / "log.parquet").read_bytes() == (folder / "store.parquet").read_bytes()


def without(path: str, column: str) -> pd.DataFrame:
    """The rows of a list, Parquet or CSV, without a column."""
    read = pd.read_parquet if path.endswith(".parquet") else pd.read_csv
    return read(path).drop(columns=column)


def check_small_parts(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def list_of() -> list[Path]:
        return [Path(said("score", "--as-of", "2026-04-26", "--config", store)[k]) for k in RISKS]

    before, sizes, jobs = [p.read_bytes() for p in list_of()], [], activity_store.ActivityStore.jobs

    def watched(*args: Any, **more: Any) -> Any:
        for part in iter_datasets(*args, **more, rows=7):
            sizes.append(len(part.X))
            yield part

    monkeypatch.setattr(nightly_score, "iter_datasets", watched)
    monkeypatch.setattr(activity_store.ActivityStore, "jobs", lambda self: jobs(self, people=20))
    assert [p.read_bytes() for p in list_of()] == before
    assert len(sizes) > 10 and max(sizes) <= 8


def check_a_store_that_is_not_there_or_not_whole(small: Path, store: Path) -> None:
    runs = json.dumps(str(store.parent / "runs"))
    _change('store = "runs"', f"store = {runs}")(small)
    for words in (("score", "--as-of", "2026-01-08"), ("train",), ("features",), ("evaluate",)):
        text = small.read_text()
        _change('folder = "store"', 'folder = "nowhere"')(small)
        assert re.search("nowhere holds no activity store", call(*words, "--config", small, code=3))
        small.write_text(text)
    assert not (small.parent / "nowhere").exists()
    assert "the log ends on 2026-01-05, days before 2026-01-20 are missing" in call(
        "score", "--as-of", "2026-01-20", "--config", small, code=5
    )
    assert "no event before 2026-01-01" in call(
        "score", "--as-of", "2026-01-01", "--config", small, code=3
    )
    call("update", "--day", "2026-01-08", "--force", "--config", small)
    for words in (("score", "--as-of", "2026-01-09"), ("train",), ("features",)):
        assert "lacks 2 day(s), the first is 2026-01-06; append them" in call(
            *words, "--config", small, code=3
        )
    assert {p.name for p in (small.parent / "output").rglob("*") if p.is_file()} == {".lock"}
    call("update", "--since", "2026-01-06", "--day", "2026-01-07", "--config", small)
    forced = ("--force", "the models have learnt from this day")
    assert said("score", "--as-of", "2026-01-09", "--config", small, *forced)["people"] > 20
    damaged = next((small.parent / "store" / "day=2026-01-03").glob("*.parquet"))
    damaged.write_bytes(damaged.read_bytes()[:-9])
    assert f"{damaged.name} is not what was written" in call(
        "score", "--as-of", "2026-01-09", "--config", small, code=3
    )
    _change(ZONE, "UTC")(small)
    assert "timezone was Asia/Shanghai" in call(
        "score", "--as-of", "2026-01-09", "--config", small, code=2
    )


def test_the_card_says_what_is_known_of_lateness(
    community: datasets.Community, tmp_path: Path
) -> None:
    late = community.events.copy()
    late["arrived"] = late["ts"]
    rows = late.index[late["ts"] > "2026-02-01"]
    late.loc[rows[:40], "arrived"] += pd.Timedelta(days=2)
    late.loc[rows[40:47], "arrived"] += pd.Timedelta(days=9)
    folder = tmp_path / "job"
    folder.mkdir()
    late.to_parquet(folder / "events.parquet", row_group_size=5_000)
    community.users.to_parquet(folder / "users.parquet")
    toml = WHOLE.replace('time = "ts"', 'time = "ts"\narrived = "arrived"') + STORE
    (folder / "churnlab.toml").write_text(toml)
    done = said(
        "update",
        "--since",
        "2026-01-01",
        "--day",
        "2026-04-25",
        "--config",
        folder / "churnlab.toml",
    )
    assert sum(d["counts"]["too_late"] for d in done) == 7
    day = next(d for d in done if d["day"] == str((late["arrived"][rows[0]]).date()))
    assert sum(day["late"].values()) > 0 and all(
        pd.Timestamp(k) < pd.Timestamp(day["day"]) for k in day["late"]
    )
    config = Config.read(folder / "churnlab.toml")
    facts = data_facts(config, split_rows(config))
    fact = next(str(said) for name, said in facts.items() if str(name) == "arrival times")
    assert re.search(
        r"column 'arrived'; .* daily rows were changed by events that came on a later day; 7 events came too late",
        fact,
    )


# ── what update says and refuses ──


def test_update_says_what_it_did(small: Path, community: datasets.Community) -> None:
    day = by_day(community.events, ZONE)[day_number("2026-01-06")]
    people = day["user_id"].nunique()
    done = said("update", "--day", "2026-01-06", "--config", small)
    counts = {
        "ignored": 0,
        "bad_ids": 0,
        "bad_measures": 0,
        "bad_amounts": 0,
        "duplicates_dropped": 0,
        "events": len(day),
    }
    assert {k: v for k, v in done.items() if k != "counts"} == {
        "day": "2026-01-06",
        "rows": people,
        "people": people,
        "replaced": False,
        "changed": people,
        "late": {},
    }
    assert {k: done["counts"][k] for k in counts} == counts
    before = content(small.parent / "store")
    text = call("update", "--day", "2026-01-06", "--config", small)
    assert (
        re.search(r"replaced +True\n", text)
        and re.search(r"changed +0\n", text)
        and content(small.parent / "store") == before
    )
    call("update", "--since", "2026-01-07", "--day", "2026-01-08", "--config", small)
    assert ActivityStore.open(small.parent / "store").days[-1] == day_number("2026-01-08")


def _change(what: str, to: str) -> Any:
    def act(config: Path) -> None:
        text = config.read_text()
        assert what in text
        config.write_text(text.replace(what, to))

    return act


def _files(act: Any) -> Any:
    return lambda config: act(config.parent)


UPDATE_FAULTS: dict[str, tuple[Any, tuple[str, ...], int, str]] = {
    "no configuration": (lambda c: c.unlink(), (), 2, "no configuration file"),
    "no day": (lambda c: None, ("--day", "soon"), 2, "'soon' is not a day"),
    "since after": (
        lambda c: None,
        ("--since", "2026-01-07"),
        2,
        "--since is '2026-01-07'; give a day up to 2026-01-06",
    ),
    "no store table": (
        _change('folder = "store"', ""),
        (),
        2,
        r"the configuration lacks folder in \[store\]",
    ),
    "another zone": (
        _change(ZONE, "UTC"),
        (),
        2,
        "timezone was Asia/Shanghai when the store .* is UTC now; set it back, or build a new store",
    ),
    "other roles": (
        _change('push_opened = ["push_open"]', 'push_opened = ["push_sent"]'),
        (),
        2,
        r"roles\.push_opened was \['push_open'\]",
    ),
    "unknown key": (
        _change('folder = "store"', 'folder = "store"\nlookbak = 3'),
        (),
        2,
        "did you mean 'lookback'",
    ),
    "a share that is none": (
        _change('user = "user_id"', 'user = "user_id"\nbad_ids = "some"'),
        (),
        2,
        "log.bad_ids is 'some'; give a number",
    ),
    "no file": (
        _files(lambda f: (f / "events" / "2026-01-06.parquet").unlink()),
        (),
        3,
        "no such file: .*2026-01-06.parquet",
    ),
    "a cut file": (
        _files(lambda f: (f / "events" / "2026-01-06.parquet").write_bytes(b"PAR1")),
        (),
        3,
        "2026-01-06.parquet cannot be read",
    ),
    "another day": (
        _files(
            lambda f: (f / "events" / "2026-01-07.parquet").rename(
                f / "events" / "2026-01-06.parquet"
            )
        ),
        (),
        3,
        r"2026-01-06.parquet was given for 2026-01-06 and holds events of other days \(2026-01-07 to 2026-01-07\)",
    ),
    "no events": (
        _files(
            lambda f: (
                pd.read_parquet(f / "events" / "2026-01-06.parquet")
                .head(0)
                .to_parquet(f / "events" / "2026-01-06.parquet")
            )
        ),
        (),
        3,
        "2026-01-06.parquet holds no event on 2026-01-06; find out why",
    ),
    "a broken store": (
        _files(lambda f: (f / "store" / "manifest.json").write_text("{")),
        (),
        3,
        "manifest.json is not what was written",
    ),
    "a newer store": (
        _files(lambda f: (f / "store" / "manifest.json").write_text('{"schema_version": 99}')),
        (),
        3,
        "was written by a newer churnlab",
    ),
    "no place": (
        _change('folder = "store"', 'folder = "users.parquet/store"'),
        (),
        7,
        "users.parquet/store cannot be written",
    ),
    "compacted too far": (
        _change('folder = "store"', 'folder = "store"\nlookback = 0'),
        ("--day", "2026-01-05", "--compact"),
        2,
        "lookback is 0; give at least 1",
    ),
}


@pytest.mark.parametrize("kind", UPDATE_FAULTS)
def test_an_update_that_is_refused_says_so_in_one_line_and_changes_nothing(
    small: Path, kind: str
) -> None:
    spoil, words, code, says = UPDATE_FAULTS[kind]
    spoil(small)
    before = content(small.parent)
    error = call(
        "update",
        *(words if "--day" in words else ("--day", "2026-01-06", *words)),
        "--config",
        small,
        code=code,
    )
    assert re.search(says, error), error
    assert error.count("\n") == 1 and content(small.parent) == before


def test_empty_days_are_taken_when_that_is_said(small: Path) -> None:
    path = small.parent / "events" / "2026-01-06.parquet"
    pd.read_parquet(path).head(0).to_parquet(path)
    assert said("update", "--day", "2026-01-06", "--allow-empty", "--config", small)["rows"] == 0


def test_more_bad_ids_pass_when_the_share_is_raised(small: Path) -> None:
    path = small.parent / "events" / "2026-01-06.parquet"
    frame = pd.read_parquet(path)
    frame.assign(user_id=frame["user_id"].where(frame.index % 10 > 0)).to_parquet(path)
    before = content(small.parent / "store")
    assert "more than the share 0.01 that may be set aside" in call(
        "update", "--day", "2026-01-06", "--config", small, code=3
    )
    assert content(small.parent / "store") == before
    _change('user = "user_id"', 'user = "user_id"\nbad_ids = 0.2')(small)
    assert (
        said("update", "--day", "2026-01-06", "--config", small)["counts"]["bad_ids"]
        == (frame.index % 10 == 0).sum()
    )


# ── compaction ──


def test_compaction_by_the_command(
    community: datasets.Community, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With signals whose windows lie within the look-back."""
    monkeypatch.setattr(Config, "feature_set", lambda self: FEATURES)
    config = job(tmp_path / "job", community, FILES)
    train_and_approve(config)
    first = said("score", "--as-of", "2026-04-26", "--config", config)
    before = [without(first[k], "stage") for k in RISKS]
    config.write_text(FILES + STORE + "lookback = 40\n")
    call("update", "--since", "2026-01-01", "--day", "2026-04-20", "--config", config)
    for since, last in (("2026-04-21", "2026-04-23"), ("2026-04-24", "2026-04-25")):
        call("update", "--since", since, "--day", last, "--compact", "--config", config)
    kept = ActivityStore.open(tmp_path / "job" / "store")
    assert len(kept.days) == 40 and day_text(kept.start) == "2026-01-01"
    again = said("score", "--as-of", "2026-04-26", "--config", config)
    for kind, rows in zip(RISKS, before, strict=True):  # 40 days are too few to call anybody fading
        pd.testing.assert_frame_equal(without(again[kind], "stage"), rows)
    assert "fading" not in set(pd.read_parquet(again[RISKS[0]])["stage"])
    assert "who was active in the 30 days before cannot be computed at 2026-04-10" in call(
        "score", "--as-of", "2026-04-10", "--config", config, code=3
    )
    assert "was folded into the carry" in call(
        "update", "--day", "2026-01-20", "--config", config, code=3
    )
    assert {f["signal"] for f in said("features", "--config", config)} == {
        *(b.signal for b in FEATURES.builders),
        "profile",
    }
    assert (
        "features (before 2026-04-16) cannot be computed at 2026-03-27: the store keeps days one by one from 2026-03-17 on"
        in call("train", "--config", config, code=3)
    )
    monkeypatch.undo()
    error = call("score", "--as-of", "2026-04-26", "--config", config, code=2)
    assert (
        re.search(
            r"the feature '\w+__91d' looks at single days that the store has folded away; leave it out",
            error,
        )
        and error.count("\n") == 1
    )


# ── two at once, and killed ──

CHILD = """
import sys
from churnlab.cli import app
import churnlab.config.tables, churnlab.store.activity_store, churnlab.events.rollup
import numba, pandas, pyarrow.parquet
print("ready", flush=True)
words = sys.stdin.readline().split()
try:
    app(words, standalone_mode=True)
except SystemExit as done:
    sys.stdout.flush()
    sys.exit(done.code)
"""


class Child:
    """A process that has everything loaded and waits for the words of a command."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> Child:
        assert self.process.stdout is not None and self.process.stdout.readline() == "ready\n"
        return self

    def send(self, *words: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def end(self) -> tuple[int, str]:
        out, error = self.process.communicate(timeout=60)
        code = self.process.returncode
        return code, error_of(error) if code > 0 else out


def test_readers_need_no_lock_and_a_second_update_waits_or_is_refused(small: Path) -> None:
    children = [Child(), Child()]
    before = content(small.parent / "store")
    with ActivityStore.open(small.parent / "store").folder.locked():
        assert "another update of" in call(
            "update", "--day", "2026-01-06", "--config", small, code=6
        )
        assert content(small.parent / "store") == before
        assert len(said("features", "--config", small)) > 50
        for child in children:
            child.ready()
        children[0].send("update", "--day", "2026-01-06", "--config", small)
        words = ("--config", small, "--wait", "30", "--force")  # the day before it is missing
        children[1].send("update", "--day", "2026-01-07", *words)
        code, text = children[0].end()
        assert (code, text.count("\n")) == (6, 1) and "another update of" in text
        assert children[1].process.poll() is None and content(small.parent / "store") == before
    assert children[1].end()[0] == 0
    assert [day_text(d) for d in ActivityStore.open(small.parent / "store").days][-2:] == [
        "2026-01-05",
        "2026-01-07",
    ]


def test_updates_of_two_processes_do_not_mix(small: Path) -> None:
    children = [Child().ready() for _ in range(2)]
    for child, day in zip(children, ("2026-01-06", "2026-01-07"), strict=True):
        child.send(
            "update",
            "--since",
            "2026-01-04" if day.endswith("6") else "2026-01-07",
            "--day",
            day,
            "--wait",
            "60",
            "--force",
            "--config",
            small,
        )
    assert [c.end()[0] for c in children] == [0, 0]
    mixed = content(small.parent / "store")
    ActivityStore.open(small.parent / "store").folder.verify()
    small.write_text(small.read_text().replace('folder = "store"', 'folder = "other"'))
    call("update", "--since", "2026-01-01", "--day", "2026-01-07", "--config", small)
    assert content(small.parent / "other") == mixed


def test_killed_at_any_moment_the_store_is_as_before_or_after(
    small: Path, community: datasets.Community
) -> None:
    """Each update takes the day's other events; killed, it has done nothing or all, and the next one succeeds."""
    folder, path, draw = (
        small.parent / "store",
        small.parent / "events" / "2026-01-05.parquet",
        random.Random(0),
    )
    frames = [pd.concat([pd.read_parquet(path)] * n) for n in (20, 40)]
    states, took = [], 60.0
    for frame in frames:
        frame.to_parquet(path)
        begin = time.perf_counter()
        call("update", "--day", "2026-01-05", "--config", small)
        took = min(took, time.perf_counter() - begin)
        states.append(content(folder))
    assert states[0] != states[1]
    killed, spare = 0, [Child(), Child()]
    for attempt in range(60):
        if killed == 12:
            break
        child = spare.pop(0).ready()
        spare.append(Child())
        frames[attempt % 2].to_parquet(path)
        child.send("update", "--day", "2026-01-05", "--config", small)
        time.sleep(took * 1.2 * draw.random())
        child.process.kill()
        code, _ = child.end()
        killed += code == -9
        store = ActivityStore.open(folder)
        store.folder.verify()
        now = {
            k: v
            for k, v in content(folder).items()
            if k in {f.name for f in store.folder.manifest.files()} | {"manifest.json"}
        }
        assert now in states and len(store.daily().users) > 20
    assert killed == 12
    for child in spare:
        child.process.kill()
        child.end()
    for frame, state in zip(frames, states, strict=True):
        frame.to_parquet(path)
        call("update", "--day", "2026-01-05", "--config", small)
        assert content(folder) == state
