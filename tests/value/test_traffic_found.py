"""What is said of automated traffic: sentences, tables, JSON, the picture; in both languages."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
from value.test_traffic import result

from churnlab.value.traffic_found import WORDS


def test_sentences_count_and_name_the_rules() -> None:
    said = result().text()
    assert said.startswith("24 of ") and "look automated" in said
    assert "many accounts on one device" in said and "like a clock" in said


def test_labels_are_told_where_there_are_some() -> None:
    more = pd.DataFrame(
        [("rows", 9.0, 8.0), ("base_rate", 0.5, 0.25), ("auc", 0.6, 0.75)],
        columns=["figure", "everybody", "without"],
    )
    found = replace(
        result(), difference=pd.concat([result().difference, more]), unused={"forest": 0.4}
    )
    said = found.text()
    assert "Without them 25% churn; with them 50%." in said
    assert "The model's AUC is 0.750 without them and 0.600 with them." in said
    assert "would flag 40% of all people" in said
    assert "AUC" in found.html() and "0.750" in found.html()


def test_chinese_has_no_english_words() -> None:
    said = result().text("zh")
    assert not any(word in said for word in ("accounts", "acts", "session", "automated"))


def test_each_rule_has_its_count_and_who_is_flagged_by_it_alone() -> None:
    rows = result().by_rule.set_index("rule")
    assert set(rows.index) == set(WORDS)
    assert rows.loc["accounts_per_device", "alone"] == rows.loc["accounts_per_device", "people"]
    assert (rows["alone"] <= rows["people"]).all()


def test_json_names_the_flagged_and_their_rules() -> None:
    told = json.loads(json.dumps(result().to_dict(), allow_nan=False))
    assert told["flagged"] == len(told["accounts"]) == 24
    assert all(account["rules"] for account in told["accounts"])
    assert told["rules"]["window"] == 28


def test_the_picture_sets_the_flagged_apart() -> None:
    axes = result().plot().ax_
    assert [line.get_label() for line in axes.lines] == ["others", "looks automated"]
    assert len(axes.lines[1].get_xdata()) == 24
