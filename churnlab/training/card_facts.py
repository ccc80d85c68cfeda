"""What a training says on its card."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from churnlab.activity.arrivals import is_late
from churnlab.config.tables import Config
from churnlab.dataset.dataset import Dataset
from churnlab.estimators import baselines
from churnlab.estimators.base import TreeModel
from churnlab.evaluation.contenders import predict
from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.timing import Timing
from churnlab.explanation.explanation import Explanation
from churnlab.report import plots
from churnlab.report.card import CardFacts, ModelCard
from churnlab.schema.targets import Churn
from churnlab.training.judging import Judged
from churnlab.training.models import Fitted
from churnlab.training.preparation import SplitRows


def make_card(
    config: Config,
    ready: SplitRows,
    fitted: Fitted,
    judged: Judged,
    explanation: Explanation,
) -> ModelCard:
    """The card of a training."""
    return ModelCard.of(
        CardFacts(
            title=f"{config.name}: who is about to leave",
            version=fitted.version,
            sentences=_sentences(config, ready, judged.timing),
            simulated=config.log.simulated,
            population={
                "eligible": f"active on a day of the {config.snapshots.active_within} before the snapshot",
                "learnt from": f"{len(ready.train.X):,} snapshots of {people(ready.train):,} people, {span(ready.train)}",
                "judged on": f"{len(ready.test.X):,} snapshots of {people(ready.test):,} people, {span(ready.test)}",
                "purged between": f"{ready.train.counts.get('purged', 0):,} snapshots whose labels overlap the judged days",
            },
            data=_data_facts(config, ready),
            evaluations=judged.evaluations,
            pictures=_pictures(fitted.models, ready.test, judged.evaluations, explanation),
            signals=explanation.signal_importance(),
            importance=explanation.importance(),
            examples=_examples(explanation, fitted.models, ready.test),
            limits=_limits(config, ready),
            made={
                "algorithm": config.model.algorithm,
                "seed": config.model.seed,
                "features": ready.train.X.shape[1],
                "dataset digest": ready.train.digest[:16],
                **{f"tuning of {k}": t.describe() for k, t in fitted.tuned.items()},
                "format": "LightGBM text or skops, with sha256; no code is run on loading",
            },
        )
    )


def _sentences(config: Config, ready: SplitRows, timing: Timing | None) -> tuple[str, ...]:
    churn = next(t for t in ready.targets if isinstance(t, Churn))
    what = churn.definition
    first = (
        f"For everybody active in the last {config.snapshots.active_within} days it gives the probability of leaving ({what}), "
        "and three reasons in words."
    )
    worth = [
        f"It also says what they are expected to spend: {t.definition}."
        for t in ready.targets
        if t.name == "ltv"
    ]
    return (first, *worth, *([timing.sentence()] if timing else []))


def people(data: Dataset) -> int:
    """The number of different people."""
    return int(data.X.index.get_level_values("user_id").nunique())


def span(data: Dataset) -> str:
    """How many snapshot days there are, and their first and last."""
    days = data.days
    return f"{len(days)} days from {days[0].date()} to {days[-1].date()}"


def _lateness(config: Config, ready: SplitRows) -> str:
    if config.log.arrived is None:
        return "not in the log; lateness is unknown"
    activity, about = ready.activity, ready.activity.source
    rows = int(is_late(activity.known, activity.day).sum()) if activity.late else 0
    late = (
        f"{rows:,} daily rows were changed by events that came on a later day"
        if rows
        else "nothing came on a later day"
    )
    too_late = (
        f"; {about['too_late']:,} events came too late and were set aside"
        if about.get("too_late")
        else ""
    )
    return f"column {config.log.arrived!r}; a snapshot sees what had arrived before it; {late}{too_late}"


def _data_facts(config: Config, ready: SplitRows) -> dict[str, Any]:
    about = ready.activity.describe()
    facts = {
        "source": Path(config.log.path).name,
        "events": about["events"],
        "people": about["people"],
        "days": f"{about['first_day']} to {about['last_day']}",
        "time zone": about["timezone"],
        "duplicates": about["duplicates"],
        "amounts set aside": about["bad_amounts"],
        "events ignored": about["ignored"],
        "rows without an id": about["bad_ids"],
        "arrival times": _lateness(config, ready),
    }
    lacking = [f"{name} (no {what})" for name, what in ready.train.skipped.items()]
    return facts | ({"signals without data": ", ".join(lacking)} if lacking else {})


def _pictures(
    models: Mapping[str, TreeModel],
    test: Dataset,
    evaluations: Mapping[str, Evaluation],
    explanation: Explanation,
) -> dict[str, plots.Figure]:
    churn = evaluations["churned"]
    risk = predict(models["churned"], test.X)
    recency = (
        test.X[baselines.LAST].fillna(1e4).to_numpy()
        if baselines.LAST in test.X
        else np.zeros(len(risk))
    )
    pictures = {
        "calibration": plots.calibration(churn.calibration),
        "signals": plots.signals(explanation.signal_importance()),
        "gains": plots.gains(
            test.y("churned").to_numpy(), {"churnlab": risk, "days since last activity": recency}
        ),
        "per_cut": plots.per_cut(churn.per_cut, "auc"),
    }
    return pictures | (
        {"deciles": plots.deciles(evaluations["ltv"].calibration)} if "ltv" in evaluations else {}
    )


def _examples(
    explanation: Explanation, models: Mapping[str, TreeModel], test: Dataset
) -> tuple[str, ...]:
    risk = predict(models["churned"], explanation.X)
    top = np.argsort(-risk, kind="stable")[:200]
    lines = explanation.reasons(3).iloc[top].agg(lambda row: "; ".join(r for r in row if r), axis=1)
    return tuple(line for line in dict.fromkeys(lines) if line)[:5]


def _limits(config: Config, ready: SplitRows) -> tuple[str, ...]:
    lines = [
        "It knows what the log knows: who leaves for a reason that leaves no trace before is not found.",
        "A probability is right on average over people like these days' people; after a change of the product, train again.",
        "Reasons say what moved the score, not what would keep the person.",
        f"Not for people without an active day in the last {config.snapshots.active_within} days.",
    ]
    if len(ready.test.days) < 3:
        lines.append(
            f"Judged on {len(ready.test.days)} snapshot day(s) only: seasons are not covered."
        )
    if ready.activity.has_money:
        lines.append(
            "Value at risk is the churn probability times the expected spend; the two models do not yet know of each other."
        )
    return tuple(lines)
