"""The commands retention and funnel, from a configuration to tables, JSON and a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command import TOML, call, write

import churnlab as cl

TABLES = """
[retention]
users = "people.csv"
registered = "registered"
by = ["channel"]
every = "month"
days = [1, 7, "7+"]
[funnel]
steps = ["registered", "onboarding", "later open"]
silent = [7]
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = cl.datasets.make_community(users=100, days=100, seed=1)
    folder = tmp_path_factory.mktemp("retention")
    made.users.merge(made.truth[["user_id", "registered"]]).to_csv(folder / "people.csv")
    return write(folder, made.events, made.users, TOML + TABLES)


def test_retention_as_tables_json_and_a_page(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "retention.html"
    told = ("retention", "--config", config)
    back, often, cycle = json.loads(call(*told, "--json", "--html", out))
    first = back["table"][0]
    assert (first["who"], first["returns"], first["from_day"]) == ("new", "on", 1)
    assert any(row["share"] is None for row in back["table"])
    assert {row["known"] for row in often["table"]} == {True, False}
    assert cycle["table"][0]["dormant"] is None
    page = out.read_text()
    assert "Who comes back" in page and "<script src" not in page
    text = call(*told)
    assert "== Who comes back" in text and "channel: ads" in text and "not yet known" in text


def test_funnel_by_day_and_exact(config: Path, tmp_path: Path) -> None:
    told = ("funnel", "--config", config)
    found, nodes = json.loads(call(*told, "--json", "--html", tmp_path / "funnel.html"))
    steps = [row["people"] for row in found["table"][:3]]
    assert steps[0] >= steps[1] >= steps[2] > 0
    assert {row["kind"] for row in nodes["table"]} == {"step", "silence"}
    exact, _ = json.loads(call(*told, "--exact", "--json"))
    assert exact["table"][0]["people"] == steps[0]
    assert "no act for 7 days or more" in call(*told)


def test_a_funnel_without_steps_and_unknown_ones_are_refused(config: Path, tmp_path: Path) -> None:
    text = config.read_text()
    for old, new, says in [
        ('steps = ["registered", "onboarding", "later open"]', "", "lacks steps in [funnel]"),
        ('"later open"]', '"later opne"]', "did you mean 'open'"),
    ]:
        assert old in text
        other = config.with_name("other.toml")
        other.write_text(text.replace(old, new))
        assert says in call("funnel", "--config", other, code=2)


def test_a_log_too_short_for_nodes_has_a_funnel_all_the_same(tmp_path: Path) -> None:
    made = cl.datasets.make_community(users=60, days=30, seed=1)
    steps = '\n[funnel]\nsteps = ["open", "social"]\nwithin = 3\n'
    config = write(tmp_path, made.events, made.users, TOML + steps)
    page = tmp_path / "funnel.html"
    for exact in ((), ("--exact",)):
        told = ("funnel", *exact, "--config", config)
        (found,) = json.loads(call(*told, "--json", "--html", page))
        assert found["table"][0]["people"] > 30
        why = "No churn nodes: churn nodes need a day and the 30 days of churn after it"
        assert found["notes"][-1].startswith(why)
        assert why in page.read_text() and f"unsure: {why}" in call(*told)


def test_events_by_name_are_steps_of_the_exact_funnel_alone(config: Path) -> None:
    text = config.read_text().replace('"later open"]', '"comment"]')
    other = config.with_name("named.toml")
    other.write_text(text)
    (found,) = json.loads(call("funnel", "--exact", "--config", other, "--json"))
    assert found["table"][2]["name"] == "comment"
    assert "unknown step 'comment'" in found["notes"][-1]
    assert "unknown step 'comment'" in call("funnel", "--config", other, code=2)
