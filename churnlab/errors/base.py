"""The parent of all errors, the hint with near names, and errors of a configuration."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import ClassVar

from churnlab.errors.secrets import harmless, without_secrets


def near(name: str, known: Iterable[str]) -> str:
    """A hint: the known names that are close to `name`, or a list of all known names.

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
    """The parent of all errors that churnlab raises on purpose.

    `exit_code` is the code with which the command line ends. Passwords, keys and tokens in the
    text are hidden, and those in the error of another library that it was raised for.

    >>> import churnlab as cl
    >>> try:
    ...     cl.Churn(horizon=0)
    ... except cl.ChurnlabError as error:
    ...     print(error.exit_code, error)
    2 horizon is 0; give at least 1 day
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, text: str) -> None:
        super().__init__(without_secrets(text))
        cause = sys.exception()
        if cause is not None:
            harmless(cause)


class ConfigError(ChurnlabError):
    """churnlab.toml or an argument is wrong."""

    exit_code = 2

    @classmethod
    def from_unknown(cls, what: str, given: str, known: Iterable[str]) -> ConfigError:
        """`given` is not among the `known` names of a kind; `what` names the kind."""
        return cls(f"unknown {what} {given!r}: {near(given, known)}")

    @classmethod
    def from_no_columns(cls, lacks: Sequence[str], columns: Iterable[str]) -> ConfigError:
        """No column looks like the ones that a log needs; `lacks` names them, such as user."""
        flags = " ".join(f"--{each} COLUMN" for each in lacks)
        return cls(
            f"no column could be recognised as the {', the '.join(lacks)} of an event; "
            f"give {flags}, of {', '.join(columns)}"
        )

    @classmethod
    def from_bad_date(cls, given: object) -> ConfigError:
        """A day was expected; text that is not a date, a time inside a day or NaT was given."""
        return cls(f'{given!r} is not a day; give a date like "2026-03-01", or its midnight')

    @classmethod
    def from_bad_moment(cls, given: object) -> ConfigError:
        """A bound of a log (until=, since=) is neither a date nor a moment."""
        return cls(
            f"{given!r} is no date and no moment (given as until= or since=); "
            'give one like "2026-03-01" or "2026-03-01 09:30:00+08:00"'
        )

    @classmethod
    def from_twice(cls, what: str, names: Iterable[str]) -> ConfigError:
        """Names that must differ occur twice, or have the same column name."""
        return cls(f"{what} named twice: {', '.join(names)}; name each once")

    @classmethod
    def from_reserved(cls, what: str, name: str) -> ConfigError:
        """A name that churnlab uses itself; `what` says what was to have it."""
        return cls(f"{name!r} is a name of our own and no {what}; give the {what} another name")

    @classmethod
    def from_surrogate(cls, name: str) -> ConfigError:
        """A name holds half of a character (a lone surrogate), so that it is no text."""
        return cls(f"the name {name!a} holds half of a character; write it as text")

    @classmethod
    def from_feature_name(cls, name: str) -> ConfigError:
        """A feature name does not follow the grammar, so its window cannot be read from it."""
        return cls(
            f"feature name {name!r} is not <signal>__<statistic>__<window> in [a-z0-9_]; "
            "name it like push__open_rate__14d, with a window like 28d, 14d_56d or all"
        )

    @classmethod
    def from_no_file(cls, path: str) -> ConfigError:
        """The configuration file does not exist."""
        return cls(
            f"no configuration file {path!r}; give one with --config, "
            "`churnlab demo` writes examples"
        )

    @classmethod
    def from_policy(cls, where: str, place: str, reason: str) -> ConfigError:
        """The file of a win-back policy cannot be read; its part `place` is wrong."""
        return cls(f"{where}: {place}: {reason}; correct it, or write the policy anew")

    @classmethod
    def from_exists(cls, path: str) -> ConfigError:
        """A configuration file would be written over."""
        return cls(f"{path} is there already; give another with --config, or --force to replace it")

    @classmethod
    def from_no_look(cls, file: str, reason: str) -> ConfigError:
        """A file of a log could not be looked into, to guess its columns."""
        return cls(
            f"{file} cannot be looked into: {reason}; write the file by hand, "
            "docs/guides/configuration.md lists the keys"
        )

    @classmethod
    def from_no_text(cls, what: str, given: str) -> ConfigError:
        """A path or a name holds NUL or half a character, which is no text."""
        return cls(f"{what} {given!r} is no text; give one in UTF-8, without NUL")

    @classmethod
    def from_syntax(cls, path: str, reason: str) -> ConfigError:
        """The configuration file is not valid TOML; `reason` is the parser's message."""
        return cls(f"{path} is not valid TOML: {' '.join(reason.split())}; correct that line")

    @classmethod
    def from_lacking(cls, where: str, names: str) -> ConfigError:
        """A required table or key is missing."""
        return cls(f"the configuration lacks {names} in {where}; add it")

    @classmethod
    def from_no_column(cls, names: Iterable[str], presets: Iterable[str]) -> ConfigError:
        """Options that name a needed column of the log were not given."""
        return cls(
            f"{', '.join(f'{name}=' for name in names)} names no column of the log; give it, "
            f"or preset= for a known export: {', '.join(presets)}"
        )

    @classmethod
    def from_type(cls, key: str, given: object, wanted: str) -> ConfigError:
        """A value has the wrong type; `wanted` says which type is right."""
        return cls(f"{key} is {given!r}; give {wanted}")

    @classmethod
    def from_no_amount(cls) -> ConfigError:
        """A lifetime value was asked for, and the log names no amount column."""
        return cls(
            "a lifetime value was asked of a log without amounts; "
            "name the column with amount=, or leave the value out"
        )

    @classmethod
    def from_changed(
        cls,
        what: str,
        then: object,
        now: object,
        since: str = "in training",
        way: str = "train again",
    ) -> ConfigError:
        """A setting differs from its value in training, or from its value when a store was built.

        `since` says when the old value was set, `way` is the alternative to setting it back.
        """
        return cls(f"{what} was {then} {since} and is {now} now; set it back, or {way}")

    @classmethod
    def from_sentence(cls, says: str) -> ConfigError:
        """A feature's sentence names an unknown value or uses an unknown format."""
        return cls(
            f"the sentence {says!r} cannot be rendered; "
            "name each value as {value} or {feature_name} with a plain format"
        )

    @classmethod
    def from_folded(cls, feature: str) -> ConfigError:
        """A feature needs single days that the store has folded into its carry."""
        return cls(
            f"the feature {feature!r} looks at single days that the store has folded away; "
            "leave it out, take a later day, or build the store again with a longer look-back"
        )

    @classmethod
    def from_pair(cls, one: str, other: str) -> ConfigError:
        """One of two options that need each other was given alone."""
        return cls(f"{one} and {other} go together; give both or neither")

    @classmethod
    def from_neither(cls, one: str, other: str) -> ConfigError:
        """One of two arguments is needed, and none was given."""
        return cls(f"neither {one}= nor {other}= was given; give one of them")

    @classmethod
    def from_both(cls, one: str, other: str) -> ConfigError:
        """Two arguments that exclude each other were both given."""
        return cls(f"{one}= and {other}= were both given; give one of them")

    @classmethod
    def from_password(cls, what: str, way: str) -> ConfigError:
        """An address in the configuration holds a password; `way` says where it belongs."""
        return cls(f"{what} holds a password or a token; {way}")

    @classmethod
    def from_extra(cls, what: str, package: str, extra: str) -> ConfigError:
        """An optional package is not installed; `extra` is the extra that installs it."""
        return cls(f"{what} needs {package}, which is not installed; pip install churnlab[{extra}]")

    @classmethod
    def from_spark(cls, reason: str, way: str) -> ConfigError:
        """An operation is impossible on Spark, or on the session in use; `way` is what to do."""
        return cls(f"{reason}; {way}")

    @classmethod
    def from_no_renewals(cls) -> ConfigError:
        """A Lapse is asked for without the people's renewal dates."""
        return cls(
            "Lapse needs each person's renewal date; "
            "give it to Snapshots.before_renewal(activity, renewals, days)"
        )

    @classmethod
    def from_range(cls, name: str, given: object, wanted: str) -> ConfigError:
        """A number or a day lies outside its range."""
        return cls(f"{name} is {given!r}; give {wanted}")

    @classmethod
    def from_not_trees(cls, kind: str) -> ConfigError:
        """A model that is more than trees was asked for its trees."""
        return cls(
            f"a model of kind {kind!r} is not trees with one score; explain it with cl.explain, "
            'or fit algorithm="lightgbm" or "random_forest"'
        )

    @classmethod
    def from_no_facts(cls) -> ConfigError:
        """Reasons were asked for where nothing is known but features."""
        return cls(
            "reasons need the facts of each row, and here are features alone; give cl.explain the "
            "dataset of build_dataset, or facts=data.facts()"
        )

    @classmethod
    def from_no_risk(cls) -> ConfigError:
        """Reasons were asked for of a model of another thing than churn."""
        return cls("reasons say why a person is at risk; give cl.explain a model of churn")
