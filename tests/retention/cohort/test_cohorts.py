"""Cohorts against slow plain Python on random logs, and what is not yet known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import retention_oracle as oracle

import churnlab as cl
from churnlab.retention.cohort.cohorts import cohorts

DAYS = (0, 1, 7, "1+", "7+", "2-5", "8-20")
WINDOWS: list[tuple[int, int | None]] = [
    (0, 0),
    (1, 1),
    (7, 7),
    (1, None),
    (7, None),
    (2, 5),
    (8, 20),
]
EVERY = st.sampled_from(["day", "week", "month"])


def as_counted(table: pd.DataFrame) -> dict[tuple, tuple[int, float | None]]:
    """(cohort, who, window) → size and people who came, None where it is not yet known."""
    out = {}
    for row in table.to_dict("records"):
        window = row["from_day"], None if pd.isna(row["to_day"]) else row["to_day"]
        came = row["came"] if row["known"] else None
        assert row["known"] == (not np.isnan(row["came"]))
        out[row["cohort"].date(), row["who"], window] = (row["size"], came)
    return out


def wanted(found: dict, keep: set | None = None) -> dict[tuple, tuple[int, float | None]]:
    """What the oracle counted, of all people or of some."""
    out = {}
    for key, (size, hits, known) in found.items():
        people = size if keep is None else size & keep
        if people:
            out[key] = (len(people), float(len(hits & people)) if known else None)
    return out


@given(oracle.events(), EVERY)
@settings(max_examples=40)
def test_first_acts_make_the_cohorts_of_the_oracle(frame: pd.DataFrame, every: str) -> None:
    found = cohorts(oracle.log_of(frame).daily(), every=every, days=DAYS)
    assert as_counted(found.table()) == wanted(oracle.cohorts(frame, every, WINDOWS))


@given(oracle.events(), EVERY)
@settings(max_examples=40)
def test_registration_and_groups_are_those_of_the_oracle(frame: pd.DataFrame, every: str) -> None:
    people = oracle.users()
    known = people.dropna(subset="registered")
    registered = {u: d.date() for u, d in zip(known["user_id"], known["registered"], strict=True)}
    activity = oracle.log_of(frame).daily()
    found = cohorts(activity, people, by="channel", registered="registered", every=every, days=DAYS)
    truth = oracle.cohorts(frame, every, WINDOWS, registered)
    table = found.table()
    assert as_counted(table[table["grouping"].isna()]) == wanted(truth)
    rows = table[table["grouping"] == "channel"]
    for channel in ("ads", "shop", None):
        inside = rows["group"].isna() if channel is None else rows["group"] == channel
        same = people["channel"].isna() if channel is None else people["channel"] == channel
        assert as_counted(rows[inside]) == wanted(truth, set(people.loc[same, "user_id"]))


@given(oracle.events(), EVERY)
@settings(max_examples=25)
def test_the_triangle_is_that_of_the_oracle(frame: pd.DataFrame, every: str) -> None:
    found = cohorts(oracle.log_of(frame).daily(), every=every, days=[1]).triangle()
    for (cohort, later), share in oracle.triangle(frame, every).items():
        value = found.loc[pd.Timestamp(cohort), later]
        assert np.isnan(value) if share is None else value == pytest.approx(share, abs=1e-12)


@given(oracle.events())
@settings(max_examples=15)
def test_coming_back_may_mean_a_role(frame: pd.DataFrame) -> None:
    found = cohorts(oracle.log_of(frame).daily(), every="week", days=DAYS, returns="purchase")
    assert as_counted(found.table()) == wanted(oracle.cohorts(frame, "week", WINDOWS, came={"buy"}))


@pytest.fixture(scope="module")
def made() -> tuple[cl.DailyActivity, pd.DataFrame]:
    community = cl.datasets.make_community(users=400, days=120, seed=3)
    people = community.users.merge(community.truth[["user_id", "registered"]])
    return community.log().daily(), people


def test_averages_are_weighted_by_size(made: tuple) -> None:
    found = cohorts(*made, by="channel")
    table = found.table()
    keys = ["grouping", "group", "who", "returns", "from_day", "to_day"]
    table[["group", "grouping"]] = table[["group", "grouping"]].fillna("all")
    known = table[table["known"]].fillna({"to_day": -1}).groupby(keys)[["size", "came"]].sum()
    mean = found.averages().fillna({"group": "all", "grouping": "all", "to_day": -1})
    mean = mean.dropna(subset="share").set_index(keys)
    assert len(mean) > 50
    for key, row in mean.iterrows():
        assert row["share"] == known.loc[key, "came"] / known.loc[key, "size"]
        assert row["low"] < row["share"] < row["high"] or row["share"] in (0, 1)


def test_a_cohort_too_young_is_not_yet_known_never_zero(made: tuple) -> None:
    activity = made[0]
    table = cohorts(activity, every="week", days=[30, "30+"]).table()
    end = pd.Timestamp(np.datetime64(activity.end, "D"))
    old = table["cohort"] + pd.Timedelta(days=6 + 30) < end
    assert (table["known"] == old).all() and not old.all()
    assert table.loc[~old, ["came", "share", "low", "high"]].isna().all(axis=None)
    assert table.loc[old & (table["returns"] == "on or after"), "biased_down"].any()
    assert not table.loc[table["returns"] == "on", "biased_down"].any()
    young = cohorts(activity, days=[200])
    assert young.averages()["share"].isna().all()
    assert "not yet known" in str(young.sentences()[0]) and "not yet known" in young.html("en")
    assert young.to_dict()["table"][0]["share"] is None


def test_differences_are_corrected_for_their_number(made: tuple) -> None:
    found = cohorts(*made, by=["channel", "age_band"], days=[1, 7])
    gaps = found.differences()
    channels, ages = (made[1][name].nunique() for name in ("channel", "age_band"))
    pairs = channels * (channels - 1) // 2 + ages * (ages - 1) // 2
    assert len(gaps) == 2 * pairs
    assert (gaps["p_holm"] >= gaps["p"]).all()
    smallest = gaps["p"].min()
    assert gaps["p_holm"].min() == pytest.approx(min(1, smallest * len(gaps)))
    cohorts_apart = found.differences("cohorts")
    assert cohorts_apart["one"].gt(cohorts_apart["other"]).all()
    with pytest.raises(cl.ChurnlabError, match="unknown comparison"):
        found.differences("people")


def test_a_planted_difference_is_found_and_said() -> None:
    rng = np.random.default_rng(0)
    rows = []
    for person in range(600):
        first = person % 20
        back = rng.random() < (0.7 if person % 40 < 20 else 0.3)
        days = [first, first + 7] if back else [first]
        rows += [(person, pd.Timestamp("2026-03-02") + pd.Timedelta(days=d), "look") for d in days]
    frame = pd.DataFrame(rows, columns=["user_id", "ts", "event"])
    log = cl.EventLog.from_frame(frame, user="user_id", time="ts", event="event", timezone="UTC")
    people = pd.DataFrame({"user_id": range(600), "channel": (["shop"] * 20 + ["ads"] * 20) * 15})
    found = cohorts(log.daily(), people, by="channel", every="day", days=[7])
    (row,) = found.differences().to_dict("records")
    assert row["beyond_chance"] and -0.6 < row["low"] < row["difference"] < row["high"] < -0.2
    assert any("shop comes back more often than ads" in str(words) for words in found.sentences())


def test_people_without_an_attribute_are_a_group_of_their_own(made: tuple) -> None:
    activity, people = made
    some = people.assign(channel=people["channel"].where(people.index % 2 == 0)).iloc[:300]
    found = cohorts(activity, some, by="channel", days=[1])
    table = found.table()
    sizes = table[table["who"] == "new"].groupby(table["grouping"].isna())["size"].sum()
    assert sizes[True] == sizes[False]
    assert "not known" in found.html()
    assert None not in set(found.differences()["one"])


def test_a_day_from_which_people_are_new(made: tuple) -> None:
    found = cohorts(made[0], days=[1], new_after="2026-02-02")
    new = found.table().query("who == 'new'")
    assert new["cohort"].min() >= pd.Timestamp("2026-02-02")
    assert found.left_out["before"] > 0
    assert any("count as returning" in str(w) for w in found.warnings)


def test_a_store_and_a_log_give_the_same(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("store")
    community = cl.datasets.make_community(users=60, days=40, seed=5)
    events = community.events
    local = events["ts"].dt.tz_convert("Asia/Shanghai") if events["ts"].dt.tz else events["ts"]
    for day, part in events.groupby(local.dt.date):
        part.to_parquet(folder / f"{day}.parquet")
    options = {
        "user": "user_id",
        "time": "ts",
        "event": "event",
        "roles": community.roles,
        "timezone": "Asia/Shanghai",
    }
    store = cl.ActivityStore.create(folder / "store", log=str(folder) + "/{day}.parquet", **options)
    for day in sorted(local.dt.date.unique()):
        store.append(str(day))
    log = cl.EventLog.from_frame(events, **options).daily()
    pd.testing.assert_frame_equal(cohorts(store).table(), cohorts(log).table())


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"every": "year"}, "unknown length of a period 'year'"),
        ({"days": []}, "days is ()"),
        ({"days": ["8-3"]}, "a day of return is '8-3'"),
        ({"returns": "buying"}, "unknown step 'buying'"),
        ({"returns": "push_sent"}, "this one is received"),
        ({"by": "channel"}, "no users frame was given"),
        ({"registered": "registered"}, "no users frame was given"),
        ({"new_after": "soon"}, "'soon' is not a day"),
    ],
)
def test_what_cannot_be_counted_is_refused(made: tuple, options: dict, says: str) -> None:
    with pytest.raises(cl.ChurnlabError) as error:
        cohorts(made[0], **options)
    assert says in str(error.value) and "\n" not in str(error.value)
    with pytest.raises(cl.ChurnlabError, match="unknown group"):
        cohorts(*made, by="channel", days=[1]).triangle("aids")


def test_a_log_without_an_act_has_no_cohort() -> None:
    frame = pd.DataFrame({"u": ["ann"], "t": ["2026-03-01 09:00Z"], "e": ["push_sent"]})
    activity = cl.EventLog.from_frame(frame, user="u", time="t", event="e").daily()
    found = cohorts(activity)
    assert found.table().empty and found.averages().empty
    assert "Nobody is new" in str(found.sentences()[0])
    assert found.html() and found.to_dict()["table"] == []
    found.plot()


def test_people_who_registered_late_are_told() -> None:
    times = ["2026-03-02 09:00Z", "2026-03-05 09:00Z", "2026-03-04 09:00Z", "2026-03-20 09:00Z"]
    frame = pd.DataFrame({"u": ["ann", "ann", "bob", "cat"], "t": times, "e": "open"})
    activity = cl.EventLog.from_frame(frame, user="u", time="t", event="e").daily()
    dates = ["2026-03-04", "2026-03-04", "2026-03-21"]
    people = pd.DataFrame({"user_id": ["ann", "bob", "cat"], "since": dates})
    found = cohorts(activity, people, registered="since", days=[1], every="day")
    new = found.table().query("who == 'new'")
    assert new[["size", "came"]].to_numpy().tolist() == [[2, 1.0]]
    assert (found.left_out["acted"], found.left_out["after"]) == (2, 1)
    said = " ".join(map(str, found.warnings))
    assert "2 people acted before the day of registration" in said
    assert "1 person registered after the end of the log" in said
