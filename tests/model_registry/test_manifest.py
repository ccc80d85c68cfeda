"""Damaged runs: refused in one line that names the file, or the same as before; never another."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.command import call
from support.small_runs import ROWS, log_small, new_store, small_hazard

from churnlab.errors import ModelError
from churnlab.model_registry.manifest import Manifest, VerifiedFiles, digest, sums_of
from churnlab.model_registry.tracking import Tracker

DAMAGES = 108  # each of the ways six times, on files in turn


@pytest.fixture(scope="module")
def store(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path
) -> tuple[Tracker, list[str]]:
    """A store with two trainings of other models."""
    tracker = new_store(tmp_path_factory.mktemp("store") / "runs", empty_database)
    return tracker, [log_small(tracker, seed, hazard=small_hazard()) for seed in (0, 1)]


def what_it_says(tracker: Tracker, run_id: str) -> list[Any]:
    """All that a run says: predictions, facts, catalogue, cards; errors by their texts."""
    found: list[Any] = []
    calls: list[Callable[[], Any]] = [
        lambda: loaded(tracker, run_id),
        lambda: tracker.text(run_id, "card.md"),
        lambda: tracker.text(run_id, "card.html"),
    ]
    for one in calls:
        try:
            found.append(one())
        except ModelError as error:
            found.append(error)
    return found


def loaded(tracker: Tracker, run_id: str) -> list[Any]:
    run = tracker.load(run_id)
    assert run.hazard is not None
    return [
        run.models["churned"].predict_proba(ROWS).tobytes(),
        run.models["ltv"].predict(ROWS).tobytes(),
        run.hazard.predict_curve(ROWS).to_numpy().tobytes(),
        run.facts.to_dict(),
        run.catalogue.to_dict("records"),
    ]


EXTRA = ("hazard.json", "extra.json", "model.skops2")


def damages() -> dict[str, Callable[[Path, Path, random.Random], None]]:
    """Ways to damage a file, given the same file of another run (or of the same) and chance."""

    def write(change: Callable[[bytes, random.Random], bytes]) -> Any:
        return lambda file, other, chance: file.write_bytes(change(file.read_bytes(), chance))

    def flip(content: bytes, chance: random.Random) -> bytes:
        at = chance.randrange(len(content))
        return content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :]

    def number(content: bytes, chance: random.Random) -> bytes:
        digits = [i for i, c in enumerate(content) if chr(c).isdigit()]
        if not digits:
            return content + b"0"
        at = chance.choice(digits)
        return content[:at] + str((int(chr(content[at])) + 1) % 10).encode() + content[at + 1 :]

    def replaced(make: Callable[[Path, Path], object]) -> Any:
        def damage(file: Path, other: Path, chance: random.Random) -> None:
            file.unlink()
            make(file, other)

        return damage

    return {
        "truncated": write(lambda content, chance: content[: chance.randrange(len(content))]),
        "a bit": write(flip),
        "a number": write(number),
        "empty": write(lambda content, chance: b""),
        "invalid JSON": write(lambda content, chance: b"{" + content),
        "empty JSON": write(lambda content, chance: b"{}"),
        "appended": write(lambda content, chance: content + b"\n"),
        "no text": write(lambda content, chance: b"\xff\xfe\x00"),
        "of another run": lambda file, other, chance: shutil.copy(other, file),
        "missing": replaced(lambda file, other: None),
        "a folder": replaced(lambda file, other: file.mkdir()),
        "a link to another run's": replaced(lambda file, other: file.symlink_to(other)),
        "a link out of the store": replaced(lambda file, other: file.symlink_to("/etc/passwd")),
        "a link to nothing": replaced(lambda file, other: file.symlink_to("nothing")),
        "a pipe": replaced(lambda file, other: os.mkfifo(file)),
        "a device": replaced(lambda file, other: file.symlink_to("/dev/zero")),
        "an extra file": lambda file, other, chance: shutil.copy(
            other, chance.choice([p for p in map(file.with_name, EXTRA) if not p.exists()])
        ),
        "an extra link": lambda file, other, chance: file.with_name("..x").symlink_to("../.."),
    }


def other_of(file: Path, files: list[Path]) -> Path:
    """The file of another run with the same name, or any other file."""
    same = [f for f in files if f.name == file.name and f != file]
    different = [f for f in same if f.read_bytes() != file.read_bytes()]
    return (different or [f for f in files if f.name != file.name])[0]


def test_no_damaged_run_says_anything_else(store: tuple[Tracker, list[str]]) -> None:
    tracker, [run_id, _] = store
    files = sorted(p for p in (tracker.folder / "artifacts").rglob("*") if p.is_file())  # type: ignore[operator]
    ours = [p for p in files if run_id in str(p) or of_run(p, run_id)]
    assert 2 * len(ours) == len(files)
    before = what_it_says(tracker, run_id)
    assert not [said for said in before if isinstance(said, ModelError)]
    chance = random.Random(7)
    ways = damages()
    refused = 0
    for i in range(DAMAGES):
        way = list(ways)[i % len(ways)]
        file = ours[(i + i // len(ways)) % len(ours)]
        whole = shutil.copytree(file.parent, tracker.folder / "whole")  # type: ignore[operator]
        ways[way](file, other_of(file, files), chance)
        for now, then in zip(what_it_says(tracker, run_id), before, strict=True):
            if isinstance(now, ModelError):
                named = any(n in str(now) for n in (file.name, *EXTRA, "..x"))
                assert named and "\n" not in str(now), (way, file, now)
                refused += 1
            else:
                assert now == then, (way, file)
        shutil.rmtree(file.parent)
        shutil.move(whole, file.parent)
    assert refused > DAMAGES / 4  # load reads no MLmodel and no example


def of_run(file: Path, run_id: str) -> bool:
    """Whether a file is of a logged model of a run."""
    [model] = [p for p in (file, *file.parents) if (p / "MLmodel").exists()] or [file]
    return model != file and f"run_id: {run_id}" in (model / "MLmodel").read_text()


def test_a_file_and_the_manifest_edited_together_are_refused(
    store: tuple[Tracker, list[str]],
) -> None:
    tracker, [run_id, _] = store
    folder = Path(tracker.location(run_id).removeprefix("file://"))
    about, manifest = folder / "about.json", folder / "manifest.json"
    before = about.read_bytes(), manifest.read_bytes()
    about.write_bytes(before[0].replace(b'"active_within": 60', b'"active_within": 3'))
    edited = json.loads(before[1])
    edited["files"]["about.json"] = digest(about.read_bytes())
    manifest.write_text(json.dumps(edited, indent=1, sort_keys=True))
    with pytest.raises(ModelError, match="manifest.json of run .* sha256 differs"):
        tracker.load(run_id)
    about.write_bytes(before[0])
    manifest.write_bytes(before[1])


def test_the_manifest_names_every_file_of_a_run(store: tuple[Tracker, list[str]]) -> None:
    tracker, [run_id, _] = store
    folder = Path(tracker.location(run_id).removeprefix("file://"))
    names = json.loads((folder / "manifest.json").read_text())["files"]
    of_run = {p.name for p in folder.rglob("*") if p.is_file()} - {"manifest.json"}
    assert of_run == {"about.json", "catalogue.csv", "golden.json", "card.md", "card.html"}
    assert {name: names[name] for name in of_run} == {
        name: digest((folder / name).read_bytes()) for name in of_run
    }
    of_models = {name.partition("/")[2] for name in names if name not in of_run}
    assert of_models >= {"MLmodel", "input_example.json", "data/ltv/model.json"}
    logged = sums_of(folder.parents[1] / "models")
    assert {names[name] for name in names if name not in of_run} <= set(logged.values())
    assert len(logged) == 2 * (len(names) - len(of_run))  # of two runs


def test_a_run_without_a_manifest_is_refused(store: tuple[Tracker, list[str]]) -> None:
    tracker, [run_id, newest] = store
    with tracker.reach.open() as opened:
        before = opened.run(newest).tags["churnlab.manifest"]
        opened.client.delete_tag(newest, "churnlab.manifest")
    with pytest.raises(ModelError, match="has no manifest of its files.*; train again"):
        tracker.load(newest)
    assert tracker.latest() == run_id  # a run that nobody can verify is not the newest
    with tracker.reach.open() as opened:
        opened.client.set_tag(newest, "churnlab.manifest", before)


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/../../x", "a\\..\\x", "..", "churned/../../../x"]
)
def test_a_name_that_leads_out_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="manifest.json of run 1"):
        Manifest.parse(Manifest({name: "0"}, {}).to_bytes(), "run 1")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"format": 2}', '{"format": 1, "files": 3, "models": {}}']
)
def test_a_manifest_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match="manifest.json of run 1"):
        Manifest.parse(text.encode(), "run 1")


def test_a_file_that_the_run_never_had_is_named_with_the_ones_it_has() -> None:
    files = VerifiedFiles("run 1", Manifest({"card.md": ""}, {}), lambda name: b"")
    with pytest.raises(ModelError, match="run 1 has no file 'card.mdd': did you mean 'card.md'"):
        files.read("card.mdd")


def test_copies_stay_in_their_folder(tmp_path: Path) -> None:
    sums = {"a/b/c": digest(b"a/b/c"), "a/d": digest(b"a/d"), "ab/e": ""}
    files = VerifiedFiles("run 1", Manifest(sums, {}), lambda name: name.encode())
    copied = files.copy("a", tmp_path / "copy")
    assert sums_of(copied, "a/") == {name: sums[name] for name in ("a/b/c", "a/d")}


def test_score_refuses_edited_facts_and_an_edited_sentence(trained: tuple[Path, dict]) -> None:
    config, result = trained
    folder = Path(result["artifacts"].removeprefix("file://"))
    for name, old, new in [
        ("about.json", b'"active_within": 30', b'"active_within": 3'),
        ("about.json", b'"lead": 0', b'"lead": 1'),
        ("catalogue.csv", b"days", b"weeks"),
    ]:
        content = (folder / name).read_bytes()
        assert content.count(old), (name, old)
        (folder / name).write_bytes(content.replace(old, new, 1))
        try:
            said = call("score", "--as-of", "2026-06-01", "--config", config, code=4)
        finally:
            (folder / name).write_bytes(content)
        assert said.count("\n") == 1 and f"{name} of run {result['run_id']}" in said
