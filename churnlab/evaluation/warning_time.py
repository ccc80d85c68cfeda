"""Warning time: how well those who will leave are known 0, 7, 14, 30 days before it begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from churnlab.dataset.dataset import Dataset
from churnlab.errors import ChurnlabError, ConfigError, FrameError
from churnlab.evaluation.contenders import MODEL, Make, default_model, fit_and_predict, label
from churnlab.evaluation.intervals import Interval
from churnlab.evaluation.judge import Judge, doubts, few_learnt
from churnlab.evaluation.metric_table import Metric, headline, metrics_of
from churnlab.evaluation.records import frame_from, json_value, records, words_list
from churnlab.evaluation.tables import Table, TitledTable, cell, difference, heading
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Sentence, Words, sentence
from churnlab.schema.days import Day, day_number
from churnlab.schema.progress import Say, silent

TARGET = "churned"
ENDS = ("", "_low", "_high")


@dataclass(frozen=True, eq=False)
class WarningTime:
    """One model for each warning time, learnt from the same cuts and judged on the same later ones.

    A snapshot at t with a lead of L days is asked whether the person does nothing at all in
    `[t + L, t + L + horizon)`; its features end at t whatever L is. `table` has a row for each
    lead:

    | columns                                   | meaning                                          |
    |-------------------------------------------|--------------------------------------------------|
    | lead_days, learnt_rows, rows, people      | the lead, and what was learnt from and judged    |
    | base_rate                                 | share that churned                               |
    | auc, precision_at_10pct, recall_at_10pct  | of the tenth at highest risk the latter two      |
    | accuracy, precision, recall               | of those at a risk of 50% or more                |
    | each of these with _low and _high         | 95% interval, people resampled                   |
    | beside, beside_auc                        | the best baseline and its AUC                    |
    | auc_difference, with _low and _high       | the model minus it, on the same resamples        |
    | nobody_leaves, everybody_leaves           | accuracy of these two constant answers           |
    | note                                      | why a figure is missing                          |

    `warnings` hold a sentence for each reason why the figures are unsure.
    """

    horizon: int
    table: pd.DataFrame
    warnings: tuple[Words, ...] = ()

    @classmethod
    def of(
        cls,
        data: Dataset,
        labels: Mapping[int, pd.Series],
        horizon: int,
        test_from: Day,
        *,
        make: Make = default_model,
        draws: int = 200,
        seed: int = 0,
        say: Say = silent,
    ) -> WarningTime:
        """The warning times of features and, by lead in days, labels float64[n] on their index.

        Learns from the rows whose label windows end by `test_from` at the longest lead, and judges
        the rows from it on: the same rows for every lead. Raises ConfigError for no lead or a lead
        below 0, FrameError for labels on another index, HistoryError where no lead can be learnt.

        >>> from churnlab import Churn, FeatureSet, Snapshots, build_dataset, datasets
        >>> from churnlab.estimators.baselines import Recency
        >>> activity = datasets.make_community(users=120, days=170, seed=1).log().daily()
        >>> days = ["2026-02-15", "2026-05-01"]
        >>> at = {lead: Snapshots.at(activity, days, targets=[Churn(30, lead)]) for lead in (0, 14)}
        >>> data = build_dataset(activity, at[0], FeatureSet.of(["Tenure", "LoginIntervals"]))
        >>> labels = {lead: s.frame["churned"].set_axis(data.X.index) for lead, s in at.items()}
        >>> make = lambda target: Recency()
        >>> found = WarningTime.of(data, labels, 30, "2026-05-01", make=make, draws=20)
        >>> found.table["lead_days"].tolist()
        [0, 14]
        """
        check_leads(list(labels))
        learn, test = data.sides(day_number(test_from), max(labels) + horizon)
        judge = Judge.of(TARGET, draws, seed, place="warning_time")
        found = []
        for lead, y in labels.items():
            if not y.index.equals(data.X.index):
                name = f"the labels at a lead of {lead} days"
                raise FrameError.from_wrong_length(name, len(y), len(data.X))
            say(f"warning time: {lead} days")
            found.append(_lead(lead, data, y, learn, test, make, judge))
        errors = [each.error for each in found if each.error]
        if len(errors) == len(found):
            raise errors[0]
        unsure = (words for each in found for words in each.unsure())
        warnings = tuple(dict.fromkeys((*few_learnt(len(learn)), *unsure)))
        return cls(horizon, pd.DataFrame([each.row for each in found]), warnings)

    def shown(self, language: str = ENGLISH) -> pd.DataFrame:
        """The table as text, figures down and leads across.

        Accuracy stands between the base rate and the accuracy of "nobody leaves".
        """
        return self._shown().frame(language)

    def _shown(self) -> Table:
        leads = self.table.to_dict("records")
        lines = [list(_lines(row)) for row in leads]
        days = [cell(row["lead_days"]) for row in leads]
        rows = [(title, *(line[i][1] for line in lines)) for i, (title, _) in enumerate(lines[0])]
        if any(row["note"] for row in leads):
            rows.append((heading("note"), *(row["note"] for row in leads)))
        return Table((sentence("days of warning"), *days), tuple(rows))

    def summary(self) -> Sentence:
        """The longest warning that could be judged, in one sentence."""
        known = self.table.dropna(subset=[headline(TARGET).name])
        if known.empty:
            return sentence("No warning time could be judged.")
        row = known.iloc[-1]
        return sentence(
            "{lead_days} days ahead: AUC {auc:.3f}, {precision_at_10pct:.0%} of the riskiest tenth "
            "leave where {base_rate:.0%} of all people do, accuracy {accuracy:.0%} where "
            '"nobody leaves" has {nobody_leaves:.0%}.',
            lead_days=row["lead_days"],
            auc=row["auc"],
            precision_at_10pct=row["precision_at_10pct"],
            base_rate=row["base_rate"],
            accuracy=row["accuracy"],
            nobody_leaves=row["nobody_leaves"],
        )

    def sections(self) -> list[TitledTable]:
        """The table with its question and answer, for `report.document.as_markdown`."""
        asked = sentence(
            "With L days of warning: who does nothing in the {horizon} days that begin L days "
            "after the snapshot? Brackets are 95% intervals.",
            horizon=self.horizon,
        )
        return [TitledTable(sentence("Warning time"), self._shown(), asked, self.summary())]

    def _repr_html_(self) -> str:
        texts = (self.summary(), *self.warnings)
        return self.shown().to_html(index=False) + "".join(
            f"<p>{escape(str(text))}</p>" for text in texts
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; a missing value is null, a sentence its text, template and values."""
        return {
            "horizon": self.horizon,
            "table": records(self.table),
            "warnings": [json_value(words) for words in self.warnings],
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> WarningTime:
        """The warning times that `to_dict` was called on."""
        return cls(given["horizon"], frame_from(given["table"]), words_list(given["warnings"]))


def check_leads(leads: Sequence[int]) -> None:
    """Raise ConfigError where there is no lead or one below 0.

    >>> check_leads([0, 7, 14])
    """
    if not leads or min(leads) < 0:
        wanted = "days of warning, each 0 or more, like 0,7,14,30"
        raise ConfigError.from_range("lead", list(leads), wanted)


@dataclass(frozen=True)
class _Lead:
    """The row of one lead, what is unsure in it, and why it could not be learnt."""

    row: dict[str, Any]
    notes: tuple[Words, ...]
    error: ChurnlabError | None = None

    def unsure(self) -> Iterator[Words]:
        """A sentence for each reason why the figures of this lead are unsure."""
        for text in self.notes:
            yield sentence("{lead} days: {text}", lead=self.row["lead_days"], text=text)


def _lead(
    lead: int,
    data: Dataset,
    y: pd.Series,
    learn: np.ndarray,
    test: np.ndarray,
    make: Make,
    judge: Judge,
) -> _Lead:
    users = data.X.index.get_level_values("user_id").to_numpy()[test]
    truth = y.to_numpy(np.float64)[test]
    given = {"lead_days": lead, "learnt_rows": len(learn)}
    try:
        said, left_out = fit_and_predict(data.X, y, learn, test, TARGET, make)
    except ChurnlabError as error:
        row = given | _row(judge, {}, truth, users, str(error))
        return _Lead(row, (str(error), *doubts(TARGET, truth, users)), error)
    row = given | _row(judge, said, truth, users)
    return _Lead(row, (*left_out, *doubts(TARGET, truth, users)))


def _row(
    judge: Judge, said: Mapping[str, np.ndarray], y: np.ndarray, users: np.ndarray, wrong: str = ""
) -> dict[str, Any]:
    """The figures of one lead; where they are missing, the note says why."""
    rate, note, main = float(y.mean()), wrong or judge.missing(y), headline(TARGET).name
    names = [*(metric.name for metric in judge.metrics), f"{main}_difference"]
    blank = {f"{name}{end}": np.nan for name in names for end in ENDS}
    return {
        "rows": len(y),
        "people": len(pd.unique(users)),
        "base_rate": rate,
        **blank,
        "beside": "",
        f"beside_{main}": np.nan,
        **({} if note else _figures(judge.table(said, y, users), headline(TARGET))),
        "nobody_leaves": 1 - rate,
        "everybody_leaves": rate,
        "note": note,
    }


def _figures(table: pd.DataFrame, main: Metric) -> dict[str, Any]:
    """The model's metrics, and its difference to the best baseline in the headline metric."""
    out: dict[str, Any] = {}
    for r in table[table["contender"] == MODEL].itertuples():
        out |= {r.metric: r.value, f"{r.metric}_low": r.low, f"{r.metric}_high": r.high}
    others = table[(table["contender"] != MODEL) & (table["metric"] == main.name)]
    if others.empty:
        return out
    best = others.loc[main.best(others["value"])]
    ahead = {f"{main.name}_difference{end}": best[f"difference{end}"] for end in ENDS}
    return out | {"beside": best["contender"], f"beside_{main.name}": best["value"]} | ahead


def _lines(row: Mapping[str, Any]) -> Iterator[tuple[Words, Words]]:
    """The title and the cell of each line of the table for people, for one lead."""
    main, *others = metrics_of(TARGET, "warning_time")
    ahead = difference(*(row[f"{main.name}_difference{end}"] for end in ENDS))
    beside = label(row["beside"])
    yield sentence("rows judged"), cell(row["rows"])
    yield sentence("base rate (churned)"), cell(row["base_rate"])
    yield main.label, _interval(row, main.name)
    yield (
        sentence("{metric} minus the best baseline's", metric=main.label),
        sentence("{ahead} ({contender})", ahead=ahead, contender=beside) if beside else ahead,
    )
    for metric in others:
        yield metric.label, _interval(row, metric.name)
    yield sentence('accuracy of "nobody leaves"'), cell(row["nobody_leaves"])
    yield sentence('accuracy of "everybody leaves"'), cell(row["everybody_leaves"])


def _interval(row: Mapping[str, Any], name: str) -> Words:
    return Interval(*(row[f"{name}{end}"] for end in ENDS)).words()
