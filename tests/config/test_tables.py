"""churnlab.toml: tables, recipes, types, the JSON Schema."""

from __future__ import annotations

import json
import tomllib
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.command import TOML, write

import churnlab
from churnlab.config.tables import NOT_OF_A_LOG, Config, LogTable
from churnlab.demo import datasets
from churnlab.demo.run import CDNOW, COMMUNITY
from churnlab.errors import ConfigError
from churnlab.events.spec import LogSpec


def test_a_recipe_stands_where_the_file_says_nothing(
    community: datasets.Community, tmp_path: Path
) -> None:
    (tmp_path / "recipe.toml").write_text(
        "[target]\nchurn_horizon = 21\nltv_horizon = 0\n[snapshots]\nevery = 7\n"
    )
    config = Config.read(
        write(
            tmp_path / "job",
            community.events,
            None,
            'recipe = "../recipe.toml"\n' + TOML.replace("ltv_horizon = 60", ""),
        )
    )
    assert (config.target.churn_horizon, config.target.ltv_horizon, config.snapshots.every) == (
        30,
        0,
        14,
    )


@pytest.mark.parametrize(
    "recipe", sorted((Path(__file__).parents[2] / "models").glob("*.toml")), ids=lambda p: p.stem
)
def test_the_recipes_can_be_read(recipe: Path, tmp_path: Path) -> None:
    (tmp_path / "churnlab.toml").write_text(
        f'recipe = "{recipe}"\n[log]\npath = "x"\nuser = "u"\ntime = "t"\nevent = "e"\n'
    )
    assert Config.read(tmp_path / "churnlab.toml").target.churn_horizon == 30


LOG = {"path": "x", "user": "u", "time": "t", "event": "e"}


def of(**tables: object) -> Config:
    return Config.of({"log": LOG, **tables}, Path("/data"))


