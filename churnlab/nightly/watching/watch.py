"""Watch: the last nights of a job on one page, and as a line each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from churnlab.config.tables import Config
from churnlab.errors import ConfigError
from churnlab.language.catalogues import ENGLISH
from churnlab.nightly.watching.nights import STATES, Night, last_nights
from churnlab.schema.days import Day, day_number, day_text
from churnlab.schema.files import write_text
from churnlab.schema.views import view

NIGHTS = 28
COLUMNS = (
    "as_of",
    "state",
    "people",
    "entered",
    "left",
    "mean_risk",
    "base_rate",
    "psi_last",
    "expected_auc",
    "auc",
    "churned",
    "version",
    "failed",
)


@dataclass(frozen=True, eq=False)
class Nights:
    """The last nights of a job, oldest first, one for each day.

    It shows itself as a page in a notebook.
    """

    nights: tuple[Night, ...]

    def frame(self) -> pd.DataFrame:
        """One row a night with the COLUMNS; missing where nothing is known.

        `mean_risk` is the mean score of everybody, `base_rate` that of the training, `psi_last` how
        far scores moved since the last list, `expected_auc` the estimate without labels; `auc` and
        `churned` are those of the grade. `failed` names the guards that did not pass.
        """
        rows = [[each[name] for name in COLUMNS] for each in map(_row, self.nights)]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def counts(self) -> dict[str, int]:
        """How many nights are in which state; those without a night are left out."""
        found = Counter(night.state for night in self.nights)
        return {state: found[state] for state in STATES if found[state]}

    def lines(self) -> Iterator[str]:
        """Each night as a line of JSON."""
        for night in self.nights:
            yield json.dumps(night.to_dict(), ensure_ascii=False, allow_nan=False, default=vars)

    def html(self, language: str = ENGLISH) -> str:
        """The page in a language: one file that needs no network."""
        return str(view("nightly.watching.page:page")(self).html(language))

    def write(self, path: str | Path, language: str = ENGLISH) -> Path:
        """Write the page, whole or not at all; OutputError where the disk refuses."""
        return write_text(Path(path), self.html(language))

    def __repr__(self) -> str:
        first, last = self.nights[0].as_of, self.nights[-1].as_of
        return f"Nights({len(self.nights)} nights, {first} to {last})"

    def _repr_html_(self) -> str:
        return str(view("nightly.watching.page:page")(self)._repr_html_())


def watch(source: Config | str | Path, nights: int = NIGHTS, until: Day | None = None) -> Nights:
    """The last nights of the lists in a folder, or in the output folder of a configuration.

    They end on the day `until`, or on the newest day of which anything is known. Manifests, kept
    grades and the evidence of blocked nights are read, and no row of a list. A night whose files
    were changed is marked. Raises ListError where there is no list, ConfigError for `nights` below
    1 and for no day.

    >>> import tempfile
    >>> from churnlab import score
    >>> from churnlab.demo.example import trained_config  # a small community, trained once
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for day in ("2026-05-01", "2026-05-03"):
    ...         _ = score(trained_config(), day).write(folder, force="an example")
    ...     found = watch(folder, nights=3)
    >>> found.frame()[["as_of", "state"]].values.tolist()
    [['2026-05-01', ...], ['2026-05-02', 'missing'], ['2026-05-03', ...]]
    """
    if nights < 1:
        raise ConfigError.from_range("nights", nights, "at least 1 night")
    folder = source.path(source.output.folder) if isinstance(source, Config) else source
    day = "" if until is None else day_text(day_number(until))
    return Nights(tuple(last_nights(folder, nights, day)))


def _row(night: Night) -> dict[str, Any]:
    grade, facts = night.grade, night.facts
    expected = facts.get("expected_auc") or [None]
    return {
        "as_of": night.as_of,
        "state": night.state,
        "people": night.said.get("people"),
        "entered": night.changed("enter"),
        "left": night.changed("exit"),
        "mean_risk": facts.get("mean_risk"),
        "base_rate": facts.get("base_rate"),
        "psi_last": night.guard("psi_last"),
        "expected_auc": expected[0],
        "auc": None if grade is None else grade.auc.value,
        "churned": None if grade is None else grade.base_rate,
        "version": night.version,
        "failed": ", ".join(guard["name"] for guard in night.failed()),
    }
