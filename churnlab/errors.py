"""Every error that churnlab raises on purpose: what broke, what was given, what to do, in one line.

All are `ValueError`s, so that code which knows nothing of churnlab can catch them. Texts are built in `from_*`
constructors, never where they are raised. `exit_code` is what the command line returns.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar


def near(name: str, known: Iterable[str]) -> str:
    """A hint that names what was probably meant, or all that there is.

    >>> near("usr_id", ["user_id", "ts"])
    "did you mean 'user_id'?"
    >>> near("zzz", ["user_id", "ts"])
    'there are: ts, user_id'
    """
    known = sorted(str(k) for k in known)
    close = get_close_matches(str(name), known, n=3, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(repr(c) for c in close) + "?"
    return "there are: " + (", ".join(known[:20]) or "none") + (" …" if len(known) > 20 else "")


class ChurnlabError(ValueError):
    """The parent of all of them."""

    exit_code = 3


class ConfigError(ChurnlabError):
    """churnlab.toml or an argument is wrong."""

    exit_code = 2

    @classmethod
    def from_unknown(cls, what: str, given: str, known: Iterable[str]) -> ConfigError:
        """A name that is none of the known ones."""
        return cls(f"unknown {what} {given!r}: {near(given, known)}")

    @classmethod
    def from_bad_date(cls, given: object) -> ConfigError:
        """What should be a day and is none."""
        return cls(f"{given!r} is no day; give a date like \"2026-03-01\", or its midnight")

    @classmethod
    def from_twice(cls, what: str, names: Iterable[str]) -> ConfigError:
        """Names that occur twice."""
        return cls(f"{what} named twice: {', '.join(names)}; name each once")

    @classmethod
    def from_feature_name(cls, name: str) -> ConfigError:
        """A feature name that does not follow the grammar."""
        return cls(f"feature name {name!r} is not <signal>__<statistic>__<window> in [a-z0-9_]; "
                   "name it like push__open_rate__14d, with a window like 28d, 14d_56d or all")

    @classmethod
    def from_no_file(cls, path: str) -> ConfigError:
        """No configuration where one was named."""
        return cls(f"no configuration file {path!r}; give one with --config, `churnlab demo` writes examples")

    @classmethod
    def from_syntax(cls, path: str, reason: str) -> ConfigError:
        """A file that is no TOML."""
        return cls(f"{path} is not valid TOML: {' '.join(reason.split())}; mend that line")

    @classmethod
    def from_lacking(cls, where: str, names: str) -> ConfigError:
        """A table or keys that must be there."""
        return cls(f"the configuration lacks {names} in {where}; add it")

    @classmethod
    def from_type(cls, key: str, given: object, wanted: str) -> ConfigError:
        """A value of the wrong type."""
        return cls(f"{key} is {given!r}; give {wanted}")

    @classmethod
    def from_stale(cls, as_of: str, last: str) -> ConfigError:
        """An as-of date for which the log is too old."""
        error = cls(f"the log ends on {last}, days before {as_of} are missing; give a newer log or an earlier as-of date")
        error.exit_code = 5
        return error

    @classmethod
    def from_no_amount(cls) -> ConfigError:
        """A value target on a log without money."""
        return cls("a lifetime value was asked of a log without amounts; name the column with amount=, or leave the value out")

    @classmethod
    def from_changed(cls, what: str, then: object, now: object, since: str = "in training", way: str = "train again") -> ConfigError:
        """What does not mean now what it meant in training, or when a store was made."""
        return cls(f"{what} was {then} {since} and is {now} now; set it back, or {way}")

    @classmethod
    def from_sentence(cls, says: str) -> ConfigError:
        """A sentence that cannot be rendered."""
        return cls(f"the sentence {says!r} cannot be rendered; name each value as {{value}} or {{feature_name}} with a plain format")

    @classmethod
    def from_folded(cls, feature: str) -> ConfigError:
        """A feature that looks at days which were folded away."""
        return cls(f"the feature {feature!r} looks at single days that the store has folded away; build the store again with a longer look-back")

    @classmethod
    def from_pair(cls, one: str, other: str) -> ConfigError:
        """Two options of which one alone makes no sense."""
        return cls(f"{one} and {other} go together; give both or neither")

    @classmethod
    def from_both(cls, one: str, other: str) -> ConfigError:
        """Two arguments that exclude each other."""
        return cls(f"{one}= and {other}= were both given; give one of them")

    @classmethod
    def from_spark(cls, reason: str, way: str) -> ConfigError:
        """What cannot be done on Spark, or not here."""
        return cls(f"{reason}; {way}")

    @classmethod
    def from_range(cls, name: str, given: object, wanted: str) -> ConfigError:
        """A number outside its range."""
        return cls(f"{name} is {given!r}; give {wanted}")


class LogError(ChurnlabError):
    """The event log cannot be read as it was described."""

    @classmethod
    def from_missing_column(cls, source: str, role: str, given: str, columns: Iterable[str]) -> LogError:
        """A column that was named and is not there."""
        return cls(f"{source} has no column {given!r} (given as {role}=): {near(given, columns)}")

    @classmethod
    def from_no_file(cls, path: str) -> LogError:
        """No such file, or a pattern that matches none."""
        what = "no file matches the pattern" if any(c in path for c in "*?[") else "no such file:"
        return cls(f"{what} {path!r}; give the path of Parquet or CSV files that exist")

    @classmethod
    def from_unreadable(cls, source: str, reason: str) -> LogError:
        """A file that is corrupt or is not what it claims to be."""
        first = " ".join(reason.split())[:300]
        return cls(f"{source} cannot be read: {first}; repair the file or leave it out")

    @classmethod
    def from_no_table(cls, place: str, given: str, tables: Iterable[str]) -> LogError:
        """A table that a database does not have."""
        return cls(f"{place} has no table {given!r} (given as table=): {near(given, tables)}")

    @classmethod
    def from_database(cls, source: str, reason: str, way: str) -> LogError:
        """A database that cannot be read; `reason` holds no secret."""
        return cls(f"{source} cannot be read: {' '.join(reason.split())[:300]}; {way}")

    @classmethod
    def from_other_header(cls, file: str, first: str) -> LogError:
        """CSV files that do not have the same columns in the same order."""
        return cls(f"{file} has another header line than {first}; give files with the same columns in the same order")

    @classmethod
    def from_empty(cls, source: str) -> LogError:
        """A log without one event."""
        return cls(f"{source} holds no event (0 rows); give a log with at least one row")

    @classmethod
    def from_nulls(cls, source: str, column: str, count: int, rows: int) -> LogError:
        """Nulls where none may be."""
        return cls(f"column {column!r} of {source} is null or empty in {count:,} of {rows:,} rows; drop or fill these rows first")

    @classmethod
    def from_bad_times(cls, source: str, column: str, count: int, rows: int, example: str) -> LogError:
        """Times that are no times."""
        return cls(f"column {column!r} of {source} is no time in {count:,} of {rows:,} rows, the first {example!r}; "
                   "give timestamps, or text like 2026-03-01 12:30:00")

    @classmethod
    def from_naive_time(cls, source: str, column: str) -> LogError:
        """Times without a zone, and none stated."""
        return cls(f"column {column!r} of {source} has no time zone; say which one its clock shows, "
                   'for example timezone="UTC" or timezone="Asia/Shanghai"')

    @classmethod
    def from_unknown_zone(cls, given: str, zones: Iterable[str]) -> LogError:
        """A zone that the tz database does not have."""
        return cls(f"unknown time zone {given!r}: {near(given, zones)}")

    @classmethod
    def from_role_without_event(cls, role: str, events: Iterable[str], present: Iterable[str]) -> LogError:
        """A role none of whose events is in the log."""
        names = sorted(events)
        return cls(f"role {role!r} names {', '.join(map(repr, names))}, and the log has no such event: "
                   f"{near(names[0] if names else role, present)}")

    @classmethod
    def from_wrong_type(cls, source: str, column: str, given: str, wanted: str) -> LogError:
        """A column of a type that cannot be used."""
        return cls(f"column {column!r} of {source} is {given}; give {wanted}")

    @classmethod
    def from_all_ignored(cls, source: str, rows: int) -> LogError:
        """A log of which nothing is left."""
        return cls(f"all {rows:,} rows of {source} are ignored events; take names out of ignore=[…]")

    @classmethod
    def from_no_ids(cls, source: str, column: str, count: int, rows: int, share: float) -> LogError:
        """More rows without an id than may be set aside."""
        return cls(f"column {column!r} of {source} is null, empty or a word for nothing in {count:,} of {rows:,} rows, more than the share "
                   f"{share:g} that may be set aside; mend or filter these rows, or raise bad_ids")

    @classmethod
    def from_mixed_zones(cls, source: str, column: str) -> LogError:
        """Times with a zone in one part and without in another."""
        return cls(f"column {column!r} of {source} has a time zone in some parts and none in others; write it one way")

    @classmethod
    def from_condition(cls, source: str, column: str, operator: str, value: object, kind: str) -> LogError:
        """A condition of a measure that its column cannot meet."""
        return cls(f"column {column!r} of {source} is {kind} and cannot be compared by {operator} {value!r}; give a value of its type")

    @classmethod
    def from_overflow(cls, measure: str) -> LogError:
        """Sums that do not fit in 64 bits."""
        return cls(f"measure {measure!r} sums to more than 9e12 in absolute value; give it in a larger unit")


class HistoryError(ChurnlabError):
    """There is no past to look at, or no future to learn from."""

    @classmethod
    def from_no_past(cls, day: object, start: object) -> HistoryError:
        """A snapshot before which the log has nothing."""
        return cls(f"the log has no event before {day}: it begins on {start}; give a later as-of date or an earlier log")

    @classmethod
    def from_unobserved(cls, target: str, day: object, needs: object, end: object) -> HistoryError:
        """A label window that reaches past the end of the log."""
        return cls(f"{target} at {day} needs events up to {needs}, and the log ends on {end}; "
                   'take an earlier snapshot, a shorter horizon, or unobserved="drop"')

    @classmethod
    def from_horizon_too_long(cls, horizon: int, observed: int) -> HistoryError:
        """A horizon for which the log is too short."""
        return cls(f"a horizon of {horizon} days needs a longer log: this one covers {observed} days; "
                   "give a shorter horizon or a longer log")

    @classmethod
    def from_empty_split(cls, start: object, first: object, last: object, reach: int) -> HistoryError:
        """A split that leaves one side empty."""
        return cls(f"a split at {start} leaves no row on one side: snapshots run from {first} to {last} and labels reach "
                   f"{reach} days ahead; give more snapshot days or a shorter horizon")

    @classmethod
    def from_nobody(cls, day: object, active_within: int) -> HistoryError:
        """No person is eligible."""
        return cls(f"nobody was active in the {active_within} days before {day}; give a larger active_within or another day")

    @classmethod
    def from_one_person(cls, count: int) -> HistoryError:
        """Too few people to learn from."""
        return cls(f"the log has {count} person(s) to learn from; a model needs at least 2, and hundreds to be of use")

    @classmethod
    def from_no_money(cls, rows: int) -> HistoryError:
        """Nobody spends."""
        return cls(f"the value is 0 in all {rows:,} rows, nothing to learn from; give a longer horizon or leave the value out")

    @classmethod
    def from_learnt(cls, day: object, earliest: object) -> HistoryError:
        """Judging on days that a model has seen."""
        return cls(f"snapshots at {day} overlap what the run learnt from; judge it on days from {earliest} on, or train again")

    @classmethod
    def from_no_rows(cls, what: str) -> HistoryError:
        """Nothing to work on."""
        return cls(f"{what} has no row; give snapshots with labels")

    @classmethod
    def from_one_class(cls, target: str, value: object, rows: int) -> HistoryError:
        """One class only."""
        return cls(f"{target} is {value} in all {rows:,} rows, one class only; "
                   "give other snapshot days, a longer horizon or more people")


class FrameError(ChurnlabError):
    """A frame that is not what was asked for."""

    @classmethod
    def from_missing_columns(cls, what: str, missing: Iterable[str], given: Iterable[str]) -> FrameError:
        """Columns that are missing."""
        missing = list(missing)
        hint = near(missing[0], given)
        return cls(f"{what} lacks {len(missing)} column(s): {', '.join(map(repr, missing[:5]))}; {hint}")

    @classmethod
    def from_not_midnight(cls, column: str, example: object, count: int) -> FrameError:
        """Snapshots that do not lie on the start of a day."""
        return cls(f"column {column!r} is not midnight in {count:,} rows, the first {example}; give whole local days")

    @classmethod
    def from_unknown_users(cls, count: int, rows: int, example: object) -> FrameError:
        """Snapshots of persons of another type of id."""
        return cls(f"none of the {rows:,} snapshot rows is of a person who is known ({count:,} unknown, the first {example!r}); "
                   "give ids of the same type in the log, the snapshots and the users")

    @classmethod
    def from_no_horizon(cls) -> FrameError:
        """Labels whose reach is not known."""
        return cls("the labels' horizon is not known, so nothing can be purged; "
                   "give Snapshots.from_frame(frame, targets=[…]) or split(…, purge=days)")

    @classmethod
    def from_bad_label(cls, column: str, example: object, count: int, wanted: str) -> FrameError:
        """Labels that are none."""
        return cls(f"column {column!r} of the snapshots is {example} in {count:,} rows; give {wanted}")

    @classmethod
    def from_date_attribute(cls, column: str) -> FrameError:
        """A date among static attributes."""
        return cls(f"attribute {column!r} is a date; give a number or a category that was known before every snapshot")

    @classmethod
    def from_bad_predictions(cls, name: str, count: int, rows: int, unusable: int) -> FrameError:
        """Predictions that do not fit the labels."""
        return cls(f"predictions of {name!r}: {count:,} for {rows:,} labels, {unusable:,} of them null or infinite; "
                   "give one finite number a row")

    @classmethod
    def from_duplicates(cls, what: str, count: int) -> FrameError:
        """Keys that occur twice."""
        return cls(f"{what} holds {count:,} duplicate keys; give each key once")

    @classmethod
    def from_wrong_length(cls, what: str, given: int, rows: int) -> FrameError:
        """Something beside X that is not as long."""
        return cls(f"{what} has {given:,} values for {rows:,} rows of X; give one a row")

    @classmethod
    def from_no_frame(cls, columns: Iterable[str]) -> FrameError:
        """An array where categories have to be looked up by name."""
        return cls(f"the model has category columns ({', '.join(sorted(columns)[:5])}) and was given an array; give a DataFrame with its columns")

    @classmethod
    def from_category(cls, column: object, given: object) -> FrameError:
        """A category column that cannot be kept."""
        return cls(f"category column {column!r} has {given}; give a text name and categories that are text, numbers or booleans")

    @classmethod
    def from_no_target(cls, name: str, known: Iterable[str]) -> FrameError:
        """A target that the snapshots do not carry."""
        return cls(f"no target {name!r}: {near(name, known)}")


class ModelError(ChurnlabError):
    """A model or a registry that cannot be used."""

    exit_code = 4

    @classmethod
    def from_digest(cls, path: str) -> ModelError:
        """A model file that is not the one that was saved."""
        return cls(f"{path} is not the file that was saved (its sha256 differs); train again or restore the file")

    @classmethod
    def from_unreadable(cls, where: str, reason: str) -> ModelError:
        """A model folder that is none."""
        return cls(f"no model can be read from {where} ({reason}); train again or restore the folder")

    @classmethod
    def from_untrusted(cls, types: Iterable[str]) -> ModelError:
        """A model file that asks for types that no forest needs."""
        return cls(f"the model file asks for untrusted types ({', '.join(sorted(types))}) and was not loaded; train again")

    @classmethod
    def from_no_run(cls, store: str, what: str) -> ModelError:
        """A store without the run that was asked for."""
        return cls(f"the store {store} does not have {what}; train first, or give another store or run id")

    @classmethod
    def from_store(cls, store: str, reason: str) -> ModelError:
        """A store that cannot be reached."""
        return cls(f"the store {store} cannot be used: {' '.join(reason.split())[:300]}; check its address and that it can be written")

    @classmethod
    def from_not_additive(cls, worst: float) -> ModelError:
        """An explanation that does not explain."""
        return cls(f"SHAP values and base differ from the model's score by up to {worst:.1e}; the explanation was not given, "
                   "check the versions of shap and lightgbm")


class OutputError(ChurnlabError):
    """What was made cannot be written."""

    exit_code = 7

    @classmethod
    def from_unwritable(cls, path: str, reason: str) -> OutputError:
        """A place that cannot be written."""
        return cls(f"{path} cannot be written: {reason}; nothing was changed, give another folder or make room")


class StoreError(ChurnlabError):
    """An activity store that cannot be used, or not now. FAULTS holds the exit code and the text of each kind."""

    FAULTS: ClassVar[dict[str, tuple[int, str]]] = {
        "locked": (6, "another update of {folder} is running; try again when it is done, or let this one wait longer"),
        "none": (3, "{folder} holds no activity store (no manifest.json); build one there, or give another folder"),
        "newer": (3, "{folder} was written by a newer churnlab (schema {version}, this one knows {known}); use that version or a newer one"),
        "corrupt": (3, "{file} is not what was written: {reason}; restore the file, or build what it holds again"),
        "missing": (3, "the store {folder} lacks {count} day(s), the first is {day}; append them, an empty day too"),
        "folded": (3, "day {day} of {folder} was folded into the carry, days are kept from {kept}; build the store again to change or read it"),
        "rows": (3, "the rows of {day} {reason}; give one row a person and version, sorted, with integer measures without nulls"),
        "foreign": (3, "{source} was given for {day} and holds {rows} rows of other days ({first} to {last}); give each day's events alone"),
        "empty": (3, "{source} holds no event on {day}; look why, or say that the day may be empty (allow_empty)"),
        "unsure": (7, "{folder} was updated, but the disk did not confirm it: {reason}; update it once more"),
    }

    @classmethod
    def from_fault(cls, kind: str, **given: object) -> StoreError:
        """One of the FAULTS, its text filled in."""
        code, text = cls.FAULTS[kind]
        error = cls(text.format(**given))
        error.exit_code = code
        return error
