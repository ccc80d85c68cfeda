"""What the signals say of people made for it: each against a count by hand, a formula of its own or numpy."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.dataset import compute
from churnlab.errors import ConfigError
from churnlab.features.expression import (
    Decayed,
    Expression,
    GapsBeyond,
    LatestIn,
    Longest,
    LongestIn,
    Season,
    Since,
    Sum,
    lift,
    slope,
)
from churnlab.features.feature_set import BUILDERS

T = 700
DAY = pd.Timestamp("2024-01-01")
START = (DAY - pd.Timestamp("1970-01-01")).days


def of_days(
    days: dict[str, list[int]] | list[int], amounts: list[float] | None = None, **roles: list[str]
) -> cl.DailyActivity:
    """Ann's events, by name, on days counted from the first one of the log (an act of Bob's)."""
    named = days if isinstance(days, dict) else {"purchase" if amounts else "open": days}
    rows = [
        ("ann", DAY + pd.Timedelta(days=d, hours=9), name, (amounts or [0.0] * len(found))[i])
        for name, found in named.items()
        for i, d in enumerate(found)
    ]
    rows += [("bob", DAY, name, 0.0) for name in [*named, "open"]]
    frame = pd.DataFrame(rows, columns=["u", "t", "e", "a"])
    meaning = {name: [name] for name in [*named, "open"]} | roles
    return cl.EventLog.from_frame(
        frame,
        user="u",
        time="t",
        event="e",
        amount="a" if amounts else None,
        roles=meaning,
        timezone="UTC",
    ).daily()


def features(activity: cl.DailyActivity, builder: str, t: int = T, user: int = 0) -> pd.Series:
    return compute.compute(
        activity, np.array([user]), np.array([START + t]), cl.FeatureSet.of([builder])
    ).iloc[0]


def value(activity: cl.DailyActivity, expression: Expression, t: int = T) -> float:
    class One(cl.FeatureBuilder):
        def features(self, roles: frozenset[str]):  # type: ignore[no-untyped-def]
            yield cl.Feature("one__value__all", expression, "", "")

    return float(
        compute.compute(
            activity, np.array([0]), np.array([START + t]), cl.FeatureSet((One(),))
        ).iloc[0, 0]
    )


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("horizon", [7, 30, 90])
def test_the_own_rate_is_the_share_of_past_days_whose_next_days_were_silent(
    seed: int, horizon: int
) -> None:
    rng = np.random.default_rng(seed)
    days = T - np.cumsum(rng.choice([1, 2, 9, 40, 120], 8))[::-1]
    days = days[days > T - 364]
    kept = [any(d <= a < d + horizon for a in days) for d in range(days[0] + 1, T - horizon + 1)]
    if not kept:
        assert math.isnan(
            features(of_days(list(days)), "OwnSilences")[f"silence__own_rate_{horizon}_days__364d"]
        )
        return
    share = (len(kept) - sum(kept) + 0.5 * horizon) / (len(kept) + horizon)
    assert features(of_days(list(days)), "OwnSilences")[
        f"silence__own_rate_{horizon}_days__364d"
    ] == pytest.approx(share, rel=1e-12)


def test_silences_as_long_as_this_one_and_what_they_did() -> None:
    found = features(
        of_days([400, 410, 450, 520, 522, 650, 690]), "OwnSilences"
    )  # gaps 10, 40, 70, 2, 128, 40; away 10
    assert found["silence__goes_on_30_days__364d"] == (2 + 0.5) / (
        4 + 1
    )  # 40, 70, 128, 40 outlast 10 days; 70 and 128 by more than 30
    assert found["silence__longer_than_share__364d"] == (6 - 4 + 0.5) / (6 + 1)
    assert found["silence__gaps_over_30_share__364d"] == (4 + 0.5) / (6 + 1)
    assert (
        value(of_days([400, 410, 450]), GapsBeyond(0, 364), 1000) == 0
    )  # gaps that ended before the window are not seen


def test_decayed_sums_halve_with_each_half_life_and_end_at_the_window() -> None:
    activity = of_days([T - 1 - 7 * k for k in range(12)])
    for half_life in (3, 7, 90):
        ages = [a for a in range(1, 1 + 7 * 12, 7) if a <= 8 * half_life]
        assert value(activity, Decayed("active", half_life)) == pytest.approx(
            np.exp2(-np.array(ages) / half_life).sum(), rel=1e-12
        )
    assert Decayed("acts", 90).window == 364
    trend = features(activity, "DecayedActivity")["decay__active_days_trend_30_90__364d"]
    assert (
        trend
        > 0
        > features(activity, "DecayedActivity", T + 60)["decay__active_days_trend_30_90__364d"]
    )


def test_a_slope_is_that_of_numpy() -> None:
    rng = np.random.default_rng(3)
    for n in (2, 4, 13):
        x = rng.normal(size=n)
        mine = value(of_days([1]), slope([lift(v) for v in x]))
        assert mine == pytest.approx(np.polyfit(-np.arange(n), x, 1)[0], rel=1e-9)


def test_weeks_get_fuller_or_emptier() -> None:
    fuller = [T - 7 * k - j - 1 for k in range(4) for j in range(4 - k)]
    found = features(of_days([1, *fuller]), "WeeklyTrend")
    assert found["weeks__active_days_slope__28d"] == pytest.approx(1 / (2.5 + 0.1))
    assert found["weeks__streak__91d"] == 4
    assert found["weeks__active_share__91d"] == pytest.approx(4 * 7 / 97)
    assert math.isnan(
        features(of_days([T - 20, T - 2]), "WeeklyTrend")["weeks__active_days_slope__28d"]
    )


def test_blocks_do_not_overlap_and_are_missing_before_the_person_came() -> None:
    found = features(of_days([T - 66, T - 57, T - 56, T - 30, T - 3]), "Blocks")
    assert found["block__active_days_before_28__56d"] == 2 * 7 / 28
    assert found["block__active_days_before_56__91d"] == 2 * 7 / 10
    assert math.isnan(
        features(of_days([T - 62, T - 3]), "Blocks")["block__active_days_before_56__91d"]
    )
    assert math.isnan(found["block__active_days_before_91__182d"])


def test_log_ins_are_fewer_than_the_long_run_leads_one_to_expect() -> None:
    steady = features(of_days(list(range(300, T, 5))), "LoginFrequencyDecline")
    gone = features(of_days(list(range(300, T - 28, 5))), "LoginFrequencyDecline")
    assert abs(steady["frequency__surprise__28d"]) < 0.3
    assert steady["frequency__expected_days__28d"] == pytest.approx(
        28 * (67 + 1.4) / (336 + 14), rel=0.02
    )
    assert gone["frequency__surprise__28d"] == pytest.approx(
        -gone["frequency__expected_days__28d"]
        / math.sqrt(gone["frequency__expected_days__28d"] + 1)
    )
    slower = features(of_days([*range(300, 600, 5), 620, 640, 660, 680]), "LoginFrequencyDecline")
    assert (
        slower["frequency__gap_mean_days__91d"] > 15
        and slower["frequency__gap_change__91d"] > 0.5 < slower["frequency__last_gaps_change__all"]
    )
    assert value(of_days([100, 400, 690]), LongestIn("gap", 91)) == 290


@pytest.mark.parametrize(
    "offset,number",
    [
        ([1, *range(600, T)], 3),
        ([1, *range(500, T - 28), T - 3], 1),
        (list(range(500, T, 7)), 2),
        ([1, T - 40], 0),
        ([T - 5], 4),
    ],
)
def test_stages_of_the_lifecycle(offset: list[int], number: int) -> None:
    days = offset if number != 3 else [1, *range(620, 672, 7), *range(673, T)]
    assert features(of_days(days), "LifecycleStage")["stage__number__28d_84d"] == number


def test_habits_of_the_week_are_kept_or_not() -> None:
    mondays = [d for d in range(400, T) if (DAY + pd.Timedelta(days=d)).weekday() == 0]
    kept = features(of_days(mondays), "Habits")
    assert (
        kept["habit__weekday_top_share__364d"] > 0.9 and kept["habit__weekday_entropy__364d"] < 0.25
    )
    assert (
        kept["habit__weekday_kept__56d"] == pytest.approx(1, abs=0.05)
        and kept["habit__weekend_share__364d"] == 0
    )
    moved = features(
        of_days([d for d in mondays if d < T - 56] + [d + 2 for d in mondays if d >= T - 56]),
        "Habits",
    )
    assert moved["habit__weekday_kept__56d"] < 0.05
    daily = features(of_days(list(range(400, T))), "Habits")
    assert daily["habit__weekday_entropy__364d"] == pytest.approx(1, abs=1e-3)
    assert daily["habit__morning_share__364d"] == 1 and daily[
        "habit__hours_kept__56d"
    ] == pytest.approx(1, abs=0.05)


def test_engagement_that_halves_each_month_has_a_half_life_of_a_month() -> None:
    read = [T - 28 * k - 1 - (j % 28) for k in range(6) for j in range(2 ** (k + 4))]
    found = features(of_days({"content": read, "open": [1]}), "EngagementDecay")
    assert found["engagement__decay_rate__168d"] == pytest.approx(-math.log(2) / 4, rel=0.05)
    assert (
        features(of_days({"content": [*range(600, T)], "open": [1]}), "EngagementDecay")[
            "engagement__half_life_weeks__56d"
        ]
        == 52
    )
    halved = [T - 7 * k - 1 - (j % 7) for k in range(8) for j in range(2 ** (k + 3))]
    weekly = features(of_days({"content": halved, "open": [1]}), "EngagementDecay")
    assert weekly["engagement__half_life_weeks__56d"] == pytest.approx(1, rel=0.05)


def test_the_rhythm_of_orders() -> None:
    found = features(of_days([500, 530, 560, 620], [10.0, 20.0, 30.0, 5.0]), "PurchaseRhythm")
    assert (
        found["purchase__lifetime_days__all"] == 120 and found["purchase__between_days__all"] == 40
    )
    assert found["purchase__lifetime_share__all"] == 120 / 200
    assert found["purchase__silence_ratio__all"] == pytest.approx(80 / ((120 + 60) / 4))
    assert (
        found["purchase__last_day_amount__364d"] == 5
        and found["purchase__largest_day_amount__all"] == 30
    )
    assert found["purchase__recent_share__91d"] == pytest.approx(5 / 65) and found[
        "purchase__recent_share__182d"
    ] == pytest.approx(55 / 65)
    once = features(of_days([500], [10.0]), "PurchaseRhythm")
    assert (
        math.isnan(once["purchase__between_days__all"])
        and once["purchase__silence_ratio__all"] == 200 / 60
    )
    assert math.isnan(value(of_days([300], [9.0]), LatestIn("money", 364), 700))


def test_returns_after_the_last_order_and_their_rate() -> None:
    activity = of_days({"purchase": [600, 640], "refund": [650]}, [10.0, 12.0], refund=["refund"])
    found = features(activity, "PurchaseRhythm")
    assert found["purchase__refund_last__all"] == 1 and found[
        "purchase__refund_rate__all"
    ] == pytest.approx((1 + 0.15) / (2 + 3))


def test_every_role_is_seen_by_itself() -> None:
    activity = of_days({"quiz": [T - 3, T - 2, T - 40], "forum": [T - 100], "open": [1, T - 2]})
    found = features(activity, "RoleUse")
    assert (
        found["role__quiz_sum__7d"] == 2
        and found["role__quiz_sum__91d"] == 3
        and found["role__forum_since_last_days__all"] == 100
    )
    assert found["role__quiz_per_act__all"] == 3 / 6 and found["role__quiz_days_share__91d"] == 1
    assert found["role__quiz_change__28d_91d"] > 0 > found["role__forum_change__28d_91d"]
    assert features(activity, "RoleUse", user=1)["role__quiz_change__28d_91d"] == 0
    assert cl.FeatureSet.of(["RoleUse"]).names(frozenset({"other"})) == ()


def test_kinds_of_event_that_are_not_used_any_more() -> None:
    found = features(
        of_days({"quiz": [T - 40], "forum": [T - 50, T - 4], "open": [T - 60, T - 2]}),
        "PathShortening",
    )
    assert found["path__kinds_dropped__28d_91d"] == 1 / 3 and found["path__kinds_used__28d"] == 2


def test_onboarding_and_how_soon() -> None:
    found = features(of_days({"open": [600, 690], "onboarding": [601, 605]}), "Tenure")
    assert (
        found["lifecycle__onboarding_first_step_days__all"] == 1
        and found["lifecycle__onboarding_last_step_days__all"] == 5
    )


def test_received_for_each_done() -> None:
    found = features(
        of_days({"social": [T - 5, T - 3], "social_received": [T - 4] * 8, "open": [1]}),
        "SocialExchange",
    )
    assert (
        found["social__reciprocity__91d"] == 3
        and found["social__since_received_days__all"] == 4
        and found["social__days_share__91d"] == 1
    )


def test_the_calendar_turns_with_the_week_and_is_not_of_the_default_set() -> None:
    activity = of_days([1])
    assert value(activity, Season(7.0), T) == pytest.approx(value(activity, Season(7.0), T + 7))
    assert value(activity, Season(365.2425), 0) == pytest.approx(
        math.sin(2 * math.pi * (START % 365.2425) / 365.2425), abs=1e-9
    )
    assert not [n for n in cl.FeatureSet.default().names(frozenset()) if n.startswith("calendar")]
    assert cl.FeatureSet.of(["Calendar"]).names(frozenset())


def test_a_store_that_keeps_a_year_has_every_signal_and_one_that_keeps_less_refuses(
    tmp_path: Path,
) -> None:
    made = cl.datasets.make_community(users=12, days=400, seed=6)
    options = {
        "user": "user_id",
        "time": "ts",
        "event": "event",
        "amount": "amount",
        "roles": cl.datasets.ROLES,
        "timezone": "Asia/Shanghai",
    }
    raw, store = made.log().daily(), cl.ActivityStore.create(tmp_path / "store", **options)
    for day, frame in made.events.groupby(
        (made.events["ts"].dt.normalize() - pd.Timestamp("1970-01-01")).dt.days
    ):
        store.append(int(day), frame)
    store.compact(364)
    chosen, mine = cl.FeatureSet.of(BUILDERS), store.daily()
    codes, days = np.arange(len(raw.users)), np.full(len(raw.users), raw.end)
    assert (
        mine.users.tolist() == raw.users.tolist()
        and mine.start == raw.start < mine.kept_from
        and len(mine.day) < len(raw.day)
    )
    assert (
        compute.compute(mine, codes, days, chosen).to_numpy().tobytes()
        == compute.compute(raw, codes, days, chosen).to_numpy().tobytes()
    )
    store.compact(363)
    for builder in (
        "OwnSilences",
        "LoginFrequencyDecline",
        "DecayedActivity",
        "Blocks",
        "WeeklyTrend",
        "Habits",
        "PurchaseRhythm",
    ):
        with pytest.raises(
            ConfigError, match="looks at single days that the store has folded away"
        ):
            compute.compute(store.daily(), codes, days, cl.FeatureSet.of([builder]))


@pytest.mark.parametrize(
    "cell",
    [Sum("gap_over_30").all, Sum("weekday_1")[7, None], Since("days_acts"), Longest("gaps_over_7")],
)
def test_a_measure_made_of_rows_without_an_end_is_refused_where_rows_were_folded_away(
    tmp_path: Path, cell: Expression
) -> None:
    store = cl.ActivityStore.create(
        tmp_path / "store", user="u", time="t", event="e", roles={"open": ["open"]}, timezone="UTC"
    )
    for day in range(6):
        store.append(
            START + day,
            pd.DataFrame({"u": ["ann"], "t": [DAY + pd.Timedelta(days=day)], "e": ["open"]}),
        )
    assert not math.isinf(value(store.daily(), cell, 6))
    store.compact(4)
    with pytest.raises(ConfigError, match="looks at single days that the store has folded away"):
        value(store.daily(), cell, 6)


@pytest.mark.parametrize(
    "measure", ["gap_over_", "gap_over_x", "days_money", "days_nothing", "weekday_"]
)
def test_a_measure_that_cannot_be_made_is_refused(measure: str) -> None:
    with pytest.raises(ConfigError, match="unknown measure"):
        value(of_days([1]), Sum(measure)[0, 7])


def test_no_default_column_is_named_twice_and_each_is_of_its_builder() -> None:
    roles = frozenset(
        {
            "money",
            "other",
            "purchase",
            "refund",
            "content",
            "social",
            "social_received",
            "push_sent",
            "push_opened",
            "onboarding",
            "quiz",
        }
    )
    pairs = cl.FeatureSet.of(BUILDERS).features(roles)
    assert all(feature.signal == builder.signal for builder, feature in pairs)
    assert (
        150
        <= len(cl.FeatureSet.default().names(frozenset({"money", "other", "purchase", "refund"})))
        <= 350
    )
