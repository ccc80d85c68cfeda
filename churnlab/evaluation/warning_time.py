"""Warning time: how well those who will leave are known 0, 7, 14, 30 days before it begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from churnlab.dataset.dataset import Dataset
from churnlab.errors import ChurnlabError, ConfigError, FrameError
from churnlab.evaluation import metrics
from churnlab.evaluation.backtest import FEW_LEARNT, Make, gap, new_model, said_of
from churnlab.evaluation.contenders import MODEL
from churnlab.evaluation.judge import Judge, doubts
from churnlab.evaluation.metrics import Interval
from churnlab.evaluation.records import Titled, records
from churnlab.schema.days import Day, day_number
from churnlab.schema.progress import Say

KINDS: dict[str, metrics.Metric] = {
    "auc": metrics.auc,
    "precision_at_10pct": metrics.precision_at,
    "recall_at_10pct": metrics.recall_at,
    "accuracy": metrics.accuracy,
    "precision": metrics.precision,
    "recall": metrics.recall,
}
_SHOWN = {
    "precision_at_10pct": "precision, top tenth",
    "recall_at_10pct": "recall, top tenth",
    "accuracy": "accuracy",
    "precision": "precision, risk 50% or more",
    "recall": "recall, risk 50% or more",
}


@dataclass(frozen=True, eq=False)
class WarningTime:
    """One model for each warning time, learnt from the same cuts and judged on the same later ones.

    With a lead of L days a snapshot at t is asked who does nothing in `[t + L, t + L + horizon)`; its features end at t whatever L is. `table` has
    a row for each lead: lead_days, learnt_rows, rows, people, base_rate (share that churned), auc, precision_at_10pct and recall_at_10pct (of the
    tenth at highest risk), accuracy, precision and recall (of those at a risk of 50% or more), each with _low and _high (95%, people
    resampled); nobody_leaves and everybody_leaves (the accuracy of these two answers, which know nothing); beside (the best of the
    dumb things), beside_auc, auc_difference (the model minus it, paired) with its interval; note says why a figure is missing.
    `warnings` say what is unsure.
    """

    horizon: int
    table: pd.DataFrame
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        data: Dataset,
        labels: Mapping[int, pd.Series],
        horizon: int,
        test_from: Day,
        *,
        make: Make = new_model,
        draws: int = 200,
        seed: int = 0,
        say: Say = lambda text: None,
    ) -> WarningTime:
        """From features and, by lead in days, labels float64[n] on their index.

        Learns from the rows whose label windows end by `test_from` at the longest lead, judges on those from it on: the same rows for every lead.
        Raises ConfigError for no lead or a lead below 0, FrameError for labels on another index, HistoryError where no lead can be learnt for.

        >>> from churnlab import Churn, FeatureSet, Snapshots, build_dataset, datasets
        >>> from churnlab.estimators.baselines import Recency
        >>> activity = datasets.make_community(users=120, days=170, seed=1).log().daily()
        >>> at = lambda lead: Snapshots.at(activity, ["2026-02-15", "2026-05-01"], targets=[Churn(30, lead)])
        >>> data = build_dataset(activity, at(0), FeatureSet.of(["Tenure", "LoginIntervals"]))
        >>> labels = {lead: at(lead).frame["churned"].set_axis(data.X.index) for lead in (0, 14)}
        >>> found = WarningTime.of(data, labels, 30, "2026-05-01", make=lambda target: Recency(), draws=20)
        >>> found.table["lead_days"].tolist()
        [0, 14]
        """
        check_leads(list(labels))
        learn, test = data.sides(day_number(test_from), max(labels) + horizon)
        judge, rows, notes, errors = Judge("churned", KINDS, draws, seed), [], [], []
        for lead, y in labels.items():
            if not y.index.equals(data.X.index):
                raise FrameError.from_wrong_length(
                    f"the labels at a lead of {lead} days", len(y), len(data.X)
                )
            say(f"warning time: {lead} days")
            try:
                said, left_out = said_of(data.X, y, learn, test, "churned", make)
            except ChurnlabError as error:
                errors.append(error)
                said, left_out = {}, (str(error),)
            users = data.X.index.get_level_values("user_id").to_numpy()[test]
            truth = y.to_numpy(np.float64)[test]
            rows.append(
                {
                    "lead_days": lead,
                    "learnt_rows": len(learn),
                    **_row(judge, said, truth, users, "; ".join(left_out) if not said else ""),
                }
            )
            notes += [
                f"{lead} days: {text}" for text in (*left_out, *doubts("churned", truth, users))
            ]
        if len(errors) == len(labels):
            raise errors[0]
        few = [f"learnt from {len(learn):,} rows only"] if len(learn) < FEW_LEARNT else []
        return cls(horizon, pd.DataFrame(rows), (*few, *dict.fromkeys(notes)))

    def shown(self) -> pd.DataFrame:
        """The table as text, figures down and leads across: accuracy stands between the base rate and what "nobody leaves" has right."""
        out = []
        for r in self.table.to_dict("records"):
            cell = {
                name: str(Interval(r[name], r[f"{name}_low"], r[f"{name}_high"])) for name in KINDS
            }
            over = gap(r["auc_difference"], r["auc_difference_low"], r["auc_difference_high"])
            out.append(
                {
                    "days of warning": f"{r['lead_days']}",
                    "rows judged": f"{r['rows']:,}",
                    "base rate (churned)": f"{r['base_rate']:.3f}",
                    "AUC": cell["auc"],
                    "AUC minus the best dumb thing": f"{over} ({r['beside']})"
                    if r["beside"]
                    else over,
                    **{title: cell[name] for name, title in _SHOWN.items()},
                    'accuracy of "nobody leaves"': f"{r['nobody_leaves']:.3f}",
                    'accuracy of "everybody leaves"': f"{r['everybody_leaves']:.3f}",
                    "note": r["note"],
                }
            )
        frame = (
            pd.DataFrame(out)
            .set_index("days of warning")
            .T.rename_axis(columns=None)
            .reset_index(names="days of warning")
        )
        return frame[
            (frame["days of warning"] != "note") | frame.iloc[:, 1:].astype(bool).any(axis=1)
        ].reset_index(drop=True)

    def summary(self) -> str:
        """One honest sentence about the longest warning that could be judged."""
        known = self.table.dropna(subset=["auc"])
        if known.empty:
            return "No warning time could be judged."
        r = known.iloc[-1]
        top = f"{r['precision_at_10pct']:.0%} of the riskiest tenth leave where {r['base_rate']:.0%} do"
        return (
            f"{r['lead_days']} days ahead: AUC {r['auc']:.3f}, {top}, "
            f'accuracy {r["accuracy"]:.0%} where "nobody leaves" has {r["nobody_leaves"]:.0%} right.'
        )

    def sections(self) -> list[Titled]:
        """The table with its question and answer, for `report.document.as_markdown`."""
        asked = (
            f"With L days of warning: who leaves in the {self.horizon} days that begin L days "
            "after the snapshot? Brackets: 95% intervals."
        )
        return [Titled("Warning time", self.shown(), asked, self.summary())]

    def _repr_html_(self) -> str:
        return self.shown().to_html(index=False) + "".join(
            f"<p>{escape(text)}</p>" for text in (self.summary(), *self.warnings)
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; what is not known is null."""
        return {
            "horizon": self.horizon,
            "table": records(self.table),
            "warnings": list(self.warnings),
        }

    @classmethod
    def from_dict(cls, about: Mapping[str, Any]) -> WarningTime:
        """The inverse of to_dict."""
        return cls(
            about["horizon"],
            pd.DataFrame(about["table"]).replace({None: np.nan}),
            tuple(about["warnings"]),
        )


