"""Backtest: a model trained again for each of the last cuts, on what was known by then, judged on that cut beside the dumb things."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from churnlab.dataset.dataset import Dataset
from churnlab.errors import ChurnlabError, ConfigError, FrameError, HistoryError
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.regressor import LTVRegressor
from churnlab.evaluation.contenders import MODEL, fit_baselines, predict
from churnlab.evaluation.judge import FEWEST_ROWS, Judge, doubts
from churnlab.evaluation.metrics import Interval
from churnlab.evaluation.records import Titled, records
from churnlab.evaluation.segments import each_group, segments
from churnlab.schema.days import day_number, day_numbers, learnable
from churnlab.schema.progress import Say

FRAMES = ("cuts", "overall", "per_cut", "per_segment")
FEW_LEARNT = 200
_HEAD = ["rows", "people", "observed"]
_FIGURES = ["value", "low", "high", "difference", "difference_low", "difference_high"]
_BODY = ["contender", "metric", *_FIGURES, "note"]
Make = Callable[[str], Any]


def new_model(target: str) -> Any:
    """The library's default for a target, not fitted."""
    return ChurnClassifier() if target == "churned" else LTVRegressor()


@dataclass(frozen=True, eq=False)
class Backtest:
    """How a model would have done at each of the last cuts, had it been trained on the eve of it.

    `cuts` has a row for each target and cut: target, cut, learnt_rows (rows of earlier cuts whose label windows had ended by it), rows, people,
    observed (share that churned, or mean value), note. `overall` (all cuts together), `per_cut` and `per_segment` (a group such as "channel"
    and each of its members) have a row for each contender and metric: rows, people, observed, contender, metric, value, low, high,
    difference, difference_low, difference_high (the model minus the contender), note; 95% intervals from resampling people, the same for
    both. A figure that cannot be told is missing and `note` says why. `warnings` say what is unsure.
    """

    cuts: pd.DataFrame
    overall: pd.DataFrame
    per_cut: pd.DataFrame
    per_segment: pd.DataFrame
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        data: Dataset,
        *,
        cuts: int = 3,
        targets: Sequence[str] | None = None,
        make: Make = new_model,
        purge: int | None = None,
        draws: int = 200,
        seed: int = 0,
        say: Say = lambda text: None,
    ) -> Backtest:
        """Rolls over the last `cuts` snapshot days of a dataset.

        For each: fits `make(target)` and the baselines on the rows whose label windows, `[t + lead, t + lead + horizon)`, end by that day, and
        predicts it. `purge` is that reach in days where the dataset does not know its targets. A cut that cannot be learnt for is noted
        and left out. Raises HistoryError when none can, ConfigError for cuts below 1, FrameError for an unknown target or reach.

        >>> from churnlab import Churn, FeatureSet, Snapshots, build_dataset, datasets
        >>> from churnlab.estimators.baselines import Recency
        >>> activity = datasets.make_community(users=120, days=170, seed=1).log().daily()
        >>> days = ["2026-02-15", "2026-03-15", "2026-04-15", "2026-05-15"]
        >>> data = build_dataset(activity, Snapshots.at(activity, days, targets=[Churn(30)]), FeatureSet.of(["Tenure", "LoginIntervals"]))
        >>> Backtest.of(data, cuts=2, make=lambda target: Recency(), draws=20).cuts["cut"].tolist()
        ['2026-04-15', '2026-05-15']
        """
        if cuts < 1:
            raise ConfigError.from_range("cuts", cuts, "at least 1")
        tables, notes = [], []
        for target in (
            targets if targets is not None else [n for n in ("churned", "ltv") if n in data.labels]
        ):
            folds = [
                _fold(data, target, day, make, _reach(data, target, purge), say)
                for day in data.days[-cuts:]
            ]
            done = [fold for fold in folds if not fold.wrong]
            if not done:
                raise folds[-1].wrong or HistoryError.from_no_rows("the backtest")
            tables.append(_judged(data, target, folds, done, Judge.of(target, draws, seed)))
            notes += [f"{target}: {text}" for text in _unsure(data, target, folds, done, cuts)]
        frames = {name: pd.concat([t[name] for t in tables], ignore_index=True) for name in FRAMES}
        return cls(**frames, warnings=tuple(dict.fromkeys(notes)))

    @property
    def targets(self) -> tuple[str, ...]:
        """What was predicted."""
        return tuple(dict.fromkeys(self.cuts["target"]))

    def tables(self, target: str) -> dict[str, pd.DataFrame]:
        """Text tables by title: each cut and all together, each group (the main metric, and what the model has over each baseline), every metric."""
        cuts, whole, per_cut, parts = (
            f[f["target"] == target]
            for f in (self.cuts, self.overall, self.per_cut, self.per_segment)
        )
        by_cut = pd.concat(
            [
                per_cut.merge(cuts[["cut", "learnt_rows"]], on="cut"),
                whole.assign(cut="all", learnt_rows=""),
            ],
            ignore_index=True,
        )
        return {
            "each cut": _wide(by_cut, ["cut", "learnt_rows"]),
            "groups, all cuts together": _wide(parts, ["group", "member"]),
            "every metric, all cuts together": _every(whole),
        }

    def sections(self) -> list[Titled]:
        """All tables, each with its title, for `report.document.as_markdown`."""
        return [
            Titled(f"{target}: {title}", frame)
            for target in self.targets
            for title, frame in self.tables(target).items()
        ]

    def _repr_html_(self) -> str:
        parts = [
            f"<h4>{target}: {title}</h4>{frame.to_html(index=False)}"
            for target in self.targets
            for title, frame in self.tables(target).items()
        ]
        return "".join(parts) + "".join(f"<p>{escape(text)}</p>" for text in self.warnings)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; what is not known is null."""
        return {name: records(getattr(self, name)) for name in FRAMES} | {
            "warnings": list(self.warnings)
        }

    @classmethod
    def from_dict(cls, about: Mapping[str, Any]) -> Backtest:
        """The inverse of to_dict."""
        return cls(
            **{name: pd.DataFrame(about[name]).replace({None: np.nan}) for name in FRAMES},
            warnings=tuple(about["warnings"]),
        )


@dataclass(frozen=True)
class _Fold:
    """One cut: where its rows are, what was predicted for them, how many rows were learnt from, and what went wrong."""

    day: str
    rows: np.ndarray
    learnt: int
    predictions: Mapping[str, np.ndarray]
    left_out: tuple[str, ...] = ()
    wrong: ChurnlabError | None = None


def _reach(data: Dataset, target: str, purge: int | None) -> int:
    """How many days after the snapshot a label is known."""
    data.y(target)
    known = [t.window(0)[1] for t in data.targets if t.name == target]
    if purge is None and not known:
        raise FrameError.from_no_horizon()
    return known[0] if purge is None else purge


def _fold(data: Dataset, target: str, cut: pd.Timestamp, make: Make, reach: int, say: Say) -> _Fold:
    say(f"backtest of {target} at {cut.date()}")
    start, day, y = (
        day_number(cut),
        day_numbers(data.X.index.get_level_values("snapshot")),
        data.y(target),
    )
    known = y.notna().to_numpy()
    rows = np.flatnonzero((day == start) & known)
    learn = np.flatnonzero(learnable(day, reach, start) & known)
    name = str(cut.date())
    try:
        if not len(rows) or not len(learn):
            raise HistoryError.from_empty_split(
                name, data.days[0].date(), data.days[-1].date(), reach
            )
        said, left_out = said_of(data.X, y, learn, rows, target, make, f" before {name}")
    except ChurnlabError as error:
        return _Fold(name, rows, len(learn), {}, wrong=error)
    return _Fold(name, rows, len(learn), said, left_out)


def said_of(
    X: pd.DataFrame,
    y: pd.Series,
    learn: np.ndarray,
    rows: np.ndarray,
    target: str,
    make: Make,
    when: str = "",
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """What a new model and the baselines, learnt from the rows `learn`, say of `rows`, and which baselines were left out.

    HistoryError, with `when` in it, where one class of churn is all there is to learn from.
    """
    past, truth = X.iloc[learn], y.iloc[learn]
    if target == "churned" and truth.nunique() < 2:
        raise HistoryError.from_one_class(f"{target}{when}", int(truth.iloc[0]), len(truth))
    beside, left_out = fit_baselines(past, truth, target)
    fitted = {MODEL: make(target).fit(past, truth)} | beside
    return {name: predict(model, X.iloc[rows]) for name, model in fitted.items()}, left_out


def _judged(
    data: Dataset, target: str, folds: Sequence[_Fold], done: Sequence[_Fold], judge: Judge
) -> dict[str, pd.DataFrame]:
    """The four tables of a target."""
    y, users = (
        data.y(target).to_numpy(np.float64),
        data.X.index.get_level_values("user_id").to_numpy(),
    )
    rows = np.concatenate([f.rows for f in done])
    said = {
        n: np.concatenate([f.predictions[n] for f in done])
        for n in done[0].predictions
        if all(n in f.predictions for f in done)
    }
    some = Judge.of(target, min(judge.draws, 100), judge.seed)
    parts = [
        _figures(
            some, {n: p[inside] for n, p in said.items()}, y[rows[inside]], users[rows[inside]]
        ).assign(group=group, member=member)
        for group, member, inside in each_group(segments(data.X.iloc[rows]))
    ]
    per_cut = [
        _figures(judge, f.predictions, y[f.rows], users[f.rows], str(f.wrong or "")).assign(
            cut=f.day, learnt_rows=f.learnt
        )
        for f in folds
    ]
    cuts = pd.concat(per_cut).drop_duplicates("cut")
    frames = {
        "cuts": (cuts, ["cut", "learnt_rows", *_HEAD, "note"]),
        "overall": (_figures(judge, said, y[rows], users[rows]), [*_HEAD, *_BODY]),
        "per_cut": (pd.concat(per_cut), ["cut", *_HEAD, *_BODY]),
        "per_segment": (pd.concat(parts), ["group", "member", *_HEAD, *_BODY]),
    }
    return {
        name: frame.assign(target=target)[["target", *columns]]
        for name, (frame, columns) in frames.items()
    }


def _figures(
    judge: Judge,
    predictions: Mapping[str, np.ndarray],
    y: np.ndarray,
    users: np.ndarray,
    wrong: str = "",
) -> pd.DataFrame:
    """Every contender and metric on some rows; blank, with the reason, where they are too few or nothing was predicted."""
    if wrong or len(y) < FEWEST_ROWS:
        rows = [
            (name, kind, *[np.nan] * len(_FIGURES))
            for kind in judge.kinds
            for name in predictions or (MODEL,)
        ]
        table = pd.DataFrame(rows, columns=["contender", "metric", *_FIGURES])
    else:
        table = judge.table(predictions, y, users)
    observed = float(y.mean()) if len(y) else float("nan")
    return table.assign(
        rows=len(y), people=len(pd.unique(users)), observed=observed, note=wrong or judge.missing(y)
    )


def _unsure(
    data: Dataset, target: str, folds: Sequence[_Fold], done: Sequence[_Fold], asked: int
) -> list[str]:
    """What a reader has to know of cuts and rows."""
    rows = np.concatenate([f.rows for f in done])
    said = [f"{f.day}: {f.wrong}" for f in folds if f.wrong] + [
        text for f in done for text in f.left_out
    ]
    said += [f"{f.day}: learnt from {f.learnt:,} rows only" for f in done if f.learnt < FEW_LEARNT]
    if len(done) < asked:
        said.append(f"{len(done)} cut(s) judged where {asked} were asked for")
    y, users = (
        data.y(target).to_numpy(np.float64),
        data.X.index.get_level_values("user_id").to_numpy(),
    )
    return [*said, *doubts(target, y[rows], users[rows])]


def _wide(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The main metric of the model, what it has over each baseline, and the note: a row for each cut or group, as text."""
    kind, rows = table["metric"].iloc[0], []
    for _, part in table[table["metric"] == kind].groupby(keys, sort=False):
        mine = part[part["contender"] == MODEL].iloc[0]
        gaps = {
            f"minus {r.contender}": gap(r.difference, r.difference_low, r.difference_high)
            for r in part.itertuples()
            if r.contender != MODEL
        }
        rows.append(
            {
                **{k: _count(mine[k]) for k in [*keys, "rows"]},
                "observed": _number(mine["observed"]),
                kind: str(Interval(mine["value"], mine["low"], mine["high"])),
                **gaps,
                "note": mine["note"],
            }
        )
    frame = pd.DataFrame(rows).astype(object).fillna("–")
    return frame[[*(c for c in frame if c != "note"), "note"]].rename(
        columns=lambda c: str(c).replace("_", " ")
    )


def _count(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:,}"


def _number(value: float) -> str:
    return str(Interval(value, 0, 0)).split(" ")[0]


def gap(value: float, low: float, high: float) -> str:
    """A difference with its interval, as text; a dash when it is not known."""
    return "–" if np.isnan(value) else f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"


def _every(table: pd.DataFrame) -> pd.DataFrame:
    """Contenders down, metrics across, each with its interval, as text."""
    cells = {
        kind: [str(Interval(r.value, r.low, r.high)) for r in part.itertuples()]
        for kind, part in table.groupby("metric", sort=False)
    }
    names = [str(n).replace("_", " ") for n in dict.fromkeys(table["contender"])]
    return pd.DataFrame(
        {"contender": names, **{str(k).replace("_", " "): v for k, v in cells.items()}}
    )
