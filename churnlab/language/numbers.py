"""Numbers, shares and dates in the manner of a language.

A template says how a value is shown by Python's format specification: `.1f` and `,.0f` for decimals,
`.0%` for shares, `d` or nothing for the rest. Babel writes it as the language does.
"""

from __future__ import annotations

import math
import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import parse_pattern

from churnlab.errors import ConfigError
from churnlab.language.catalogues import locale_of

_SPEC = re.compile(r"(?P<sign>\+?)(?P<group>,?)(?:\.(?P<digits>\d+))?(?P<kind>[fd%]?)")


@lru_cache(maxsize=65_536)
def shown(value: object, spec: str, language: str) -> str:
    """A value as a reader of the language expects it.

    Raises ConfigError for a format specification other than those named above.

    >>> shown(1234.5, ",.1f", "en"), shown(1234.5, ",.1f", "de"), shown(0.256, ".0%", "en")
    ('1,234.5', '1.234,5', '26%')
    >>> shown(date(2026, 8, 28), "", "en")
    'Aug 28, 2026'
    """
    if isinstance(value, date):
        return format_date(value, format="medium", locale=locale_of(language))
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return str(value)
    locale = locale_of(language)
    return parse_pattern(_pattern(spec, value, locale)).apply(Decimal(repr(float(value))), locale)


def _pattern(spec: str, value: float, locale: Locale) -> str:
    """Babel's pattern for a format specification, in which the language decides about its signs."""
    found = _SPEC.fullmatch(spec)
    if found is None:
        raise ConfigError.from_type(
            "the format of a value", spec, 'one like ".1f", ",.0f" or ".0%"'
        )
    default = 0 if isinstance(value, int) or found["kind"] == "d" else 6
    digits = int(found["digits"]) if found["digits"] else default
    decimals = ("0" if found["digits"] else "#") * digits
    whole = "#,##0" if found["group"] else "0"
    body = whole + (f".{decimals}" if decimals else "")
    if found["kind"] == "%":
        body = locale.percent_formats[None].pattern.replace("#,##0", body)
    return f"+{body};-{body}" if found["sign"] else body
