"""Grade: what a list said against what happened, as figures that can be kept and read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from churnlab.evaluation.contenders import MODEL
from churnlab.evaluation.intervals import Interval
from churnlab.evaluation.records import frame_from, json_value, records, words_from, words_list
from churnlab.language.sentence import Words
from churnlab.schema.views import view

FORMAT = 1
_FRAMES = ("table", "groups", "calibration", "money", "effect")
_INTERVALS = ("expected_auc",)


@dataclass(frozen=True, eq=False, kw_only=True)
class Grade:
    """The grade of the list of a day.

    `listed` is the sha256 of the manifest of the list that was graded, `model` what it said of the
    models, `ended` the last day of the churn window, `target` what it was to churn. `people` were
    on the list, `known` of them are known to the log. `base_rate` is the share that churned,
    `mean_risk` what the list said of the same people, `learnt_rate` the base rate of the training.
    `expected_auc` is the estimate that was made without labels, of the same people.

    - `table`: contender and metric, with value, low, high and the model minus the contender.
      `churnlab` is the list, `base_rate` one risk for all, others are challengers.
    - `groups`: by `tier`, `stage`, `theme`, `control` and segment. `observed` is the share that
      churned, the precision of a tier; columns as `grading.figures.groups`.
    - `calibration`: ten bins of equal count, with rows, predicted and observed.
    - `money`: in all and by tier, what was expected and what was spent in the value window.
    - `effect`: contacted people against the control group, as `grading.figures.effect`.

    `money_from` is the day from which the money can be graded; "" where it is graded, or there is
    none. `notes` say what is not known, and why. Intervals are of 95%. A missing figure is NaN.
    """

    as_of: str
    run_id: str
    model: Mapping[str, Any]
    listed: str
    target: Words
    ended: str
    people: int
    known: int
    base_rate: float
    mean_risk: float
    learnt_rate: float
    expected_auc: Interval
    table: pd.DataFrame
    groups: pd.DataFrame
    calibration: pd.DataFrame
    money: pd.DataFrame
    effect: pd.DataFrame
    money_from: str = ""
    notes: tuple[Words, ...] = ()

    @property
    def auc(self) -> Interval:
        """The AUC of the list, with its interval."""
        return self.metric("auc")

    @property
    def error(self) -> float:
        """The AUC that was expected minus the one that came: how wrong the estimate was."""
        return self.expected_auc.value - self.auc.value

    def metric(self, name: str, contender: str = MODEL) -> Interval:
        """A metric of the list, or of a challenger; NaN where it is not known."""
        row = self._row(name, contender)
        return Interval(*(row[part] for part in ("value", "low", "high")))

    def ahead(self, name: str, contender: str) -> Interval:
        """The list minus a challenger in a metric, on the same resamples of people."""
        row = self._row(name, contender)
        return Interval(*(row[f"difference{part}"] for part in ("", "_low", "_high")))

    def _row(self, name: str, contender: str) -> dict[str, float]:
        at = (self.table["contender"] == contender) & (self.table["metric"] == name)
        found: dict[str, float] = self.table[at].iloc[0].to_dict()
        return found

    @property
    def challengers(self) -> tuple[str, ...]:
        """The versions that were scored beside the list, as contenders of `table`."""
        named = dict.fromkeys(self.table["contender"])
        return tuple(name for name in named if name not in (MODEL, "base_rate"))

    def metrics(self) -> dict[str, float]:
        """The figures of the list, flat, for tracking; missing ones are left out."""
        flat = {
            "grade_people": float(self.known),
            "grade_base_rate": self.base_rate,
            "grade_mean_risk": self.mean_risk,
            "grade_expected_auc": self.expected_auc.value,
        }
        mine = self.table[self.table["contender"] == MODEL]
        for row in mine.to_dict("records"):
            flat |= {f"grade_{row['metric']}{end}": row[part] for end, part in _PARTS.items()}
        for row in self.groups[self.groups["group"] == "tier"].to_dict("records"):
            flat[f"grade_precision_{_plain(row['value'])}"] = row["observed"]
        for row in self.effect.to_dict("records"):
            flat[f"grade_effect_{row['what']}"] = row["difference"]
        return {name: float(value) for name, value in flat.items() if np.isfinite(value)}

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; a missing value is null, a sentence its text, template and values."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        plain |= {name: records(plain[name]) for name in _FRAMES}
        plain |= {name: json_value(vars(plain[name])) for name in _INTERVALS}
        plain["notes"] = [json_value(words) for words in self.notes]
        auc = {"auc": json_value(vars(self.auc)), "estimate_error": json_value(self.error)}
        return {"format": FORMAT, **{name: json_value(v) for name, v in plain.items()}, **auc}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`; KeyError or TypeError for anything else."""
        plain = {each.name: given[each.name] for each in fields(cls)}
        plain |= {name: frame_from(plain[name]) for name in _FRAMES}
        plain |= {name: Interval(**_floats(plain[name])) for name in _INTERVALS}
        plain |= {n: _float(plain[n]) for n in ("base_rate", "mean_risk", "learnt_rate")}
        plain |= {"notes": words_list(plain["notes"]), "target": words_from(plain["target"])}
        return cls(**plain)

    def write(self, folder: str | Path) -> str:
        """Keep the grade beside its list in a folder, and return the file's name.

        Raises OutputError where the disk refuses.
        """
        return str(view("nightly.grading.kept:keep")(self, folder))

    def __repr__(self) -> str:
        return f"Grade({self.as_of}, AUC {self.auc}, {self.known:,} of {self.people:,} people)"

    def _repr_html_(self) -> str:
        return str(view("nightly.grading.page:page")(self)._repr_html_())


_PARTS = {"": "value", "_low": "low", "_high": "high"}


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name) or "none"


def _float(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _floats(given: Mapping[str, Any]) -> dict[str, float]:
    return {name: _float(value) for name, value in given.items()}