def check_leads(leads: Sequence[int]) -> None:
    """Refuses leads that are none: ConfigError."""
    if not leads or min(leads) < 0:
        raise ConfigError.from_range(
            "lead", list(leads), "days of warning, each 0 or more, like 0,7,14,30"
        )


def _row(
    judge: Judge, said: Mapping[str, np.ndarray], y: np.ndarray, users: np.ndarray, wrong: str
) -> dict[str, Any]:
    """The figures of one lead; those that cannot be told are missing."""
    rate, note = float(y.mean()), wrong or judge.missing(y)
    row = {"rows": len(y), "people": len(pd.unique(users)), "base_rate": rate}
    blank = {
        f"{name}{end}": np.nan
        for name in (*KINDS, "auc_difference")
        for end in ("", "_low", "_high")
    } | {"beside": "", "beside_auc": np.nan}
    figures = {} if note else _figures(judge.table(said, y, users))
    return {
        **row,
        **blank,
        **figures,
        "nobody_leaves": 1 - rate,
        "everybody_leaves": rate,
        "note": note,
    }


def _figures(table: pd.DataFrame) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for r in table[table["contender"] == MODEL].itertuples():
        out |= {r.metric: r.value, f"{r.metric}_low": r.low, f"{r.metric}_high": r.high}
    others = table[(table["contender"] != MODEL) & (table["metric"] == "auc")]
    if others.empty:
        return out
    best = others.loc[others["value"].idxmax()]
    return out | {
        "beside": best["contender"].replace("_", " "),
        "beside_auc": best["value"],
        "auc_difference": best["difference"],
        "auc_difference_low": best["difference_low"],
        "auc_difference_high": best["difference_high"],
    }
