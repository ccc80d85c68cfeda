"""Each module has its test file, and each test file its module."""

from __future__ import annotations

import ast
from pathlib import Path

import churnlab

ROOT = Path(churnlab.__file__).parent
TESTS = Path(__file__).parent
SIGNALS = ROOT / "features" / "signals"
ACROSS = {  # tests of more than one module, with the reason
    "test_architecture": "the order of the rooms and their imports",
    "test_cli_update": "the command `update`, from events to the store",
    "test_benchmarks": "benchmarks/ lies outside the package",
    "test_docs": "the documentation site",
    "test_docstrings": "examples of all public names",
    "test_four_changes": "a signal and a metric added to a copy of the package",
    "test_mirror": "this file",
    "test_no_peeking": "from events to features, for every builder",
    "nightly/test_night": "whole nights by the command line, under faults",
    "nightly/test_later_events": "from the store to the list, for any events of later days",
    "nightly/test_damaged_store": "the commands on a store that is not what was written",
    "nightly/test_privacy": "a whole job, from events to lists, and all that it writes",
    "nightly/test_served_rows": "published rows against slow plain Python",
    "registry/test_gate": "train, card, approve and score, by the commands",
    "log/test_bring_your_log": "the page of the same name, each of its examples",
    "log/test_real_world": "logs as people have them, from events to lists",
    "log/test_sources": "from any source to daily rows",
    "log/test_presets": "exports of known tools, read by a preset",
    "log/test_tables": "Delta, Iceberg and databases, from events to the card",
    "test_notebooks": "notebooks/ lies outside the package",
    "test_oracle": "from events to features, against slow plain Python",
    "test_package": "the wheel and the files of the project",
    "test_readme": "README.md and docs/: commands, calls and tables that they name",
    "test_public_tasks": "from events to predictions on the public tasks",
    "test_units": "docs/units lies outside the package",
    "cli/test_exit_codes": "the table of exit codes, by all commands",
    "test_sizes": "sizes of all functions and modules",
    "report/test_card_in_browser": "the card as a browser shows it",
    "evaluation/test_a_new_metric": "a metric in every place that shows metrics",
    "estimators/test_when_agrees": "risk, curve, stage and day, from the estimator to the list",
    "estimators/test_sklearn": "scikit-learn's own checks over every estimator",
    "features/test_builders": "checks over every builder, found by itself",
    "features/test_default_set": "the default set as a whole",
}
WITHOUT = {  # modules without a test file of their own, with the reason
    "kernels/units": "constants",
    "cli/options": "constants",
}


def modules() -> set[str]:
    """Every module but the __init__ files, as <room>/<module>."""
    paths = (p.relative_to(ROOT).with_suffix("") for p in ROOT.rglob("*.py"))
    return {p.as_posix() for p in paths if p.name != "__init__"}


def files() -> set[str]:
    """Every test file as its path below tests/, without the ending."""
    return {p.relative_to(TESTS).with_suffix("").as_posix() for p in TESTS.rglob("test_*.py")}


def module_of(path: str) -> str:
    """The module that a test file is named for."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/{name.removeprefix('test_')}".lstrip("/")


def test_every_test_file_has_its_module() -> None:
    alone = {path for path in files() if path not in ACROSS and module_of(path) not in modules()}
    assert sorted(alone) == []


def test_every_module_has_its_test_file() -> None:
    found = {module_of(path) for path in files()}
    signals = {m for m in modules() if m.startswith("features/signals/")}
    assert sorted(modules() - found - WITHOUT.keys() - signals) == []


def test_every_signal_has_a_test_that_names_it() -> None:
    texts = "".join(p.read_text("utf-8") for p in (TESTS / "features").rglob("test_*.py"))
    builders = [name for path in SIGNALS.glob("[!_]*.py") for name in classes(path)]
    assert len(builders) > 15
    assert [name for name in builders if name not in texts] == []


def classes(path: Path) -> list[str]:
    """The public classes of a module."""
    body = ast.parse(path.read_text("utf-8")).body
    names = [node.name for node in body if isinstance(node, ast.ClassDef)]
    return [name for name in names if not name.startswith("_")]


def test_the_exceptions_are_there() -> None:
    assert ACROSS.keys() - files() == set()
    assert WITHOUT.keys() - modules() == set()
