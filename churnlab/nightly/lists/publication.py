"""Publication: the audited rows of a list, and where they came from; Sink: what takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words
from churnlab.nightly.lists.contract import ID, audit, table_of


@dataclass(frozen=True)
class Publication:
    """A list that keeps to its schema.

    `table` has the columns of the schema; `model` says which models scored, `order` how the rows
    were ranked. `guards`, `forced`, `compared_with`, `night` and `left_out` are those of the
    manifest, `changes` are those since the last list, `features` counts people by bins of each
    feature. `words` are the notes, `guard_words` what each guard says, and `summary` is a page of
    HTML, in the `language` of what people read beside the rows.
    """

    table: pa.Table
    as_of: str
    run_id: str
    model: Mapping[str, Any]
    order: Mapping[str, Any]
    words: tuple[Words, ...] = ()
    guards: tuple[Mapping[str, Any], ...] = ()
    forced: str = ""
    compared_with: str = ""
    changes: pd.DataFrame | None = None
    night: Mapping[str, Any] = field(default_factory=dict)
    features: Mapping[str, np.ndarray] = field(default_factory=dict)
    language: str = ENGLISH
    left_out: Mapping[str, int] = field(default_factory=dict)
    guard_words: tuple[Words, ...] = ()
    summary: str = ""

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        as_of: str,
        run_id: str,
        model: Mapping[str, Any],
        order: Mapping[str, Any],
        words: tuple[Words, ...] = (),
        language: str = ENGLISH,
    ) -> Publication:
        """The rows of a list, audited; raises AuditError where they do not keep to the schema."""
        table = table_of(frame)
        audit(table, as_of, order["sort"])
        return cls(table, as_of, run_id, model, order, words, language=language)

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes of the list in English, as its manifest has them."""
        return tuple(map(str, self.words))

    @property
    def ids(self) -> str:
        """The type of user_id: "string" or "int64"."""
        return str(self.table.schema.field(ID).type)


class Sink(Protocol):
    """A place that takes tonight's list, whole or not at all, in the place of that day's list."""

    @property
    def name(self) -> str:
        """The place as messages name it, without secrets."""

    def check(self) -> None:
        """Raise an error if a list could not be handed over now; changes no list.

        ConfigError for what is not installed or cannot be, SinkError for a place that does not
        answer.
        """

    def write(self, given: Publication) -> str:
        """Hand over a list, in the place of what was there for its day; where it is now.

        Raises OutputError; then the place holds what it held before.
        """
