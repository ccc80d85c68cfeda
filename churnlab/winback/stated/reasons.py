"""Stated reasons: what people said when they left, beside what the signals had said before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact

from churnlab.dataset.given import with_columns
from churnlab.errors import ConfigError, FrameError
from churnlab.errors.experiments import ExperimentError
from churnlab.evaluation.corrected import holm
from churnlab.evaluation.intervals import wilson
from churnlab.explanation import explanation
from churnlab.explanation.explanation import Explanation
from churnlab.features.themes import DAY
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words
from churnlab.schema.days import check_count, to_timestamps
from churnlab.schema.user_ids import known_ids
from churnlab.schema.views import view
from churnlab.winback.experiments.comparing import Sums, differences
from churnlab.winback.experiments.table import local_days

LEAST_SAID = 10
LEAST_SHARE = 0.1
LEVEL = 0.05
MORE, LESS, UNCLEAR, FEW = "more often", "less often", "unclear", "too few people"
_NORMAL_95 = 1.959963984540054
_NAME = "the stated reasons"


@dataclass(frozen=True, eq=False, repr=False)
class StatedReasons:
    """What people said when they left, beside what the signals had said before.

    `frame` has a row for each code and theme of signals:

    | column                 | meaning                                                         |
    |------------------------|-----------------------------------------------------------------|
    | `code`, `theme`        | what people said, and the theme of signals                      |
    | `people`, `others`     | people who said it, and people who said other things            |
    | `share`, `other_share` | those of both whose risk the theme had pushed up                |
    | `difference`, `low`, `high` | of the two shares, with Newcombe's 95% interval            |
    | `ratio`, `ratio_low`, `ratio_high` | of the two shares, with the 95% interval of Katz    |
    | `p`, `p_holm`          | of Fisher's exact test, and corrected for all rows              |
    | `verdict`              | more often, less often, unclear, or too few people (below 10)   |

    `seen` has a row for each code: people who said it, how many of them were `flagged` before, the
    `share` with Wilson's 95% interval, and the median `days` from the snapshot to the statement.
    `usual` is the share of all people that is flagged at a snapshot. `dropped` counts statements
    left out. `late_model`: the model had learnt from days after the first statement.

    The risk ratio's interval is that of D. Katz, J. Baptista, S. Azen and M. Pike (1978), Obtaining
    confidence intervals for the risk ratio in cohort studies, Biometrics 34, 469-474; it is missing
    where nobody of one side was pushed.
    """

    frame: pd.DataFrame
    seen: pd.DataFrame
    usual: float
    dropped: Mapping[str, int]
    late_model: bool = False

    def words(self) -> tuple[Words, ...]:
        """What was found, a sentence each."""
        return tuple(view("winback.stated.shown:sentences")(self))

    def html(self, language: str = ENGLISH) -> str:
        """Sentences and tables for a page or a cell of a notebook."""
        return str(view("winback.stated.shown:glance")(self).html(language))

    def plot(self, ax: Any = None, *, language: str = ENGLISH) -> Any:
        """Draw the share of each code that was flagged before, as a SeenDisplay."""
        display: Any = view("winback.stated.display:SeenDisplay")
        return display.of(self, ax=ax, language=language)

    def to_dict(self, language: str = ENGLISH) -> dict[str, Any]:
        """Everything as plain values, JSON-ready; `says` are the sentences in a language."""
        rows = self.frame.astype(object).where(self.frame.notna(), None).to_dict("records")
        return {
            "says": [w if isinstance(w, str) else w.text(language) for w in self.words()],
            "associations": rows,
            "seen": self.seen.to_dict("records"),
            "usual": self.usual,
            "dropped": dict(self.dropped),
            "late_model": self.late_model,
        }

    def __repr__(self) -> str:
        return f"StatedReasons({len(self.seen)} codes, {self.frame['theme'].nunique()} themes)"

    def _repr_html_(self) -> str:
        return self.html()


def stated_reasons(
    stated: Any,
    why: Explanation,
    *,
    risk: pd.Series | None = None,
    flagged: float = 0.1,
    within: int = 28,
    time: str = "time",
    code: str = "code",
    timezone: str | None = None,
) -> StatedReasons:
    """What people said when they left, beside what the signals had said before.

    `stated` has a row for each statement: the person, its time, and the code of an interview or the
    category of a ticket; several codes at one time are several rows. `why` explains the risk of
    people at snapshots (`cl.explain`). With d the local day of a person's first statement, the
    latest snapshot t in `[d - within, d]` counts; it sees the days before t alone, so nothing of
    the statement. A theme pushed the risk up if its sum is above 0 and at least a tenth of all that
    raised the score. A person was flagged whose risk was among the highest share `flagged` of all
    people at t: of those in `risk`, a Series by user_id and snapshot, which has the rows of `why`
    and may have more people; None takes the scores of `why`. The columns of `stated` are user_id,
    `time` and `code`. Times with a zone become days of `timezone`.

    Raises FrameError for columns that are missing, ExperimentError for times and codes that cannot
    be used and where no statement has a snapshot before it, ConfigError for other arguments out of
    range.

    >>> example().frame[["code", "theme", "share", "verdict"]].head(1).to_numpy()
    array([['bored', 'silence', 1.0, 'more often']], dtype=object)
    """
    check_count("within", within, 0)
    if not 0 < flagged < 1:
        raise ConfigError.from_range("flagged", flagged, "a share in (0, 1)")
    rows = _read(stated, time, code, timezone)
    at = _snapshots(why, risk, flagged)
    joined, dropped = _joined(rows, at, within)
    themes = [name for name in at if name not in ("user_id", "snapshot", "flagged")]
    found = [_of_code(joined, name, themes) for name in sorted(joined["code"].unique())]
    frame = pd.concat([part for part, _ in found], ignore_index=True)
    frame["p_holm"] = holm(frame["p"].to_numpy())
    frame["verdict"] = _verdicts(frame)
    seen = pd.DataFrame([row for _, row in found])
    return StatedReasons(frame, seen, flagged, dropped)


def example() -> StatedReasons:
    """Made-up statements of 40 people, for examples.

    >>> example().seen["people"].tolist()
    [20, 20]
    """
    index = pd.MultiIndex.from_product(
        [range(40), pd.to_datetime(["2026-03-01"])], names=["user_id", "snapshot"]
    )
    values = pd.DataFrame({"cadence__since_last_days__all": [0.9, -0.4] * 20}, index=index)
    why = Explanation(values, 0.0, values, explanation.example().catalogue)
    said = pd.DataFrame({"user_id": range(40), "code": ["bored", "dear"] * 20})
    return stated_reasons(said.assign(time="2026-03-05"), why)


def _read(stated: Any, time: str, code: str, timezone: str | None) -> pd.DataFrame:
    """user_id, day (days since 1970-01-01) and code of each statement, checked."""
    frame = with_columns(_NAME, stated, ["user_id", time, code]).reset_index(drop=True)
    if frame["user_id"].isna().any():
        raise ExperimentError.from_no_ids(int(frame["user_id"].isna().sum()))
    if frame[code].isna().any():
        raise ExperimentError.from_no_code(code, int(frame[code].isna().sum()))
    rows = {
        "user_id": known_ids(_NAME, frame["user_id"]).to_numpy(),
        "day": to_timestamps(local_days(frame[time], timezone)),
        "code": frame[code].map(str).to_numpy(object),
    }
    return pd.DataFrame(rows).drop_duplicates()


def _snapshots(why: Explanation, risk: pd.Series | None, flagged: float) -> pd.DataFrame:
    """A row for each explained snapshot: person, day, flagged, and whether each theme pushed."""
    names = why.values.index.names
    if "user_id" not in names or "snapshot" not in names:
        raise FrameError.from_missing_columns("the explanation", ["user_id", "snapshot"], names)
    themes = why.themes()
    up = themes.clip(lower=0).drop(columns=DAY, errors="ignore")
    pushed = (up > 0) & up.ge(LEAST_SHARE * up.sum(axis=1), axis=0)
    score = themes.sum(axis=1) if risk is None else risk
    rank = score.groupby(level="snapshot").rank(pct=True, method="first")
    high = (rank > 1 - flagged).reindex(pushed.index)
    if high.isna().any():
        raise FrameError.from_wrong_length("risk", int(high.notna().sum()), len(high))
    return pushed.assign(flagged=high.astype(bool)).reset_index()


def _joined(
    rows: pd.DataFrame, at: pd.DataFrame, within: int
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Each person's first statements with the snapshot before them; how many were left out."""
    first = rows.groupby("user_id")["day"].transform("min") == rows["day"]
    kept = rows[first].sort_values("day", kind="stable")
    before = at.sort_values("snapshot", kind="stable")
    if not kept["user_id"].isin(before["user_id"]).any():
        example, count = rows["user_id"].tolist()[0], rows["user_id"].nunique()
        raise FrameError.from_unknown_users(count, count, example)
    found = pd.merge_asof(
        kept.assign(day=kept["day"].astype(before["snapshot"].dtype)),
        before.assign(user_id=before["user_id"].astype(kept["user_id"].dtype)),
        left_on="day",
        right_on="snapshot",
        by="user_id",
        tolerance=pd.Timedelta(days=within),
    )
    known = found["snapshot"].notna()
    dropped = {
        "later statements of a person": int((~first).sum()),
        "no snapshot before": int((~known).sum()),
    }
    if not known.any():
        raise ExperimentError.from_no_snapshot(len(found), within)
    return found[known], {reason: count for reason, count in dropped.items() if count}


