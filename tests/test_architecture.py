"""The shape of the code: rooms and their order, circles, heavy imports, engines, public names."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import churnlab

ROOT = Path(churnlab.__file__).parent
ROOMS = [
    "errors",
    "language",
    "kernels",
    "schema",
    "activity",
    "events",
    "features",
    "dataset",
    "store",
    "spark",
    "btyd",
    "estimators",
    "served",
    "evaluation",
    "report",
    "explanation",
    "retention",
    "value",
    "winback",
    "model_registry",
    "config",
    "training",
    "nightly",
    "weekly",
    "demo",
    "cli",
]
HOMES = {
    "lightgbm": "estimators.learners.boosting",
    "shap": "explanation.explanation",
    "woodelf": "estimators.learners.tree_shap",
    "mlflow": "model_registry.mlflow_store",
    "matplotlib": "report.drawing",
    "numba": "kernels.jit",
    "pyspark": "spark.session",
    "optuna": "training.tuning",
    "tqdm": "schema.progress",
    "adbc_driver_postgresql": "events.postgres_table",
    "adbc_driver_sqlite": "events.sqlite_table",
    "adbc_driver_manager": "events.adbc_table",
    "deltalake": "events.delta_table",
    "pyiceberg": "events.iceberg_table",
    "xlsxwriter": "nightly.lists.excel",
}
ENGINES = "schema.frames"
VIEWS = "schema.views"
SIGNALS = "features.feature_set"
PUBLIC = {
    "__version__",
    "EventLog",
    "DailyActivity",
    "Snapshots",
    "Churn",
    "LifetimeValue",
    "TimeToChurn",
    "Lapse",
    "ChurnHazard",
    "FormulaLTV",
    "Feature",
    "FeatureBuilder",
    "FeatureSet",
    "Dataset",
    "build_dataset",
    "iter_datasets",
    "Measure",
    "ActivityStore",
    "ChurnClassifier",
    "LTVRegressor",
    "Evaluation",
    "judge",
    "log",
    "card",
    "explain",
    "Experiment",
    "Uplift",
    "Policy",
    "NextTest",
    "stated_reasons",
    "ModelCard",
    "Tracker",
    "Config",
    "train",
    "registry",
    "score",
    "read_list",
    "weekly_report",
    "grade",
    "watch",
    "progress",
    "ChurnlabError",
    "datasets",
    "metrics",
    "plots",
    "displays",
    "retention",
    "value",
}
CLOCK = "events.clock"  # the moment of reading a log, read in one place
CLOCKS = {
    "time.time",
    "time.perf_counter",
    "time.monotonic",
    "datetime.now",
    "datetime.today",
    "date.today",
    "Timestamp.now",
    "Timestamp.today",
}


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package by its name below churnlab; a package stands for its __init__."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imported(tree: ast.Module) -> Iterator[str]:
    """All that a module imports, inside functions and under TYPE_CHECKING too, by dotted name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import"
            yield from (f"{node.module}.{a.name}" for a in node.names)


def own_imports(name: str) -> set[str]:
    """The modules of churnlab that one of them imports."""
    found = set()
    for full in imported(modules()[name]):
        if full == "churnlab" or full.startswith("churnlab."):
            inner = full.removeprefix("churnlab").removeprefix(".")
            while inner and inner not in modules():
                inner = inner.rpartition(".")[0]
            found.add(inner or "__init__")
    return found - {name}


def room(name: str) -> str:
    return name.split(".")[0]


def test_every_room_is_in_the_order_and_every_folder_is_a_room() -> None:
    assert {room(n) for n in modules()} - {"__init__"} == set(ROOMS)
    alone = {n for n in modules() if "." not in n and not (ROOT / n).is_dir()}
    assert alone == {"__init__", "served"}


@pytest.mark.parametrize("name", [n for n in modules() if n != "__init__"])
def test_a_room_imports_only_from_rooms_above_it(name: str) -> None:
    place = ROOMS.index(room(name))
    below = [o for o in own_imports(name) - {"__init__"} if ROOMS.index(room(o)) > place]
    assert below == []
    assert "__init__" not in own_imports(name) or room(name) == "cli"


