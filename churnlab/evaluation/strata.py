"""Strata of silence: figures by how long ago people were last active.

Days since the last active day alone tell who has gone quiet. A model earns its keep among people
who were seen a short while ago, and one figure for all people hides how well it does there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from churnlab.dataset.dataset import Dataset
from churnlab.errors import FrameError
from churnlab.estimators.baselines import LAST
from churnlab.evaluation.calibration import calibration_slope, expected_calibration_error
from churnlab.evaluation.contenders import MODEL, label
from churnlab.evaluation.intervals import Interval
from churnlab.evaluation.judge import FEWEST_ROWS, FIGURES, GROUP_DRAWS, Judge
from churnlab.evaluation.metric_table import headline, metric, metrics_of
from churnlab.evaluation.tables import Table, cell, heading
from churnlab.language.sentence import Words, sentence

SHORT_DAYS = 7
LONG_DAYS = 30
RECENT_HALF = "recent_half"
BESIDE = {"churned": (MODEL, "recency", "personal_rate"), "ltv": (MODEL, "spend_rate")}
COUNTS = ["stratum", "says", "rows", "share", "people", "observed"]
COLUMNS = [*COUNTS, "contender", "metric", *FIGURES, "note"]
_FEWEST_OF_A_KIND = 10
_CALIBRATION = {
    "calibration_slope": calibration_slope,
    "expected_calibration_error": expected_calibration_error,
}


def recent_half(last: np.ndarray) -> np.ndarray:
    """The half of the rows with the fewest days since the last active day, bool[n].

    `last` float64[n], in days; NaN where there is none, which counts as the longest ago. Rows of
    equal days are all inside or all outside: of all possible bounds, the one that gives the share
    nearest to a half, the shorter of equals. The half is never empty.

    >>> recent_half(np.array([1.0, 1.0, 1.0, 9.0, np.nan])).tolist()
    [True, True, True, False, False]
    """
    days = np.where(np.isnan(last), np.inf, np.asarray(last, np.float64))
    bounds, rows = np.unique(days, return_counts=True)
    if not len(bounds):
        return np.zeros(0, bool)
    nearest = np.abs(2 * rows.cumsum() - len(days)).argmin()
    return np.asarray(days <= bounds[nearest])


def among_recent(
    predictions: Mapping[str, np.ndarray],
    y: np.ndarray,
    users: np.ndarray,
    last: np.ndarray,
    *,
    target: str = "churned",
    draws: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """The headline metric of each contender among the half of the rows seen most recently.

    `predictions` float64[n] by contender; `churnlab` is the model. `y` float64[n] labels, `users`
    [n] the person of each row, `last` float64[n] days since the last active day. Columns:
    contender, metric, value, low, high, difference, difference_low, difference_high; a difference
    is the model minus the contender, and 95% intervals come from `draws` resamples of people, the
    same for all. FrameError where the lengths differ.

    >>> days = np.array([1.0, 2, 3, 4, 30, 40, 50, 60])
    >>> y = np.array([0.0, 1, 0, 1, 1, 1, 1, 1])
    >>> found = among_recent({"churnlab": y, "recency": days}, y, np.arange(8), days, draws=20)
    >>> found.set_index("contender")["value"].to_dict()
    {'churnlab': 1.0, 'recency': 0.75}
    """
    for name, values in {"users": users, "last": last, **predictions}.items():
        if len(values) != len(y):
            raise FrameError.from_wrong_length(name, len(values), len(y))
    inside = recent_half(np.asarray(last, np.float64))
    said = {name: np.asarray(p, np.float64)[inside] for name, p in predictions.items()}
    judge = Judge(target, (headline(target),), draws, seed)
    return judge.table(said, np.asarray(y, np.float64)[inside], np.asarray(users)[inside])


@dataclass(frozen=True, eq=False)
class Silence:
    """How long ago each judged row's person was last active, and the bounds of the strata.

    `last` float64[n], in days; NaN where there is none, which counts as the longest ago. The
    strata are: seen in the last `short` days, up to `long` days ago, longer ago.
    """

    last: np.ndarray
    short: int = SHORT_DAYS
    long: int = LONG_DAYS

    @classmethod
    def of(cls, last: np.ndarray, horizon: int | None = None) -> Self:
        """Strata with the bounds that suit how often people are active.

        The bounds are 7 and 30 days. Where more than half of the rows were seen longer ago than
        that, people are seldom active: then they are a twelfth and a third of the horizon of the
        target in days, if that is longer. A month where the horizon is a year.

        >>> often = Silence.of(np.array([1.0, 4.0, 40.0]), horizon=365)
        >>> seldom = Silence.of(np.array([1.0, 90.0, 200.0]), horizon=365)
        >>> (often.short, often.long), (seldom.short, seldom.long)
        ((7, 30), (30, 121))
        """
        last = np.asarray(last, np.float64)
        seldom = np.mean(~(last <= LONG_DAYS)) > 0.5 if len(last) else False
        if horizon is None or not seldom:
            return cls(last)
        return cls(last, max(SHORT_DAYS, horizon // 12), max(LONG_DAYS, horizon // 3))

    @classmethod
    def in_dataset(cls, data: Dataset, target: str) -> Self | None:
        """The silence of the rows of a dataset; None where its features lack it."""
        if LAST not in data.X:
            return None
        horizon = next((t.horizon for t in data.targets if t.name == target), None)
        return cls.of(data.X[LAST].to_numpy(np.float64), horizon)

    def strata(self) -> Iterator[tuple[str, Words, np.ndarray]]:
        """Each stratum: its name, what it is in words, and the rows that are in it, bool[n].

        The last one is the half seen most recently; the others hold every row once.

        >>> for name, says, inside in Silence(np.array([1.0, 9.0, 50.0])).strata():
        ...     print(name, "|", says, "|", inside.tolist())
        recent | seen in the last 7 days | [True, False, False]
        between | 8 to 30 days ago | [False, True, False]
        long | longer ago | [False, False, True]
        recent_half | most recent half, in the last 1 day | [True, False, False]
        """
        recent, known = self.last <= self.short, self.last <= self.long
        yield "recent", sentence("seen in the last {days} days", days=self.short), recent
        between = sentence("{first} to {last} days ago", first=self.short + 1, last=self.long)
        yield "between", between, known & ~recent
        yield "long", sentence("longer ago"), ~known
        half = recent_half(self.last)
        yield RECENT_HALF, self._half_in_words(half), half

    def _half_in_words(self, half: np.ndarray) -> Words:
        most = np.max(self.last[half], initial=0.0)
        if np.isnan(most):
            return sentence("most recent half")
        return sentence("most recent half, in the last {days:day|days}", days=round(most))

    def judged(
        self,
        predictions: Mapping[str, np.ndarray],
        y: np.ndarray,
        users: np.ndarray,
        judge: Judge,
    ) -> pd.DataFrame:
        """Figures of the model and of what a person's own days say alone, for each stratum.

        `predictions` float64[n] by contender; of these, churn has the model, days since the last
        active day and the own share of active days, value the model and the own spending a day.
        `y` float64[n] labels, `users` [n] the person of each row. Columns: stratum, says, rows,
        share (of all rows), people, observed (mean of y), contender, metric, value, low, high,
        difference, difference_low, difference_high (the model minus the contender), note. Intervals
        are from resampling people; calibration slope and error have none. A stratum with few people
        or few of a kind has no figure and a note that begins with "too few". FrameError where
        `last` has another length.
        """
        if len(self.last) != len(y):
            raise FrameError.from_wrong_length("silence", len(self.last), len(y))
        kind = "churned" if judge.target == "churned" else "ltv"
        said = {n: np.asarray(predictions[n]) for n in BESIDE[kind] if n in predictions}
        quick = Judge(
            judge.target,
            metrics_of(judge.target, "strata"),
            min(judge.draws, GROUP_DRAWS),
            judge.seed,
        )
        parts = []
        for name, says, inside in self.strata():
            truth, who = y[inside], users[inside]
            their = {contender: p[inside] for contender, p in said.items()}
            note = too_few(judge.target, truth, who)
            figures = _none(quick, their) if note else _figures(quick, their, truth, who)
            about = (name, says, len(truth), len(truth) / max(len(y), 1))
            observed = float(truth.mean()) if len(truth) else float("nan")
            whole = (*about, len(pd.unique(who)), observed)
            parts.append(figures.assign(**dict(zip(COUNTS, whole, strict=True)), note=note))
        return pd.concat(parts, ignore_index=True)[COLUMNS]


def too_few(target: str, y: np.ndarray, users: np.ndarray) -> Words:
    """Why rows with labels `y` float64[n] are too few for a figure; "" where they are not.

    >>> str(too_few("churned", np.array([1.0] + [0.0] * 99), np.arange(100)))
    'too few: 1 of 100 left'
    """
    people = len(pd.unique(users))
    if people < FEWEST_ROWS:
        return sentence("too few: {people:,} people", people=people)
    rows, positive = len(y), int((y > 0).sum())
    if target != "churned":
        spent = sentence("too few: {few:,} of {rows:,} spent", few=positive, rows=rows)
        return spent if positive < _FEWEST_OF_A_KIND else ""
    if positive < _FEWEST_OF_A_KIND:
        return sentence("too few: {few:,} of {rows:,} left", few=positive, rows=rows)
    if rows - positive < _FEWEST_OF_A_KIND:
        return sentence("too few: {few:,} of {rows:,} stayed", few=rows - positive, rows=rows)
    return ""


def unknown() -> pd.DataFrame:
    """The frame of `Silence.judged` where nobody's silence is known: no row."""
    return pd.DataFrame(columns=COLUMNS)