def _of_code(
    joined: pd.DataFrame, code: str, themes: list[str]
) -> tuple[pd.DataFrame, dict[str, object]]:
    """The associations of one code, and how many of its people were flagged."""
    who = joined.loc[joined["code"] == code]
    said = joined["user_id"].isin(who["user_id"])
    each = joined.assign(said=said).drop_duplicates("user_id")
    group = each["said"].to_numpy().astype(np.int64)
    enough = np.bincount(group, minlength=2).min() >= LEAST_SAID
    rows = []
    for theme in themes:
        pushed = each[theme].to_numpy(bool).astype(np.float64)
        rows.append({"code": code, "theme": theme, **_compared(pushed, group, bool(enough))})
    mine = each[each["said"]]
    share = wilson(float(mine["flagged"].sum()), len(mine))
    days = (mine["day"] - mine["snapshot"]).dt.days.median()
    seen = {
        "code": code,
        "people": len(mine),
        "flagged": int(mine["flagged"].sum()),
        "share": share.value,
        "low": share.low,
        "high": share.high,
        "days": float(days),
    }
    return pd.DataFrame(rows), seen


def _compared(pushed: np.ndarray, group: np.ndarray, enough: bool) -> dict[str, float]:
    """The shares of both sides, their difference and ratio with intervals, and p."""
    sums = Sums.of(pushed, group, 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        one, two = sums.take(np.array([1])), sums.take(np.array([0]))
        found = differences(one, two, shares=True)
        ratio = float(one.mean[0] / two.mean[0])
        error = np.sqrt(np.sum(1 / sums.total - 1 / sums.people))
        reach = np.exp(_NORMAL_95 * error)
        low, high = ratio / reach, ratio * reach
    table = np.array([sums.total, sums.people - sums.total])
    known = {
        "difference": found.value[0],
        "low": found.low[0],
        "high": found.high[0],
        "ratio": ratio,
        "ratio_low": low,
        "ratio_high": high,
        "p": fisher_exact(table.astype(int)).pvalue,
    }
    return {
        "people": int(sums.people[1]),
        "others": int(sums.people[0]),
        "share": float(one.mean[0]),
        "other_share": float(two.mean[0]),
        **{k: float(v) if enough and np.isfinite(v) else np.nan for k, v in known.items()},
    }


def _verdicts(frame: pd.DataFrame) -> np.ndarray:
    few = frame["p"].isna().to_numpy()
    certain = frame["p_holm"].to_numpy() < LEVEL
    up = frame["difference"].to_numpy() > 0
    return np.select([few, ~certain, up], [FEW, UNCLEAR, MORE], LESS)
