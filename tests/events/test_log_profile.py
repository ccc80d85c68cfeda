"""The profile of a log: right numbers on a log small enough to count by hand."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import churnlab as cl
from churnlab.errors import ConfigError
from churnlab.events.event_log import EventLog
from churnlab.spark.log import SparkLog

ROWS = [
    ("ann", "2026-02-27 09:00", "打开", None),
    ("ann", "2026-02-27 09:05", "打开", None),
    ("ann", "2026-03-02 10:00", "buy", 12.5),
    ("bob", "2026-02-27 11:00", "push", None),
    ("bob", "2026-03-02 12:00", "签到 <b>", None),
    ("cat", "2026-03-05 13:00", "签到 <b>", None),
    ("cat", "2026-03-05 13:00", "签到 <b>", None),
    (None, "2026-03-05 13:00", "buy", 1.0),
    ("null", "2026-03-05 13:00", "buy", 1.0),
    ("dan", "2026-02-28 13:00", "beat", None),
]


def log(**more: object) -> EventLog:
    frame = pd.DataFrame(ROWS, columns=["u", "t", "e", "a"])
    frame["t"] = pd.to_datetime(frame["t"])
    roles = {"open": ["打开"], "purchase": ["buy"], "push_sent": ["push"]}
    given = {"amount": "a", "roles": roles, "ignore": ["beat"], "bad_ids": 0.5} | more
    return cl.EventLog.from_frame(frame, user="u", time="t", event="e", timezone="UTC", **given)


def test_every_number_is_right() -> None:
    found = log().profile()
    assert found.facts["people"] == 3 and found.facts["events"] == 7
    assert found.days["day"].dt.strftime("%m-%d").tolist() == [
        "02-27",
        "02-28",
        "03-01",
        "03-02",
        "03-03",
        "03-04",
        "03-05",
    ]
    assert found.days["events"].tolist() == [3, 0, 0, 2, 0, 0, 2]
    assert found.days["people"].tolist() == [1, 0, 0, 2, 0, 0, 1]
    assert found.gaps == (("2026-02-28", "2026-03-01"), ("2026-03-03", "2026-03-04"))
    assert found.one_day == 2 and found.one_day_share == 2 / 3
    assert found.roles.to_dict("records") == [
        {"role": "open", "kind": "act", "events": 2, "people": 1, "names": "打开"},
        {"role": "purchase", "kind": "act", "events": 1, "people": 1, "names": "buy"},
        {"role": "push_sent", "kind": "receipt", "events": 1, "people": 1, "names": "push"},
        {"role": "other", "kind": "act", "events": 3, "people": 2, "names": ""},
    ]
    assert found.no_role.to_dict("records") == [{"event": "签到 <b>", "events": 3}]
    assert found.months.to_dict("records") == [
        {"month": "2026-02", "events": 3, "money": 0.0},
        {"month": "2026-03", "events": 4, "money": 12.5},
    ]
    aside = found.aside.set_index("reason")
    assert aside.loc["bad_ids", "rows"] == 2
    assert sorted(aside.loc["bad_ids", "examples"]) == ["'null'", "null"]
    assert aside.loc["ignored"].tolist() == [1, ["'beat'"]]
    assert aside.loc["duplicates", "rows"] == 1


def test_it_is_ready_for_json_and_says_money_only_where_there_is_some() -> None:
    found = json.loads(json.dumps(log().profile().to_dict()))
    assert found["people"] == 3 and found["days"][0] == {
        "day": "2026-02-27",
        "events": 3,
        "people": 1,
        "money": 0.0,
    }
    assert found["no_role"] == [{"event": "签到 <b>", "events": 3}]
    bare = log(amount=None).profile().to_dict()
    assert "months" not in bare and "money" not in bare["days"][0]


def test_late_rows_count_once() -> None:
    frame = pd.DataFrame({"u": "ann", "t": ["2026-03-01 09:00", "2026-03-01 10:00"], "e": "open"})
    frame["got"] = pd.to_datetime(["2026-03-01 09:00", "2026-03-02 10:00"])
    frame["t"] = pd.to_datetime(frame["t"])
    columns = {"user": "u", "time": "t", "event": "e", "timezone": "UTC"}
    found = cl.EventLog.from_frame(frame, arrived="got", late_days=3, **columns).profile()
    assert found.days["events"].tolist() == [2] and found.roles["events"].tolist() == [2]


def test_on_spark_it_is_refused_in_one_line() -> None:
    with pytest.raises(ConfigError, match="a profile is made on one machine; read the log"):
        SparkLog.profile(object())  # type: ignore[arg-type]


def test_amounts_that_cannot_be_used_are_shown() -> None:
    frame = pd.DataFrame({"u": "ann", "t": "2026-03-01 09:00", "e": "buy", "a": ["1", "$7", "x"]})
    columns = {"user": "u", "time": "t", "event": "e", "timezone": "UTC"}
    found = cl.EventLog.from_frame(frame, amount="a", bad_amounts=0.9, **columns).profile()
    aside = found.aside.set_index("reason")
    assert aside.loc["bad_amounts"].tolist() == [2, ["$7", "x"]]
