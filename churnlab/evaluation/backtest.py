"""Backtest: a model trained again for each of the last cuts, on what was known by then.

Each such model is judged on its cut beside the baselines, which learn from the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from churnlab.dataset.dataset import Dataset
from churnlab.errors import ChurnlabError, ConfigError, FrameError, HistoryError
from churnlab.estimators.baselines import LAST
from churnlab.evaluation.contenders import MODEL, Make, default_model, fit_and_predict, label
from churnlab.evaluation.intervals import UNKNOWN, Interval
from churnlab.evaluation.judge import FEWEST_ROWS, FIGURES, Judge, doubts, few_learnt
from churnlab.evaluation.metric_table import find, headline
from churnlab.evaluation.records import frame_from, json_value, records, words_list
from churnlab.evaluation.segments import each_group, segments_of
from churnlab.evaluation.strata import COLUMNS, Silence, as_table, not_by_silence, unknown
from churnlab.evaluation.tables import Table, TitledTable, cell, difference, heading
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, in_language, sentence
from churnlab.schema.days import day_number, day_numbers, learnable
from churnlab.schema.progress import Say, silent

FRAMES = ("cuts", "overall", "per_cut", "per_segment", "strata")
GROUP_DRAWS = 100
_COUNTS = ["rows", "people", "observed"]
_BODY = ["contender", "metric", *FIGURES, "note"]


@dataclass(frozen=True, eq=False)
class Backtest:
    """How a model would have done at each of the last cuts, had it been trained on the eve of it.

    `cuts` has a row for each target and cut: target, cut, learnt_rows (rows of earlier cuts whose
    label windows had ended by it), rows, people, observed (share that churned, or mean value),
    note. `overall` (all cuts together), `per_cut` and `per_segment` (a group such as "channel" and
    each of its members) have a row for each contender and metric: rows, people, observed,
    contender, metric, value, low, high, difference, difference_low, difference_high (the model
    minus the contender), note; 95% intervals from resampling people, the same people for both.
    `strata` has the same by how lately people were seen, all cuts together (`strata.Silence`).
    Where a figure is missing, `note` says why. `warnings` hold a sentence for each reason why the
    figures are unsure.
    """

    cuts: pd.DataFrame
    overall: pd.DataFrame
    per_cut: pd.DataFrame
    per_segment: pd.DataFrame
    warnings: tuple[Words, ...] = ()
    strata: pd.DataFrame = field(default_factory=unknown)

    @classmethod
    def of(
        cls,
        data: Dataset,
        *,
        cuts: int = 3,
        targets: Sequence[str] | None = None,
        make: Make = default_model,
        purge: int | None = None,
        draws: int = 200,
        seed: int = 0,
        say: Say = silent,
    ) -> Backtest:
        """A backtest of the last `cuts` snapshot days of a dataset.

        For each cut, `make(target)` and the baselines are fitted on the rows whose label windows,
        `[t + lead, t + lead + horizon)`, end by that day, and predict it. `purge` is that reach in
        days where the dataset does not know its targets. A cut without anything to learn from is
        noted and left out. Raises HistoryError when all are, ConfigError for cuts below 1,
        FrameError for an unknown target or reach.

        >>> from churnlab import Churn, FeatureSet, Snapshots, build_dataset, datasets
        >>> from churnlab.estimators.baselines import Recency
        >>> activity = datasets.make_community(users=120, days=170, seed=1).log().daily()
        >>> days = ["2026-02-15", "2026-03-15", "2026-04-15", "2026-05-15"]
        >>> snapshots = Snapshots.at(activity, days, targets=[Churn(30)])
        >>> features = FeatureSet.of(["Tenure", "LoginIntervals"])
        >>> data = build_dataset(activity, snapshots, features)
        >>> found = Backtest.of(data, cuts=2, make=lambda target: Recency(), draws=20)
        >>> found.cuts["cut"].tolist()
        ['2026-04-15', '2026-05-15']
        """
        if cuts < 1:
            raise ConfigError.from_range("cuts", cuts, "at least 1")
        present = [name for name in ("churned", "ltv") if name in data.labels]
        tables, notes = [], []
        for target in present if targets is None else targets:
            judge, reach = Judge.of(target, draws, seed), _reach(data, target, purge)
            folds = [_fold(data, target, day, make, reach, say) for day in data.days[-cuts:]]
            done = [fold for fold in folds if not fold.wrong]
            if not done:
                raise folds[-1].wrong or HistoryError.from_no_rows("the backtest")
            tables.append(_judged(data, target, folds, done, judge))
            notes += [
                sentence("{target}: {text}", target=target, text=text)
                for text in _unsure(data, target, folds, cuts)
            ]
        frames = {name: pd.concat([t[name] for t in tables], ignore_index=True) for name in FRAMES}
        return cls(**frames, warnings=tuple(dict.fromkeys(notes)))

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of the targets that were predicted."""
        return tuple(dict.fromkeys(self.cuts["target"]))

    def tables(self, target: str, language: str = ENGLISH) -> dict[str, pd.DataFrame]:
        """The tables of a target as text, by title.

        The first two have the headline metric of each cut and each group, and the difference to
        every baseline; the third has every metric of every contender, all cuts together; the fourth
        has the figures by how lately people were seen, where that is known.
        """
        shown = self._titled(target)
        return {in_language(title, language): table.frame(language) for title, table in shown}

    def _titled(self, target: str) -> list[tuple[Words, Table]]:
        frames = (self.cuts, self.overall, self.per_cut, self.per_segment)
        cuts, whole, per_cut, groups = (f[f["target"] == target] for f in frames)
        silence = self.strata if self.strata.empty else self.strata.query("target == @target")
        each = per_cut.merge(cuts[["cut", "learnt_rows"]], on="cut")
        together = whole.assign(cut=sentence("all"), learnt_rows="")
        by_cut = pd.concat([each, together], ignore_index=True)
        shown: list[tuple[Words, Table]] = [
            (sentence("each cut"), _against_baselines(by_cut, ["cut", "learnt_rows"])),
            (
                sentence("groups, all cuts together"),
                _against_baselines(groups, ["group", "member"]),
            ),
            (sentence("every metric, all cuts together"), _every_metric(whole)),
        ]
        if not silence.empty:
            shown.append((sentence("by how lately people were seen"), as_table(silence, target)))
        return shown

    def sections(self) -> list[TitledTable]:
        """All tables, each with its title, for `report.document.as_markdown`."""
        return [
            TitledTable(sentence("{target}: {title}", target=target, title=title), table)
            for target in self.targets
            for title, table in self._titled(target)
        ]

    def _repr_html_(self) -> str:
        parts = [
            f"<h4>{shown.title}</h4>{shown.table.frame().to_html(index=False)}"
            for shown in self.sections()
        ]
        return "".join([*parts, *(f"<p>{escape(str(text))}</p>" for text in self.warnings)])

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; a missing value is null, a sentence its text, template and values."""
        warnings = [json_value(words) for words in self.warnings]
        return {name: records(getattr(self, name)) for name in FRAMES} | {"warnings": warnings}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Backtest:
        """The backtest that `to_dict` was called on."""
        frames = {name: frame_from(given[name]) for name in FRAMES if name in given}
        return cls(**frames, warnings=words_list(given["warnings"]))


@dataclass(frozen=True)
class _Fold:
    """One cut: its rows, their predictions, how many rows were learnt from, and what went wrong."""

    day: str
    rows: np.ndarray
    learnt: int
    predictions: Mapping[str, np.ndarray]
    left_out: tuple[Words, ...] = ()
    wrong: ChurnlabError | None = None


def _reach(data: Dataset, target: str, purge: int | None) -> int:
    """How many days after the snapshot a label is known."""
    data.y(target)
    known = [t.window(0)[1] for t in data.targets if t.name == target]
    if purge is None and not known:
        raise FrameError.from_no_horizon()
    return known[0] if purge is None else purge


def _fold(data: Dataset, target: str, cut: pd.Timestamp, make: Make, reach: int, say: Say) -> _Fold:
    name, y = str(cut.date()), data.y(target)
    say(f"backtest of {target} at {name}")
    start, day = day_number(cut), day_numbers(data.X.index.get_level_values("snapshot"))
    known = y.notna().to_numpy()
    rows = np.flatnonzero((day == start) & known)
    learn = np.flatnonzero(learnable(day, reach, start) & known)
    try:
        if not len(rows) or not len(learn):
            first, last = data.days[0].date(), data.days[-1].date()
            raise HistoryError.from_empty_split(name, first, last, reach)
        said, left_out = fit_and_predict(data.X, y, learn, rows, target, make, f" before {name}")
    except ChurnlabError as error:
        return _Fold(name, rows, len(learn), {}, wrong=error)
    return _Fold(name, rows, len(learn), said, left_out)


def _judged(
    data: Dataset, target: str, folds: Sequence[_Fold], done: Sequence[_Fold], judge: Judge
) -> dict[str, pd.DataFrame]:
    """The frames of a target."""
    y, users = _labels(data, target)
    rows = np.concatenate([f.rows for f in done])
    said = {
        name: np.concatenate([f.predictions[name] for f in done])
        for name in done[0].predictions
        if all(name in f.predictions for f in done)
    }
    quick = Judge.of(target, min(judge.draws, GROUP_DRAWS), judge.seed)
    parts = []
    for group, member, inside in each_group(segments_of(data.take(rows))):
        their = {name: p[inside] for name, p in said.items()}
        figures = _figures(quick, their, y[rows[inside]], users[rows[inside]])
        parts.append(figures.assign(group=group, member=member))
    per_cut = [
        _figures(judge, f.predictions, y[f.rows], users[f.rows], str(f.wrong or "")).assign(
            cut=f.day, learnt_rows=f.learnt
        )
        for f in folds
    ]
    cuts = pd.concat(per_cut)
    silence = Silence.in_dataset(data.take(rows), target)
    strata = silence.judged(said, y[rows], users[rows], judge) if silence else unknown()
    frames = {
        "cuts": (cuts.drop_duplicates("cut"), ["cut", "learnt_rows", *_COUNTS, "note"]),
        "overall": (_figures(judge, said, y[rows], users[rows]), [*_COUNTS, *_BODY]),
        "per_cut": (cuts, ["cut", *_COUNTS, *_BODY]),
        "per_segment": (pd.concat(parts), ["group", "member", *_COUNTS, *_BODY]),
        "strata": (strata, COLUMNS),
    }
    return {
        name: frame.assign(target=target)[["target", *columns]]
        for name, (frame, columns) in frames.items()
    }


def _labels(data: Dataset, target: str) -> tuple[np.ndarray, np.ndarray]:
    """Labels float64[n] and the person of each row [n]."""
    users = data.X.index.get_level_values("user_id").to_numpy()
    return data.y(target).to_numpy(np.float64), users


def _figures(
    judge: Judge,
    predictions: Mapping[str, np.ndarray],
    y: np.ndarray,
    users: np.ndarray,
    wrong: str = "",
) -> pd.DataFrame:
    """Every contender and metric on some rows; missing, with a note, where there are too few."""
    if wrong or len(y) < FEWEST_ROWS:
        names = predictions or (MODEL,)
        blank = [np.nan] * len(FIGURES)
        rows = [(name, metric.name, *blank) for metric in judge.metrics for name in names]
        table = pd.DataFrame(rows, columns=["contender", "metric", *FIGURES])
    else:
        table = judge.table(predictions, y, users)
    observed = float(y.mean()) if len(y) else float("nan")
    note = wrong or judge.missing(y)
    return table.assign(rows=len(y), people=len(pd.unique(users)), observed=observed, note=note)


def _unsure(data: Dataset, target: str, folds: Sequence[_Fold], asked: int) -> Iterator[Words]:
    """A sentence for each reason why the figures of a target are unsure."""
    done = [fold for fold in folds if not fold.wrong]
    for fold in folds:
        if fold.wrong:
            yield sentence("{cut}: {text}", cut=fold.day, text=str(fold.wrong))
    for fold in done:
        yield from fold.left_out
    for fold in done:
        for text in few_learnt(fold.learnt):
            yield sentence("{cut}: {text}", cut=fold.day, text=text)
    if len(done) < asked:
        yield sentence(
            "{done:cut|cuts} judged where {asked} were asked for", done=len(done), asked=asked
        )
    y, users = _labels(data, target)
    rows = np.concatenate([f.rows for f in done])
    yield from doubts(target, y[rows], users[rows])
    if LAST not in data.X:
        yield not_by_silence()


def _against_baselines(frame: pd.DataFrame, keys: list[str]) -> Table:
    """A row for each cut or group: the model's headline metric and its lead over each baseline."""
    main = headline(_target(frame))
    ours = frame[frame["metric"] == main.name]
    baselines = [name for name in dict.fromkeys(ours["contender"]) if name != MODEL]
    rows = []
    for _, part in ours.groupby([ours[key].map(str) for key in keys], sort=False):
        by = part.set_index("contender")
        mine = by.loc[MODEL]
        rows.append(
            (
                *(cell(mine[key]) for key in [*keys, "rows"]),
                Interval(mine["observed"], np.nan, np.nan).value_words(),
                Interval(mine["value"], mine["low"], mine["high"]).words(),
                *(_ahead(by.loc[n]) if n in by.index else UNKNOWN for n in baselines),
                cell(mine["note"]),
            )
        )
    minus = [sentence("minus {contender}", contender=label(name)) for name in baselines]
    before = [heading(name) for name in [*keys, "rows", "observed"]]
    return Table((*before, main.label, *minus, heading("note")), tuple(rows))


def _ahead(row: pd.Series) -> Words:
    return difference(row["difference"], row["difference_low"], row["difference_high"])


def _target(frame: pd.DataFrame) -> str:
    return str(frame["target"].iloc[0])


def _every_metric(frame: pd.DataFrame) -> Table:
    """Contenders down, metrics across, each with its interval."""
    target = _target(frame)
    names = list(dict.fromkeys(frame["metric"]))
    rows = [
        (label(str(name)), *(Interval(*row).words() for row in part[FIGURES[:3]].to_numpy()))
        for name, part in frame.groupby("contender", sort=False)
    ]
    return Table((heading("contender"), *(find(target, n).label for n in names)), tuple(rows))
