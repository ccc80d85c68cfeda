"""The figures on a card, from what was judged and explained; no configuration is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from churnlab.dataset.dataset import Dataset
from churnlab.estimators.baselines import LAST
from churnlab.evaluation.contact import among_top, reached
from churnlab.evaluation.contenders import MODEL, label
from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.gaps import gaps
from churnlab.evaluation.intervals import wilson
from churnlab.evaluation.metric_table import headline
from churnlab.evaluation.metrics import auc
from churnlab.evaluation.segments import in_words, segments_of
from churnlab.evaluation.strata import RECENT_HALF
from churnlab.explanation.explanation import Explanation
from churnlab.features.themes import DAY, THEMES
from churnlab.language.catalogues import languages
from churnlab.language.sentence import Words
from churnlab.report.cards.record import (
    TOP,
    Costs,
    Gap,
    Group,
    Lead,
    Level,
    People,
    Promise,
    Reach,
    Stratum,
    Theme,
    Value,
)
from churnlab.schema.targets import Churn, LifetimeValue, Target
from churnlab.training.card_metrics import beside_best, beside_champion
from churnlab.training.judging import Judged

SHARES = (*(i / 100 for i in range(1, 31)), 0.35, 0.4, 0.45, 0.5)
_NEVER = 1e4  # days since last seen of a person without any
_THEMES = 8
_EXAMPLES = 3
_REASONS = 3


def figures(
    judged: Judged,
    explanation: Explanation | None = None,
    costs: Costs | None = None,
    currency: str = "",
    later: Mapping[int, pd.Series] | None = None,
) -> dict[str, Any]:
    """The fields of a CardRecord that hold figures, by name.

    `explanation` is of the churn model, `costs` are those of acting, `currency` is the sign
    before amounts. `later` has labels of churn by lead in days, on the index of the judged rows;
    rows that cannot be known yet are missing.
    """
    train, test = _rows(judged)
    churn = judged.evaluations["churned"]
    said = judged.predictions["churned"]
    best = _best(churn)
    truth = test.y("churned").to_numpy(np.float64)
    return {
        "people": people(train, test),
        "reach": _reach(truth, judged, best, costs),
        "best": label(best) if best else "",
        "costs": costs,
        "currency": currency,
        "told": float(np.mean(said[MODEL])),
        "left": float(truth.mean()),
        "levels": levels(churn.calibration),
        "leads": _leads(test, said, best, later or {}),
        "strata": _strata(churn),
        "themes": () if explanation is None else themes(explanation, currency),
        "groups": _groups(churn),
        "gaps": _gaps(test, truth, said[MODEL]),
        "figures": beside_best(churn),
        "value": _value(judged.evaluations.get("ltv")),
        "doubts": _doubts(judged.evaluations),
        "champion": beside_champion(judged.champion, len(test.X)),
        "metrics": judged.metrics(),
    }


def _doubts(evaluations: Mapping[str, Evaluation]) -> tuple[Words, ...]:
    """Why figures are unsure, of all targets, each reason once."""
    every = [words for found in evaluations.values() for words in found.warnings]
    return tuple({str(words): words for words in every}.values())


def promise(targets: Sequence[Target], active_within: int | None = None) -> Promise:
    """What is predicted, by the targets, for people active in the last `active_within` days."""
    churn = next(target for target in targets if target.name == "churned")
    worth = [target.definition for target in targets if isinstance(target, LifetimeValue)]
    return Promise(
        leaving=churn.definition,
        horizon=churn.horizon if isinstance(churn, Churn) else 0,
        lead=churn.lead if isinstance(churn, Churn) else 0,
        active_within=active_within,
        value=worth[0] if worth else "",
    )


def people(train: Dataset, test: Dataset) -> People:
    """Whom a model learnt from, and who judged it."""
    days = test.days
    return People(
        rows=len(test.X),
        people=_count(test),
        lists=len(days),
        first=days[0].date(),
        last=days[-1].date(),
        on_list=len(test.X) / len(days),
        leaving=float(test.y("churned").sum()) / len(days),
        share=float(test.y("churned").mean()),
        learnt_rows=len(train.X),
        learnt_people=_count(train),
        learnt_last=train.days[-1].date(),
        left_out={str(reason): int(rows) for reason, rows in train.counts.items() if rows},
    )


def _rows(judged: Judged) -> tuple[Dataset, Dataset]:
    assert judged.train is not None
    assert judged.test is not None
    return judged.train, judged.test


def _count(data: Dataset) -> int:
    return int(data.X.index.get_level_values("user_id").nunique())


def _best(evaluation: Evaluation) -> str:
    """The best baseline by the headline metric; "" where there is none."""
    main = headline(evaluation.target)
    table = evaluation.table
    others = table[(table["metric"] == main.name) & (table["contender"] != MODEL)]
    known = others.dropna(subset=["value"]).set_index("contender")["value"]
    return "" if known.empty else str(main.best(known))


def _away(data: Dataset) -> np.ndarray | None:
    """Days since each person was last seen; None where the features lack it."""
    return data.X[LAST].fillna(_NEVER).to_numpy(np.float64) if LAST in data.X else None


def _reach(y: np.ndarray, judged: Judged, best: str, costs: Costs | None) -> tuple[Reach, ...]:
    """Leavers reached on a list of mean length, by share contacted."""
    _, test = _rows(judged)
    said = judged.predictions["churned"]
    lists = len(test.days)
    on_list, leaving = len(y) / lists, float(y.sum()) / lists
    away = _away(test)
    by = {"found": said[MODEL], "recency": away, "best": said.get(best)}
    found = {n: reached(y, p, SHARES) for n, p in by.items() if p is not None}
    worth = judged.predictions.get("ltv")
    value = among_top(said[MODEL], worth[MODEL], SHARES) if worth else None
    rows = []
    for i, share in enumerate(SHARES):
        given = {n: leaving * float(found[n][i]) for n in ("recency", "best") if n in found}
        here = float(found["found"][i])
        row = Reach(
            share=share,
            people=on_list * share,
            leavers=leaving * here,
            found=here,
            missed=float(round(leaving) - round(leaving * here)),
            random=leaving * share,
            value=None if value is None else float(value[i]),
            **given,
        )
        rows.append(row.priced(costs))
    return tuple(rows)


def levels(table: pd.DataFrame) -> tuple[Level, ...]:
    """The groups of `metrics.calibration_table`, each with an interval by its count alone."""
    found = []
    for row in table.itertuples(index=False):
        share = wilson(row.observed * row.rows, int(row.rows))
        found.append(
            Level(
                rows=int(row.rows),
                told=float(row.predicted),
                left=float(row.observed),
                low=share.low,
                high=share.high,
                told_of_hundred=100 * float(row.predicted),
                left_of_hundred=100 * float(row.observed),
            )
        )
    return tuple(found)


def _leads(
    test: Dataset, said: Mapping[str, np.ndarray], best: str, later: Mapping[int, pd.Series]
) -> tuple[Lead, ...]:
    """How well the same list finds those who leave later, on the rows known at every lead."""
    labels = pd.DataFrame({days: later[days].reindex(test.X.index) for days in sorted(later)})
    while len(labels.columns) and not labels.notna().all(axis=1).any():
        labels = labels.iloc[:, :-1]  # nobody's outcome at the longest lead is known yet
    known = labels.notna().all(axis=1).to_numpy()
    away = _away(test)
    found = []
    for days in labels.columns:
        y = labels[days].to_numpy(np.float64)[known]
        if not len(y) or y.min() == y.max():
            continue
        by = {"found": said[MODEL], "recency": away, "best": said.get(best)}
        top = {n: reached(y, p[known], [TOP])[0].item() for n, p in by.items() if p is not None}
        order = auc(y, said[MODEL][known])
        found.append(Lead(days=days, rows=len(y), share=float(y.mean()), order=order, **top))
    return tuple(found)


def _strata(churn: Evaluation) -> tuple[Stratum, ...]:
    """The headline metric by how lately people were seen, beside days since then."""
    if churn.strata.empty:
        return ()
    main = churn.strata[churn.strata["metric"] == headline("churned").name]
    found = []
    for _, rows in main[main["stratum"] != RECENT_HALF].groupby("stratum", sort=False):
        by = {row["contender"]: row for row in rows.to_dict("records")}
        model, recency = by[MODEL], by.get("recency", {})
        found.append(
            Stratum(
                says=model["says"],
                rows=int(model["rows"]),
                people=int(model["people"]),
                part=model["share"],
                left=model["observed"],
                order=model["value"],
                low=model["low"],
                high=model["high"],
                recency=recency.get("value"),
                ahead=recency.get("difference"),
                ahead_low=recency.get("difference_low"),
                ahead_high=recency.get("difference_high"),
                note=model["note"],
            )
        )
    return tuple(found)


def themes(explanation: Explanation, sign: str = "") -> tuple[Theme, ...]:
    """What pushes the risk up among the tenth at highest risk, by theme, with examples.

    `sign` is the sign of the currency in examples, which need the facts of the rows.
    """
    risk = explanation.values.sum(axis=1).to_numpy()
    top = np.argsort(-risk, kind="stable")[: max(1, len(risk) // 10)]
    push = explanation.themes().iloc[top].clip(lower=0).drop(columns=DAY, errors="ignore")
    total = push.to_numpy().sum()
    part = (push.sum() / total if total else push.sum()).sort_values(ascending=False)
    said = {} if explanation.facts is None else _examples(explanation, top, sign)
    return tuple(
        Theme(
            says=THEMES[str(name)],
            part=float(part[name]),
            examples={language: by[name] for language, by in said.items() if name in by},
        )
        for name in part.index[:_THEMES]
        if part[name] > 0
    )


def _examples(
    explanation: Explanation, top: np.ndarray, sign: str
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Examples by language and theme, each of another kind of reason."""
    of_theme, of_kind = (
        frame.iloc[top].to_numpy().ravel()
        for frame in (explanation.reason_themes(_REASONS), explanation.reason_names(_REASONS))
    )
    _, first = np.unique(of_kind.astype(str), return_index=True)
    chosen = np.sort(first)
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for language in languages():
        said = explanation.reasons(_REASONS, language, sign).iloc[top].to_numpy().ravel()
        found[language] = _by_theme(of_theme[chosen], said[chosen])
    return found


