"""The experiment that a configuration names, opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.command import write

from churnlab.config.experiments import WinbackConfig, open_experiment
from churnlab.config.layers import with_flags
from churnlab.errors import ConfigError, FrameError, LogError

ALONE = 'lang = "zh"\n[winback]\ntable = "people.csv"\ncolumns = ["kept"]\nuser = "who"\n'


def people(folder: Path, **more: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"who": [f"0{i}" for i in range(80)], "treatment": [None, "gift"] * 40})
    frame = frame.assign(kept=np.arange(80) % 3 == 0, **more)
    frame.to_csv(folder / "people.csv", index=False)
    return frame


def test_a_file_without_a_log_is_enough_for_a_table_with_its_own_outcomes(tmp_path: Path) -> None:
    people(tmp_path)
    (tmp_path / "a.toml").write_text(ALONE)
    found = WinbackConfig.read(tmp_path / "a.toml")
    made = open_experiment(found)
    assert made.users[0] == "00" and made.outcome("kept").sum() == 27 and found.lang == "zh"
    with with_flags(["winback.randomised=false"]):
        assert not open_experiment(WinbackConfig.read(tmp_path / "a.toml")).randomised


def test_outcomes_of_the_log_of_the_configuration(community: Any, tmp_path: Path) -> None:
    users = community.users[["user_id"]].assign(time="2026-05-01", treatment="gift")
    users.loc[::2, "treatment"] = None
    path = write(tmp_path, community.events, None)
    users.to_parquet(tmp_path / "who.parquet")
    more = '[winback]\ntable = "who.parquet"\nwindow = 7\noutcomes = ["day_1", "money"]\nsilence = []\n'
    path.write_text(path.read_text().replace('users = "users.parquet"', "") + more)
    made = open_experiment(WinbackConfig.read(path))
    assert list(made.outcomes) == ["day_1", "money"] and made.stage is None and len(made) == 250


@pytest.mark.parametrize(
    "toml, text",
    [
        ('[winback]\ncolumns = ["kept"]\n', r"lacks table in \[winback\]"),
        ('[winback]\ntable = "people.csv"\n', r"lacks \[log\] in the file"),
        ("[winback]\ntabel = 1\n", "unknown key in .winback. 'tabel': did you mean 'table'"),
        ("[winback]\nwindow = 1.5\n", "winback.window is 1.5; give a whole number"),
        ('[winback]\n[store]\nfolder = "a"\n', "log"),
        ('lang = "xx"\n', "'xx'"),
    ],
)
def test_what_is_wrong_in_the_file_is_one_line(tmp_path: Path, toml: str, text: str) -> None:
    people(tmp_path)
    (tmp_path / "a.toml").write_text(toml)
    with pytest.raises(ConfigError, match=text):
        open_experiment(WinbackConfig.read(tmp_path / "a.toml"))


def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(ALONE)
    with pytest.raises(LogError, match="people.csv"):
        open_experiment(WinbackConfig.read(tmp_path / "a.toml"))
    people(tmp_path)
    (tmp_path / "a.toml").write_text(ALONE.replace('["kept"]', '["bought"]'))
    with pytest.raises(FrameError, match="lacks 1 column"):
        open_experiment(WinbackConfig.read(tmp_path / "a.toml"))
