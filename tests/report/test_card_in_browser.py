"""The card in a browser: three widths, both languages, both themes, the slider, paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.browser import needs_browser
from support.card_records import least, whole
from support.devtools import Page, browser

from churnlab.language.numbers import shown
from churnlab.report.cards.card import ModelCard

pytestmark = needs_browser
TOO_WIDE = """
[...document.querySelectorAll("body *:not(svg *)")]
  .filter(e => e.getClientRects().length && e.getBoundingClientRect().right > innerWidth + 0.5)
  .map(e => e.tagName + ": " + e.textContent.slice(0, 60))
"""
CUT = """
[...document.querySelectorAll("td, th, dt, dd, p, li, h1, h2, h3, label, figcaption, summary")]
  .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline")
  .map(e => e.tagName + ": " + e.textContent.slice(0, 60))
"""
BEYOND = """
[...document.querySelectorAll("figure")].flatMap(f => {
  const box = f.querySelector("svg").getBoundingClientRect();
  return [...f.querySelectorAll("svg text")].filter(t => {
    const own = t.getBoundingClientRect();
    return own.left < box.left - 2 || own.right > box.right + 2;
  }).map(t => t.textContent);
})
"""
MOVE = """(place => {
  const input = document.querySelector("#slider input");
  input.value = place;
  input.dispatchEvent(new Event("input"));
  return Object.fromEntries([...document.querySelectorAll("#slider output")]
    .map(o => [o.dataset.name, o.textContent]));
})(%d)"""
DARKNESS = """
["body", "section", "figure text"].map(q => {
  const e = document.querySelector(q), s = getComputedStyle(e);
  const colour = q.endsWith("text") ? s.fill : s.backgroundColor;
  return colour.match(/[\\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 765;
})
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("browser")) as tab:
        yield tab


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("cards")
    for language in ("en", "zh"):
        (folder / f"{language}.html").write_text(ModelCard.of(whole()).html(language), "utf-8")
    (folder / "least.html").write_text(ModelCard.of(least()).html(), "utf-8")
    return {path.stem: path for path in folder.iterdir()}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [400, 800, 1400])
def test_nothing_is_cut_asked_for_or_wrong(
    page: Page, cards: dict[str, Path], width: int, language: str, dark: bool
) -> None:
    page.console.clear()
    page.asked.clear()
    page.open(cards[language], width, dark)
    assert page.run("document.documentElement.scrollWidth") <= width
    assert page.run(TOO_WIDE) == [] and page.run(CUT) == [] and page.run(BEYOND) == []
    for place in (0, 9, len(whole().reach) - 1):
        row, outputs = whole().reach[place], page.run(MOVE % place)
        assert outputs["leavers"] == shown(row.leavers, ",.0f", language)
        assert outputs["share"] == shown(row.share, ".0%", language)
        assert outputs["kept"] == shown(row.kept, ",.1f", language)
        assert outputs["gain"].replace("−", "-") == "¥" + shown(row.gain, "amount", language)
    body, section, letters = page.run(DARKNESS)
    assert (body < 0.2 and section < 0.25) if dark else (body > 0.9 and section > 0.9)
    assert letters > 0.8 if dark else letters < 0.3
    own = cards[language].as_uri()
    assert page.console == [] and [a for a in page.asked if not a.startswith("data:")] == [own]


def test_the_slider_rounds_as_the_text_does(page: Page, tmp_path: Path) -> None:
    halves = [
        {"leavers": 10.5, "people": 37.5, "random": 0.5, "recency": 11.5, "kept": 1.25},
        {"leavers": 9.5, "people": 38.0, "random": 1.15, "recency": 7.49999, "kept": 1.05},
        {"leavers": 0.4, "people": 1037.5, "random": 2.5, "recency": 8.5, "kept": 0.15},
    ]
    rows = tuple(replace(whole().reach[9], **half) for half in halves)
    made = replace(whole(), reach=(*whole().reach, *rows))
    (tmp_path / "half.html").write_text(ModelCard.of(made).html(), "utf-8")
    page.open(tmp_path / "half.html", 800)
    for place, half in enumerate(halves, len(whole().reach)):
        outputs = page.run(f"document.querySelector('#slider input').max = {place};" + MOVE % place)
        for name, value in half.items():
            assert outputs[name] == shown(value, ",.1f" if name == "kept" else ",.0f", "en"), name


def test_a_card_without_most_of_its_parts_fits_too(page: Page, cards: dict[str, Path]) -> None:
    page.open(cards["least"], 400)
    assert page.run(TOO_WIDE) == [] and page.run("document.documentElement.scrollWidth") <= 400


def test_without_script_there_is_a_table(page: Page, cards: dict[str, Path]) -> None:
    page.send("Emulation.setScriptExecutionDisabled", value=True)
    page.open(cards["en"], 1400)
    page.send("Emulation.setScriptExecutionDisabled", value=False)
    assert page.run("document.querySelector('#slider').hidden") is True
    assert page.run("[...document.querySelectorAll('tbody')][0].rows.length") == 6
    page.open(cards["en"], 1400)
    assert page.run("document.querySelector('#slider').hidden") is False


def test_it_prints_on_a4(page: Page, cards: dict[str, Path]) -> None:
    page.open(cards["en"], 1400, dark=True)
    paper = page.paper()
    [sizes] = {m for m in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper)}
    assert [round(float(side)) for side in sizes] == [595, 842]
    assert 3 <= len(re.findall(rb"/Type /Page\b", paper)) <= 9