def not_by_silence() -> Words:
    """Why there are no figures by silence for rows without days since the last active day."""
    return sentence(
        "no figures by how lately people were seen: the features lack '{column}'", column=LAST
    )


def _none(judge: Judge, predictions: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Every contender under every metric, without a figure."""
    names = [metric.name for metric in judge.metrics]
    names += _CALIBRATION if judge.target == "churned" else []
    blank = [np.nan] * len(FIGURES)
    rows = [(contender, name, *blank) for name in names for contender in predictions]
    return pd.DataFrame(rows, columns=["contender", "metric", *FIGURES])


def _figures(
    judge: Judge, predictions: Mapping[str, np.ndarray], y: np.ndarray, users: np.ndarray
) -> pd.DataFrame:
    """Every contender under every metric of the strata; for churn its calibration too."""
    table = judge.table(predictions, y, users)
    if judge.target != "churned":
        return table
    rows = [
        (contender, name, function(y, p), *[np.nan] * (len(FIGURES) - 1))
        for name, function in _CALIBRATION.items()
        for contender, p in predictions.items()
    ]
    return pd.concat([table, pd.DataFrame(rows, columns=table.columns)], ignore_index=True)


def as_table(strata: pd.DataFrame, target: str, *, brief: bool = False) -> Table:
    """The frame of `Silence.judged` for people: strata and contenders down, metrics across.

    What a stratum is, and its counts, stand beside its first contender. Where it is `brief`, the
    headline metric alone has intervals, and calibration is the mean over the share alone.
    """
    main = headline(target).name
    left_out = _CALIBRATION if brief else {}
    metrics = [name for name in dict.fromkeys(strata["metric"]) if name not in left_out]
    rows: list[tuple[Words, ...]] = []
    for _, stratum in strata.groupby("stratum", sort=False):
        about = _about(target, stratum.iloc[0])
        note = cell(stratum["note"].iloc[0])
        for contender, part in stratum.groupby("contender", sort=False):
            by = part.set_index("metric")
            figures = [_figure(by.loc[name], brief and name != main) for name in metrics]
            rows.append((*about, label(str(contender)), *figures, note))
            about, note = ("",) * len(about), ""
    labels = {m.name: m.label for m in metrics_of(target, "strata")}
    before = [heading(name) for name in ("stratum", "rows", "share", "observed", "contender")]
    columns = (*before, *(labels.get(n) or heading(n) for n in metrics), heading("note"))
    ours = [i for i, row in enumerate(rows) if row[len(before) - 1] == MODEL]
    numbers = {1, 2, 3, *range(len(before), len(columns) - 1)}
    last = None if any(row[-1] for row in rows) else -1
    shown = tuple(row[:last] for row in rows)
    return Table(columns[:last], shown, frozenset(numbers), frozenset(ours))


def _about(target: str, row: pd.Series) -> tuple[Words, ...]:
    """What a stratum is, its rows, its share of all rows, and what was observed in it."""
    share = sentence("{share:.0%}", share=row["share"])
    return (cell(row["says"]), cell(row["rows"]), share, _mean(target, row["observed"]))


def _mean(target: str, mean: float) -> Words:
    """The share that churned, or the mean value; a dash where a stratum has no row."""
    if target != "churned" or np.isnan(mean):
        return Interval(mean, np.nan, np.nan).value_words()
    return sentence("{share:.1%}", share=mean)


def _figure(row: pd.Series, alone: bool) -> Words:
    """A figure with its interval; `alone` or where it has none without."""
    found = Interval(row["value"], row["low"], row["high"])
    return found.value_words() if alone or np.isnan(row["low"]) else found.words()


@metric(
    "predicted_over_observed",
    target="churned",
    better="one",
    label=sentence("predicted over observed"),
    says=sentence("the mean probability over the share that churned; 1 is right"),
    shown=("strata",),
)
def predicted_over_observed(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """The mean probability over the share that churned; 1 is best. NaN without churners.

    >>> predicted_over_observed(np.array([0.0, 1.0]), np.array([0.2, 0.4])).__round__(3)
    0.6
    """
    share = float(np.average(y, weights=w))
    return float(np.average(p, weights=w)) / share if share else float("nan")
