"""[retention] and [funnel] of churnlab.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

import churnlab as cl

LOG = {"path": "events.parquet", "user": "who", "time": "at", "event": "what"}


def test_defaults_are_those_of_the_functions() -> None:
    config = cl.Config.of({"log": LOG}, Path())
    assert config.retention.options()["days"] == list(cl.retention.cohorts.__kwdefaults__["days"])
    assert config.funnel.silent == list(cl.retention.churn_nodes.__kwdefaults__["silent"])
    assert config.funnel.within == cl.retention.funnel.__kwdefaults__["within"]
    assert set(config.retention.options()) == set(cl.retention.overview.__kwdefaults__)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"retention": {"evry": "day"}}, "did you mean 'every'"),
        ({"retention": {"every": 7}}, "retention.every is 7; give text"),
        ({"funnel": {"steps": "open"}}, "funnel.steps is 'open'; give a list of texts"),
        ({"funnel": {"within": "7"}}, "give a whole number"),
    ],
)
def test_wrong_values_are_refused(table: dict, says: str) -> None:
    with pytest.raises(cl.ChurnlabError) as error:
        cl.Config.of({"log": LOG, **table}, Path())
    assert says in str(error.value)
