"""Truth: what the people of a list did after it, by the same labels that models learn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity
from churnlab.dataset.labels import target_labels
from churnlab.errors import HistoryError, NothingToDo
from churnlab.schema.days import before, day_text, fully_observed
from churnlab.schema.targets import Churn, LifetimeValue, Target

CHURNED, SPENT, VALUE = "churned", "spent", "ltv"


@dataclass(frozen=True)
class Window:
    """What is to be known of a list of a day: churn, and the money of `value` days where asked.

    >>> Window(0, Churn(horizon=30, lead=7)).ended
    36
    """

    day: int
    churn: Churn
    value: int = 0

    @property
    def ended(self) -> int:
        """The last day that the label of churn sees."""
        return self.churn.window(self.day)[1] - 1

    def check(self, activity: Activity) -> None:
        """Raise NothingToDo where the log does not reach to the end of the churn window.

        HistoryError where a store has folded days of it away.
        """
        start, stop = self.churn.window(self.day)
        if not fully_observed(stop, activity.end):
            days = (self.day, stop - 1, activity.end - 1, stop)
            raise NothingToDo.from_too_early(*map(day_text, days))
        if before(min(start, self.day), activity.kept_from):
            kept = day_text(activity.kept_from)
            raise HistoryError.from_folded(day_text(self.day), "a grade", kept)

    def value_known(self, activity: Activity) -> bool:
        """Whether the log reaches to the end of the value window, where there is one."""
        return bool(self.value > 0 and fully_observed(self.day + self.value, activity.end))

    def targets(self, activity: Activity) -> dict[str, Target]:
        """What is looked up for each person, by the name of the column.

        The money spent until the churn window ends is looked up beside that of the value window.
        """
        found: dict[str, Target] = {CHURNED: self.churn}
        if activity.has_money:
            found[SPENT] = LifetimeValue(self.churn.window(0)[1])
            if self.value_known(activity):
                found[VALUE] = LifetimeValue(self.value)
        return found


def truth(activity: Activity, users: pd.Series, window: Window) -> pd.DataFrame:
    """What each of `users` did in a window, with all events that are known by now.

    Columns: churned (0 or 1); spent, the money until the churn window ended; ltv, that of the value
    window. Both are missing where the log has no money, ltv also where its window is not over. All
    are missing for a person whom the log does not know. One row a person, in the order of `users`.
    Raises NothingToDo and HistoryError as `Window.check`, ConfigError for a log on Spark.

    >>> from churnlab import Churn, datasets
    >>> activity = datasets.make_community(users=30, days=60).log().daily()
    >>> window = Window(activity.end - 14, Churn(horizon=14))
    >>> truth(activity, pd.Series(activity.users[:2]), window)["churned"].tolist()
    [0.0, 0.0]
    """
    window.check(activity)
    targets = window.targets(activity)
    places = pd.Index(users)
    found = {name: np.full(len(places), np.nan) for name in (CHURNED, SPENT, VALUE)}
    for job in activity.jobs():
        group = job().as_of()
        at = places.get_indexer(group.ids)
        listed = at >= 0
        for name, target in targets.items():
            found[name][at[listed]] = _label(group, window.day, target)[listed]
    return pd.DataFrame(found)


def _label(group: DailyActivity, day: int, target: Target) -> np.ndarray:
    (label,) = target_labels(group, day, target).values()
    return label
