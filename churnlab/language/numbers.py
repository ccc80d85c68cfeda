"""Numbers, shares and dates in the manner of a language.

A template says how a value is shown by Python's format specification: `.1f` and `,.0f` for
decimals, `.0%` for shares, `d` or nothing for the rest. English text is what Python writes; for
any other language Babel writes the digits that Python rounds to. Three more:

- `push|pushes` is a whole number and the form of a word that goes with it, in the order of the
  plural forms of the language (CLDR): `1 push`, `2 pushes`. Where a form has `#`, forms are whole
  texts in which it stands for the number: `day|# days`. Chinese has one form, and a template in
  Chinese writes the number alone.
- `span` is a length in days, in weeks where they are whole and at least three: `14 days`,
  `8 weeks`.
- `amount` is one of money or of another thing: with two decimals below 100 unless it is whole,
  without them from there on.

In Chinese a count from 10,000 up that is written with `,` or a word is in 万: `1.2万`.
"""

from __future__ import annotations

import math
import re
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache

import numpy as np
from babel.dates import format_date
from babel.numbers import NumberPattern, format_compact_decimal, parse_pattern
from babel.units import format_unit

from churnlab.errors import ConfigError
from churnlab.language.catalogues import ENGLISH, locale_of

_SPEC = re.compile(r"(?P<sign>\+?)(?P<group>,?)(?:\.(?P<digits>\d+))?(?P<kind>[fd%]?)")
_MOST_DIGITS = 6
_FORMS = re.compile(r"[^\W\d_][^|{}:]*(?:\|[^|{}:]+)+")
_PLURALS = ("zero", "one", "two", "few", "many", "other")
_FEWEST_WEEKS = 3
_MYRIAD = 10_000
_NO_CENTS_FROM = 100


def understood(spec: str) -> bool:
    """Whether a format specification is one of those named above.

    >>> understood(",.1f"), understood("day|days"), understood(">10")
    (True, True, False)
    """
    return any(pattern.fullmatch(spec) for pattern in (_SPEC, _FORMS)) or spec in _LENGTHS


def shown(value: object, spec: str, language: str) -> str:
    """A value as a reader of the language expects it. Text and other values stay as they are.

    Raises ConfigError for a format specification other than those named above.

    >>> shown(1234.5, ",.1f", "en"), shown(1234.5, ",.1f", "de"), shown(0.256, ".0%", "en")
    ('1,234.5', '1.234,5', '26%')
    >>> shown(1, "day|days", "en"), shown(56, "span", "en"), shown(56, "span", "zh")
    ('1 day', '8 weeks', '8周')
    >>> shown(date(2026, 8, 28), "", "en"), shown(12_345, ",.0f", "zh")
    ('Aug 28, 2026', '1.2万')
    """
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, date):
        return format_date(plain, format="medium", locale=locale_of(language))
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        return str(plain)
    if not understood(spec):
        raise ConfigError.from_type(
            "the format of a value", spec, 'one like ".1f", ",.0f", ".0%" or "day|days"'
        )
    if spec in _LENGTHS:
        return _LENGTHS[spec](plain, language)
    if "|" in spec:
        return _counted(plain, spec.split("|"), language)
    if _in_myriads(plain, spec, language):
        return format_compact_decimal(plain, locale=locale_of(language), fraction_digits=1)
    return _digits(plain, spec, language)


def _digits(plain: float, spec: str, language: str) -> str:
    """A number with the digits that Python rounds to."""
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


def _in_myriads(value: float, spec: str, language: str) -> bool:
    """Whether a count is so large that Chinese gives it in 万."""
    whole = spec in (",", ",d", ",.0f")
    return whole and _MYRIAD <= abs(value) < math.inf and locale_of(language).language == "zh"


def _counted(value: float, forms: list[str], language: str) -> str:
    """A whole number and the form of a word that goes with it, or a text with the number in it."""
    number = shown(value, ",.0f", language)
    locale = locale_of(language)
    used = [tag for tag in _PLURALS if tag in {*locale.plural_form.tags, "other"}]
    place = used.index(locale.plural_form(round(value))) if math.isfinite(value) else -1
    form = forms[min(place, len(forms) - 1)]
    return form.replace("#", number) if "#" in "".join(forms) else f"{number} {form}"


def _span(days: float, language: str) -> str:
    """A length in whole weeks or else in days."""
    weeks, rest = divmod(round(days), 7)
    in_weeks = not rest and weeks >= _FEWEST_WEEKS
    unit, number = ("week", weeks) if in_weeks else ("day", round(days))
    return format_unit(number, f"duration-{unit}", locale=locale_of(language))


def _amount(amount: float, language: str) -> str:
    cents = abs(amount) < _NO_CENTS_FROM and not float(amount).is_integer()
    return _digits(amount, ",.2f" if cents else ",.0f", language)


_LENGTHS = {"span": _span, "amount": _amount}
