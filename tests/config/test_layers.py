"""Flag over environment over file over default, for every key; what is unknown or wrong is named."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args
from unittest.mock import patch

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from churnlab.config import layers
from churnlab.config.layers import keys, override, variable, with_flags
from churnlab.config.tables import Config
from churnlab.errors import ConfigError
from churnlab.schema.toml_text import as_toml

LOG = {"path": "x", "user": "u", "time": "t", "event": "e"}
PLACES = ("flag", "environment", "file")
NAMES = {  # keys that take some texts alone
    "lang": ["en", "zh"],
    "engine": ["local", "spark"],
    "log.since": ["1999-01-01", "2020-02-02"],
    "log.timezone": ["UTC", "Asia/Shanghai"],
    "log.preset": ["ga4", "ga4"],
}
KEYS = sorted(set(keys(Config)) - {"recipe", "log.preset"})  # those two bring keys of their own


def values(key: str) -> st.SearchStrategy[Any]:
    """Values that a key takes, as TOML has them."""
    hint = keys(Config)[key].annotation
    kinds = layers._kinds(hint)
    if key in NAMES:
        return st.sampled_from(NAMES[key])
    if key == "sinks":
        return st.lists(st.fixed_dictionaries({"to": st.sampled_from(["a", "b"])}), max_size=2)
    if key == "tags":
        tag = st.fixed_dictionaries(
            {name: st.sampled_from(["a", "b"]) for name in ("name", "when")}
        )
        return st.lists(tag, max_size=2)
    if key.startswith("guards.") and list in kinds:
        return st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda p: sorted(map(float, p)))
    if key == "currency":
        return st.sampled_from(["¥", "$", "EUR"])
    for kind, found in (
        (str, st.sampled_from(["a", "b c", "x=y", "d#e"])),
        (bool, st.booleans()),
        (int, st.integers(1, 40)),
        (float, st.integers(1, 100).map(lambda n: n / 100)),
    ):
        if kind in kinds and not (list in kinds or dict in kinds):
            return found
    if dict in kinds:
        numbers = "float" in str(hint)
        return st.dictionaries(st.sampled_from("pq"), st.integers(0, 1).map(float) if numbers else
                               st.lists(st.sampled_from("vw"), max_size=2), max_size=2)  # fmt: skip
    if list in kinds:
        inner = get_args(hint)[0] if get_args(hint) else str
        return st.lists(st.integers(0, 30) if inner is int else st.sampled_from("vw"), max_size=2)
    return st.sampled_from(["2026-01-01", "2026-03-04"])


def text(value: Any) -> str:
    """A value as a flag or the environment has it."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k} = {text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        tables = (", ".join(f'{k} = "{v}"' for k, v in each.items()) for each in value)
        return "[" + ", ".join(f"{{{table}}}" for table in tables) + "]"
    return as_toml({"x": value}).partition(" = ")[2]


def found_at(config: Config, key: str) -> Any:
    """The value of a key."""
    found: Any = config
    for name in key.split("."):
        found = getattr(found, name)
    return found


