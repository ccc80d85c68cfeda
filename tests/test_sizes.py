"""Sizes after formatting: short functions, short modules, few parameters."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import churnlab

ROOT = Path(churnlab.__file__).parent
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
MANY_PARAMETERS = {
    # scikit-learn reads the settings of an estimator from the parameters of its constructor.
    "estimators.base.TreeModel.__init__",
    "estimators.regressor.LTVRegressor.__init__",
    # typer reads the options of a command from the parameters of its function.
    "cli.winback.policy",
    "cli.beginning.init",
    "cli.nights.score",
    "cli.nights.update",
}


def functions() -> Iterator[tuple[str, FunctionNode]]:
    """Every function of the package by its dotted name below churnlab."""
    for path in sorted(ROOT.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        yield from _below(name, ast.parse(path.read_text("utf-8")))


def _below(name: str, node: ast.AST) -> Iterator[tuple[str, FunctionNode]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FunctionNode):
            yield f"{name}.{child.name}", child
        inner = f"{name}.{child.name}" if isinstance(child, FunctionNode | ast.ClassDef) else name
        yield from _below(inner, child)


def lines(node: FunctionNode) -> int:
    """The lines of a function from `def` to its end, without its docstring."""
    total = node.end_lineno - node.lineno + 1  # type: ignore[operator]
    if ast.get_docstring(node, clean=False) is None:
        return total
    text = node.body[0]
    return total - (text.end_lineno - text.lineno + 1)  # type: ignore[operator]


def parameters(node: FunctionNode) -> int:
    """How many parameters a caller sees."""
    given = node.args
    every = (*given.posonlyargs, *given.args, *given.kwonlyargs)
    return len([a for a in every if a.arg not in ("self", "cls")])


def compiled(name: str, node: FunctionNode) -> bool:
    """Whether a function is a kernel: compiled code takes arrays one by one."""
    marks = [ast.unparse(mark) for mark in node.decorator_list]
    return name.startswith("kernels.") and any(
        any(kind in mark for kind in ("jit", "bare", "inlined", "compiled")) for mark in marks
    )


def test_half_of_the_functions_have_at_most_8_lines_and_nine_in_ten_at_most_25() -> None:
    sizes = sorted(lines(node) for _, node in functions())
    assert len(sizes) > 500
    assert statistics.median(sizes) <= 8
    assert sizes[int(0.9 * (len(sizes) - 1))] <= 25


def test_no_function_has_more_than_60_lines() -> None:
    assert {name: n for name, node in functions() if (n := lines(node)) > 60} == {}


def test_no_module_has_more_than_400_lines() -> None:
    sizes = {p: len(p.read_text("utf-8").splitlines()) for p in ROOT.rglob("*.py")}
    assert {str(p.relative_to(ROOT)): n for p, n in sizes.items() if n > 400} == {}


def test_no_function_has_more_than_8_parameters() -> None:
    many = {name for name, n in functions() if parameters(n) > 8 and not compiled(name, n)}
    assert many <= MANY_PARAMETERS, sorted(many - MANY_PARAMETERS)


def test_the_exceptions_are_needed() -> None:
    many = {name for name, node in functions() if parameters(node) > 8}
    assert many >= MANY_PARAMETERS, sorted(MANY_PARAMETERS - many)
