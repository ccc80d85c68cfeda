"""Errors of what is kept: models, stores, and what is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from churnlab.errors.base import ChurnlabError


class ModelError(ChurnlabError):
    """A model or a registry that cannot be used."""

    exit_code = 4

    @classmethod
    def from_digest(cls, path: str) -> ModelError:
        """A model file that is not the one that was saved."""
        return cls(
            f"{path} is not the file that was saved (its sha256 differs); train again or restore the file"
        )

    @classmethod
    def from_unreadable(cls, where: str, reason: str) -> ModelError:
        """A model folder that is none."""
        return cls(
            f"no model can be read from {where} ({reason}); train again or restore the folder"
        )

    @classmethod
    def from_untrusted(cls, types: Iterable[str]) -> ModelError:
        """A model file that asks for types that no forest needs."""
        return cls(
            f"the model file asks for untrusted types ({', '.join(sorted(types))}) and was not loaded; train again"
        )

    @classmethod
    def from_no_run(cls, store: str, what: str) -> ModelError:
        """A store without the run that was asked for."""
        return cls(
            f"the store {store} does not have {what}; train first, or give another store or run id"
        )

    @classmethod
    def from_store(cls, store: str, reason: str) -> ModelError:
        """A store that cannot be reached."""
        return cls(
            f"the store {store} cannot be used: {' '.join(reason.split())[:300]}; check its address and that it can be written"
        )

    @classmethod
    def from_not_additive(cls, worst: float) -> ModelError:
        """An explanation that does not explain."""
        return cls(
            f"SHAP values and base differ from the model's score by up to {worst:.1e}; the explanation was not given, "
            "check the versions of shap and lightgbm"
        )


class OutputError(ChurnlabError):
    """What was made cannot be written."""

    exit_code = 7

    @classmethod
    def from_unwritable(cls, path: str, reason: str) -> OutputError:
        """A place that cannot be written."""
        return cls(
            f"{path} cannot be written: {reason}; nothing was changed, give another folder or make room"
        )


class StoreError(ChurnlabError):
    """An activity store that cannot be used, or not now. FAULTS holds the exit code and the text of each kind."""

    FAULTS: ClassVar[dict[str, tuple[int, str]]] = {
        "locked": (
            6,
            "another update of {folder} is running; try again when it is done, or let this one wait longer",
        ),
        "none": (
            3,
            "{folder} holds no activity store (no manifest.json); build one there, or give another folder",
        ),
        "newer": (
            3,
            "{folder} was written by a newer churnlab (schema {version}, this one knows {known}); use that version or a newer one",
        ),
        "corrupt": (
            3,
            "{file} is not what was written: {reason}; restore the file, or build what it holds again",
        ),
        "missing": (
            3,
            "the store {folder} lacks {count} day(s), the first is {day}; append them, an empty day too",
        ),
        "folded": (
            3,
            "day {day} of {folder} was folded into the carry, days are kept from {kept}; build the store again to change or read it",
        ),
        "no day": (
            3,
            "the store {folder} has no day yet; append one, or run `churnlab update --day DAY`",
        ),
        "ids": (
            3,
            "the ids of {day} are {given}, those of the store {folder} {kept}; read the log so that ids have one type",
        ),
        "rows": (
            3,
            "the rows of {day} {reason}; give one row a person and version, sorted, with integer measures without nulls",
        ),
        "foreign": (
            3,
            "{source} was given for {day} and holds events of other days ({first} to {last}); give each day's alone, "
            "or all files by a pattern like events/*.parquet",
        ),
        "empty": (
            3,
            "{source} holds no event on {day}; look why, or say that the day may be empty (allow_empty)",
        ),
        "unsure": (
            7,
            "{folder} was updated, but the disk did not confirm it: {reason}; update it once more",
        ),
    }

    @classmethod
    def from_fault(cls, kind: str, **given: object) -> StoreError:
        """One of the FAULTS, its text filled in."""
        code, text = cls.FAULTS[kind]
        error = cls(text.format(**given))
        error.exit_code = code
        return error
