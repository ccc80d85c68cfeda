"""Facts of the rows of a dataset, computed when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.dataset import compute
from churnlab.features.facts import Facts, facts_of, reasons_of
from churnlab.features.feature_set import FeatureSet
from churnlab.features.life import NEEDED, TIERS
from churnlab.schema.days import before, day_numbers


@dataclass(frozen=True, eq=False)
class FactSource:
    """The daily rows from which a dataset was built, and its feature set."""

    activity: DailyActivity
    features: FeatureSet

    def of(self, index: pd.MultiIndex) -> Facts:
        """The facts of rows by (user_id, snapshot), and the reasons that they can give."""
        found = self._computed(index, facts_of(self.features))
        roles = compute.available(self.activity)
        return Facts(found, reasons_of(self.features.builders, roles))

    def tiers(self, index: pd.MultiIndex) -> pd.Series:
        """The stage of life of rows by (user_id, snapshot): a name of `features.life.TIERS`.

        Missing for people who have not acted yet, and where the log has fewer than 56 days before.
        """
        days = day_numbers(index.get_level_values("snapshot"))
        known = ~before(days, self.activity.kept_from + NEEDED)
        out = pd.Series(None, index, dtype="str")
        if known.any():
            number = self._computed(index[known], FeatureSet.of(["LifeTier"])).iloc[:, 0]
            names = number.dropna().astype(int).map(dict(enumerate(TIERS)))
            out[known] = names.reindex(number.index).to_numpy()
        return out

    def _computed(self, index: pd.MultiIndex, features: FeatureSet) -> pd.DataFrame:
        """Features of rows by (user_id, snapshot)."""
        ids = index.get_level_values("user_id")
        codes = np.asarray(pd.Index(self.activity.users).get_indexer(ids), np.int64)
        days = day_numbers(index.get_level_values("snapshot"))
        return compute.compute(self.activity, codes, days, features).set_axis(index)
