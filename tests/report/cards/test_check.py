"""Every number on a card is compared with the record; whatever is changed is found."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from support.card_records import least, record, whole

from churnlab.report.cards.card import ModelCard
from churnlab.report.cards.check import check_page

PAGES = {language: ModelCard.of(whole()).html(language) for language in ("en", "zh")}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_card_of_its_record_has_no_difference(language: str) -> None:
    assert check_page(PAGES[language], whole()) == ()
    assert check_page(ModelCard.of(least()).html(language), least()) == ()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_any_number_that_is_changed_is_found(language: str) -> None:
    page = PAGES[language]
    marks = list(re.finditer(r"(<data [^>]*>)([^<]*\d[^<]*)(</data>)", page))
    assert len(marks) > 150
    for mark in marks[::7]:
        other = re.sub(r"\d", lambda d: str((int(d[0]) + 1) % 10), mark[2], count=1)
        changed = page[: mark.start(2)] + other + page[mark.end(2) :]
        assert len(check_page(changed, whole())) == 1, mark[0]


def test_a_value_or_path_that_is_changed_is_found() -> None:
    page = PAGES["en"]
    for old, new, says in (
        ('data-fact="told"', 'data-fact="left"', "the card says"),
        ('data-fact="told"', 'data-fact="nowhere.3"', "the record has no fact nowhere.3"),
        ('value="0.118"', 'value="0.119"', "the card says '0.119' for told, the record 0.118"),
        ('"leavers": 24.0', '"leavers": 25.0', "the slider has other data"),
    ):
        assert old in page
        found = check_page(page.replace(old, new, 1), whole())
        assert any(str(words).startswith(says) for words in found), found


def test_a_number_without_a_source_is_found() -> None:
    page = PAGES["en"].replace("</h2>", "</h2><p>It is 99% right.</p>", 1)
    assert [str(w) for w in check_page(page, whole())] == [
        "a number has no source: 'It is 99% right.'"
    ]


def test_a_number_in_a_stored_sentence_that_is_not_in_its_template_is_found() -> None:
    page = PAGES["en"]
    assert "0.5 is blind" in page
    assert check_page(page.replace("0.5 is blind", "0.6 is blind", 1), whole()) != ()


def test_a_large_figure_that_is_missing_is_found() -> None:
    page = re.sub(r'<data [^>]*data-fact="people.share"[^>]*>[^<]*</data>', "few", PAGES["en"])
    assert [str(w) for w in check_page(page, whole())] == [
        "the card does not show the fact people.share"
    ]


def test_a_card_of_another_record_differs() -> None:
    assert len(check_page(PAGES["en"], record(told=0.2, version="other"))) == 2


def test_anything_that_is_no_card_differs() -> None:
    assert len(check_page("", whole())) > 10
    assert check_page("<html lang='en'><body>7 <data data-fact='a.b.c'>", whole())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_odd_names_and_figures_are_compared_as_they_are_shown(language: str) -> None:
    odd = ("2026-01-01", "", "a<b>&'\"", "{x}", " x\u202e ", "$x$", "渠道")
    groups = tuple(replace(whole().groups[0], group=name, told=1e-12, left=-0.0) for name in odd)
    given = record(groups=groups, told=0.99999, use=replace(whole().use, not_for=odd))
    assert check_page(ModelCard.of(given).html(language), given) == ()
