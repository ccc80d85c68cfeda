"""A card that stands alone, in both languages, plain to read, safe with any name."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest
from support import made_up_language
from support.card_records import approved, least, record, whole
from support.english import english_words, page_text
from support.reading_ease import flesch, syllables

import churnlab
from churnlab.errors import ConfigError, OutputError
from churnlab.language.messages import untranslated
from churnlab.report.cards.card import ModelCard
from churnlab.report.cards.check import check_page
from churnlab.report.cards.record import CardRecord

# Names in the made-up record and names of data, methods and commands.
NAMES = {"community", "abc", "def", "channel", "ads", "shop", "growth", "churnlab", "toml"}
NAMES |= {"lists", "people"}  # forms of words, which stand in a format of the template
NAMES |= {"tagoj"}  # days, as the made-up language counts them
NAMES |= {"jul", "dec", "maj", "ana"}  # months of the made-up language, a person
NAMES |= {"social", "spend", "no", "comment", "for", "days", "spent", "before", "not", "prices"}


def test_it_answers_in_order() -> None:
    titles = re.findall(r"<h2>(.*?)</h2>", ModelCard.of(whole()).html())
    assert titles == [
        "What it predicts",
        "What happens if we act",
        "How sure it is",
        "How early it knows",
        "Why people leave",
        "For whom it works worse",
        "What people are worth",
        "What it must not be used for",
        "What it was made from",
        "What changed since the champion",
        "Words on this card",
    ]


def test_its_english_is_plain() -> None:
    lines = ModelCard.of(whole()).markdown().splitlines()
    text = "\n".join(line for line in lines if not line.startswith("|"))
    assert flesch(text) >= 60
    assert flesch("The cat sat on the mat.") > 100
    assert flesch("Organisational heterogeneity necessitates considerable reconsideration.") < 0
    assert [syllables(w) for w in ("leave", "people", "missed", "contacted", "the")] == [
        1,
        2,
        1,
        3,
        1,
    ]


@pytest.mark.parametrize("given", [whole(), least()])
def test_every_word_is_said_in_another_language(
    given: CardRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    language = made_up_language.install(tmp_path, monkeypatch)
    card = ModelCard.of(given)
    html = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", card.html(language), flags=re.DOTALL)
    assert english_words(page_text(html)) <= NAMES
    assert english_words(card.markdown(language)) <= NAMES
    labels = re.findall(r'(?:data-label|title|aria-label)="([^"]*)"', html)
    assert english_words(" ".join(labels)) <= NAMES and len(labels) > 20


def test_charts_speak_the_language_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    language = made_up_language.install(tmp_path, monkeypatch)
    drawn = " ".join(re.findall(r"<text[^>]*>([^<]*)", ModelCard.of(whole()).html(language)))
    assert english_words(drawn) <= NAMES and len(drawn) > 200


def test_it_is_small_and_asks_for_nothing() -> None:
    page = ModelCard.of(whole()).html()
    assert len(page.encode()) < 600_000
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert all(a.startswith(("data:", "#")) for a in addresses)
    assert "default-src 'none'" in page and "@import" not in page


NASTY = "<script>alert(1)</script>\u202e\x00" + "x" * 1_000_000


def test_names_are_escaped_and_shortened() -> None:
    given = record(
        name=NASTY,
        groups=tuple(replace(g, group=NASTY, grouping=NASTY) for g in whole().groups),
        gaps=tuple(replace(g, group=NASTY) for g in whole().gaps),
        themes=(replace(whole().themes[0], says=NASTY, examples={"en": (NASTY,)}),),
        use=replace(whole().use, owner=NASTY, not_for=(NASTY,)),
        approval=approved(by=NASTY, note=NASTY, override=NASTY),
    )
    page = ModelCard.of(given).html()
    assert len(page) < 600_000 and "<script>alert" not in page
    assert "\u202e" not in page and "\x00" not in page
    assert check_page(page, given) == ()
    assert len(ModelCard.of(given).markdown()) < 600_000


def test_what_was_decided_stands_above_all() -> None:
    assert "Nobody has approved this model yet." in ModelCard.of(whole()).markdown()
    said = ModelCard.of(record(approval=approved(note="fine", override="a trial"))).markdown()
    assert "Approved by Ana on Jul 21, 2026." in said and "Note: fine" in said
    assert "Approved against a check. Why: a trial" in said
    rejected = ModelCard.of(record(approval=approved(state="Rejected"))).markdown()
    assert "Rejected by Ana" in rejected and "Approved" not in rejected


def test_a_simulated_log_is_said() -> None:
    assert "Simulated data" in ModelCard.of(whole()).html()
    assert "Simulated data" not in ModelCard.of(record(simulated=False)).html()


def test_its_json_makes_the_same_card_again() -> None:
    card = ModelCard.of(whole())
    again = ModelCard.of(CardRecord.from_json(card.json()))
    assert again.html("zh") == card.html("zh") and again.json() == card.json()


def test_it_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    card = ModelCard.of(whole())
    paths = card.save(tmp_path / "out", "zh")
    assert [p.read_text("utf-8") for p in paths] == list(card.files("zh").values())
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        card.save(tmp_path / "file")
    with pytest.raises(ConfigError, match="unknown language"):
        card.save(tmp_path / "out", "xx")


def test_a_notebook_gets_a_frame_in_which_the_slider_works() -> None:
    shown = ModelCard.of(whole())._repr_html_()
    assert shown.startswith('<iframe sandbox="allow-scripts" srcdoc=')


def own_templates() -> set[str]:
    """The templates in the modules that make a card."""
    root = Path(churnlab.__file__).parent
    paths = [*root.glob("report/cards/*.py"), *root.glob("training/card*.py")]
    calls = (n for p in paths for n in ast.walk(ast.parse(p.read_text("utf-8"))))
    return {
        ast.literal_eval(call.args[0])
        for call in calls
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "sentence"
    }


def test_every_template_of_the_card_is_there_in_chinese() -> None:
    assert len(own_templates()) > 150
    assert own_templates() & set(untranslated("zh")) == set()


@pytest.mark.parametrize("given", [whole(), least()])
def test_no_english_is_left_on_a_chinese_card(given: CardRecord) -> None:
    html = ModelCard.of(given).html("zh")
    drawn = " ".join(re.findall(r"<text[^>]*>([^<]*)", html))
    said = page_text(re.sub(r"<(script|style|svg)\b.*?</\1>", " ", html, flags=re.DOTALL))
    words = {w.lower() for w in re.findall(r"[A-Za-z]{2,}", f"{said} {drawn}")}
    keys = {"auc", "brier", "nbd", "bg", "mbg", "gamma", "evaluate", "lead", "owner", "card"}
    keys |= {"costs", "contact", "offer", "success"}
    assert words - NAMES <= keys
