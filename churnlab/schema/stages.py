"""Stages: how far a person has gone on the way out, from plain facts of the days before t.

| stage | who |
|---|---|
| `gone` | no act for more days than the churn label asks, and for more than ever before |
| `silent` | none of the acts that the churn label counts for more days than it asks |
| `fading` | seen in `[t - 7, t)`, on at most two thirds as many days of `[t - 14, t)` as before |
| `lapsing` | not seen in `[t - 7, t)` |

The first that fits counts; a person whom none fits has no stage. To be seen is to act: what a
person receives is no act. "As before" are the days with an act in `[t - 70, t - 14)`, divided by
the fortnights of it since the first active day; without such a day, and for a person who came less
than four weeks ago, nobody is fading. Where the label asks for an event, such as a cancellation,
nobody is silent or gone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from churnlab.schema.targets import Churn

FADING, LAPSING, SILENT, GONE = "fading", "lapsing", "silent", "gone"
STAGES = (FADING, LAPSING, SILENT, GONE)
SEEN = 7  # days within which a fading person has acted
NOW, BEFORE = 14, 70  # days back to which recent and earlier activity reaches
KEPT = 2, 3  # two thirds: the share of earlier activity that a fading person keeps at most


@dataclass(frozen=True)
class Presence:
    """What stages are made of, float64[n] each, of people at a day t.

    `counted` are the days since the last act that the churn label counts, `seen` those since the
    last act of any kind, both at least 1; `longest` is the longest such silence before, in days
    from act to act, missing for people with one active day. `recent` counts the active days of
    `[t - 14, t)`, `before` those of `[t - 70, t - 14)` per fortnight since the first active day,
    missing for people who came within four weeks.
    """

    counted: np.ndarray
    seen: np.ndarray
    longest: np.ndarray
    recent: np.ndarray
    before: np.ndarray

    def stages(self, churn: Churn) -> np.ndarray:
        """The stage of each person for a churn label, as texts; empty for none.

        >>> ones = np.ones(5)
        >>> seen = np.array([40.0, 40.0, 8.0, 1.0, 1.0])
        >>> longest = np.array([20.0, 90.0, 20.0, 20.0, 20.0])
        >>> before = np.array([4.0, 4.0, 4.0, 4.0, 1.0])
        >>> Presence(seen, seen, longest, ones, before).stages(Churn(horizon=30)).tolist()
        ['gone', 'silent', 'lapsing', 'fading', '']
        """
        silent = churn.silent(self.counted)
        gone = churn.silent(self.seen) & ~(self.seen <= self.longest)
        here = self.seen <= SEEN
        declining = self.recent * KEPT[1] <= self.before * KEPT[0]
        bands = [gone, silent, here & (self.before > 0) & declining, self.seen > SEEN]
        return np.select(bands, [GONE, SILENT, FADING, LAPSING], "")
