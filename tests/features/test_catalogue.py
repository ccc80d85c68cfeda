"""Sentences of all builders: in English as they always were, and in another language.

tests/data/english_sentences.json was written by the version in which sentences were still put
together as text (commit 06e2fc8), with the feature sets and rows of `CASES`: `texts` has what the
catalogue says of each column, of the later cases only where it differs from the first; `rendered`
has a digest of all sentences of a signal, by column and then by row. The sentences of the role
`forum_post` were written again when roles came to be said as they are given, and the events named
`refund` were renamed, in that version too, when `refund` became a standard role. Signals that came later
were added as they were then. Sentences about gaps in windows and about numbers drawn to a prior were
written again when the reasons came to be said in plain numbers.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.made_up_language import START, english_left, install
from support.random_log import OTHER_ROLES, activity, events

import churnlab as cl
from churnlab.dataset.compute import available, matrix, resolve
from churnlab.explanation.words import Told
from churnlab.features.catalogue import COLUMNS, Entry, of_the_day, sentences, table
from churnlab.features.feature_set import BUILDERS
from churnlab.features.resolved import ResolvedFeatures
from churnlab.language.sentence import Column, sentence

WRITTEN = json.loads(
    (Path(__file__).parents[1] / "data" / "english_sentences.json").read_text(encoding="utf-8")
)
OTHER_WINDOWS = ("SessionShortening", "PushOpenDecline", "SocialDropOff", "SpendDecline")


def other_windows() -> cl.FeatureSet:
    """Builders whose changes are over windows that no other column tells."""
    made = [BUILDERS[n](windows=(40,), changes=((14, 28),)) for n in OTHER_WINDOWS]  # type: ignore[call-arg]
    gaps = BUILDERS["LoginIntervals"](windows=(), changes=(), last=5)  # type: ignore[call-arg]
    return cl.FeatureSet((*made, gaps))


CASES: dict[str, Callable[[], tuple[cl.FeatureSet, cl.DailyActivity]]] = {
    "random": lambda: (cl.FeatureSet.of(BUILDERS), activity(events())),
    "other windows": lambda: (other_windows(), activity(events())),
    "other roles": lambda: (
        cl.FeatureSet.of(["EngagementDecay", "RoleUse"]),
        activity(events(), OTHER_ROLES, amount=None),
    ),
    "community": lambda: (
        cl.FeatureSet.of(BUILDERS),
        cl.datasets.make_community(users=60, days=400, seed=3).log().daily(),
    ),
}


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[str, ResolvedFeatures, pd.DataFrame]:
    """Name, features and X: 12 people at four days each, and a person without any row."""
    features, daily = CASES[request.param]()
    codes = np.r_[np.repeat(np.arange(12), 4), -1]
    days = daily.start + np.r_[np.tile([4, 45, 120, daily.end - daily.start], 12), 60]
    resolved = features.resolve(available(daily), daily.sources)  # windows of years too
    return request.param, resolved, matrix(daily, codes, days, resolved)


def said_of(catalogue: pd.DataFrame, X: pd.DataFrame, language: str = "en") -> dict[str, list[str]]:
    """The sentences of each column for all rows of X."""
    columns = {name: X[name].to_numpy() for name in X}
    out = {}
    for fact in catalogue.to_dict("records"):
        told = Told(*sentences(fact), fact["name"], list(X), language)
        out[fact["name"]] = told(columns)
    return out


def test_every_english_sentence_is_what_it_was(
    case: tuple[str, ResolvedFeatures, pd.DataFrame],
) -> None:
    name, resolved, X = case
    catalogue = resolved.catalogue
    texts = WRITTEN["texts"]["random"] | WRITTEN["texts"][name]
    found = {f.name: [f.says, f.missing] for f in catalogue.itertuples()}
    assert found == {column: texts[column] for column in X}
    said = said_of(catalogue, X)
    digests: dict[str, list[str]] = {}
    for fact in catalogue.itertuples():
        digests.setdefault(fact.signal, []).extend(said[fact.name])
    assert WRITTEN["rendered"][name] == {
        signal: hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
        for signal, texts in digests.items()
    }


def test_every_sentence_changes_in_another_language(
    case: tuple[str, ResolvedFeatures, pd.DataFrame],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, resolved, X = case
    language, catalogue = install(tmp_path, monkeypatch), resolved.catalogue
    for fact in catalogue.to_dict("records"):
        for said in sentences(fact):
            assert english_left(said, language) == [], fact["name"]
    english, made_up = said_of(catalogue, X), said_of(catalogue, X, language)
    for name, texts in made_up.items():
        for before, after in zip(english[name], texts, strict=True):
            assert after.startswith(START) and after != before, name


def test_a_catalogue_that_was_written_as_csv_speaks_every_language(
    case: tuple[str, ResolvedFeatures, pd.DataFrame],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, resolved, X = case
    language, catalogue = install(tmp_path, monkeypatch), resolved.catalogue
    again = pd.read_csv(io.StringIO(catalogue.to_csv(index=False)), keep_default_na=False)
    for chosen in ("en", language):
        assert said_of(again, X, chosen) == said_of(catalogue, X, chosen)


def test_columns_and_constants_are_told_apart_in_the_text() -> None:
    says = sentence(
        "{value:.1f} of {all:,.0f} {kind} in {days} days",
        all=Column("quiz__all__all"),
        kind=sentence("quizzes"),
        days=28,
    )
    row = table([Entry("quiz__share__28d", "Quizzes", "share", says, "none")]).iloc[0]
    assert list(row.index) == COLUMNS
    assert row["says"] == "{value:.1f} of {quiz__all__all:,.0f} quizzes in 28 days"
    assert sentences(row.to_dict())[0] == says


def test_a_catalogue_made_by_hand_is_said_from_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    language = install(tmp_path, monkeypatch)
    for row in (
        {"says": "{value:.1f} CDs", "missing": "no CDs at all"},
        {"says": "{value:.1f} CDs", "missing": "no CDs at all", "templates": float("nan")},
        {"says": "{value:.1f} CDs", "missing": "no CDs at all", "templates": ""},
    ):
        english, other = (Told(*sentences(row), "a", ["a"], chosen) for chosen in ("en", language))
        assert english({"a": [2.25]}) == ["2.2 CDs"]
        assert other({"a": [2.25, float("nan")]}) == ["2,2 CDs", "no CDs at all"]


def test_the_season_and_the_days_observed_are_about_the_day() -> None:
    chosen = cl.FeatureSet.of(["Tenure", "Calendar"])
    made = resolve(chosen, activity(events())).catalogue
    assert of_the_day(made) == {
        "lifecycle__observed_days__all",
        *(n for n in made["name"] if n.startswith("calendar__")),
    }
    assert of_the_day(made.drop(columns="about")) == frozenset()
