"""Numbers, shares and dates in the manner of a language.

A template says how a value is shown by Python's format specification: `.1f` and `,.0f` for
decimals, `.0%` for shares, `d` or nothing for the rest. English text is what Python writes; for
any other language Babel writes the digits that Python rounds to.
"""

from __future__ import annotations

import math
import re
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache

import numpy as np
from babel.dates import format_date
from babel.numbers import NumberPattern, parse_pattern

from churnlab.errors import ConfigError
from churnlab.language.catalogues import ENGLISH, locale_of

_SPEC = re.compile(r"(?P<sign>\+?)(?P<group>,?)(?:\.(?P<digits>\d+))?(?P<kind>[fd%]?)")
_MOST_DIGITS = 6


def understood(spec: str) -> bool:
    """Whether a format specification is one of those named above.

    >>> understood(",.1f"), understood(">10")
    (True, False)
    """
    return _SPEC.fullmatch(spec) is not None


def shown(value: object, spec: str, language: str) -> str:
    """A value as a reader of the language expects it. Text and other values stay as they are.

    Raises ConfigError for a format specification other than those named above.

    >>> shown(1234.5, ",.1f", "en"), shown(1234.5, ",.1f", "de"), shown(0.256, ".0%", "en")
    ('1,234.5', '1.234,5', '26%')
    >>> shown(date(2026, 8, 28), "", "en")
    'Aug 28, 2026'
    """
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, date):
        return format_date(plain, format="medium", locale=locale_of(language))
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        return str(plain)
    if not understood(spec):
        raise ConfigError.from_type(
            "the format of a value", spec, 'one like ".1f", ",.0f" or ".0%"'
        )
    whole = round(plain) if spec.endswith("d") and math.isfinite(plain) else plain
    if language == ENGLISH or not math.isfinite(whole):
        return format(whole, spec.removesuffix("d"))
    pattern = _pattern(spec, isinstance(whole, int), language)
    hundred = 100 if spec.endswith("%") else 1
    return _by_babel(format(whole * hundred, f".{pattern.frac_prec[1]}f"), pattern, language)


@lru_cache(maxsize=65_536)
def _by_babel(digits: str, pattern: NumberPattern, language: str) -> str:
    """Rounded digits (of a share: its hundredths) in the pattern of a language."""
    number = Decimal(digits).scaleb(-pattern.scale)
    return pattern.apply(number, locale_of(language))


@cache
def _pattern(spec: str, whole: bool, language: str) -> NumberPattern:
    """Babel's pattern for a format specification; `whole` says that the value is a whole number."""
    found = _SPEC.fullmatch(spec)
    assert found is not None
    default = 0 if whole or found["kind"] == "d" else _MOST_DIGITS
    digits = int(found["digits"]) if found["digits"] else default
    decimals = ("0" if found["digits"] else "#") * digits
    body = "#,##0" if found["group"] else "0"
    body += f".{decimals}" if decimals else ""
    if found["kind"] == "%":
        percent: str = locale_of(language).percent_formats[None].pattern
        body = percent.replace("#,##0", body)
    return parse_pattern(f"+{body};-{body}" if found["sign"] else body)
