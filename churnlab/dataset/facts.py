"""Facts of the rows of a dataset, computed when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.dataset import compute
from churnlab.features.facts import Facts, facts_of, reasons_of
from churnlab.features.feature_set import FeatureSet
from churnlab.schema.days import day_numbers


@dataclass(frozen=True, eq=False)
class FactSource:
    """The daily rows from which a dataset was built, and its feature set."""

    activity: DailyActivity
    features: FeatureSet

    def of(self, index: pd.MultiIndex) -> Facts:
        """The facts of rows by (user_id, snapshot), and the reasons that they can give."""
        ids = index.get_level_values("user_id")
        codes = np.asarray(pd.Index(self.activity.users).get_indexer(ids), np.int64)
        days = day_numbers(index.get_level_values("snapshot"))
        found = compute.compute(self.activity, codes, days, facts_of(self.features))
        roles = compute.available(self.activity)
        return Facts(found.set_axis(index), reasons_of(self.features.builders, roles))
