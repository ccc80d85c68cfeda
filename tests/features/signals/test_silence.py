"""Own silences, against a count by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.one_person import T, features, of_days, value

from churnlab.features.expression import GapsBeyond


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("horizon", [7, 30, 90])
def test_the_own_rate_is_the_share_of_past_days_whose_next_days_were_silent(
    seed: int, horizon: int
) -> None:
    rng = np.random.default_rng(seed)
    days = T - np.cumsum(rng.choice([1, 2, 9, 40, 120], 8))[::-1]
    days = days[days > T - 364]
    kept = [any(d <= a < d + horizon for a in days) for d in range(days[0] + 1, T - horizon + 1)]
    if not kept:
        assert math.isnan(
            features(of_days(list(days)), "OwnSilences")[f"silence__own_rate_{horizon}_days__364d"]
        )
        return
    share = (len(kept) - sum(kept) + 0.5 * horizon) / (len(kept) + horizon)
    assert features(of_days(list(days)), "OwnSilences")[
        f"silence__own_rate_{horizon}_days__364d"
    ] == pytest.approx(share, rel=1e-12)


def test_silences_as_long_as_this_one_and_what_they_did() -> None:
    found = features(
        of_days([400, 410, 450, 520, 522, 650, 690]), "OwnSilences"
    )  # gaps 10, 40, 70, 2, 128, 40; away 10
    assert found["silence__goes_on_30_days__364d"] == (2 + 0.5) / (
        4 + 1
    )  # 40, 70, 128, 40 outlast 10 days; 70 and 128 by more than 30
    assert found["silence__longer_than_share__364d"] == (6 - 4 + 0.5) / (6 + 1)
    assert found["silence__gaps_over_30_share__364d"] == (4 + 0.5) / (6 + 1)
    assert (
        value(of_days([400, 410, 450]), GapsBeyond(0, 364), 1000) == 0
    )  # gaps that ended before the window are not seen
