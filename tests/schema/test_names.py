"""Column names of any names: stable, told apart, plain."""

from __future__ import annotations

import io
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.errors import ConfigError
from churnlab.events.spec import as_measures
from churnlab.features import catalogue as rows
from churnlab.features import profile
from churnlab.features.builder import parse_name
from churnlab.features.signals.roles import RoleUse
from churnlab.schema.measures import Measure
from churnlab.schema.names import as_column, as_names, check_distinct, twins
from churnlab.schema.roles import OTHER, STANDARD_ROLES, Roles, role_column

PLANES = ((0, 0xD800), (0xE000, 0x10000), (0x10000, 0x20000), (0x20000, 0x110000))
ALIKE = (
    "Age band",
    "age_band",
    "AGE BAND",
    "age__band",
    "_age_band",
    "age_band_",
    "age-band",
    "年龄段",
    "é",  # one character, and two that look the same
    "e\u0301",
    "Ａ",
    "A",
    "a",
    "",
    " ",
    "\u200b",
    "\u202eabc",
    "שלום",
    "مرحبا",
    "👩\u200d👩\u200d👧",
    "渠道\n",
    "渠道",
    "\x00",
    "K",
    "\u212a",  # the sign of kelvin
    "ſ",
    "{value}",
    "$x$",
    "9",
)


def made_up_names(count: int, seed: int = 0) -> list[str]:
    """Different names of one to six characters from all planes of Unicode, and names that are alike."""
    rng = np.random.default_rng(seed)
    found = dict.fromkeys(ALIKE)
    while len(found) < count:
        low, high = PLANES[rng.integers(len(PLANES))]
        codes = rng.integers(low, high, rng.integers(1, 7)).tolist()
        mixed = [*map(chr, codes), *rng.choice(list("ab_ -A1"), rng.integers(0, 3))]
        found["".join(rng.permutation(mixed))] = None
    return list(found)


NAMES = made_up_names(10_000)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_column_name_has_plain_letters_and_keeps_itself(name: str) -> None:
    column = as_column(name)
    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", column) and as_column(column) == column
    assert parse_name(f"signal__{column}_sum__28d")["statistic"] == f"{column}_sum"


def test_names_without_a_plain_letter_are_told_apart() -> None:
    assert as_column("签到") != as_column("购买") and as_column("") != as_column(" ")
    assert all(as_column(n) == n for n in ("push_sent", "a", "7", "a_1_b"))


def test_a_long_name_has_a_short_column() -> None:
    assert len(as_column("A long name " * 40)) <= 51


def test_column_names_are_the_same_in_another_process() -> None:
    code = "from churnlab.schema.names import as_column; print(as_column('渠道'), as_column('Age band'))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == [as_column("渠道"), as_column("Age band")]
    assert said.stdout.split() == ["n_c35ffb529d", "age_band_05bd55488c"]


def test_ten_thousand_names_as_roles() -> None:
    names = [n for n in NAMES if n != OTHER and n not in STANDARD_ROLES]
    roles = Roles.declared({n: [n] for n in names})
    assert set(roles.names) == {*names, OTHER}
    assert len({role_column(r) for r in roles.names}) == len(names) + 1
    assert all(roles.of_event(n) == (n,) for n in names)
    assert roles.seen(names, standard=False).to_dict()["roles"] == {n: [n] for n in names}


def test_ten_thousand_names_as_measures() -> None:
    measures = as_measures([Measure.count(n) for n in NAMES])
    assert [m.name for m in measures] == NAMES
    assert len({m.column_name for m in measures}) == len(NAMES)
    assert all(re.fullmatch(r"m_[a-z0-9_]+", m.column_name) for m in measures)


def test_ten_thousand_names_as_attributes() -> None:
    users = pd.DataFrame(np.arange(2 * len(NAMES)).reshape(2, -1), columns=NAMES)
    found = profile.attributes(users.assign(user_id=[1, 2]), pd.Series([2, 1]))
    assert found.columns.is_unique
    assert found.iloc[0].tolist() == users.iloc[1].tolist()
    given_back = profile.names_in(profile.catalogue(NAMES))
    assert [given_back[column] for column in found] == NAMES


def test_ten_thousand_names_in_the_catalogue_of_a_run() -> None:
    written = profile.catalogue(NAMES).to_csv(index=False)
    read = pd.read_csv(io.StringIO(written), keep_default_na=False)
    assert list(profile.names_in(read).values()) == NAMES


def test_the_features_of_roles_say_the_role_as_it_was_given() -> None:
    names = NAMES[:300]
    made = [f for f in RoleUse().features(frozenset({*names, OTHER})) if f.window == "28d"]
    table = rows.table(rows.Entry(f.name, "RoleUse", f.unit, f.says, f.missing) for f in made)
    said = [rows.sentences(row)[0].values["role"] for row in table.to_dict("records")]
    assert table["name"].is_unique and set(said) == {*names, OTHER}


def test_one_name_is_not_taken_for_its_letters() -> None:
    assert as_names("open") == ("open",) and as_names(iter(["a", "b"])) == ("a", "b")


def test_twins_are_refused_in_one_line() -> None:
    assert len(set(ALIKE)) == len(ALIKE)
    check_distinct("measure", ALIKE)
    with pytest.raises(ConfigError, match="measure named twice: A, c; name each once"):
        check_distinct("measure", ["A", "A", "c", "b", "c"])
    made = as_column("渠道")
    assert twins(["渠道", made, "x"]) == [made, "渠道"]
    with pytest.raises(ConfigError, match=f"role named twice: {made}, 渠道"):
        Roles.declared({"渠道": ["a"], made: ["b"]})


def test_half_a_character_is_refused_in_one_line() -> None:
    with pytest.raises(ConfigError, match=r"the name 'a\\ud83d' holds half of a character"):
        as_column("a\ud83d")
