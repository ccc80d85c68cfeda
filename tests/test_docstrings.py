"""Nine in ten of the public names and of their public methods have an example that runs."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import churnlab

AT_LEAST = 0.9


def public_things() -> Iterator[tuple[str, Any]]:
    """Every public name with its object; functions of public modules, methods of public classes."""
    for name in churnlab.__all__:
        thing = getattr(churnlab, name)
        if isinstance(thing, str):  # the version
            continue
        if isinstance(thing, ModuleType):
            yield from _of_module(name, thing)
            continue
        yield name, thing
        if inspect.isclass(thing):
            yield from _of_class(name, thing)


def _of_module(name: str, module: ModuleType) -> Iterator[tuple[str, Any]]:
    for key, value in vars(module).items():
        listed = key in getattr(module, "__all__", ())
        own = listed or getattr(value, "__module__", "") == module.__name__
        if own and not key.startswith("_") and inspect.isroutine(value) | inspect.isclass(value):
            yield f"{name}.{key}", value


def _of_class(name: str, kind: type) -> Iterator[tuple[str, Any]]:
    """The methods that churnlab itself defines, in the class or in a base of it."""
    for key in dir(kind):
        value = inspect.getattr_static(kind, key)
        if key.startswith("_") or not _is_method(value):
            continue
        homes = [base for base in kind.__mro__ if key in vars(base)]
        if homes[0].__module__.startswith("churnlab."):
            yield f"{name}.{key}", value


def _is_method(value: Any) -> bool:
    return inspect.isfunction(value) or isinstance(value, classmethod | staticmethod)


def each_once() -> dict[str, Any]:
    """The public things by name; a method that two classes inherit counts once."""
    return {name: thing for thing, name in {id(t): (t, n) for n, t in public_things()}.values()}


def has_example(thing: Any) -> bool:
    """Whether the docstring has a line that doctest runs."""
    text = thing.__doc__ or ""
    return bool(doctest.DocTestParser().get_examples(text))


def test_nine_in_ten_public_things_have_an_example_that_runs() -> None:
    things = each_once()
    without = sorted(name for name, thing in things.items() if not has_example(thing))
    share = 1 - len(without) / len(things)
    assert len(things) > 80
    assert share >= AT_LEAST, f"{share:.0%} of {len(things)}; without: {', '.join(without)}"


def test_every_public_thing_says_what_it_is() -> None:
    assert [name for name, thing in public_things() if not (thing.__doc__ or "").strip()] == []
