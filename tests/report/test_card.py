"""A card that stands alone, escapes what it is given, and shows which sections nobody filled."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support import made_up_language
from support.english import english_words, page_text

from churnlab.errors import OutputError
from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.strata import Silence
from churnlab.language.sentence import sentence
from churnlab.report import drawing, plots
from churnlab.report.card import CardFacts, ModelCard

BROWSER = shutil.which("chromium")
rng = np.random.default_rng(0)
INDEX = pd.MultiIndex.from_product(
    [range(200), pd.to_datetime(["2026-01-01", "2026-02-01"])], names=["user_id", "snapshot"]
)
Y = pd.Series((rng.random(400) < 0.3).astype(float), index=INDEX)
P = np.clip(0.4 * Y.to_numpy() + 0.6 * rng.random(400), 0.01, 0.99)


def drawn(plot: Callable[..., drawing.Figure], *results: Any) -> Callable[[str], drawing.Figure]:
    return lambda language: plot(*results, language=language)


@pytest.fixture(scope="module")
def card() -> ModelCard:
    churn = Evaluation.of(
        {"churnlab": P, "recency": rng.random(400)},
        Y,
        target="churned",
        draws=30,
        segments=pd.DataFrame({"channel": rng.choice(["a", "b"], 400)}, index=INDEX),
        silence=Silence(rng.integers(1, 50, 400).astype(float)),
    )
    value = Evaluation.of({"churnlab": P * 50, "zero": P * 0}, Y * 60, target="ltv", draws=30)
    pictures = {
        "calibration": drawn(plots.calibration, churn.calibration),
        "gains": drawn(plots.gains, Y.to_numpy(), {"churnlab": P}),
        "signals": drawn(plots.signals, pd.Series({"push": 0.4, "session": 0.2})),
        "strata": drawn(plots.strata, churn.strata, "auc"),
        "per_cut": drawn(plots.per_cut, churn.per_cut, "auc"),
        "deciles": drawn(plots.deciles, value.calibration),
    }
    importance = pd.DataFrame({"name": ["push__x__all"], "importance": [0.4]})
    return ModelCard.of(
        CardFacts(
            "Who <script>alert(1)</script> leaves | soon",
            "abc",
            ("It says who leaves.",),
            simulated=True,
            population={sentence("eligible"): "all"},
            data={sentence("events"): 12345},
            evaluations={"churned": churn, "ltv": value},
            pictures=pictures,
            importance=lambda language: importance,
            examples=lambda language: ["opened 1 of 9"],
            made={sentence("seed"): 0},
        )
    )


def test_it_escapes_and_says_that_data_are_simulated(card: ModelCard) -> None:
    html, text = card.html(), card.markdown()
    assert "<script" not in html and "&lt;script&gt;" in html
    assert "Simulated data" in html and "Simulated data" in text
    assert "12,345" in html and "leaves \\| soon" in text


def test_an_empty_section_shows_that_it_is_empty() -> None:
    card = ModelCard.of(CardFacts("t", "v", ("s",)))
    assert card.html().count("Nothing was given here.") >= 9
    assert card.markdown().count("Nothing was given here.") >= 9


def test_the_model_stands_beside_the_baselines_with_intervals(card: ModelCard) -> None:
    lines = [line for line in card.markdown().splitlines() if line.startswith("| days since")]
    assert re.search(r"0\.\d{3} \\\[0\.\d{3}, 0\.\d{3}\] .*\+0\.\d{3}", lines[0])


def test_it_says_what_it_is_worth_and_what_is_unsure() -> None:
    few = Evaluation.of({"churnlab": P[:200]}, Y[:200], target="churned", draws=10)
    text = ModelCard.of(CardFacts("t", "v", ("s",), evaluations={"churned": few})).markdown()
    assert "expected maximum profit (EMPC" in text and "- Unsure: judged on 100 people only" in text


def test_markdown_tables_are_whole(card: ModelCard) -> None:
    blocks = [b for b in card.markdown().split("\n\n") if b.startswith("|")]
    assert len(blocks) == 10  # facts three times, contenders twice, strata, bins, features, …
    for block in blocks:
        rows = block.splitlines()
        assert len(rows) >= 3 and all(r.startswith("|") for r in rows)
        assert len({len(re.findall(r"(?<!\\)\|", r)) for r in rows}) == 1, block


def test_it_is_written_whole_or_not_at_all(card: ModelCard, tmp_path: Path) -> None:
    html, text = card.save(tmp_path / "out")
    assert html.read_text() == card.html() and text.read_text() == card.markdown()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        card.save(tmp_path / "file")


def test_pictures_are_in_the_page_and_drawn_once_for_each_language(card: ModelCard) -> None:
    assert card.html().count("data:image/png") == 6
    assert card.html() == card.html()


def test_a_notebook_gets_a_frame(card: ModelCard) -> None:
    assert card._repr_html_().startswith("<iframe sandbox srcdoc=")
    assert "<style" not in card._repr_html_()


# Names of data, of methods and of this package, which are the same in every language.
NAMES = {"alert", "script", "abc", "all", "channel", "a", "b", "churnlab", "push", "x", "who"}
NAMES |= {"opened", "of", "it", "says", "leaves", "soon"}  # sentences of this test, not templates


def test_every_sentence_title_and_heading_is_said_in_another_language(
    card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    language = made_up_language.install(tmp_path, monkeypatch)
    html, text = card.html(language), card.markdown(language)
    assert f'<html lang="{language}">' in html
    assert english_words(page_text(html)) <= NAMES
    assert english_words(text) <= NAMES
    assert len(english_words(page_text(card.html()))) > 150  # the test looks at something
    titles = re.findall(r"<h[23]>([^<]*)</h", html)
    assert len(titles) == 15 and all(made_up_language.START in t for t in titles)


def test_an_empty_card_is_said_in_another_language_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    language = made_up_language.install(tmp_path, monkeypatch)
    card = ModelCard.of(CardFacts("t", "v", ()))
    assert english_words(page_text(card.html(language))) == {"t", "v"}
    assert english_words(card.markdown(language)) == {"t", "v"}


def test_pictures_are_drawn_in_another_language(
    card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    language = made_up_language.install(tmp_path, monkeypatch)
    sources = [set(re.findall(r'src="(data:[^"]+)"', card.html(x))) for x in ("en", language)]
    assert [len(found) for found in sources] == [6, 6] and not sources[0] & sources[1]


@pytest.mark.skipif(BROWSER is None, reason="chromium is not installed")
def test_a_browser_finds_no_error_and_asks_the_network_for_nothing(
    card: ModelCard, tmp_path: Path
) -> None:
    page, log = card.save(tmp_path)[0], tmp_path / "net.json"
    done = subprocess.run(
        [
            str(BROWSER),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--enable-logging=stderr",
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--log-net-log={log}",
            f"--screenshot={tmp_path / 'card.png'}",
            "--window-size=1200,2400",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "CONSOLE" not in done.stderr
    assert (tmp_path / "card.png").stat().st_size > 20_000
    asked = {
        e["params"]["url"]
        for e in json.loads(log.read_text())["events"]
        if "url" in e.get("params", {})
    }
    own = (
        "redirector.gvt1.com",
        "update.googleapis.com",
        "accounts.google.com",
        "clients2.google.com",
        "optimizationguide-pa.googleapis.com",
        "android.clients.google.com",
        "www.google.com",
        "edgedl.me.gvt1.com",
        "safebrowsing.googleapis.com",
        "content-autofill.googleapis.com",
    )
    of_page = {
        u
        for u in asked
        if not u.startswith(("file:", "data:", "chrome", "devtools:"))
        and not any(f"//{host}/" in u for host in own)
    }
    assert of_page == set()  # Chromium itself asks its maker for dictionaries and updates
