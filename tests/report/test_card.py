"""A card that stands alone, escapes what it is given, and shows what nobody filled."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churnlab.errors import OutputError
from churnlab.evaluation.evaluation import Evaluation
from churnlab.report import plots
from churnlab.report.card import CardFacts, ModelCard
from churnlab.report.document import Section, Text

BROWSER = shutil.which("chromium")
rng = np.random.default_rng(0)
INDEX = pd.MultiIndex.from_product(
    [range(200), pd.to_datetime(["2026-01-01", "2026-02-01"])], names=["user_id", "snapshot"]
)
Y = pd.Series((rng.random(400) < 0.3).astype(float), index=INDEX)
P = np.clip(0.4 * Y.to_numpy() + 0.6 * rng.random(400), 0.01, 0.99)


@pytest.fixture(scope="module")
def card() -> ModelCard:
    churn = Evaluation.of(
        {"churnlab": P, "recency": rng.random(400)},
        Y,
        target="churned",
        draws=30,
        segments=pd.DataFrame({"channel": rng.choice(["a", "b"], 400)}, index=INDEX),
    )
    value = Evaluation.of({"churnlab": P * 50, "zero": P * 0}, Y * 60, target="ltv", draws=30)
    pictures = {
        "calibration": plots.calibration(churn.calibration),
        "gains": plots.gains(Y.to_numpy(), {"churnlab": P}),
        "signals": plots.signals(pd.Series({"push": 0.4, "session": 0.2})),
        "per_cut": plots.per_cut(churn.per_cut, "auc"),
        "deciles": plots.deciles(value.calibration),
    }
    return ModelCard.of(
        CardFacts(
            "Who <script>alert(1)</script> leaves | soon",
            "abc",
            ("It says who leaves.",),
            simulated=True,
            population={"eligible": "all"},
            data={"events": 12345},
            evaluations={"churned": churn, "ltv": value},
            pictures=pictures,
            importance=pd.DataFrame({"name": ["push__x__all"], "importance": [0.4]}),
            examples=("opened 1 of 9",),
            made={"seed": 0},
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


def test_the_model_stands_beside_the_dumb_things_with_intervals(card: ModelCard) -> None:
    lines = [line for line in card.markdown().splitlines() if line.startswith("| recency")]
    assert re.search(r"0\.\d{3} \\\[0\.\d{3}, 0\.\d{3}\] .*\+0\.\d{3}", lines[0])


def test_it_says_what_it_is_worth_and_what_is_unsure() -> None:
    few = Evaluation.of({"churnlab": P[:200]}, Y[:200], target="churned", draws=10)
    text = ModelCard.of(CardFacts("t", "v", ("s",), evaluations={"churned": few})).markdown()
    assert "Expected maximum profit (EMPC" in text and "- Unsure: judged on 100 people only" in text


def test_markdown_tables_are_whole(card: ModelCard) -> None:
    for block in re.split(r"\n\n", card.markdown()):
        rows = [r for r in block.splitlines() if r.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", r)) for r in rows}) <= 1, block


def test_it_is_written_whole_or_not_at_all(card: ModelCard, tmp_path: Path) -> None:
    html, text = card.save(tmp_path / "out")
    assert html.read_text() == card.html() and text.read_text() == card.markdown()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        card.save(tmp_path / "file")


def test_pictures_are_in_the_page_and_repeat_their_bytes(card: ModelCard) -> None:
    assert card.html().count("data:image/png") == 5
    figure = plots.scores(P, Y.to_numpy())
    assert (
        plots.png(figure) == plots.png(plots.scores(P, Y.to_numpy()))
        and plots.png(figure)[:4] == b"\x89PNG"
    )
    assert plots.features(pd.DataFrame({"name": ["a__b__all"], "importance": [1.0]})).axes


def test_a_blind_prediction_draws_the_diagonal() -> None:
    people, found = plots._gains_curve(np.sort(Y.to_numpy())[::-1], np.full(400, 0.3))
    assert people.tolist() == found.tolist() == [0, 1]


def test_sections_nest_in_both_forms_and_a_notebook_gets_a_frame() -> None:
    card = ModelCard(
        "t",
        "s",
        "",
        (Section("one", (), (Section("two", (), (Section("three", (Text("deep"),)),)),)),),
    )
    assert "deep" in card.html() and "deep" in card.markdown()
    assert (
        card._repr_html_().startswith("<iframe sandbox srcdoc=")
        and "<style" not in card._repr_html_()
    )


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