def test_no_circles_all_imports_counted() -> None:
    graph = {n: own_imports(n) - {"__init__"} for n in modules() if n != "__init__"}
    assert len(list(TopologicalSorter(graph).static_order())) == len(graph)


def test_no_module_imports_the_package_that_imports_it() -> None:
    for name, tree in modules().items():
        packages = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        around = {
            ".".join(("churnlab", *name.split(".")[:k])) for k in range(1, name.count(".") + 1)
        }
        full = {p for p in packages & around if own_imports(p.removeprefix("churnlab."))}
        assert not full, f"{name} imports from {full}; import from the module instead"


def test_each_heavy_part_is_imported_in_one_place() -> None:
    for name, tree in modules().items():
        heavy = {full.split(".")[0] for full in imported(tree)} & HOMES.keys()
        assert all(HOMES[part] == name for part in heavy), f"{name} imports {heavy}"


def chooses_engine(node: ast.AST) -> bool:
    """Whether code asks which engine a thing is of: by its type, by a name, or by a dynamic import."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "issubclass"):
        kinds = {"DailyActivity", "ActivityStore", "SparkActivity", "SparkLog"}
        return bool(kinds & {n.id for n in ast.walk(node.args[1]) if isinstance(n, ast.Name)})
    if isinstance(node, ast.Compare):
        return any(isinstance(n, ast.Constant) and n.value == "spark" for n in ast.walk(node))
    return isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module")


def test_engines_are_chosen_in_one_place() -> None:
    places = [n for n, tree in modules().items() if any(map(chooses_engine, ast.walk(tree)))]
    # __init__ and retention load the public names when they are used, SIGNALS its own package of signals, VIEWS
    # the function that shows a result
    assert [n for n in places if n not in (SIGNALS, VIEWS)] == [
        "__init__",
        "retention",
        ENGINES,
    ]


def test_signals_are_found_in_one_place_and_nothing_else_is_imported_there() -> None:
    tree = modules()[SIGNALS]
    dynamic = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and chooses_engine(n)]
    assert [ast.unparse(call) for call in dynamic] == [
        "import_module(f'{signals.__name__}.{file.name}')"
    ]
    assert "features.signals" in own_imports(SIGNALS)
    signals = {n for n in modules() if n.startswith("features.signals.")}
    importers = {n for n in modules() if own_imports(n) & signals}
    assert importers <= signals, "a signal is imported by name"


def test_no_public_signature_takes_an_activity_or_anything() -> None:
    for name, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                for arg in (*node.args.args, *node.args.kwonlyargs):
                    hint = ast.unparse(arg.annotation) if arg.annotation else ""
                    assert " | Any" not in hint or hint == "Any | None", f"{name}.{node.name}"


def test_only_the_command_line_prints_or_could_read_the_clock() -> None:
    for name, tree in modules().items():
        calls = [ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)]
        odd = [c for c in calls if c == "print" or any(c.endswith(k) for k in CLOCKS)]
        own = name == CLOCK and odd == ["datetime.now"]
        assert room(name) == "cli" or own or not odd, name


def test_importing_churnlab_loads_nothing_heavy() -> None:
    heavy = "('sklearn', 'lightgbm', 'mlflow', 'shap', 'matplotlib', 'numba', 'pandas', 'duckdb')"
    code = f"import sys, churnlab; print(*[m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['churnlab', '--help']\nfrom churnlab.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\nheavy = ('sklearn', 'lightgbm', "
        "'mlflow', 'shap', 'numba', 'pandas')\n"
        "print('heavy', *[m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("heavy")


def test_the_public_names_are_these() -> None:
    assert set(churnlab.__all__) == PUBLIC
    for name in PUBLIC:
        assert getattr(churnlab, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        churnlab.nothing  # noqa: B018


def test_no_room_takes_a_public_name_away() -> None:
    for name in set(ROOMS) & PUBLIC:  # a room that is public as a whole
        assert churnlab._MODULES[name] == name


def test_public_things_have_docstrings() -> None:
    for name, tree in modules().items():
        classes = [n for n in tree.body if isinstance(n, ast.ClassDef)]
        for node in [n for part in [tree, *classes] for n in part.body]:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                made = "__doc__" in ast.unparse(node)[:400]
                assert ast.get_docstring(node) or made, f"{name}.{node.name} has no docstring"