def _by_theme(themes: Iterable[str], reasons: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Some reasons by their theme; the riskiest person's first."""
    found: dict[str, list[str]] = {}
    for theme, text in zip(themes, reasons, strict=True):
        texts = found.setdefault(theme, [])
        if text and len(texts) < _EXAMPLES:
            texts.append(text)
    return {theme: tuple(texts) for theme, texts in found.items() if texts}


def _groups(churn: Evaluation) -> tuple[Group, ...]:
    main = headline("churned").name
    return tuple(
        Group(
            grouping=in_words(row["group"]),
            group=in_words(row["value"]),
            rows=row["rows"],
            people=row["people"],
            told=row["predicted"],
            left=row["observed"],
            order=row[main],
            low=row["low"],
            high=row["high"],
            note=row["note"],
        )
        for row in churn.per_segment.to_dict("records")
    )


def _gaps(test: Dataset, y: np.ndarray, p: np.ndarray) -> tuple[Gap, ...]:
    """The groups for which the model works worse, beyond chance."""
    users = test.X.index.get_level_values("user_id").to_numpy()
    found = gaps(y, p, users, segments_of(test))
    return tuple(
        Gap(
            grouping=in_words(row["grouping"]),
            group=in_words(row["group"]),
            kind=row["kind"],
            value=row["value"],
            rest=row["rest"],
            p_value=row["p_value"],
        )
        for row in found[found["beyond"]].to_dict("records")
    )


def _value(value: Evaluation | None) -> Value | None:
    if value is None:
        return None
    rows = value.calibration.itertuples(index=False)
    tenths = (
        Level(rows=int(r.rows), told=float(r.predicted), left=float(r.observed)) for r in rows
    )
    return Value(figures=beside_best(value), levels=tuple(tenths))
