"""The check that sums fit in 64 bits."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from churnlab.activity.blocks import Block
from churnlab.errors import LogError
from churnlab.kernels.units import MICRO
from churnlab.schema.measures import Measure

_SAFE = 9e12 * MICRO


def check_totals(blocks: Sequence[Block], people: int, measures: Sequence[Measure]) -> None:
    """Raise LogError when a person's sum may not fit in 64 bits; codes lie below `people`.

    Of the versions of a day the largest counts, as a snapshot sees only one of them.
    """
    for i, name in enumerate(("money", "session time", *(m.name for m in measures))):
        if sum(float(np.abs(b.sums[:, i]).max(initial=0)) for b in blocks) < _SAFE:
            continue
        total = np.zeros(people)
        for _, versions in groupby(sorted(blocks, key=lambda b: b.day), lambda b: b.day):
            largest = np.zeros(people)
            for block in versions:
                np.maximum.at(largest, block.codes, np.abs(block.sums[:, i].astype(np.float64)))
            total += largest
        if total.max(initial=0) > _SAFE:
            raise LogError.from_overflow(name)
