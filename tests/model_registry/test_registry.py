"""Registry: versions are approved, rejected and rolled back; of two at once one wins, whole."""

from __future__ import annotations

import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlflow
import pytest
from support.approvals import NOW, beside, facts, waiting
from support.small_runs import ROWS, log_small, new_store

from churnlab.errors import ChurnlabError, ConfigError, GuardError, ModelError
from churnlab.model_registry.registry import Registry
from churnlab.model_registry.tracking import Tracker
from churnlab.model_registry.version_store import VersionStore
from churnlab.model_registry.versions import LONGEST_NAME, LONGEST_NOTE, State

AGAIN = "2026-03-01"


@pytest.fixture
def registry(tmp_path: Path, empty_database: Path) -> Registry:
    return Registry(new_store(tmp_path / "runs", empty_database), "churn")


def states(registry: Registry) -> dict[int, tuple[str, tuple[str, ...]]]:
    return {v.number: (v.state.value, v.aliases) for v in registry.all()}


def follower(registry: Registry, seed: int, **changes: Any) -> int:
    """A version that was judged beside the champion of this moment, and is better."""
    champion = registry.champion()
    assert champion is not None
    return waiting(registry, seed, facts=facts(champion=beside(champion)), **changes).number


def test_a_version_waits_is_approved_and_followed_and_comes_back(registry: Registry) -> None:
    assert waiting(registry).number == 1
    assert states(registry) == {1: ("PendingReview", ("challenger",))}
    first = registry.approve(1, by="Mei", now=datetime(2026, 1, 10, 9, 30), note="read it")
    assert (first.by, first.at, first.note) == ("Mei", "2026-01-10T09:30:00+00:00", "read it")
    assert (
        first.review_due == "2026-04-10"
        and first.card == registry.tracker.verify(first.run_id)["card.html"]
    )
    assert states(registry) == {1: ("Approved", ("champion",))}
    assert follower(registry, 1) == 2
    second = registry.approve("2", by="Bo", now=AGAIN)
    assert second.before == "1"
    assert states(registry) == {1: ("Archived", ()), 2: ("Approved", ("champion",))}
    back = registry.rollback(by="Mei", now=AGAIN, note="the list was empty")
    assert back.number == 1 and back.by == "Mei"
    assert states(registry) == {1: ("Approved", ("champion",)), 2: ("Archived", ())}
    ended = registry.versions().set_index("version").loc[2]
    assert (ended["ended_by"], ended["ended_note"]) == ("Mei", "the list was empty")
    with pytest.raises(GuardError, match="no earlier champion"):
        registry.rollback(by="Mei", now=AGAIN)
    assert states(registry)[1] == ("Approved", ("champion",))


def test_what_is_rejected_stays_so_and_the_champion_cannot_be(registry: Registry) -> None:
    number = waiting(registry).number
    assert registry.reject(number, by="Mei", now=NOW, note="too few").state == State.REJECTED
    assert states(registry) == {1: ("Rejected", ())}
    with pytest.raises(GuardError, match="Mei rejected it on 2026-01-10: too few"):
        registry.approve(1, by="Bo", now=NOW)
    again = registry.approve(1, by="Bo", now=NOW, override="they are enough")
    assert again.override == "they are enough" and "rejected it" in again.despite
    with pytest.raises(GuardError, match="is the champion"):
        registry.reject(1, by="Mei", now=NOW)


