"""What is said of high-value people: sentences in both languages, tables, the page, JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from churnlab.value import clusters_found as module
from churnlab.value.clusters_found import ValueClusters
from churnlab.value.stability import Chosen, choose
from churnlab.value.traits import traits


@cache
def result(k: int = 2) -> ValueClusters:
    """Two clusters of 60, one group of 120, or too few to try."""
    rng = np.random.default_rng(0)
    distance = 4.0 if k == 2 else 0.0
    signals = np.r_[rng.normal(-distance, 1, (60, 2)), rng.normal(distance, 1, (60, 2))]
    chosen = choose(signals / signals.std(axis=0), most=3)
    inside = np.arange(300) < 120
    groups = {module.EVERYBODY: inside}
    for j in range(chosen.k if chosen.k > 1 else 0):
        groups[f"cluster {j + 1}"] = np.r_[chosen.labels == j, np.zeros(180, bool)]
    device = pd.DataFrame({"device": np.where(inside, "phone <b>", "tablet")})
    device.loc[:40, "device"] = "watch"
    habits = pd.DataFrame({"push__open_rate__all": rng.random(300)})
    sizes = [int(g.sum()) for g in groups.values()]
    table = pd.DataFrame({"group": list(groups), "people": sizes, "value": 12.5, "share": 0.8})
    members = pd.DataFrame({"user_id": range(120), "value": 12.5, "cluster": chosen.labels + 1})
    return ValueClusters(
        currency="¥",
        day="2026-03-01",
        people=300,
        top=0.4,
        least=7.0,
        signals=("a", "b"),
        chosen=chosen,
        members=members,
        groups=table,
        traits=traits(groups, device, habits),
    )


def test_sentences_say_how_much_how_many_and_what() -> None:
    said = result().text().splitlines()
    assert said[0] == "120 of 300 people are worth ¥7 or more: they hold 80% of all value."
    assert said[1].startswith("They fall into 2 clusters over 2 signals: ")
    assert "(p < 0.001)" in said[1]
    assert any("All high-value people: device" in line for line in said)
    one = result(1).text()
    assert "They are one group: none of the splits in 2 to 3, over 2 signals" in one


def test_sentences_in_chinese_hold_no_english_words() -> None:
    for k in (1, 2):
        for line in result(k).text("zh").splitlines():
            assert "people" not in line and "cluster" not in line and "group" not in line
    assert "¥7" in result().text("zh")


def test_too_few_people_say_so() -> None:
    found = module._number(
        Chosen(1, np.zeros(3, int), np.zeros((1, 1)), result().chosen.table[:0]), 2
    )
    assert str(found) == (
        "Whether they fall into clusters was not tried: it takes 50 people and a signal."
    )


def test_tables_page_and_notebook_escape_what_they_are_given() -> None:
    found = result()
    page = found.page().html("zh")
    assert "phone <b>" not in page and "phone &lt;b&gt;" in page and 'lang="zh"' in page
    assert "phone &lt;b&gt;" in found._repr_html_()
    titles = [str(t.title) for t in found.sections()]
    assert titles == ["Groups", "What they have in common", "Numbers of clusters that were tried"]


def test_json_has_everything_but_people() -> None:
    told = json.loads(json.dumps(result().to_dict(), allow_nan=False))
    assert told["clusters"] == 2 and told["high_value"] == 120 and len(told["groups"]) == 3
    assert "members" not in told


@pytest.mark.parametrize("k", [1, 2])
def test_the_picture_shows_what_groups_surely_have_more_often(k: int) -> None:
    display = result(k).plot()
    assert display.ax_.get_xlabel() == "times as often as others"
    assert (display.rows["low"] > 1).all() and len(display.rows)
    labels = [t.get_text() for t in display.ax_.get_yticklabels()]
    assert any("device" in label for label in labels)


def test_without_a_sure_trait_the_strongest_are_shown() -> None:
    rows = result().traits.assign(low=0.1)
    assert len(module.more_often(rows, ["high value"])) == len(rows)


def test_unknown_signals_keep_their_names() -> None:
    assert module.named("my__own__all") == "my__own__all"
    assert repr(result()) == "ValueClusters(120 of 300 people, k=2)"


def test_a_cluster_is_told_by_the_signal_that_made_it_and_an_interval_alone_is_not_enough() -> None:
    found = result()
    rows = found.traits.query("group == 'cluster 1'").head(1)
    made = rows.assign(trait="session__minutes_mean__all", member="upper quarter", lift=3.0)
    made = made.assign(low=2.0, high=4.0, p=np.nan, beyond_chance=False, share=0.9, others=0.3)
    doubtful = made.assign(trait="region", member="Ulm", p=0.06)
    told = replace(found, traits=pd.concat([found.traits, made, doubtful], ignore_index=True))
    says = "Cluster 1 stands out by minutes of a session in the upper quarter of all: 90% of its "
    assert says + "people, 30% of others." in told.text()
    shown = told.sections()[1].table.frame()
    assert "minutes of a session" in set(shown["trait"]) and "Ulm" not in set(shown["member"])
    assert set(told.sections()[2].table.frame()["p, corrected"]) == {"< 0.001"}
