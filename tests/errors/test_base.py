"""The parent of all errors, exit codes, and hints with near names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator

import pytest

from churnlab import errors
from churnlab.errors import ChurnlabError, ConfigError, near

EXIT_CODES = {
    "CostsError": 3,
    "NothingToDo": 99,
    "ShadowError": 3,
    "ShardError": 3,
    "TrialError": 3,
    "AuditError": 5,
    "ChurnlabError": 3,
    "ConfigError": 2,
    "EmptyLogError": 3,
    "FileError": 3,
    "FrameError": 3,
    "GuardError": 5,
    "HistoryError": 3,
    "ListError": 3,
    "LockedError": 6,
    "LogError": 3,
    "ModelError": 4,
    "OutputError": 7,
    "ScoringError": 6,
    "SinkError": 7,
    "StoreError": 3,
}
GIVEN = {
    "ChurnlabError": ChurnlabError("two lines; give one"),
    "int": 2,
    "int | None": 2,
    "float": 0.5,
    "tuple[float, float, float]": (1.0, 2.0, 3.0),
    "tuple[int, int]": (1, 2),
    "tuple[str, float]": ("one", 0.5),
    "tuple[str, dict[str, str]]": ("one", {"one": "two"}),
    "Sequence[tuple[str, str]]": [("one", "two")],
    "Mapping[str, str]": {"one": "two"},
    "Mapping[str, int]": {"one": 2},
}


def constructors() -> Iterator[Callable[..., ChurnlabError]]:
    """Every from_* constructor of every error class, once, at the class that defines it."""
    for name in EXIT_CODES:
        for attribute, value in vars(getattr(errors, name)).items():
            if attribute.startswith("from_"):
                assert isinstance(value, classmethod)
                yield getattr(getattr(errors, name), attribute)


def made(make: Callable[..., ChurnlabError]) -> ChurnlabError:
    """The error that a constructor makes of plain arguments that have the annotated types."""
    given = {}
    for name, parameter in inspect.signature(make).parameters.items():
        kind = str(parameter.annotation)
        listed = kind.startswith("Iterable")
        given[name] = GIVEN.get(kind, ["one", "two"] if listed else "two\nlines")
    return make(**given)


def test_the_classes_and_their_exit_codes_are_these() -> None:
    classes = {n for n in errors.__all__ if isinstance(getattr(errors, n), type)}
    assert {n: getattr(errors, n).exit_code for n in classes} == EXIT_CODES


@pytest.mark.parametrize("name", EXIT_CODES)
def test_every_error_is_a_value_error(name: str) -> None:
    kind = getattr(errors, name)
    assert issubclass(kind, ChurnlabError) and issubclass(kind, ValueError)


@pytest.mark.parametrize("make", list(constructors()), ids=lambda m: m.__qualname__)
def test_every_constructor_makes_an_error_that_names_what_to_do(
    make: Callable[..., ChurnlabError],
) -> None:
    error = made(make)
    assert isinstance(error, make.__self__)  # type: ignore[attr-defined]
    if type(error) is not errors.ShadowError:  # it ends with the code of what went wrong
        assert "exit_code" not in vars(error)
    assert type(error).exit_code == error.exit_code
    assert any(mark in str(error) for mark in (";", ": "))


def test_a_hint_names_close_names_else_all_names() -> None:
    assert near("pushes", ["push", "open"]) == "did you mean 'push'?"
    assert near("zzz", ["b", "a"]) == "there are: a, b"
    assert near("zzz", []) == "there are: none"
    assert near("zzz", [f"n{i:02}" for i in range(25)]).endswith("n18, n19 …")


@pytest.mark.parametrize(
    "error, text",
    [
        (ConfigError.from_unknown("role", "opn", ["open"]), "unknown role 'opn': did you mean"),
        (ConfigError.from_bad_date("soon"), "'soon' is not a day; give a date like"),
        (ConfigError.from_syntax("a.toml", "bad\n  line"), "not valid TOML: bad line; correct"),
        (ConfigError.from_changed("zone", 1, 2), "zone was 1 in training and is 2 now; set it"),
    ],
)
def test_texts_of_a_configuration(error: ConfigError, text: str) -> None:
    assert text in str(error) and "\n" not in str(error)
