"""Refit: models learn again, as they were judged, from every snapshot whose labels are closed.

A judged model waits: it learns from snapshots whose labels end before the held-out days begin. The
models that score need not wait, because nothing is judged on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from churnlab.config.tables import Config
from churnlab.dataset.dataset import Dataset
from churnlab.errors import HistoryError
from churnlab.language.sentence import Sentence, sentence
from churnlab.model_registry.tracking import WHEN
from churnlab.schema.days import day_text, learnable
from churnlab.schema.progress import Say, silent
from churnlab.schema.targets import Target
from churnlab.training.models import Fitted, version_of
from churnlab.training.preparation import LabelledRows, build, reach_of


@dataclass(frozen=True)
class Refitted:
    """The models that score, and the rows that each learnt from, by model: churned, ltv, when.

    `trained_on` is the day of training, the day after the last observed one. `judged` identifies
    the models that were judged.
    """

    fitted: Fitted
    rows: Mapping[str, Dataset]
    trained_on: str
    judged: str

    def note(self, learnt: Dataset) -> Sentence:
        """Up to which day the churn models learnt; `learnt` are the rows of the judged one."""
        return sentence(
            "the models that score learnt from snapshots up to {last}, the judged ones up to "
            "{judged}",
            last=str(self.rows["churned"].days[-1].date()),
            judged=str(learnt.days[-1].date()),
        )


def refit(config: Config, rows: LabelledRows, judged: Fitted, say: Say = silent) -> Refitted:
    """The models fitted again on all rows whose labels are closed on the day of training.

    Rounds, shares, calibration and factors of totals stay as judged (`Refits.refit`). `rows` are
    all rows of the training, not split. A model of which no later label was closed than those that
    it learnt from is the judged one, to the bit.
    """
    say("fitting the models again on all closed snapshots")
    closed = closed_rows(config, rows, say)
    learnt = {target: closed[target] for target in judged.models}
    models = {t: judged.models[t].refit(data.X, data.y(t)) for t, data in learnt.items()}
    hazard = judged.hazard
    if hazard is not None:
        learnt[WHEN] = closed["leaves_week"]
        hazard = hazard.refit(learnt[WHEN].X, learnt[WHEN].labels)
    fitted = replace(judged, models=models, hazard=hazard)
    version = version_of(fitted.named, *learnt.values())
    trained_on = day_text(rows.activity.end)
    return Refitted(replace(fitted, version=version), learnt, trained_on, judged.version)


def closed_rows(config: Config, rows: LabelledRows, say: Say = silent) -> dict[str, Dataset]:
    """For each target, by name, the rows whose labels are closed on the day of training.

    The days of `rows` are those on which the labels of all targets are closed. A target that sees
    less far ahead has later days too, in the same steps.
    """
    found = dict.fromkeys((target.name for target in rows.targets), rows.data)
    longest = reach_of(rows.targets)
    sooner = tuple(t for t in rows.targets if reach_of((t,)) < longest)
    later = _later(config, rows, sooner, say) if sooner else None
    if later is None:
        return found
    labels = pd.concat([rows.data.labels[list(later.labels)], later.labels])
    X = pd.concat([rows.data.X, later.X[list(rows.data.X)]])
    joined = replace(rows.data, X=X, labels=labels, targets=sooner)
    return found | {target.name: joined for target in sooner}


def _later(
    config: Config, rows: LabelledRows, targets: tuple[Target, ...], say: Say
) -> Dataset | None:
    """The rows after those of `rows` with closed labels of some targets; None if there are none."""
    every, end, reach = config.snapshots.every, rows.activity.end, reach_of(targets)
    days = [day for day in range(rows.days[-1] + every, end, every) if learnable(day, reach, end)]
    if not days:
        return None
    try:
        return build(config, rows.activity, days, targets, say)
    except HistoryError:  # nobody was active so late in the log
        return None
