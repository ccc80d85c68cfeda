"""Made-up statements of people who left, and the explanation of their risk."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from churnlab.explanation.explanation import Explanation, example


def explained(
    people: int = 400, days: tuple[str, ...] = ("2026-03-01", "2026-03-15")
) -> Explanation:
    """Half of the people have a risk that silence pushed up, the others one from spending.

    The people whose number is a multiple of ten are at the highest risk.
    """
    made = example()
    index = pd.MultiIndex.from_product(
        [np.arange(people), pd.to_datetime(list(days))], names=["user_id", "snapshot"]
    )
    who = index.get_level_values("user_id").to_numpy()
    strong = np.where(who % 10 == 0, 3.0, 0.5) + who * 1e-6
    away, orders = made.values.columns
    values = pd.DataFrame(
        {away: np.where(who % 2 == 0, strong, -0.2), orders: np.where(who % 2, strong, -0.2)},
        index=index,
    )
    return replace(made, values=values, X=values, facts=None)


def statements(people: int = 200) -> pd.DataFrame:
    """People at silence say mostly "no time", the others mostly "too dear"; on 2026-03-20."""
    who = np.arange(people)
    code = np.where((who % 2 == 0) ^ (who % 7 == 0), "no time", "too dear")
    return pd.DataFrame({"user_id": who, "time": "2026-03-20", "code": code})