@st.composite
def laid(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    key = draw(st.sampled_from(KEYS))
    places = draw(st.sets(st.sampled_from(PLACES)))
    return key, {place: draw(values(key)) for place in PLACES if place in places}


def read(tmp_path: Path, key: str, given: Mapping[str, Any]) -> tuple[Config, str]:
    tables: dict[str, Any] = {"log": dict(LOG)}
    table, dot, name = key.rpartition(".")
    if "file" in given:
        (tables.setdefault(table, {}) if dot else tables)[name] = given["file"]
    file = tmp_path / "churnlab.toml"
    plain = {k: v for k, v in tables.items() if k == name and not dot}
    file.write_text(as_toml(plain | {k: v for k, v in tables.items() if k not in plain}), "utf-8")
    around = {variable(key): text(given["environment"])} if "environment" in given else {}
    flags = [f"{key}={text(given['flag'])}"] if "flag" in given else []
    with patch.dict(os.environ, around), with_flags(flags):
        return Config.read(file), Config.origins(file)(key)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("layers")


@given(laid())
def test_the_highest_layer_counts(place: Path, case: tuple[str, dict[str, Any]]) -> None:
    key, given = case
    config, origin = read(place, key, given)
    names = {"flag": f"--set {key}", "environment": variable(key), "file": "churnlab.toml"}
    highest = next((p for p in PLACES if p in given), None)
    table, _, name = key.rpartition(".")
    alone = {"log": dict(LOG)}
    if highest is not None:
        (alone.setdefault(table, {}) if table else alone)[name] = given[highest]  # type: ignore
    want = Config.of(alone, config.folder)
    assert found_at(config, key) == found_at(want, key)
    in_file = table == "log" and name in LOG
    assert origin == (names[highest] if highest else "churnlab.toml" if in_file else "default")


@settings(max_examples=3, phases=[Phase.generate])
@given(st.data())
def test_every_key_can_be_set_in_the_environment_and_by_a_flag(
    place: Path, data: st.DataObject
) -> None:
    for key in KEYS:
        value = data.draw(values(key))
        low, _ = read(place, key, {"environment": value})
        high, origin = read(place, key, {"flag": value})
        assert found_at(low, key) == found_at(high, key) and origin == f"--set {key}"


def test_no_two_keys_have_one_name_in_the_environment() -> None:
    assert len({*map(variable, keys(Config)), *layers.NO_KEYS}) == len(keys(Config)) + 1


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CHURNLAB_LIST_TPO", "3", "did you mean 'CHURNLAB_LIST_TOP'"),
        ("CHURNLAB_PORT", "tcp://10.0.0.1:80", "unknown name in the environment 'CHURNLAB_PORT'"),
        ("CHURNLAB_LIST_TOP", "many", "CHURNLAB_LIST_TOP is 'many'; give a whole number"),
        ("CHURNLAB_LIST_TOP", "1\nx = 2", "give a whole number"),
        ("CHURNLAB_MODEL_WHEN", "yes", "CHURNLAB_MODEL_WHEN is 'yes'; give true or false"),
        ("CHURNLAB_LANG", "fr", "unknown language 'fr'"),
        ("CHURNLAB_SINKS", '[{too = "x"}]', "give a list of tables"),
        ("CHURNLAB_RECIPE", "none.toml", "no configuration file"),
    ],
)
def test_what_is_unknown_or_wrong_is_named(
    place: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    read(place, "lang", {})
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as refused:
        Config.read(place / "churnlab.toml")
    assert says in str(refused.value)


def test_a_flag_needs_a_key_that_there_is_and_a_value(place: Path) -> None:
    read(place, "lang", {})
    with pytest.raises(ConfigError, match="like list.top=500"), with_flags(["list.top"]):
        pass
    with with_flags(["list.tpo=3"]), pytest.raises(ConfigError, match="did you mean 'list.top'"):
        Config.read(place / "churnlab.toml")
    assert override("list.tpo") is None


def test_an_empty_text_takes_a_value_away(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(place, "list.top", {"file": 3})
    monkeypatch.setenv("CHURNLAB_LIST_TOP", "")
    assert Config.read(place / "churnlab.toml").list.top is None


def test_a_recipe_and_a_preset_are_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "base.toml").write_text("[list]\ntop = 9\n")
    file = place / "churnlab.toml"
    file.write_text('[log]\npath = "x"\npreset = "ga4"\n')
    monkeypatch.setenv("CHURNLAB_RECIPE", "base.toml")
    assert Config.read(file).list.top == 9
    origin = Config.origins(file)
    said = [origin(key) for key in ("list.top", "log.user", "log.path", "recipe")]
    assert said == ["base.toml", "preset ga4", "churnlab.toml", "CHURNLAB_RECIPE"]
