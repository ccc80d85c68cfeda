"""Scores and reasons of some people: from features and a run's models, on any engine.

A part of the people can be scored alone, and workers of Spark score with the same objects. These
travel as model files, which run no code when they are loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self, TypeAlias

import numpy as np
import pandas as pd

from churnlab.activity.protocol import Activity
from churnlab.config.tables import Config
from churnlab.dataset.compute import available
from churnlab.estimators.base import TreeModel
from churnlab.estimators.hazard import Model
from churnlab.estimators.loading import load
from churnlab.evaluation.contenders import predict
from churnlab.explanation.explanation import explain
from churnlab.features.builder import FeatureBuilder
from churnlab.features.facts import Facts
from churnlab.language.catalogues import ENGLISH
from churnlab.model_registry.tracking import TrainedRun
from churnlab.nightly.chosen import Chosen
from churnlab.nightly.lists.contract import NAMES
from churnlab.nightly.ranking import BY_RISK, Ranking
from churnlab.nightly.stage import presence
from churnlab.schema.days import day_number, day_text
from churnlab.schema.files import scratch_folder
from churnlab.schema.targets import Churn

REASONS = ("reason_1", "reason_2", "reason_3")
TOLD = (*REASONS, "theme")
COLUMNS = NAMES
RISK_DIGITS = 9
_MONEY_DIGITS = 6
Packed: TypeAlias = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Scorer:
    """Scores rows of features on the morning of the day `as_of`, like 2026-03-04.

    `churn` is the target of the churn model, `approval` says whether the models are approved, and
    `approver` by whom. The rows need the columns of StageFacts beside the features of the models.
    """

    models: Mapping[str, TreeModel]
    as_of: str
    version: str
    churn: Churn
    approval: str = ""
    approver: str = ""
    run_id: str = ""
    name: str = ""

    @classmethod
    def of(cls, chosen: Chosen, config: Config, day: int) -> Self:
        """The scorer of a run; `config` is as the run was trained."""
        run, churn = chosen.trained, config.target.churn()
        about = (chosen.approval, chosen.approver, run.run_id, chosen.name)
        return cls(run.models, day_text(day), run.facts.version, churn, *about)

    @property
    def model(self) -> dict[str, str]:
        """Which models score, and who says that they may."""
        return {
            "name": self.name,
            "version": self.version,
            "approval": self.approval,
            "approver": self.approver,
        }

    def __call__(self, X: pd.DataFrame) -> pd.DataFrame:
        """The columns of the list, without reasons, of each row of X, in its order.

        ltv and value_at_risk are missing without a value model.
        """
        risk = np.round(predict(self.models["churned"], X), RISK_DIGITS)
        value = self.models.get("ltv")
        missing = np.full(len(X), np.nan)
        ltv = missing if value is None else np.round(predict(value, X), _MONEY_DIGITS)
        frame = pd.DataFrame(
            {
                "user_id": X.index.get_level_values("user_id"),
                "risk": risk,
                "ltv": ltv,
                "value_at_risk": np.round(risk * ltv, _MONEY_DIGITS),
            }
        )
        facts = presence(X)
        return frame.assign(
            stage=pd.Series(facts.stages(self.churn), dtype="str"),
            when=self.when(risk, facts.counted),
            as_of=self.as_of,
            run_id=self.run_id,
            model_name=self.name,
            model_version=self.version,
            approval=self.approval,
            approver=self.approver,
        )

    def when(self, risk: np.ndarray, since: np.ndarray) -> pd.Series:
        """The day, as text, by which each row has more likely left than not.

        Empty where the risk is below one half, and for people who already are as silent as the
        label asks, whose day is past. `since` as in Churn.silent.
        """
        later = (risk >= 0.5) & ~self.churn.silent(since)
        days, which = np.unique(
            self.churn.left_by(day_number(self.as_of), since), return_inverse=True
        )
        texts = np.array([day_text(day) for day in days], dtype=object)[which]
        return pd.Series(np.where(later, texts, ""), dtype="str")

    def __reduce__(self) -> Any:
        models = tuple((target, pack(model)) for target, model in self.models.items())
        about = (self.approval, self.approver, self.run_id, self.name)
        return _unpacked_scorer, (models, self.as_of, self.version, self.churn, *about)


@dataclass(frozen=True)
class Explainer:
    """Gives the reasons of rows of features and facts, in a language.

    `catalogue` has the topic of each feature, `roles` those of the log (`money` among them where it
    has amounts), and `builders` may have reasons of their own; `sign` stands before amounts.
    """

    model: TreeModel
    catalogue: pd.DataFrame
    roles: frozenset[str] = frozenset()
    builders: tuple[FeatureBuilder, ...] = ()
    language: str = ENGLISH
    sign: str = ""

    @classmethod
    def of(cls, trained: TrainedRun, config: Config, activity: Activity) -> Self:
        """The explainer of a run's churn model, for lists of a configuration and a log."""
        told = (available(activity), config.feature_set().builders, config.lang, config.currency)
        return cls(trained.models["churned"], trained.catalogue, *told)

    def __call__(self, X: pd.DataFrame) -> pd.DataFrame:
        """The REASONS of each row of X, in its order, and the `theme` of the first."""
        facts = Facts.among(X, self.roles, self.builders)
        why = explain(self.model, self.model.select(X), self.catalogue, facts=facts)
        chosen = why.chosen(len(REASONS))
        found = pd.DataFrame(chosen.said(self.language, self.sign), columns=list(REASONS))
        return found.assign(theme=chosen.themes()[:, 0]).astype("str")

    def __reduce__(self) -> Any:
        told = (self.catalogue, self.roles, self.builders, self.language, self.sign)
        return _unpacked_explainer, (pack(self.model), *told)


