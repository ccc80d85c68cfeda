"""Values that know their facts, and words in which each is marked."""

from __future__ import annotations

import json
from datetime import date

from hypothesis import assume, given
from hypothesis import strategies as st

from churnlab.language.sentence import Sentence, sentence
from churnlab.report.sourced import LONGEST, Said, as_shown, marked, raw, sourced

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text("ab 渠", max_size=9).map(str.strip),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", min_size=1), inner),
)


@given(plain)
def test_values_stay_equal(data: object) -> None:
    assume("  " not in json.dumps(data))
    assert json.dumps(sourced(data), default=str) == json.dumps(data)


def test_each_value_knows_its_path() -> None:
    found = sourced({"rows": [{"n": 3, "share": 0.25, "day": "2026-03-01", "who": "ads"}]})
    row = found["rows"][0]
    assert [v.path for v in row.values()] == [f"rows.0.{k}" for k in row]
    assert isinstance(row["day"], date)


def test_a_stored_sentence_is_marked_as_a_whole_and_in_its_values() -> None:
    stored = {"template": "{n} days", "values": {"n": 7}, "text": "7 days"}
    words = sourced({"says": stored})["says"]
    assert isinstance(words, Said)
    inside = '<data value="7" data-fact="says.values.n" data-as="">7</data>'
    assert marked(words) == f'<span data-fact="says">{inside} days</span>'


def test_words_without_a_source_are_escaped_only() -> None:
    assert marked("<b>") == "&lt;b&gt;"
    assert marked(sentence("{n} & {m}", n=1, m=Sentence("<i>"))) == "1 &amp; &lt;i&gt;"


def test_names_are_shown_in_one_line_and_cut() -> None:
    name = sourced({"a": "x" * 2_000_000})["a"]
    assert len(marked(name)) < 3 * LONGEST
    assert as_shown("a\n\u202eb\x00c", "", "en") == "a b c"


def test_raw_keeps_every_digit() -> None:
    assert float(raw(sourced({"x": 0.1 + 0.2})["x"])) == 0.1 + 0.2
