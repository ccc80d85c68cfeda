"""Names and values in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.made_up_language import START, install

from churnlab.errors import ConfigError
from churnlab.explanation.words import Told, in_words
from churnlab.language.sentence import Column, Sentence, sentence

NOTHING = sentence("nothing")


def told(says: str | Sentence, language: str = "en", **row: object) -> str:
    """The sentence of one row whose own column is `value`."""
    words = says if isinstance(says, Sentence) else Sentence(says)
    return Told(words, NOTHING, "value", list(row), language)({n: [v] for n, v in row.items()})[0]


def test_a_sentence_has_columns_constants_and_its_own_value() -> None:
    says = sentence("{value:.0%} of {n:,.0f} in {days} days", n=Column("a__n__all"), days=7)
    assert told(says, value=0.256, a__n__all=1234.5) == "26% of 1,234 in 7 days"


@pytest.mark.parametrize("lost", [float("nan"), np.float32("nan"), None, pd.NA, pd.NaT])
def test_a_value_that_is_not_known_gives_the_other_sentence(lost: object) -> None:
    assert told("{value} {other:.0f}", value="ads", other=lost) == "nothing"
    assert told("{value}", value="ads", other=lost) == "ads"


def test_another_language_has_its_own_words_numbers_and_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    language = install(tmp_path, monkeypatch)
    says = sentence("{value:.0f} {role} events in {days} days", role="forum post", days=28)
    assert told(says, language, value=1234.5) == "¡1234 forum post stneveŋ niŋ 28 syadŋ"
    never = Told(says, sentence("never active"), "value", ["value"], language)
    assert never({"value": [np.nan]})[0].startswith(START)


@pytest.mark.parametrize("value", [0.5, 1.5, 2.675, 0.345, -0.04, 1e7, 12345.678])
@pytest.mark.parametrize("spec", [".0f", ".1f", ".2f", ",.2f", ".0%", "+.1f", "+.0%"])
def test_english_numbers_are_those_of_python(value: float, spec: str) -> None:
    assert told(f"{{value:{spec}}}", value=value) == format(value, spec)


def test_a_sentence_reaches_nothing_but_values() -> None:
    for says in ("{value:{value.__doc__[0]}>5}", "{} days", "{value!r}", "{value"):
        with pytest.raises(ConfigError, match="cannot be rendered"):
            told(says, value="a")
    with pytest.raises(ConfigError, match="cannot be rendered"):
        told("{value:.1f}", value="a")
    with pytest.raises(ConfigError, match="unknown name in a sentence"):
        told("{value.__class__}", value=1.0)
    with pytest.raises(ConfigError, match="did you mean 'minutes'"):
        told("{minuts}", minutes=1.0, value=1.0)


def test_names_in_words_also_in_another_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {
        "push__open_rate__14d": "open rate, 14 days",
        "push__open_rate_change__14d_56d": "open rate change, last 14 days against the 56 before",
        "cadence__active_days__all": "active days, so far",
        "profile__channel__static": "channel",
        "a name of yours": "a name of yours",
    }
    assert {name: in_words(name) for name in said} == said
    language = install(tmp_path, monkeypatch)
    for name in list(said)[:3]:
        assert in_words(name, language).startswith(START)
