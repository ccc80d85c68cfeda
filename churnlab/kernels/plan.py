"""The input of the feature kernel: kinds of measures and cells, operations, and arrays of both.

`features.compiler` makes a Plan from expressions, `cells.features` computes it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# Kinds of measures.
COUNT = 0
SUM = 1
ACTIVE = 2
GAP = 3
GAP_SQ = 4
GAPS = 5
GAP_OVER = 6
GAPS_OVER = 7
DAYS = 8
WEEKDAY = 9
# Kinds of cells.
WINDOW = 0
DECAYED = 1
SINCE = 2
SINCE_FIRST = 3
RECENT = 4
LONGEST = 5
OBSERVED = 6
SEASON = 7
GAPS_BEYOND = 8
LONGEST_IN = 9
LATEST_IN = 10
MEDIAN_IN = 11
SLOPE_IN = 12
KINDS = 13
WALKED = (GAPS_BEYOND, LONGEST_IN, LATEST_IN, MEDIAN_IN, SLOPE_IN)
OPERATIONS = ("add", "sub", "mul", "div", "min", "max", "log", "sqrt", "given", "fill")
LANES = 64


class History(NamedTuple):
    """Daily rows of whole people, and what was folded away before them, as read-only arrays.

    | field   | type                   | meaning                                                   |
    |---------|------------------------|-----------------------------------------------------------|
    | first   | int64[people + 1]      | rows of person i are `first[i]` up to `first[i + 1]`      |
    | day     | int32[m]               | the day of each row, rising for a person                  |
    | counts  | int32[m, …]            | the counts of each row; column 0 is acts                  |
    | sums    | int64[m, …]            | the sums of each row                                      |
    | carried | int64[people or 0,k,4] | per measure: sum, maximum, first and last day of what was |
    |         |                        | folded away; all but the sum are NONE where there is none |
    | recent  | int64[people or 0, 4]  | the last folded active days, newest first; else NONE      |
    """

    first: np.ndarray
    day: np.ndarray
    counts: np.ndarray
    sums: np.ndarray
    carried: np.ndarray
    recent: np.ndarray


class Plan(NamedTuple):
    """The work for each snapshot: measures, cells over them, and the arithmetic over cells.

    | field    | type          | meaning                                                         |
    |----------|---------------|-----------------------------------------------------------------|
    | measures | int64[k, 2]   | kind and column, by rising kind; for GAP_OVER and GAPS_OVER the |
    |          |               | column is a number of days, for WEEKDAY the weekday (0: Monday) |
    | backs    | int64[b]      | days back from t, rising from 0                                 |
    | cells    | int64[c, 4]   | kind, measure and two more (below), by rising kind              |
    | weights  | float64[d, w] | weight by age in days of each DECAYED cell, 0 beyond its window |
    | code     | int64[i, 4]   | steps: operation, target, left, right                           |
    | results  | int64[p]      | the register of each feature                                    |

    The last two columns of a cell: WINDOW has the places in `backs` of its new and its old end (b
    stands for all days); DECAYED, LONGEST_IN, LATEST_IN, MEDIAN_IN, SLOPE_IN and GAPS_BEYOND have
    the place of their old end last, GAPS_BEYOND has before it the days beyond the present silence;
    RECENT has its k; SEASON has its period in ten-thousandths of days and the quarter turns ahead.
    """

    measures: np.ndarray
    backs: np.ndarray
    cells: np.ndarray
    weights: np.ndarray
    code: np.ndarray
    results: np.ndarray
