"""Nights: the state and the figures of each, from manifests, grades and blocked nights."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.nights import DAYS, grade_of, odd_week, publish

from churnlab.errors import ListError
from churnlab.nightly.watching.nights import last_nights


def test_each_night_has_its_state(tmp_path: Path) -> None:
    nights = last_nights(odd_week(tmp_path), 8)
    want = ["missing", "published", "warned", "missing", "blocked", "forced", "published",
            "damaged"]  # fmt: skip
    assert [night.state for night in nights] == want
    assert [night.as_of for night in nights] == ["2026-02-28", *DAYS]
    graded, warned, _, blocked, forced = nights[1:6]
    assert graded.grade is not None and graded.to_dict()["grade"]["auc"]["value"] == 0.875
    assert warned.changed("enter") == 3 and warned.changed("exit") == 2
    assert [g["name"] for g in warned.failed()] == ["psi_last"] and warned.guard("psi_last") == 0.2
    assert graded.changed("enter") is None and graded.guard("nothing") is None
    assert blocked.facts["mean_risk"] == 0.6 and blocked.version == "" and forced.version == "v1"
    assert forced.to_dict()["forced"] == "known" and forced.to_dict()["people"] == 20
    assert "does not end with its sha256" in nights[-1].reason
    assert last_nights(tmp_path, 2, DAYS[2])[1].state == "missing"


def test_a_blocked_day_that_was_published_later_is_published(tmp_path: Path) -> None:
    publish(odd_week(tmp_path), DAYS[3])
    assert last_nights(tmp_path, 4)[0].state == "published"


def test_a_grade_of_another_list_of_the_day_does_not_count(tmp_path: Path) -> None:
    publish(tmp_path, DAYS[0])
    grade_of(tmp_path, DAYS[0])
    assert last_nights(tmp_path, 1)[0].grade is not None
    publish(tmp_path, DAYS[0], 21)
    assert last_nights(tmp_path, 1)[0].grade is None


def test_a_damaged_grade_marks_its_night(tmp_path: Path) -> None:
    odd_week(tmp_path)
    path = tmp_path / "list" / f"as_of={DAYS[0]}" / "grade.json"
    path.write_bytes(path.read_bytes()[:-3])
    night = last_nights(tmp_path, 7)[0]
    assert night.state == "damaged" and "grade that day again" in night.reason


def test_an_empty_folder_has_no_nights(tmp_path: Path) -> None:
    with pytest.raises(ListError, match="holds no published list"):
        last_nights(tmp_path, 7)
