"""The attributes that a run learnt from: later ones are of the same types, or set aside."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import FrameError
from churnlab.errors.examples import shown
from churnlab.features.profile import column_name, kind_of, names_in
from churnlab.schema.known_values import places
from churnlab.schema.names import twins

_log = logging.getLogger("churnlab")
_TRUTH = {"true": 1.0, "false": 0.0}
_EXAMPLES = 3
_LONGEST = 40


@dataclass(frozen=True)
class Misfit:
    """How many values of an attribute did not fit: `unfit` of `given`, with a few `examples`.

    `wanted` says what fits; `learnt` is False where the training saw no value of it at all.
    """

    name: str
    unfit: int
    given: int
    examples: tuple[str, ...]
    wanted: str
    learnt: bool = True

    def check(self, share: float) -> None:
        """Raise FrameError where more than a share does not fit; else say what was set aside."""
        if not self.unfit:
            return
        if self.learnt and self.unfit > share * self.given:
            counts, seen = (self.unfit, self.given), ", ".join(self.examples)
            raise FrameError.from_unfit_attribute(self.name, counts, share, seen, self.wanted)
        _log.warning(
            "attribute %r: %s of %s values are set aside, for they are not as in training "
            "(such as %s; it was %s)",
            self.name,
            f"{self.unfit:,}",
            f"{self.given:,}",
            ", ".join(self.examples),
            self.wanted,
        )


@dataclass(frozen=True)
class KnownAttributes:
    """The attributes of a training by column name: the categories of each, None for a number.

    `names` has each attribute as it was given.
    """

    kinds: Mapping[str, tuple[Any, ...] | None]
    names: Mapping[str, str]

    @classmethod
    def of(
        cls,
        columns: Iterable[str],
        categories: Mapping[str, Sequence[Any]],
        catalogue: pd.DataFrame,
    ) -> KnownAttributes:
        """The attributes of a model, from its columns, its categories and its catalogue.

        >>> from churnlab.features.profile import catalogue
        >>> known = KnownAttributes.of(["profile__tier__static"], {}, catalogue(["tier"]))
        >>> known.names, known.kinds
        ({'profile__tier__static': 'tier'}, {'profile__tier__static': None})
        """
        names = names_in(catalogue)
        learnt = [str(c) for c in columns if c in names]
        kinds = {c: tuple(categories[c]) if c in categories else None for c in learnt}
        return cls(kinds, {c: names[c] for c in learnt})

    def is_category(self, attribute: str) -> bool:
        """Whether an attribute was a category in training."""
        return self.kinds.get(column_name(attribute)) is not None

    def columns_of(self, given: Sequence[str]) -> list[str]:
        """The attributes among the columns of the users, in the order of the training.

        Raises FrameError where one is not there, or two have the same name.
        """
        twice = twins(given)
        if twice:
            raise FrameError.from_same_names("the users frame", twice)
        found = {column_name(name): name for name in given}
        lacking = [self.names[c] for c in self.kinds if c not in found]
        if lacking:
            raise FrameError.from_lacking_attributes(lacking, given)
        return [found[c] for c in self.kinds]

    def fit(self, users: pd.DataFrame) -> tuple[pd.DataFrame, list[Misfit]]:
        """user_id and the attributes as in training; how much of each did not fit and is missing.

        Columns that the training did not have are left out. Raises FrameError as `columns_of`.

        >>> known = KnownAttributes({"profile__tier__static": ("1", "2")}, {})
        >>> users = pd.DataFrame({"user_id": [7, 8, 9], "tier": [1.0, 5.0, None], "new": 0})
        >>> frame, misfits = known.fit(users)
        >>> frame["tier"].tolist(), misfits[0].unfit, misfits[0].given
        (['1', nan, nan], 1, 2)
        """
        columns = {str(c): users[c] for c in users if not isinstance(users[c], pd.DataFrame)}
        fitted, misfits = {"user_id": columns["user_id"]}, []
        for name in self.columns_of([str(c) for c in users]):
            values, unfit = _fitted(columns[name], self.kinds[column_name(name)])
            fitted[name] = values
            misfits.append(self._misfit(name, columns[name], unfit))
        return pd.DataFrame(fitted), misfits

    def _misfit(self, name: str, column: pd.Series, unfit: np.ndarray) -> Misfit:
        categories = self.kinds[column_name(name)]
        kinds = dict.fromkeys(shown(v)[:_LONGEST] for v in column[unfit].astype(object))
        wanted = "a number" if categories is None else f"one of {_few(map(repr, categories))}"
        given = int(column.notna().sum())
        examples = tuple(kinds)[:_EXAMPLES]
        return Misfit(name, int(unfit.sum()), given, examples, wanted, categories != ())


def joined(parts: Sequence[Misfit]) -> Misfit:
    """What did not fit of one attribute, from parts of the users.

    >>> part = Misfit("tier", 1, 9, ("'gold'",), "a number")
    >>> joined([part, part]).unfit
    2
    """
    examples = sorted({example for part in parts for example in part.examples})
    unfit, given = sum(p.unfit for p in parts), sum(p.given for p in parts)
    return replace(parts[0], unfit=unfit, given=given, examples=tuple(examples[:_EXAMPLES]))


def _few(texts: Iterable[str]) -> str:
    every = list(texts)
    return ", ".join(every[:10]) + (" …" if len(every) > 10 else "")


def _fitted(column: pd.Series, categories: tuple[Any, ...] | None) -> tuple[pd.Series, np.ndarray]:
    """A column as in training, and which of its values do not fit and are missing now, bool[n]."""
    given = column.notna().to_numpy()
    if categories is None:
        numbers = _numbers(column)
        fits = np.isfinite(numbers)
        return pd.Series(np.where(fits, numbers, np.nan), index=column.index), given & ~fits
    found = places(column, categories)
    values = pd.Categorical.from_codes(found, categories=list(categories))
    return pd.Series(values, index=column.index), given & (found < 0)


def _numbers(column: pd.Series) -> np.ndarray:
    """The numbers of a column, float64[n]; NaN where a value is not a number."""
    if kind_of(column) == "numbers":
        return column.astype(object).where(column.notna(), None).astype("float64").to_numpy()
    values = [_number(v) for v in column]
    return pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").to_numpy(np.float64)


def _number(value: Any) -> Any:
    """A number, or a text that may be one; true and false are 1 and 0, all else is None."""
    if isinstance(value, str):
        return _TRUTH.get(value.lower(), value)
    return float(value) if isinstance(value, bool | int | float | Decimal | np.number) else None