def test_a_decision_that_is_cut_off_changes_no_champion_and_can_be_made_again(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting(registry)
    first = registry.approve(1, by="Mei", now=NOW)
    number = follower(registry, 1)
    for step in ("note", "point"):
        with monkeypatch.context() as broken:
            broken.setattr(VersionStore, step, lambda *given, **more: 1 / 0)
            with pytest.raises(ModelError, match="ZeroDivisionError"):
                registry.approve(number, by="Bo", now=AGAIN)
        assert registry.scoring() == first
    assert registry.approve(number, by="Bo", now=AGAIN).is_champion
    assert states(registry)[1] == ("Archived", ())


def test_a_store_that_goes_down_meanwhile_is_no_changed_card(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting(registry)
    with monkeypatch.context() as broken:
        broken.setattr(Tracker, "verify", lambda *given: 1 / 0)
        with pytest.raises(ModelError, match="cannot be used: ZeroDivisionError"):
            registry.approve(1, by="Mei", now=NOW)
    lost = ModelError.from_lost_file("card.html", "run 1", "timed out")

    def down(*given: object, **more: object) -> None:
        raise lost

    asked = []
    monkeypatch.setattr(Tracker, "verify", down)
    monkeypatch.setattr(Registry, "champion", lambda self: asked.append(self))
    with pytest.raises(GuardError, match="timed out"):
        registry.approve(1, by="Mei", now=NOW)
    assert asked == [registry]


def test_without_a_champion_the_way_to_one_is_said(registry: Registry) -> None:
    waiting(registry)
    with pytest.raises(GuardError, match="no version of 'churn' is approved.*--version 1 --by"):
        registry.scoring()
    registry.approve(1, by="Mei", now=NOW)
    assert registry.scoring().number == 1
    with registry.tracker.reach.open() as store:
        VersionStore(store, "churn").unpoint("champion")
    with pytest.raises(GuardError, match="churnlab train"):
        registry.scoring()


def test_a_review_is_renewed_in_time_and_overdue_only_with_a_reason(registry: Registry) -> None:
    waiting(registry)
    registry.approve(1, by="Mei", now=NOW)
    assert registry.approve(1, by="Mei", now=AGAIN).review_due == "2026-05-30"
    with pytest.raises(GuardError, match="its review was due on 2026-05-30"):
        registry.approve(1, by="Mei", now="2026-06-01")
    late = registry.approve(1, by="Mei", now="2026-06-01", override="I was away")
    assert late.despite == "its review was due on 2026-05-30" and late.review_due == "2026-08-30"
    assert registry.approve(1, by="Mei", now="2026-06-02", override="not needed").override == ""


def test_a_waiting_version_gets_old(registry: Registry) -> None:
    waiting(registry)
    with pytest.raises(GuardError, match="its review was due on 20"):
        registry.approve(1, by="Mei", now="2040-01-01")


def test_what_people_write_is_shown_and_shortened(registry: Registry) -> None:
    waiting(registry)
    note = "\u202e<script>alert(1)</script>\n" + "x" * 1_000_000
    done = registry.approve(1, by="M\u200fei" * 500_000, now=NOW, note=note)
    assert len(done.by) == LONGEST_NAME and len(done.note) == LONGEST_NOTE
    for text in (done.by, done.note):
        assert text.isprintable() and text.endswith("…")
    html = registry._repr_html_()
    assert "&lt;script&gt;" in html and "<script>" not in html
    for nobody in ("", " ", "\n"):
        with pytest.raises(ConfigError, match="the name of the person who decides"):
            registry.reject(1, by=nobody, now=NOW)
    with pytest.raises(ConfigError, match="give one like"):
        registry.reject(1, by="Mei", now="soon")
    with pytest.raises(ConfigError, match="without quotes"):
        Registry(registry.tracker, "churn' OR 1=1")


def test_what_is_not_there_is_said(registry: Registry, tmp_path: Path) -> None:
    waiting(registry)
    with pytest.raises(ModelError, match="has no version '7', there are: 1"):
        registry.approve(7, by="Mei", now=NOW)
    with pytest.raises(ModelError, match="does not have run"):
        registry.submit("nothing")
    assert Registry(Tracker(tmp_path / "nowhere"), "churn").champion() is None
    with pytest.raises(ModelError, match="train first"):
        Registry(Tracker(tmp_path / "nowhere"), "churn").scoring()
    assert registry.of_run(registry.all()[0].run_id) == registry.all()[0]


def test_a_hand_made_version_is_a_draft(registry: Registry) -> None:
    run_id = log_small(registry.tracker, facts=facts())
    client = mlflow.MlflowClient(registry.tracker.uri)
    client.create_registered_model("churn")
    client.create_model_version("churn", client.get_run(run_id).info.artifact_uri, run_id)
    assert states(registry) == {1: ("Draft", ())}
    assert registry.approve(1, by="Mei", now=NOW).state == State.APPROVED


def test_an_alias_that_was_set_past_the_gate_does_not_score(registry: Registry) -> None:
    client = mlflow.MlflowClient(registry.tracker.uri)
    number = waiting(registry).number
    client.set_registered_model_alias("churn", "champion", str(number))
    with pytest.raises(GuardError, match=r"nobody approved it, its state is PendingReview"):
        registry.scoring()
    assert registry.approve(number, by="Mei", now=NOW).number == registry.scoring().number
    other = follower(registry, 1)
    registry.reject(other, by="Mei", now=NOW)
    client.set_registered_model_alias("churn", "champion", str(other))
    with pytest.raises(GuardError, match=r"its state is Rejected"):
        registry.scoring()


def test_mlflows_own_tools_see_all_of_it(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One pyfunc gives the probability and the value, and nothing in it is pickled."""
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    waiting(registry)
    registry.approve(1, by="Mei", now=NOW, note="read it")
    client = mlflow.MlflowClient(registry.tracker.uri)
    found = client.get_model_version_by_alias("churn", "champion")
    assert found.tags["churnlab.by"] == "Mei" and found.tags["churnlab.state"] == "Approved"
    mlflow.set_tracking_uri(registry.tracker.uri)
    loaded = mlflow.pyfunc.load_model("models:/churn@champion")
    given = loaded.predict(ROWS.reset_index(drop=True))
    models = registry.tracker.load(found.run_id).models
    assert list(given) == ["churn_probability", "expected_value"]
    assert (given["churn_probability"] == models["churned"].predict_proba(ROWS)[:, 1]).all()
    assert (given["expected_value"] == models["ltv"].predict(ROWS)).all()


@pytest.mark.parametrize("way", ["moved", "copied"])
def test_a_store_that_was_moved_or_copied_works(
    way: str, registry: Registry, tmp_path: Path
) -> None:
    waiting(registry)
    registry.approve(1, by="Mei", now=NOW)
    number = follower(registry, 1)
    old, new = tmp_path / "runs", tmp_path / "other" / "place"
    new.parent.mkdir()
    shutil.move(old, new) if way == "moved" else shutil.copytree(old, new)
    before = None if way == "moved" else sorted(p for p in old.rglob("*") if p.is_file())
    there = Registry(Tracker(new), "churn")
    champion = there.scoring()
    assert there.tracker.load(champion.run_id).facts.version == "v1"
    assert str(new) in there.tracker.location(champion.run_id)
    assert there.approve(number, by="Bo", now=AGAIN).aliases == ("champion",)
    mlflow.set_tracking_uri(there.tracker.uri)
    for each in ("models:/churn@champion", "models:/churn/1"):
        assert len(mlflow.pyfunc.load_model(each).predict(ROWS)) == len(ROWS)
    assert follower(there, 0) == 3
    if before is None:
        assert not old.exists()
    else:
        assert sorted(p for p in old.rglob("*") if p.is_file()) == before
        assert states(Registry(Tracker(old), "churn"))[1] == ("Approved", ("champion",))


def decide(folder: str, number: int) -> str:
    """Approve a version in another process; "" or the error."""
    try:
        Registry(Tracker(folder), "churn").approve(number, by=f"No {number}", now=AGAIN)
    except ChurnlabError as error:
        return str(error)
    return ""


def test_of_two_approvals_at_once_one_wins_whole(registry: Registry) -> None:
    waiting(registry)
    registry.approve(1, by="Mei", now=NOW)
    numbers = [follower(registry, 1), follower(registry, 0)]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        said = list(pool.map(decide, [str(registry.tracker.folder)] * 2, numbers))
    [lost] = [text for text in said if text]
    won, other = numbers if not said[0] else numbers[::-1]
    assert f"it was not judged beside version {won}, which is the champion now" in lost
    assert states(registry) == {
        1: ("Archived", ()),
        won: ("Approved", ("champion",)),
        other: ("PendingReview", ("challenger",) if other > won else ()),
    }
    champion = registry.champion()
    assert champion is not None and (champion.by, champion.before) == (f"No {won}", "1")


def test_of_two_approvals_on_a_server_one_wins_whole(mlflow_server: str) -> None:
    registry = Registry(Tracker(mlflow_server, "two at once"), "two at once")
    waiting(registry)
    registry.approve(1, by="Mei", now=datetime.now(UTC))
    numbers = [follower(registry, 1), follower(registry, 0)]

    def one(number: int) -> str:
        try:
            registry.approve(number, by=f"No {number}", now=datetime.now(UTC))
        except ChurnlabError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(one, numbers))
    assert [bool(text) for text in said].count(True) == 1, said
    won = numbers[said.index("")]
    found = states(registry)
    assert found[won] == ("Approved", ("champion",)) and found[1] == ("Archived", ())
    client = mlflow.MlflowClient(mlflow_server)
    assert [m.name for m in client.search_registered_models() if "under way" in m.name] == []
