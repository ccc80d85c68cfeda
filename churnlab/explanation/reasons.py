"""Which reasons are given to whom: themes first, then the sentence that the numbers support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnlab.explanation.words import Told
from churnlab.features import profile
from churnlab.features.facts import Facts
from churnlab.features.reasons.every import of_attribute
from churnlab.features.reasons.reason import Reason
from churnlab.features.reasons.spending import SIGN
from churnlab.features.themes import theme_of
from churnlab.language.sentence import Sentence

LEAST_SHARE = 0.1  # of all that raises the score: less is no reason
NOTHING = Sentence("")


@dataclass(frozen=True)
class Chosen:
    """The reasons of some rows: places in `reasons`, int64[n, k], -1 where there is none.

    `frame` has the columns that the sentences read.
    """

    reasons: Sequence[Reason]
    places: np.ndarray
    frame: pd.DataFrame

    def themes(self) -> np.ndarray:
        """The theme of each reason, object[n, k]; "" where there is none."""
        named = [*(theme_of(r.topic) for r in self.reasons), ""]
        return np.array(named, object)[self.places]

    def names(self) -> np.ndarray:
        """The name of each reason, object[n, k]; "" where there is none."""
        return np.array([*(r.name for r in self.reasons), ""], object)[self.places]

    def said(self, language: str, sign: str = "") -> np.ndarray:
        """The sentence of each reason, object[n, k]; `sign` stands before amounts."""
        out = np.full(self.places.shape, "", object)
        for place in np.unique(self.places[self.places >= 0]):
            rows, ranks = np.nonzero(self.places == place)
            out[rows, ranks] = _said(self.reasons[place], self.frame.iloc[rows], language, sign)
        return out


def choose(
    values: pd.DataFrame, catalogue: pd.DataFrame, X: pd.DataFrame, facts: Facts, k: int
) -> Chosen:
    """The `k` reasons of each row, at most one of a theme, the strongest theme first.

    A row has reasons where its score is above the base (its values sum to more than 0). Its themes
    are ranked by the sum of their values; a theme below LEAST_SHARE of all that raises the score is
    left out. A theme's reason is one that the facts support, of the topic of the feature that
    raises the score most; a topic below that share has none. Without a reason the next theme
    follows.
    """
    frame = pd.concat([facts.frame, X.drop(columns=facts.frame.columns, errors="ignore")], axis=1)
    own = [
        of_attribute(name, pd.api.types.is_numeric_dtype(frame[column].dtype))
        for column, name in profile.names_in(catalogue).items()
        if column in frame
    ]
    reasons = [r for r in (*facts.reasons, *own) if r.speaks(frame.columns)]
    topics = _by_column(catalogue, values.columns, "topic")
    sums = theme_sums(values, catalogue)
    pushes = _pushes(values, topics, LEAST_SHARE * sums.clip(lower=0).sum(axis=1).to_numpy())
    names = list(dict.fromkeys(theme_of(r.topic) for r in reasons))
    best = np.full((len(values), len(names)), -1)
    strength = np.zeros(best.shape)
    for place, reason in enumerate(reasons):
        if reason.topic not in pushes:
            continue
        theme = names.index(theme_of(reason.topic))
        push = pushes[reason.topic]
        better = (push > strength[:, theme]) & reason.holds(frame)
        best[better, theme] = place
        strength[better, theme] = push[better]
    rank = _ranked(sums, names, best >= 0, k)
    places = np.where(rank >= 0, np.take_along_axis(best, np.maximum(rank, 0), axis=1), -1)
    return Chosen(reasons, places, frame)


def theme_sums(values: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """The values summed by theme, float64[n, themes]."""
    themes = _by_column(catalogue, values.columns, "topic").map(theme_of)
    return values.T.groupby(themes.to_numpy(), sort=True).sum().T


def _by_column(catalogue: pd.DataFrame, columns: pd.Index, what: str) -> pd.Series:
    """A fact of the catalogue for each column; "other" for a column that it does not have."""
    found = catalogue.set_index("name")[what] if what in catalogue else pd.Series(dtype=object)
    return found.reindex(columns).fillna("other")


def _pushes(values: pd.DataFrame, topics: pd.Series, least: np.ndarray) -> Mapping[str, np.ndarray]:
    """The largest value above zero among the features of each topic, float64[n] each.

    0 where all features of the topic together add less than `least`.
    """
    table = values.to_numpy()
    found = {}
    codes, names = pd.factorize(topics.to_numpy())
    for code, name in enumerate(names):
        of_topic = table[:, codes == code]
        enough = of_topic.sum(axis=1) >= least
        found[name] = np.where(enough, np.maximum(of_topic.max(axis=1), 0), 0)
    return found


def _ranked(sums: pd.DataFrame, names: list[str], can: np.ndarray, k: int) -> np.ndarray:
    """Places in `names` of the themes to be named, strongest first, int64[n, k]; else -1."""
    strong = sums.reindex(columns=names, fill_value=0.0).to_numpy()
    total = sums.clip(lower=0).to_numpy().sum(axis=1)
    at_risk = sums.to_numpy().sum(axis=1) > 0
    told = can & (strong > 0) & (strong >= LEAST_SHARE * total[:, None]) & at_risk[:, None]
    weight = np.where(told, strong, 0)
    order = np.argsort(-weight, axis=1, kind="stable")[:, :k]
    found = np.where(np.take_along_axis(weight, order, axis=1) > 0, order, -1)
    short = k - found.shape[1]
    return np.pad(found, ((0, 0), (0, max(short, 0))), constant_values=-1)


def _said(reason: Reason, frame: pd.DataFrame, language: str, sign: str) -> list[str]:
    known = reason.known(frame)
    says = reason.sentence
    if SIGN in says.values:
        says = Sentence(says.template, {**says.values, SIGN: sign})
    return Told(says, NOTHING, "", (), language)(
        {name: known[name].to_numpy() for name in known} or {"": frame.index.to_numpy()}
    )
