"""The shape of the code: who imports whom, where the heavy parts are, what is public, how long things are."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import churnlab

ROOT = Path(churnlab.__file__).parent
ORDER = ["errors.base", "errors.data", "errors.kept", "errors.log", "errors",
         "btyd.fitting", "btyd.beta", "btyd.pareto", "btyd.money", "btyd.statistics", "btyd", "schema", "spec", "kernels._jit", "kernels.ids", "kernels.records", "kernels.rollup",
         "kernels.windows", "kernels.cells", "kernels.lines", "_databases", "_row_groups", "_reading", "_columns", "rows", "activity", "_rolling", "events", "_rowfile", "_manifest", "_carry",
         "store", "_stored_rows", "targets", "snapshots", "features.expression", "features.builder", "features.sessions", "features.push",
         "features.social", "features.cadence", "features.silence", "features.frequency", "features.roles", "features.decay",
         "features.blocks", "features.habits", "features.paths", "features.engagement", "features.spend", "features.purchases", "features.lifecycle", "features.profile", "features.featureset", "features",
         "features.program", "engines.local", "dataset", "stored", "engines.partition", "engines.spark", "engines.distributed",
         "estimators.folds", "estimators.parts", "estimators.boosting", "estimators.forest", "estimators.btyd_features", "estimators.store", "estimators.base", "estimators.objectives", "estimators.additive", "estimators.loglinear", "estimators.value_trees", "estimators.intervals", "estimators.calendar", "estimators.season", "estimators.logistic", "estimators.blend", "estimators.value_blend", "estimators.classifier",
         "estimators.regressor", "estimators.hazard", "estimators.baselines", "estimators", "metrics", "profit", "evaluation", "explanation", "risks", "plots", "card", "backtest", "warning_time", "tracking",
         "config", "preparation", "timing", "tuning", "training", "scoring_spark", "scoring", "datasets", "demo", "cli"]
HOMES = {"lightgbm": "estimators.boosting", "shap": "explanation", "mlflow": "tracking", "matplotlib": "plots", "numba": "kernels._jit",
         "pyspark": "engines.spark", "optuna": "tuning", "adbc_driver_postgresql": "_databases"}
PUBLIC = {"__version__", "EventLog", "DailyActivity", "Snapshots", "Churn", "LifetimeValue", "TimeToChurn", "ChurnHazard", "Feature", "FeatureBuilder", "FeatureSet", "Dataset",
          "build_dataset", "iter_datasets", "Measure", "ActivityStore", "ChurnClassifier", "LTVRegressor", "Evaluation", "explain", "ModelCard", "Tracker", "Config", "train", "score",
          "ChurnlabError", "datasets", "metrics", "plots"}
CLOCKS = {"time.time", "time.perf_counter", "time.monotonic", "datetime.now", "datetime.today", "date.today", "Timestamp.now", "Timestamp.today"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        yield name, ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.Module) -> Iterator[str]:
    """Modules imported at the top of a file; what stands under TYPE_CHECKING or inside a function is not an import order."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{a.name}" for a in node.names]
            yield from [n for n in inner if n.removeprefix("churnlab.") in ORDER] or [node.module]


def test_a_file_imports_only_from_files_above_it() -> None:
    wrong = [f"{name} imports {other}" for name, tree in modules() if name in ORDER for other in imports(tree)
             if other.removeprefix("churnlab.") in ORDER and ORDER.index(other.removeprefix("churnlab.")) >= ORDER.index(name)]
    assert wrong == []


def test_every_file_has_its_place_in_the_order() -> None:
    assert {n for n, _ in modules()} - set(ORDER) <= {"__init__", "kernels", "engines"}


def test_each_heavy_part_is_imported_in_one_place() -> None:
    for name, tree in modules():
        plain = [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
        named = [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
        heavy = {m.split(".")[0] for m in plain + named} & HOMES.keys()
        assert all(HOMES[part] == name for part in heavy), f"{name} imports {heavy}"


def test_only_the_command_line_prints_or_could_read_the_clock() -> None:
    for name, tree in modules():
        calls = [ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)]
        assert name == "cli" or not [c for c in calls if c == "print" or any(c.endswith(k) for k in CLOCKS)], name


def test_importing_churnlab_loads_nothing_heavy() -> None:
    heavy = "('sklearn', 'lightgbm', 'mlflow', 'shap', 'matplotlib', 'numba', 'pandas', 'duckdb')"
    code = f"import sys, churnlab; print(*[m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


def test_the_help_loads_nothing_heavy() -> None:
    code = ("import sys; sys.argv = ['churnlab', '--help']\nfrom churnlab.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
            "print('heavy', *[m for m in ('sklearn', 'lightgbm', 'mlflow', 'shap', 'numba', 'pandas') if m in sys.modules])")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.rstrip().endswith("heavy")


def test_the_public_names_are_these() -> None:
    assert set(churnlab.__all__) == PUBLIC
    for name in PUBLIC:
        assert getattr(churnlab, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        churnlab.nothing  # noqa: B018


def test_functions_and_files_are_short_typed_and_documented() -> None:
    for name, tree in modules():
        for node in [n for part in [tree, *(n for n in tree.body if isinstance(n, ast.ClassDef))] for n in part.body]:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node) or "__doc__" in ast.unparse(node)[:400], f"{name}.{node.name} has no docstring"
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                doc = ast.get_docstring(node, clean=False) or ""
                assert node.end_lineno - node.lineno - doc.count("\n") < 60, f"{name}.{node.name} is too long"  # type: ignore[operator]
    assert not [p for p in ROOT.rglob("*.py") if len(p.read_text(encoding="utf-8").splitlines()) > 400]