@dataclass(frozen=True)
class Listing:
    """Makes the rows of a list: scores, reasons and places of rows of features and facts."""

    scorer: Scorer
    explainer: Explainer
    ranking: Ranking = BY_RISK

    @classmethod
    def of(cls, chosen: Chosen, config: Config, day: int, activity: Activity) -> Self:
        """The listing of a run for a log; `config` is as the run was trained."""
        explainer = Explainer.of(chosen.trained, config, activity)
        return cls(Scorer.of(chosen, config, day), explainer, Ranking.of(config))

    def __call__(self, X: pd.DataFrame) -> pd.DataFrame:
        """The COLUMNS of the list for each row of X, in its order.

        Those of a stage that the list does not ask for have no reasons.
        """
        scores = self.ranking.with_columns(self.scorer(X))
        asked = self.ranking.asked(scores)
        if not asked.any():
            return scores.assign(**dict.fromkeys(TOLD, ""))[list(COLUMNS)]
        told = self.explainer(X[asked]).set_axis(scores.index[asked])
        told = told.reindex(scores.index, fill_value="")
        return pd.concat([scores, told], axis=1)[list(COLUMNS)]


def pack(model: Model) -> Packed:
    """A model as the names and bytes of its files."""
    with scratch_folder() as folder:
        model.save(folder)
        return tuple((file.name, file.read_bytes()) for file in sorted(folder.iterdir()))


@lru_cache(maxsize=8)
def unpack(packed: Packed) -> Any:
    """The model of packed files, on one thread; loaded once a process."""
    with scratch_folder() as folder:
        for name, data in packed:
            (folder / name).write_bytes(data)
        return load(folder).set_params(n_jobs=1)


def _unpacked_scorer(
    models: tuple[tuple[str, Packed], ...],
    as_of: str,
    version: str,
    churn: Churn,
    *about: str,
) -> Scorer:
    unpacked = {target: unpack(packed) for target, packed in models}
    return Scorer(unpacked, as_of, version, churn, *about)


def _unpacked_explainer(model: Packed, *told: Any) -> Explainer:
    return Explainer(unpack(model), *told)
