"""What people said when they left, beside what the signals had said before."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from support.statements import explained, statements

from churnlab.errors import ConfigError, FrameError
from churnlab.errors.experiments import ExperimentError
from churnlab.explanation.explanation import example
from churnlab.winback.stated.reasons import stated_reasons


def test_a_theme_goes_with_what_people_say() -> None:
    found = stated_reasons(statements(), explained()).frame.set_index(["code", "theme"])
    row = found.loc[("no time", "silence")]
    said = statements()["code"] == "no time"
    even = np.arange(200) % 2 == 0
    assert (row["people"], row["others"]) == (said.sum(), (~said).sum())
    assert row["share"] == (even & said).sum() / said.sum()
    assert row["verdict"] == "more often"
    assert found.loc[("too dear", "silence"), "verdict"] == "less often"


def test_intervals_and_p_are_those_of_others() -> None:
    table = pytest.importorskip("statsmodels.stats.contingency_tables")
    stats = pytest.importorskip("scipy.stats")
    row = stated_reasons(statements(), explained()).frame.iloc[0]
    a, b = round(row["share"] * row["people"]), round(row["other_share"] * row["others"])
    counts = np.array([[a, row["people"] - a], [b, row["others"] - b]], dtype=float)
    theirs = table.Table2x2(counts)
    assert row["ratio"] == pytest.approx(theirs.riskratio, rel=1e-9)
    ends = theirs.riskratio_confint()
    assert (row["ratio_low"], row["ratio_high"]) == pytest.approx(ends, rel=1e-6)
    assert row["p"] == pytest.approx(stats.fisher_exact(counts).pvalue, rel=1e-9)


def test_what_was_seen_coming_is_the_share_at_highest_risk_before() -> None:
    found = stated_reasons(statements(), explained(), flagged=0.1)
    assert found.usual == 0.1
    seen = found.seen.set_index("code")
    flagged = (np.arange(200) % 10 == 0) & (statements()["code"] == "no time")
    assert seen["flagged"]["no time"] == flagged.sum()
    assert seen["days"]["no time"] == 5


def test_the_highest_risk_is_that_among_all_people_where_their_risk_is_given() -> None:
    why = explained()
    everybody = pd.MultiIndex.from_product(
        [np.arange(4000), why.values.index.levels[1]], names=["user_id", "snapshot"]
    )
    high = pd.Series(-np.arange(8000.0), everybody)
    seen = stated_reasons(statements(), why, risk=high).seen
    assert seen["flagged"].tolist() == seen["people"].tolist()
    low = pd.Series(np.arange(8000.0), everybody)
    assert stated_reasons(statements(), why, risk=low).seen["flagged"].sum() == 0
    with pytest.raises(FrameError, match="risk has 0 values"):
        stated_reasons(statements(), why, risk=low.loc[1000:])


def test_the_snapshot_is_the_latest_on_or_before_the_day_and_never_later() -> None:
    rows = statements().assign(time=["2026-03-15 18:00", "2026-03-14 18:00"] * 100)
    seen = stated_reasons(rows, explained()).seen
    assert set(seen["days"]) <= {0.0, 13.0}
    early = rows.assign(time="2026-02-28")
    with pytest.raises(ExperimentError, match="none of 200 statements has a snapshot"):
        stated_reasons(early, explained())
    with pytest.raises(ExperimentError, match="in the 3 days before"):
        stated_reasons(statements(), explained(), within=3)


def test_later_statements_and_people_without_a_snapshot_are_counted() -> None:
    again = statements().head(20).assign(time="2026-03-25")
    stranger = pd.DataFrame({"user_id": [999], "time": ["2026-03-20"], "code": ["no time"]})
    found = stated_reasons(pd.concat([statements(), again, stranger]), explained())
    assert found.dropped == {"later statements of a person": 20, "no snapshot before": 1}
    assert found.frame["people"].max() + found.frame["others"].min() == 200


def test_a_person_may_give_several_codes_at_once() -> None:
    both = pd.concat([statements(), statements().head(30).assign(code="moved")])
    found = stated_reasons(both, explained()).frame.set_index("code")
    assert found["people"]["moved"].iloc[0] == 30 and found["others"]["moved"].iloc[0] == 170


def test_a_code_of_few_people_has_no_figure() -> None:
    few = statements()
    few.loc[:8, "code"] = "moved"
    found = stated_reasons(few, explained()).frame.set_index("code").loc["moved"]
    assert found["verdict"].unique().tolist() == ["too few people"] and found["p"].isna().all()


def test_nobody_pushed_on_one_side_has_no_ratio() -> None:
    rows = statements()
    rows["code"] = np.where(rows["user_id"] % 2 == 0, "a", "b")
    row = stated_reasons(rows, explained()).frame.iloc[0]
    assert math.isnan(row["ratio"]) and row["difference"] == 1.0


@pytest.mark.parametrize(
    "column, value, text",
    [
        ("code", None, "'code' of the stated reasons is missing in 200 rows"),
        ("time", "soon", "no time in 200 rows"),
        ("user_id", None, "the person is missing in 200 rows"),
    ],
)
def test_statements_that_cannot_be_used_are_refused(column: str, value: object, text: str) -> None:
    with pytest.raises(ExperimentError, match=text):
        stated_reasons(statements().assign(**{column: value}), explained())


def test_other_arguments_that_cannot_be_are_refused() -> None:
    with pytest.raises(FrameError, match="lacks 1 column"):
        stated_reasons(statements().drop(columns="code"), explained())
    with pytest.raises(FrameError, match="none of the 200"):
        stated_reasons(statements().assign(user_id=np.arange(200) - 999), explained())
    with pytest.raises(FrameError, match="the explanation lacks"):
        stated_reasons(statements(), example())
    for options in ({"flagged": 1.0}, {"within": -1}):
        with pytest.raises(ConfigError):
            stated_reasons(statements(), explained(), **options)


def test_it_is_plain_data_in_a_language() -> None:
    found = stated_reasons(statements(), explained())
    told = json.loads(json.dumps(found.to_dict("zh"), default=str))
    assert told["usual"] == found.usual and "超出随机波动" in told["says"][0]
    assert "no time" in found._repr_html_()
