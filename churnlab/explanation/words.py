"""Feature names and values in words."""

from __future__ import annotations

import math
import string
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import ConfigError


def in_words(name: str) -> str:
    """A feature's name as people say it.

    >>> in_words("push__open_rate_change__14d_56d")
    'open rate change, last 14 days against the 56 before'
    """
    _, statistic, window = name.split("__") if name.count("__") == 2 else ("", name, "")
    days = [part.removesuffix("d") for part in window.split("_")]
    when = {"all": ", so far", "static": "", "": ""}.get(window)
    if when is None:
        when = (
            f", {days[0]} days"
            if len(days) == 1
            else f", last {days[0]} days against the {days[1]} before"
        )
    return statistic.replace("_", " ") + when


def fields(says: str) -> list[str]:
    """The names that a sentence speaks of."""
    return [field for _, field, _, _ in string.Formatter().parse(says) if field]


def render(says: str, missing: str, row: Mapping[str, Any], value: Any) -> str:
    """A feature's sentence for one row; `missing` when a value that it names is not known.

    `says` may name `value` and features of the row, and nothing inside them; ConfigError otherwise.

    >>> render("opened {value:.0%} of pushes", "no push sent", {}, 0.25)
    'opened 25% of pushes'
    >>> render("opened {value:.0%} of pushes", "no push sent", {}, float("nan"))
    'no push sent'
    """
    known = {**row, "value": value}
    for _, field, spec, _ in string.Formatter().parse(says):
        if field is None:
            continue
        if not field or "{" in (spec or ""):
            raise ConfigError.from_sentence(says)
        if field not in known:
            raise ConfigError.from_unknown("name in a sentence", field, known)
        if _unknown(known[field]):
            return missing
    try:
        return says.format_map(known)
    except ValueError as error:
        raise ConfigError.from_sentence(says) from error


def _unknown(value: Any) -> bool:
    return (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float | np.floating) and math.isnan(value))
    )
