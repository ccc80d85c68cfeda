"""Groups of people that are judged apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from churnlab.dataset.dataset import Dataset
from churnlab.features.life import TIERS
from churnlab.features.life import WORDS as TIER_WORDS
from churnlab.features.profile import names_in
from churnlab.language.sentence import Words, sentence

NEW_DAYS = 60
LOG_BEFORE = 28  # days of the log before a person's first act, from which on it tells newcomers
_TENURE = "lifecycle__tenure_days__all"
_OBSERVED = "lifecycle__observed_days__all"
_MOST_CATEGORIES = 12
_FIRST_SEEN = sentence("first seen")
_NEW = sentence("under {days} days ago", days=NEW_DAYS)
_EARLIER = sentence("earlier")
_UNKNOWN = sentence("not known")
_TIER = sentence("stage of life")
_TIERS = {tier: TIER_WORDS[tier] for tier in TIERS}
_OWN = (_FIRST_SEEN, _NEW, _EARLIER, _UNKNOWN, _TIER, *_TIERS.values())
_WORDS: dict[str, Words] = {str(words): words for words in _OWN}


def segments(X: pd.DataFrame, catalogue: pd.DataFrame | None = None) -> pd.DataFrame:
    """The groups of each row: newcomers or not, and categories of at most twelve values.

    One column a grouping, on the index of X; attributes of people are called as they were given,
    which the `catalogue` of the dataset knows. Whether a person who was there in the first 28 days
    of a short log is a newcomer is not known.

    >>> segments(pd.DataFrame({"lifecycle__tenure_days__all": [5.0, 400.0, np.nan]}))
              first seen
    0  under 60 days ago
    1            earlier
    2          not known
    """
    tenure = X[_TENURE] if _TENURE in X else pd.Series(np.nan, index=X.index)
    unknown = tenure.isna()
    if _OBSERVED in X:
        unknown |= (tenure < NEW_DAYS) & (X[_OBSERVED] - tenure < LOG_BEFORE)
    old = np.where(tenure < NEW_DAYS, str(_NEW), str(_EARLIER))
    groups = {str(_FIRST_SEEN): np.where(unknown, str(_UNKNOWN), old)}
    out = pd.DataFrame(groups, index=X.index)
    given = {} if catalogue is None else names_in(catalogue)
    for column in X.columns:
        if _is_small_category(X[column]):
            name = given.get(column) or _short(column)
            out[column if name in groups else name] = X[column]
    return out


def segments_of(data: Dataset) -> pd.DataFrame:
    """The groups of each row of a dataset: those of `segments`, and the stage of life.

    >>> from churnlab.demo.example import judged_example
    >>> list(segments_of(judged_example().test))
    ['first seen', 'stage of life']
    """
    out, tiers = segments(data.X, data.catalogue), data.tiers()
    if tiers is not None and str(_TIER) not in out:
        out[str(_TIER)] = tiers.map({tier: str(words) for tier, words in _TIERS.items()})
    return out


def _is_small_category(column: pd.Series) -> bool:
    kind = column.dtype
    return isinstance(kind, pd.CategoricalDtype) and len(kind.categories) <= _MOST_CATEGORIES


def _short(column: str) -> str:
    return column.removeprefix("profile__").removesuffix("__static").replace("_", " ")


def in_words(group: str) -> Words:
    """A grouping or a group for people: a sentence for those of `segments`, a name as it is.

    >>> in_words("earlier").template, in_words("channel")
    ('earlier', 'channel')
    """
    return _WORDS.get(group, group)


def each_group(groups: pd.DataFrame | None) -> Iterator[tuple[str, str, np.ndarray]]:
    """Each grouping and group, with the rows that are in it, bool[n].

    Missing values form the group "not known".

    >>> for grouping, group, inside in each_group(pd.DataFrame({"channel": ["ads", "shop"]})):
    ...     print(grouping, group, inside.tolist())
    channel ads [True, False]
    channel shop [False, True]
    """
    if groups is None:
        return
    for column in groups.columns:
        given = groups[column]
        values = given.astype(object).where(given.notna(), str(_UNKNOWN)).astype(str).to_numpy()
        for value in sorted(set(values)):
            yield column, value, values == value
