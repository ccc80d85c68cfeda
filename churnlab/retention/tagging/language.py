"""The language of tags: conditions over daily measures and windows, read into expressions.

| written            | means                                                                    |
|--------------------|--------------------------------------------------------------------------|
| `active[28]`       | the sum of a measure over `[t - 28, t)`                                  |
| `active[28:56]`    | the sum over `[t - 56, t - 28)`                                          |
| `active[:]`        | the sum over all days before t                                           |
| `since(active)`    | days since the last day with it, at least 1; not known without one       |
| `first(active)`    | days since the first day with it, at least 1                             |
| `+ - * /`, numbers | arithmetic; a division by zero is not known                              |
| `< <= > >= == !=`  | a comparison, which does not hold where a side is not known              |
| `and or not`       | of comparisons                                                           |

A condition that no person can ever meet is refused (`churnlab.retention.tagging.contradictions`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

from churnlab.errors.tags import TagError
from churnlab.features.expression import (
    Constant,
    Expression,
    Since,
    SinceFirst,
    Sum,
    above,
    fill,
    greatest,
)

Measures: TypeAlias = Mapping[str, tuple[str, float]]
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Expression, Expression], Expression]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}
_SINCE: dict[str, type[Since] | type[SinceFirst]] = {"since": Since, "first": SinceFirst}
_LARGEST = 1e15
_MOST_DAYS = 36_500
_LONGEST = 40  # comparisons of one condition


@dataclass(frozen=True)
class Tag:
    """A name in any script, and the condition of the people who have it.

    >>> Tag("evening person", "evening[28] / acts[28] >= 0.5").name
    'evening person'
    """

    name: str
    when: str


@dataclass(frozen=True)
class Comparison:
    """Two sides and the sign between them."""

    left: Expression
    sign: str
    right: Expression

    def value(self) -> Expression:
        """1 where it holds; 0 elsewhere, also where a side is not known."""
        apart = self.left - self.right
        more, less = above(apart), above(self.right - self.left)
        known = fill(apart * 0 + 1, 0)
        return {
            ">": more,
            "<": less,
            ">=": known * (1 - less),
            "<=": known * (1 - more),
            "!=": greatest(more, less),
            "==": known * (1 - greatest(more, less)),
        }[self.sign]


@dataclass(frozen=True)
class All:
    """Conditions that all must hold."""

    parts: tuple[Condition, ...]

    def value(self) -> Expression:
        """1 where they all hold, else 0."""
        return reduce(lambda a, b: a * b, (part.value() for part in self.parts))


@dataclass(frozen=True)
class Either:
    """Conditions of which one must hold."""

    parts: tuple[Condition, ...]

    def value(self) -> Expression:
        """1 where one holds, else 0."""
        return reduce(greatest, (part.value() for part in self.parts))


Condition: TypeAlias = Comparison | All | Either


def parse(text: str, measures: Measures) -> Condition:
    """The condition of a text; `measures` has the column and the scale of each name.

    A value is the sum of the column divided by the scale. `not` is read into the comparisons, so
    that what is not known never makes a condition hold. Raises TagError for any other text.

    >>> measures = {"active": ("active", 1.0), "evening": ("evening", 1.0)}
    >>> parse("not active[28] < 12", measures).sign
    '>='
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise TagError.from_text(text, "it is no expression") from error
    if sum(isinstance(node, ast.Compare) for node in ast.walk(tree)) > _LONGEST:
        raise TagError.from_text(text, f"it has more than {_LONGEST} comparisons")
    return _Reader(text, measures).condition(tree.body, negated=False)


@dataclass(frozen=True)
class _Reader:
    text: str
    measures: Measures

    def condition(self, node: ast.expr, negated: bool) -> Condition:
        """The condition of a node, or its opposite."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.condition(node.operand, not negated)
        if isinstance(node, ast.BoolOp):
            parts = tuple(self.condition(each, negated) for each in node.values)
            every = isinstance(node.op, ast.And) != negated
            return All(parts) if every else Either(parts)
        if isinstance(node, ast.Compare):
            return self._comparisons(node, negated)
        raise self._no(node, "is no condition")

    def _comparisons(self, node: ast.Compare, negated: bool) -> Condition:
        """One comparison, or several in a row such as 3 <= active[7] < 5."""
        sides = [self._number(each) for each in (node.left, *node.comparators)]
        found = []
        for left, operator, right in zip(sides[:-1], node.ops, sides[1:], strict=True):
            sign = _SIGNS.get(type(operator))
            if sign is None:
                raise self._no(node, "is no comparison")
            found.append(Comparison(left, _OPPOSITE[sign] if negated else sign, right))
        if len(found) == 1:
            return found[0]
        return Either(tuple(found)) if negated else All(tuple(found))

    def _number(self, node: ast.expr) -> Expression:
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            if not abs(node.value) <= _LARGEST:  # type: ignore[operator, arg-type]
                raise self._no(node, "is too large a number")
            return Constant(float(node.value))  # type: ignore[arg-type]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self._number(node.operand)
            return Constant(-inner.value) if isinstance(inner, Constant) else 0 - inner
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            return _ARITHMETIC[type(node.op)](self._number(node.left), self._number(node.right))
        if isinstance(node, ast.Subscript):
            column, scale = self._measure(node.value)
            new, old = self._window(node.slice)
            total = Sum(column)[new, old]
            return total if scale == 1 else total / scale
        if isinstance(node, ast.Call):
            return self._since(node)
        raise self._no(node, "is no number")

    def _since(self, node: ast.Call) -> Expression:
        kind = _SINCE.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if kind is None or len(node.args) != 1 or node.keywords:
            raise self._no(node, "is neither since(…) nor first(…) of one measure")
        return kind(self._measure(node.args[0])[0])

    def _measure(self, node: ast.expr) -> tuple[str, float]:
        """Column and scale of a measure, written as a name or, if it has spaces, in quotes."""
        name = node.id if isinstance(node, ast.Name) else None
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value
        if name is None:
            raise self._no(node, "is no measure")
        if name not in self.measures:
            raise TagError.from_measure(self.text, name, self.measures)
        return self.measures[name]

    def _window(self, node: ast.expr) -> tuple[int, int | None]:
        """Near and far end of a window in days back from t."""
        if not isinstance(node, ast.Slice):
            return 0, self._days(node, least=1)
        new = 0 if node.lower is None else self._days(node.lower, least=0)
        if node.step is not None:
            raise self._no(node.step, "is one number too many in a window")
        if node.upper is None:
            return new, None
        return new, self._days(node.upper, least=new + 1)

    def _days(self, node: ast.expr, least: int) -> int:
        value = node.value if isinstance(node, ast.Constant) else None
        if type(value) is not int or value < least:
            raise self._no(node, f"is no whole number of days of at least {least}")
        if value > _MOST_DAYS:
            raise self._no(node, f"is more than {_MOST_DAYS} days, the most of a window")
        return value

    def _no(self, node: ast.AST, why: str) -> TagError:
        text = self.text.strip()
        said = ast.get_source_segment(text, node) or self.text  # type: ignore[arg-type]
        return TagError.from_text(self.text, f"{said!r} {why}")
