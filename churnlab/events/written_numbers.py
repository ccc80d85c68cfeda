"""Numbers written as text, with a decimal mark and thousands separators of any country.

| text | `decimal` None | "." | "," |
|---|---|---|---|
| `12.50` | 12.5 | 12.5 | no number |
| `12,50` | no number | no number | 12.5 |
| `1,234.50` | 1234.5 | 1234.5 | no number |
| `1.234,50` | no number | no number | 1234.5 |
| `1,234` | no number | 1234 | 1.234 |
| `1.234` | 1.234 | 1.234 | 1234 |
| `1 234.50`, `1'234.50` | 1234.5 | 1234.5 | no number |
| `$12.50`, `12.50 USD` | no number | no number | no number |

A text that can be meant in two ways is no number until `decimal` says which mark is which.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from churnlab.events.texts import as_dictionary, readable

# Texts that exports write where there is no number.
NOTHING = (
    *("", "null", "NULL", "Null", "none", "None", "nan", "NaN", "NAN", "undefined"),
    *("NA", "N/A", "n/a", "<NA>", r"\N"),
)
_WIDE = str.maketrans("０１２３４５６７８９．，＋－−", "0123456789.,+--")
_PLAIN = {  # what pandas reads, after the decimal mark has become a point
    ".": r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$",
    ",": r"^[+-]?([0-9]+,?[0-9]*|,[0-9]+)([eE][+-]?[0-9]+)?$",
}
_SEPARATORS = {".": r"[, '’\u00a0\u2009\u202f]", ",": r"[. '’\u00a0\u2009\u202f]"}
# Groups of three digits, or as in India groups of two and then three.
_GROUPED = (
    r"(?P<sign>[+-]?)(?P<whole>[1-9][0-9]{{0,2}}(?P<mark>{mark})[0-9]{{3}}(?:(?P=mark)[0-9]{{3}})*"
    r"|[1-9][0-9]?(?:(?P<pairs>,)[0-9]{{2}})(?:,[0-9]{{2}})*,[0-9]{{3}})"
    r"(?:{point}(?P<part>[0-9]*))?"
)
_WRITTEN = {
    point: re.compile(_GROUPED.format(mark=mark, point=re.escape(point)))
    for point, mark in _SEPARATORS.items()
}


def read_written(column: pa.Array, decimal: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Numbers float64[n] of a text column, NaN where the text is none; and where nothing is given.

    >>> values, nothing = read_written(pa.array(["5", "much", "", "1,234.50"]), None)
    >>> values.tolist(), nothing.tolist()
    ([5.0, nan, nan, 1234.5], [False, False, True, False])
    """
    column = as_dictionary(column)
    if not len(column.dictionary):
        return np.full(len(column), np.nan), np.ones(len(column), bool)
    texts = pc.utf8_trim_whitespace(readable(column.dictionary))
    numbers = _plain(texts, decimal or ".")
    nothing = pc.is_in(texts, value_set=pa.array(NOTHING, texts.type)).to_numpy(False)
    for i in np.flatnonzero(np.isnan(numbers) & ~nothing):
        numbers[i] = number_of(texts[i].as_py(), decimal)
    null = column.indices.is_null().to_numpy(False)
    places = column.indices.fill_null(0).to_numpy()
    return np.where(null, np.nan, numbers[places]), null | nothing[places]


def _plain(texts: pa.Array, point: str) -> np.ndarray:
    """The numbers without thousands separators, float64[n]; NaN for any other text."""
    plain = pc.match_substring_regex(texts, _PLAIN[point])
    texts = pc.if_else(plain, texts, pa.scalar(None, texts.type))
    if point == ",":
        texts = pc.replace_substring(texts, ",", ".")
    found = pd.to_numeric(texts.cast(pa.string()).to_pandas(), errors="coerce")
    return found.to_numpy(np.float64, copy=True, na_value=np.nan)


def number_of(text: str, decimal: str | None = None) -> float:
    """The number that a text writes with thousands separators or full-width digits, or NaN.

    >>> number_of("1,234.50"), number_of("1.234,50", ","), number_of("１２．５")
    (1234.5, 1234.5, 12.5)
    >>> number_of("1,234"), number_of("1,234", "."), number_of("$12.50")
    (nan, 1234.0, nan)
    """
    point = decimal or "."
    text = text.translate(_WIDE)
    if re.fullmatch(_PLAIN[point][1:-1], text):
        return float(text.replace(",", "."))
    found = _WRITTEN[point].fullmatch(text)
    if found is None or (decimal is None and _two_ways(found)) or (point == "," and found["pairs"]):
        return np.nan
    whole = re.sub("[^0-9]", "", found["whole"])
    return float(f"{found['sign']}{whole}.{found['part'] or '0'}")


def _two_ways(found: re.Match[str]) -> bool:
    """Whether the only mark of a text, like that of 1,234, may as well be a decimal mark."""
    return found["mark"] == "," and found["part"] is None and found["whole"].count(",") == 1
