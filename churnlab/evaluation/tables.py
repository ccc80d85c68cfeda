"""Tables for people: headings and cells as words, which a document or a terminal shows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from churnlab.evaluation.intervals import UNKNOWN
from churnlab.evaluation.metric_table import METRICS
from churnlab.evaluation.segments import in_words
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Sentence, Words, in_language, sentence

HEADINGS: Mapping[str, Words] = {
    "calibration_slope": sentence("calibration slope"),
    "contender": sentence("contender"),
    "cut": sentence("cut"),
    "expected_calibration_error": sentence("calibration error"),
    "feature": sentence("feature"),
    "group": sentence("grouping"),
    "high": sentence("to"),
    "importance": sentence("importance"),
    "learnt_rows": sentence("rows learnt from"),
    "low": sentence("from"),
    "member": sentence("group"),
    "metric": sentence("metric"),
    "name": sentence("name"),
    "note": sentence("note"),
    "observed": sentence("observed"),
    "people": sentence("people"),
    "predicted": sentence("predicted"),
    "rows": sentence("rows"),
    "share": sentence("share of rows"),
    "signal": sentence("signal"),
    "stratum": sentence("last active"),
    "unit": sentence("unit"),
    "value": sentence("value"),
    "what": sentence("meaning"),
}


@dataclass(frozen=True)
class Table:
    """Headings and rows of cells, as words.

    `numbers` are the positions of columns that are aligned right, `ours` those of rows that stand
    out because they are the model's.
    """

    columns: tuple[Words, ...]
    rows: tuple[tuple[Words, ...], ...]
    numbers: frozenset[int] = frozenset()
    ours: frozenset[int] = frozenset()
    kind: ClassVar[str] = "table"

    @classmethod
    def of(
        cls, frame: pd.DataFrame, digits: int = 3, headings: Mapping[str, Words] | None = None
    ) -> Table:
        """A frame as a table: numbers are rounded to `digits` decimals, a missing value is a dash.

        `headings` are those of columns whose names say too little.

        >>> Table.of(pd.DataFrame({"rows": [1900], "auc": [0.81251]})).frame()
            rows    AUC
        0  1,900  0.813
        """
        known = headings or {}
        numeric = [i for i, c in enumerate(frame) if pd.api.types.is_numeric_dtype(frame[c])]
        columns = tuple(known.get(str(name)) or heading(str(name)) for name in frame)
        rows = tuple(tuple(cell(v, digits) for v in row) for row in frame.itertuples(index=False))
        return cls(columns, rows, frozenset(numeric))

    def frame(self, language: str = ENGLISH) -> pd.DataFrame:
        """The table as text in a language."""
        rows = [[in_language(words, language) for words in row] for row in self.rows]
        return pd.DataFrame(rows, columns=[in_language(c, language) for c in self.columns])


@dataclass(frozen=True)
class TitledTable:
    """A table with its title and the text before and after it."""

    title: Words
    table: Table
    before: Words = ""
    after: Words = ""


def heading(column: str) -> Words:
    """The heading of a frame's column: a metric's label, a known heading, or the name itself.

    >>> str(heading("learnt_rows")), str(heading("auc")), heading("my_column")
    ('rows learnt from', 'AUC', 'my column')
    """
    labels = [m.label for m in METRICS.values() if m.name == column]
    return HEADINGS.get(column) or (labels[0] if labels else column.replace("_", " "))


def cell(value: Any, digits: int = 3) -> Words:
    """A value for people: numbers rounded, a dash for a missing value, groups in words.

    >>> str(cell(0.81251)), str(cell(1900)), str(cell(1900.4)), cell(None)
    ('0.813', '1,900', '1,900', '–')
    """
    plain = value.item() if isinstance(value, np.generic) else value
    if plain is None or (isinstance(plain, float) and math.isnan(plain)):
        return UNKNOWN
    if isinstance(plain, Sentence):
        return plain
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        return in_words(str(plain))
    decimals = digits if isinstance(plain, float) and abs(plain) < 1000 else 0
    return Sentence(f"{{value:,.{decimals}f}}", {"value": plain})


def difference(value: float, low: float, high: float) -> Words:
    """A difference with its 95% interval, signed; a dash when it is missing.

    >>> str(difference(0.021, 0.004, 0.038))
    '+0.021 [+0.004, +0.038]'
    """
    if math.isnan(value):
        return UNKNOWN
    return sentence("{value:+.3f} [{low:+.3f}, {high:+.3f}]", value=value, low=low, high=high)
