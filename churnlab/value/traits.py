"""What a group of people has in common: how many times as often as others, with intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact, norm

from churnlab.evaluation.corrected import holm
from churnlab.evaluation.segments import each_group
from churnlab.language.sentence import sentence
from churnlab.value.stability import LEVEL

MOST_VALUES = 20
UPPER = "upper quarter"
LOWER = "lower quarter"
OTHERS = sentence("all others")
_EXACT = 20_000  # people up to which the test is exact
COLUMNS = ["group", "trait", "member", "people", "share", "others", "lift", "low", "high", "p"]


def traits(
    groups: Mapping[str, np.ndarray],
    attributes: pd.DataFrame | None,
    signals: pd.DataFrame,
    untested: frozenset[tuple[str, str]] = frozenset(),
) -> pd.DataFrame:
    """How often each group has each trait, beside all people outside the group.

    `groups` names them, bool[n] each; `attributes` (device, region, channel …) and `signals` have a
    row for each of the n people. The traits are the twenty commonest values of an attribute and all
    others together, missing values as a value of their own, and the upper and the lower quarter of
    a signal, of all people who have it. An attribute that tells people apart one by one, as an id
    does, has no traits. Columns:

    | column | meaning |
    |---|---|
    | `group`, `trait`, `member` | the group, the attribute or signal, its value or quarter |
    | `people` | people of the group with it |
    | `share`, `others` | its share in the group, and among all people outside it |
    | `lift` | share over others: how many times as often |
    | `low`, `high` | the interval of the lift, which holds for all traits together |
    | `p` | Fisher's exact test, a normal one from 20,000 people on; Holm's correction |
    | `beyond_chance` | whether p is at most 0.05 |

    The interval is that of D. Katz and others (1978), Biometrics 34(3), of the logarithm, with half
    a person added to each count where one is 0 (S. Walter, 1975, Biometrika 62(2)), and with a
    level of 1 - 0.05 / tests. Pairs of group and trait in `untested` get an interval of 95% and no
    p: a group that was made by a signal differs in it.

    >>> groups = {"high": np.array([True] * 30 + [False] * 70)}
    >>> device = pd.DataFrame({"device": ["phone"] * 25 + ["tablet"] * 75})
    >>> found = traits(groups, device, pd.DataFrame(index=device.index))
    >>> found[["member", "share", "others", "beyond_chance"]].round(2).values.tolist()
    [['phone', 0.83, 0.0, True], ['tablet', 0.17, 1.0, True]]
    """
    rows = [
        (name, trait, member, *_counts(inside, has, known), (name, trait) not in untested)
        for trait, member, has, known in _members(attributes, signals)
        for name, inside in groups.items()
    ]
    found = pd.DataFrame(rows, columns=["group", "trait", "member", "a", "n", "b", "m", "tested"])
    found = found[(found["n"] > 0) & (found["m"] > 0)].reset_index(drop=True)
    return _judged(found)


def _members(
    attributes: pd.DataFrame | None, signals: pd.DataFrame
) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """Each trait and member, who has it and of whom it is known, bool[n] each."""
    if attributes is not None:
        told = [c for c in attributes if not _like_ids(attributes[c])]
        few = {str(c): _commonest(attributes[c]) for c in told}
        everybody = np.ones(len(attributes), bool)
        for trait, member, has in each_group(pd.DataFrame(few, index=attributes.index)):
            yield trait, member, has, everybody
    for name in signals:
        values = signals[name].to_numpy(np.float64)
        known = np.isfinite(values)
        if not known.any():
            continue
        low, high = np.quantile(values[known], [0.25, 0.75])
        with np.errstate(invalid="ignore"):
            yield str(name), UPPER, known & (values > high), known
            yield str(name), LOWER, known & (values < low), known


def _like_ids(values: pd.Series) -> bool:
    """Whether values tell people apart one by one: more than 20, and more than one for ten."""
    return int(values.nunique()) > max(MOST_VALUES, len(values) // 10)


def _commonest(values: pd.Series) -> pd.Series:
    """Values of which those beyond the twenty commonest are one."""
    counts = values.value_counts()
    if len(counts) <= MOST_VALUES:
        return values
    kept = values.isin(counts.index[:MOST_VALUES]) | values.isna()
    return values.astype(object).where(kept, str(OTHERS))


def _counts(inside: np.ndarray, has: np.ndarray, known: np.ndarray) -> tuple[int, int, int, int]:
    """People of the group with the trait, all of it, and the same of the others."""
    outside = known & ~inside
    group = known & inside
    return (
        int((has & group).sum()),
        int(group.sum()),
        int((has & outside).sum()),
        int(outside.sum()),
    )


def _judged(found: pd.DataFrame) -> pd.DataFrame:
    """The counts with shares, lifts, intervals and p-values."""
    a, n, b, m = (found[c].to_numpy(np.float64) for c in ("a", "n", "b", "m"))
    tested = found["tested"].to_numpy(bool)
    chance = np.where(tested, _chance(a, n, b, m), np.nan)
    level = np.where(tested, LEVEL / max(int(tested.sum()), 1), LEVEL)
    lift, low, high = ratio(a, n, b, m, level)
    p = holm(chance)
    out = found[["group", "trait", "member"]].assign(
        people=found["a"], share=a / n, others=b / m, lift=lift, low=low, high=high, p=p
    )
    return out.assign(beyond_chance=out["p"] <= LEVEL)


def _chance(a: np.ndarray, n: np.ndarray, b: np.ndarray, m: np.ndarray) -> np.ndarray:
    """The p-value of two shares being equal, float64[k]: exact for up to 20,000 people."""
    both = np.clip((a + b) / (n + m), 1e-300, 1)
    error = np.sqrt(np.maximum(both * (1 - both) * (1 / n + 1 / m), 1e-300))
    p = 2 * norm.sf(np.abs(a / n - b / m) / error)
    for i in np.flatnonzero(n + m <= _EXACT):
        p[i] = fisher_exact([[a[i], n[i] - a[i]], [b[i], m[i] - b[i]]]).pvalue
    return p


def ratio(
    a: np.ndarray, n: np.ndarray, b: np.ndarray, m: np.ndarray, level: np.ndarray | float = LEVEL
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The ratio of two shares a / n and b / m with the ends of its interval, float64[k] each.

    `level` is the chance outside the interval. Half a person is added to each count where one of
    them is 0, in the interval and in the ratio.

    >>> [x.round(3).tolist() for x in ratio(*map(np.array, ([20.0], [40.0], [10.0], [40.0])))]
    [[2.0], [1.076], [3.717]]
    """
    odd = (a == 0) | (b == 0)
    more = np.where(odd, 0.5, 0.0)
    one, other = (a + more) / (n + more), (b + more) / (m + more)
    lift = one / other
    error = np.sqrt(1 / (a + more) - 1 / (n + more) + 1 / (b + more) - 1 / (m + more))
    reach = norm.ppf(1 - np.asarray(level) / 2) * error
    return lift, lift * np.exp(-reach), lift * np.exp(reach)
