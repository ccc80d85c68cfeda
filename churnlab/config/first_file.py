"""The first churnlab.toml of a log: looked at, asked about where somebody answers, and written."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from churnlab.config.draft import draft
from churnlab.config.guessed import (
    Shape,
    newest_of,
    place_of_log,
    sample_of,
    shape_of,
    time_unit,
    zone_of,
)
from churnlab.config.layers import value_of
from churnlab.config.tables import Config
from churnlab.errors import ConfigError
from churnlab.events.addresses import scheme_of
from churnlab.schema.files import write_text
from churnlab.schema.progress import Say, silent

Ask = Callable[[str, str, Sequence[str]], str]


def write_first(
    log: str,
    file: Path,
    said: Mapping[str, str],
    preset: str | None = None,
    options: Iterable[str] = (),
    ask: Ask | None = None,
    say: Say = silent,
) -> dict[str, Any]:
    """Write a configuration for a log to a file, and say what is in it; JSON-ready.

    `said` has columns by option, `options` are other keys of [log] such as `timezone=UTC`. `ask` is
    asked for each column that was guessed. Raises ConfigError for what is not there, LogError where
    the log cannot be read.
    """
    place = place_of_log(log)
    say("looking at the log")
    sample = sample_of(place)
    shape = shape_of(place, sample, said, preset)
    if ask is not None:
        shape = _asked(shape, ask)
    more = _options(options, place, shape, sample)
    relative = place if scheme_of(place) else os.path.relpath(place, file.resolve().parent)
    shape = Shape(relative, shape.columns, shape.chosen, shape.guessed, shape.preset)
    root = "" if scheme_of(place) else f"{file.resolve().parent}{os.sep}"
    found = draft(shape, more, root)
    Config.of(tomllib.loads(found.text), file.resolve().parent)  # it must load
    write_text(file, found.text)
    facts = found.profile.facts
    return {
        "written": str(file),
        "events": facts["events"],
        "people": facts["people"],
        "first_day": found.first_day,
        "last_day": found.last_day,
        "guesses": ", ".join(found.guesses),
        "next": f"churnlab update --since {found.first_day} --day {found.last_day}",
    }


def _asked(shape: Shape, ask: Ask) -> Shape:
    """The shape as somebody at a terminal confirms it."""
    chosen = dict(shape.chosen)
    for option in sorted(shape.guessed, key=list(chosen).index):
        answer = ask(f"The column of the {option.replace('_', ' ')}", chosen[option], shape.columns)
        if answer not in shape.columns:
            raise ConfigError.from_unknown(f"column of the {option}", answer, shape.columns)
        chosen[option] = answer
    return Shape(shape.path, shape.columns, chosen, frozenset(), shape.preset)


def _options(
    given: Iterable[str], place: str, shape: Shape, sample: pd.DataFrame | None
) -> dict[str, Any]:
    """Other keys of [log]: those that were given, and those that the times ask for."""
    found: dict[str, Any] = {}
    for word in given:
        name, equals, text = word.partition("=")
        if not equals:
            raise ConfigError.from_range("--option", word, "a key and its value, like timezone=UTC")
        found[name] = value_of(Config, f"log.{name}", text, f"--option {name}")
    column = shape.chosen.get("time")
    if sample is not None and column is not None and "time_unit" not in found:
        unit = time_unit(sample[column])
        found |= {"time_unit": unit} if unit else {}
    if "timezone" in found:
        return found
    times = None if sample is None or column is None else sample[column]
    zone = "UTC" if times is None else zone_of(newest_of(place), times)
    return found | {"timezone": zone}
