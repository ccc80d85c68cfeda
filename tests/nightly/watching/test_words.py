"""Words of the watch page: one for each state and for each guard of a real night."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import churnlab as cl
from churnlab.config.sections import GuardsTable
from churnlab.demo.datasets import Community
from churnlab.language.sentence import Sentence
from churnlab.nightly.watching.nights import STATES as ALL
from churnlab.nightly.watching.words import STATES, guard_words


def test_each_state_has_words() -> None:
    assert list(STATES) == list(ALL) and len({str(words) for words in STATES.values()}) == len(ALL)


def test_each_guard_of_the_configuration_has_words() -> None:
    odd = {"feature_psi": "features_moved"}
    for name in GuardsTable.model_fields:
        assert isinstance(guard_words(odd.get(name, name)), Sentence) or name.startswith("volume")


def test_each_guard_of_a_real_night_has_words(
    trained: tuple[Path, dict], community: Community, tmp_path: Path
) -> None:
    day = community.events["ts"].max().normalize() + pd.Timedelta(days=1)
    for back in (1, 0):
        listed = cl.score(cl.Config.read(trained[0]), day - pd.Timedelta(days=back))
        listed.write(tmp_path, force="a test")
    names = [guard["name"] for guard in cl.read_list(tmp_path).manifest.guards]
    assert len(names) > 15 and all(isinstance(guard_words(name), Sentence) for name in names)
