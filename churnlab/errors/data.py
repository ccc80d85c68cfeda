"""Errors of frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from churnlab.errors.base import ChurnlabError, near
from churnlab.errors.examples import shape, shown


class FrameError(ChurnlabError):
    """A frame or an array does not have the expected columns, keys or values."""

    @classmethod
    def from_missing_columns(
        cls, what: str, missing: Iterable[str], given: Iterable[str]
    ) -> FrameError:
        """Required columns are missing; the hint names given columns close to the first of them."""
        missing = list(missing)
        hint = near(missing[0], given)
        return cls(
            f"{what} lacks {len(missing)} column(s): {', '.join(map(repr, missing[:5]))}; {hint}"
        )

    @classmethod
    def from_same_names(cls, what: str, names: Iterable[str]) -> FrameError:
        """Columns have the same name, or one has the column name of another."""
        return cls(f"{what} has columns of the same name: {', '.join(names)}; name each once")

    @classmethod
    def from_not_midnight(cls, column: str, example: object, count: int) -> FrameError:
        """Snapshot times lie inside a day instead of at its start."""
        return cls(
            f"column {column!r} is not midnight in {count:,} rows, the first {example}; "
            "give whole local days"
        )

    @classmethod
    def from_wrong_ids(cls, what: str, column: str, kind: str) -> FrameError:
        """An id column holds truth values, lists or mappings."""
        return cls(f"column {column!r} of {what} holds a {kind}; give text or whole numbers")

    @classmethod
    def from_no_text(cls, what: str, column: str, example: str) -> FrameError:
        """A column of text holds bytes that are not UTF-8, or half of a surrogate pair."""
        first = shown(example[:60]).replace(r"\\", "\\")
        return cls(
            f"column {column!r} of {what} holds what is no text, the first {first}; "
            "correct or drop these rows"
        )

    @classmethod
    def from_unknown_users(cls, count: int, rows: int, example: object) -> FrameError:
        """No snapshot row has a user id of the log, mostly because the id types differ."""
        return cls(
            f"none of the {rows:,} snapshot rows is of a person who is known "
            f"({count:,} unknown, the first like {shape(example)}); "
            "give ids of the same type in the log, the snapshots and the users"
        )

    @classmethod
    def from_no_horizon(cls) -> FrameError:
        """The user's own labels come without a horizon, so rows cannot be purged."""
        return cls(
            "the labels' horizon is not known, so nothing can be purged; "
            "give Snapshots.from_frame(frame, targets=[…]) or split(…, purge=days)"
        )

    @classmethod
    def from_bad_label(cls, column: str, example: object, count: int, wanted: str) -> FrameError:
        """A label column has values that the target does not allow."""
        return cls(
            f"column {column!r} of the snapshots is {example} in {count:,} rows; give {wanted}"
        )

    @classmethod
    def from_date_attribute(cls, column: str) -> FrameError:
        """A static attribute of the users is a date, which could reveal the future."""
        return cls(
            f"attribute {column!r} is a date; "
            "give a number or a category that was known before every snapshot"
        )

    @classmethod
    def from_odd_attribute(cls, column: str) -> FrameError:
        """A static attribute holds lists, bytes or other values that are no category."""
        return cls(
            f"attribute {column!r} holds lists, bytes or the like; give numbers, texts or "
            "true and false, or leave it out"
        )

    @classmethod
    def from_text_ids(cls, example: object) -> FrameError:
        """The users have text ids, and the log's are whole numbers."""
        return cls(
            f"the users frame has an id like {shape(example)}, and the log's are whole numbers; "
            "give ids of the same type in the log, the snapshots and the users"
        )

    @classmethod
    def from_lacking_attributes(cls, names: Iterable[str], given: Iterable[str]) -> FrameError:
        """Attributes that a run was trained with are not there any more."""
        names = list(names)
        return cls(
            f"the users lack {len(names)} attribute(s) that the run was trained with: "
            f"{_listed(names)}; {near(names[0], given)}; give them, or train again"
        )

    @classmethod
    def from_unfit_attribute(
        cls, name: str, counts: tuple[int, int], share: float, examples: str, wanted: str
    ) -> FrameError:
        """Too many values of an attribute are not of the type, or the categories, of the training.

        `counts` are those that do not fit and all that are given; `wanted` says what fits.
        """
        return cls(
            f"attribute {name!r} is not as in training in {counts[0]:,} of {counts[1]:,} values, "
            f"more than the share {share:g} that may be set aside: {examples}; it was {wanted}; "
            "correct the users, train again, or raise bad_attributes"
        )

    @classmethod
    def from_bad_predictions(cls, name: str, count: int, rows: int, unusable: int) -> FrameError:
        """Predictions differ in length from the labels, or are not finite."""
        return cls(
            f"predictions of {name!r}: {count:,} for {rows:,} labels, "
            f"{unusable:,} of them null or infinite; give one finite number a row"
        )

    @classmethod
    def from_bad_history(cls, count: int, example: tuple[float, float, float]) -> FrameError:
        """Counts and times of purchases contradict each other."""
        return cls(
            f"{count:,} histories cannot be, the first (repeats, last, age) = {example}; "
            "give finite numbers with repeats >= 0 and 0 <= last <= age"
        )

    @classmethod
    def from_duplicates(cls, what: str, count: int) -> FrameError:
        """Keys that must be unique occur twice."""
        return cls(f"{what} holds {count:,} duplicate keys; give each key once")

    @classmethod
    def from_wrong_length(cls, what: str, given: int, rows: int) -> FrameError:
        """An array does not have one value for each row of X."""
        return cls(f"{what} has {given:,} values for {rows:,} rows of X; give one a row")

    @classmethod
    def from_no_frame(cls, columns: Iterable[str]) -> FrameError:
        """A model with category columns, which it finds by name, was given an array."""
        return cls(
            f"the model has category columns ({', '.join(sorted(columns)[:5])}) "
            "and was given an array; give a DataFrame with its columns"
        )

    @classmethod
    def from_odd_names(cls, names: Iterable[object]) -> FrameError:
        """Some names of columns are text and others are not."""
        return cls(
            f"X has columns whose names are no text: {_listed(names)}; "
            "give every column a text name"
        )

    @classmethod
    def from_more_columns(cls, names: Iterable[str]) -> FrameError:
        """X has columns that the model did not learn from."""
        return cls(
            f"X has columns that the model did not learn from: {_listed(names)}; "
            "leave them out, as model.select(X) does"
        )

    @classmethod
    def from_order(cls, place: int, wanted: object, given: object) -> FrameError:
        """X has the columns of the fit in another order."""
        return cls(
            f"X has its columns in another order than in fit: column {place + 1} is {given!r} "
            f"and was {wanted!r}; put them in order, as model.select(X) does"
        )

    @classmethod
    def from_no_numbers(cls, kinds: Mapping[str, str]) -> FrameError:
        """Columns of X hold text, dates or other values; `kinds` says which, by column."""
        named = [f"{name!r} ({kind})" for name, kind in kinds.items()]
        return cls(
            f"X has columns that are no numbers: {', '.join(named[:5])}"
            f"{' …' if len(named) > 5 else ''}; "
            "give text as the type category, and leave out or convert the others"
        )

    @classmethod
    def from_infinite(cls, counts: Mapping[str, int]) -> FrameError:
        """X holds infinite numbers; `counts` has how many, by column."""
        named = [f"{name!r} ({count:,})" for name, count in counts.items()]
        return cls(
            f"X has infinite (inf) values in columns: {', '.join(named[:5])}"
            f"{' …' if len(named) > 5 else ''}; give finite numbers, or NaN where none is known"
        )

    @classmethod
    def from_category(cls, column: object, given: object) -> FrameError:
        """A category column has a name or categories that cannot be saved with the model."""
        return cls(
            f"category column {column!r} has {given}; "
            "give a text name and categories that are text, numbers or booleans"
        )

    @classmethod
    def from_no_target(cls, name: str, known: Iterable[str]) -> FrameError:
        """The dataset has no label column of that name."""
        return cls(f"no target {name!r}: {near(name, known)}")

    @classmethod
    def from_no_labels(cls, model: str) -> FrameError:
        """`fit` was called without labels."""
        return cls(f"{model} requires y to be passed, but the target y is None; give a label a row")

    @classmethod
    def from_missing_labels(cls, count: int, rows: int) -> FrameError:
        """Some labels are missing or infinite."""
        return cls(
            f"y is missing or infinite in {count:,} of {rows:,} rows; "
            "leave these rows out of X and y"
        )

    @classmethod
    def from_label_shape(cls, shape: tuple[int, ...]) -> FrameError:
        """The labels are no column."""
        return cls(
            f"y should be a 1d array, got an array of shape {shape} instead; "
            'give one column, such as data.y("churned")'
        )

    @classmethod
    def from_label_kind(cls, given: str, wanted: str) -> FrameError:
        """The labels are of a kind that the model cannot learn."""
        return cls(f"Unknown label type: y holds {given}; give {wanted}")

    @classmethod
    def from_many_classes(cls, count: int) -> FrameError:
        """The labels have more than two classes."""
        return cls(
            "Only binary classification is supported. The type of the target is multiclass: "
            f"y has {count:,} classes; give two, such as 0 and 1"
        )

    @classmethod
    def from_refused(cls, what: str, reason: str) -> FrameError:
        """scikit-learn refused an array; `reason` is its message, shortened to one line."""
        return cls(f"{what} cannot be used: {reason}")

    @classmethod
    def from_bad_weight(cls, given: str, where: str) -> FrameError:
        """A sample weight is no weight."""
        return cls(f"sample_weight is {given} {where}; give a finite number of 0 or more a row")

    @classmethod
    def from_features(cls, model: str, given: int, fitted: int) -> FrameError:
        """An array has another number of columns than that of the fit."""
        return cls(
            f"X has {given} features, but {model} is expecting {fitted} features as input; "
            "give the columns of the fit"
        )

    @classmethod
    def from_no_time(cls) -> FrameError:
        """A model with a season was not told the time of the rows."""
        return cls(
            "the model learnt a season and needs the snapshot of each row; "
            "give X the index level or the column snapshot, or give time="
        )

    @classmethod
    def from_bad_time(cls, given: str, count: int) -> FrameError:
        """Snapshots are missing, or are no dates."""
        return cls(
            f"the snapshot (time) of {count:,} rows is {given}; "
            'give dates, or ISO text like "2026-03-01"'
        )


def _listed(names: Iterable[object]) -> str:
    """The first five names."""
    every = [repr(n) for n in names]
    return ", ".join(every[:5]) + (" …" if len(every) > 5 else "")
