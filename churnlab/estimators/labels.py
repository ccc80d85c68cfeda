"""Labels as plain arrays: two classes or amounts, one a row, none missing."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import DataConversionWarning

from churnlab.errors import ChurnlabError, FrameError

_CLASSES = "two classes, such as 0 and 1, False and True, or two texts"
_AMOUNTS = "an amount of money a row"
_WHOLE = ("boolean", "integer")
_FRACTIONS = ("floating", "mixed-integer-float", "decimal")
_WORDS = {
    "string": "text",
    "datetime64": "dates",
    "datetime": "dates",
    "date": "dates",
    "timedelta64": "durations",
    "timedelta": "durations",
    "complex": "complex numbers",
    "bytes": "bytes",
}
_COLUMN_VECTOR = (
    "A column-vector y was passed when a 1d array was expected. Please change the shape of y to "
    "(n_samples,), for example using ravel()."
)


def class_labels(y: Any, rows: int, model: str) -> np.ndarray:
    """Labels of a classifier as bool, whole numbers, float64 or text, one for each of `rows`.

    Any two classes will do; booleans and numbers may come as objects or nullable columns. `model`
    is the class that is fitted, for messages.

    FrameError for missing or infinite labels, another number of them, more than one column, more
    than two classes, fractions, dates, and texts mixed with numbers.

    >>> class_labels(pd.Series([True, False], dtype=object), 2, "ChurnClassifier")
    array([ True, False])
    """
    kind, labels = _one_a_row(y, rows, model)
    if kind not in (*_WHOLE, *_FRACTIONS, "string"):
        raise FrameError.from_label_kind(_named(kind), _CLASSES)
    if kind in _FRACTIONS:
        fractions = labels[labels % 1 != 0]
        if len(fractions):
            raise FrameError.from_label_kind(f"fractions, such as {fractions[0]:g}", _CLASSES)
    classes = len(np.unique(labels))
    if classes > 2:
        raise FrameError.from_many_classes(classes)
    return labels


def amounts(y: Any, rows: int, model: str) -> np.ndarray:
    """Labels of a regressor, float64[rows].

    FrameError for missing or infinite amounts, another number of them, more than one column, and
    anything but numbers; a text is no number, even "12".

    >>> amounts([1, 2, 3.5], 3, "LTVRegressor").tolist()
    [1.0, 2.0, 3.5]
    """
    kind, labels = _one_a_row(y, rows, model)
    if kind not in (*_WHOLE, *_FRACTIONS):
        raise FrameError.from_label_kind(_named(kind), _AMOUNTS)
    return np.asarray(labels, np.float64)


@contextmanager
def in_one_line(what: str) -> Iterator[None]:
    """Turns a ValueError of scikit-learn's checks into a FrameError of one line about `what`.

    >>> with in_one_line("X"):
    ...     raise ValueError("Complex data not supported\\n[[1j]]\\n")
    Traceback (most recent call last):
    churnlab.errors.data.FrameError: X cannot be used: Complex data not supported
    """
    try:
        yield
    except ChurnlabError:
        raise
    except ValueError as error:
        told = [line for line in str(error).splitlines() if line[:1].isupper()]
        raise FrameError.from_refused(what, " ".join(told)[:400] or repr(error)[:400]) from error


def _one_a_row(y: Any, rows: int, model: str) -> tuple[str, np.ndarray]:
    """The kind of the labels, as pandas infers it, and the labels, one for each of `rows`."""
    if y is None:
        raise FrameError.from_no_labels(model)
    labels = _series(y)
    if len(labels) != rows:
        raise FrameError.from_wrong_length("y", len(labels), rows)
    lacking = labels.isna().to_numpy()
    kind = _kind(labels)
    if kind in _FRACTIONS and labels.dtype != object:
        lacking = lacking | np.isinf(labels.to_numpy(np.float64, na_value=np.nan))
    if lacking.any():
        raise FrameError.from_missing_labels(int(lacking.sum()), rows)
    return kind, _plain(labels, kind)


def _series(y: Any) -> pd.Series:
    """y as a column; a single column of a table is taken, as scikit-learn does."""
    known = (pd.Series, pd.DataFrame, pd.Index, pd.api.extensions.ExtensionArray)
    if not isinstance(y, known):
        # pandas infers the kind of a plain list; numpy would turn a missing text into "nan".
        y = pd.Series(y) if isinstance(y, list | tuple) and np.ndim(y) == 1 else np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        warnings.warn(_COLUMN_VECTOR, DataConversionWarning, stacklevel=5)
        y = y.iloc[:, 0] if isinstance(y, pd.DataFrame) else y[:, 0]
    if y.ndim != 1:
        raise FrameError.from_label_shape(y.shape)
    labels = pd.Series(y)
    kind = labels.dtype
    return labels.astype(kind.categories.dtype) if isinstance(kind, pd.CategoricalDtype) else labels


def _kind(labels: pd.Series) -> str:
    known = labels.dropna()
    kind = pd.api.types.infer_dtype(known, skipna=True)
    return "floating" if kind in ("empty", "mixed") and known.empty else str(kind)


def _plain(labels: pd.Series, kind: str) -> np.ndarray:
    """Labels without a missing one as an array of the plain type of their kind."""
    if kind == "boolean":
        return np.asarray(labels.astype(bool))
    if kind == "integer":
        plain = isinstance(labels.dtype, np.dtype) and labels.dtype != object
        return np.asarray(labels if plain else labels.astype(np.int64))
    if kind in _FRACTIONS:
        return np.asarray(labels, np.float64)
    return np.asarray(labels)


def _named(kind: str) -> str:
    return _WORDS.get(kind, "values of several kinds" if kind.startswith("mixed") else kind)