def test_the_keys_of_log_are_the_options_of_a_log() -> None:
    options = {f.name: f for f in fields(LogSpec) if f.name not in NOT_OF_A_LOG}
    keys = LogTable.model_fields
    assert set(keys) == {"path", "users", "bad_attributes", "simulated", *options}
    assert set(NOT_OF_A_LOG) < {f.name for f in fields(LogSpec)}
    table = of().log
    assert set(table.options()) == set(options)
    spec = LogSpec.of(**table.options())
    defaults = LogSpec.of(user="u", time="t", event="e")
    assert spec == defaults
    given = of(log=LOG | {"receipts": ["badge"], "measures": ["sec"], "late_days": 3}).log
    spec = LogSpec.of(**given.options())
    assert (spec.receipts, spec.late_days) == (("badge",), 3)
    assert [m.name for m in spec.measures] == ["sec"]


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ({"model": {"seed": True}}, "model.seed is True; give a whole number"),
        ({"model": {"seed": 1.0}}, "model.seed is 1.0; give a whole number"),
        ({"model": {"when": 1}}, "model.when is 1; give true or false"),
        ({"log": LOG | {"bad_ids": "1"}}, "log.bad_ids is '1'; give a number"),
        ({"log": LOG | {"amount": 3}}, "log.amount is 3; give text"),
        ({"log": LOG | {"receipts": "badge"}}, "log.receipts is 'badge'; give a list of texts"),
        ({"log": LOG | {"roles": {"buy": 1}}}, r"log.roles is \{'buy': 1\}; give a table of texts"),
        ({"target": 30}, "target is 30; give a table"),
        ({"name": 5}, "name is 5; give text"),
        ({"log": {"path": "x", "user": "u"}}, r"lacks time, event in \[log\]; add it"),
        ({"engine": "sparks"}, "unknown engine 'sparks': did you mean 'spark'"),
        ({"snapshots": {"first": "soon"}}, "'soon' is not a day"),
        ({"log": LOG | {"usr": "u"}}, r"unknown key in \[log\] 'usr': did you mean 'user'"),
        ({"trackin": {}}, "unknown table or key 'trackin': did you mean 'tracking'"),
        ({"model": {"tune": "2", "tone": 2}}, r"unknown key in \[model\] 'tone'"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(tables: dict, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as refused:
        of(**tables)
    assert "\n" not in str(refused.value)


def test_a_configuration_without_a_log_says_what_to_add() -> None:
    with pytest.raises(ConfigError, match=r"lacks path, user, time and event in \[log\]"):
        Config.of({"name": "shop"}, Path())


def test_whole_numbers_serve_as_numbers_and_tables_cannot_be_changed() -> None:
    config = of(log=LOG | {"bad_ids": 0, "roles": {"buy": "pay", "open": ["a", "b"]}})
    assert config.log.bad_ids == 0 and config.log.roles == {"buy": "pay", "open": ["a", "b"]}
    with pytest.raises(ValueError, match="frozen"):
        config.target.lead = 3  # type: ignore[misc]


@pytest.mark.parametrize("given", ["2026-03-04", '"2026-03-04"', "2026-03-04T00:00:00"])
def test_days_may_be_dates_or_texts(given: str, tmp_path: Path) -> None:
    text = f'[log]\npath = "x"\nuser = "u"\ntime = "t"\nevent = "e"\n[snapshots]\nfirst = {given}'
    (tmp_path / "churnlab.toml").write_text(text)
    assert Config.read(tmp_path / "churnlab.toml").snapshots.first == date(2026, 3, 4)


def test_targets_follow_the_tables() -> None:
    config = of(target={"churn_horizon": 14, "lead": 7, "ltv_horizon": 0}, model={"when_weeks": 5})
    churn, leaving = config.targets(has_money=True)
    assert churn == churnlab.Churn(14, lead=7)
    assert leaving == churnlab.TimeToChurn(14, weeks=5, lead=7)
    assert config.target.churn() == leaving.churn
    names = [t.name for t in of(model={"when": False}).targets(has_money=True)]
    assert names == ["churned", "ltv"]


def test_addresses_stay_and_paths_start_at_the_file() -> None:
    assert of().path("runs") == "/data/runs" and of().path("/x") == "/x"
    assert of().path("http://host/x") == "http://host/x"


EXAMPLES = {
    "community": COMMUNITY.format(roles='open = ["app_open"]'),
    "cdnow": CDNOW,
    **{p.stem: p.read_text() for p in (Path(__file__).parents[2] / "models").glob("*.toml")},
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_json_schema_takes_the_examples(name: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = Config.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema)
    given = {"log": LOG} | tomllib.loads(EXAMPLES[name])
    assert list(check.iter_errors(given)) == []
    Config.of(given, Path())
    for wrong in ({"target": {"lead": "7"}}, {"target": {"leed": 7}}, {"engine": "gpu"}):
        assert list(check.iter_errors(given | wrong))


def test_the_json_schema_describes_every_key() -> None:
    schema = json.loads(json.dumps(Config.json_schema()))
    tables = schema["$defs"].values()
    assert len(tables) >= 18 and all(t["description"].startswith("[") for t in tables)
    keys = [key for table in tables for key in table["properties"].items()]
    plain = [(k, v) for k, v in schema["properties"].items() if k not in Config.model_fields]
    lacking = [name for name, value in [*keys, *plain] if not value.get("description")]
    assert len(keys) > 35 and lacking == []


@given(
    st.text(),
    st.dictionaries(st.text(), st.text() | st.lists(st.text(), max_size=3), max_size=3),
    st.floats(0, 1),
    st.none() | st.dates(date(1970, 1, 1)),
)
def test_a_configuration_as_toml_reads_back_to_the_same(
    name: str, roles: dict, share: float, first: date | None
) -> None:
    log = LOG | {"roles": roles, "bad_ids": share}
    snapshots = {} if first is None else {"first": first}
    config = of(name=name, log=log, snapshots=snapshots)
    assert Config.of(tomllib.loads(config.to_toml()), Path("/data")) == config
    assert json.loads(json.dumps(config.to_dict()))["log"]["roles"] == roles


def test_the_language_has_a_catalogue_and_the_sign_of_the_currency_is_short() -> None:
    log = {"path": "e.parquet", "user": "u", "time": "t", "event": "e"}
    assert Config.of({"log": log}, Path()).lang == "en"
    config = Config.of({"log": log, "lang": "zh", "currency": "¥"}, Path())
    assert (config.lang, config.currency) == ("zh", "¥")
    with pytest.raises(ConfigError, match="unknown language 'xx': there are: en, zh"):
        Config.of({"log": log, "lang": "xx"}, Path())
    with pytest.raises(ConfigError, match="currency"):
        Config.of({"log": log, "currency": "renminbi"}, Path())
