"""Fixtures of the tests of BTYD."""

from __future__ import annotations

import pandas as pd
import pytest
from support.lifetimes import cdnow_sample


@pytest.fixture(scope="session")
def cdnow() -> pd.DataFrame:
    return cdnow_sample()
