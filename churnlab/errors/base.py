"""What all errors share, and those of a configuration."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


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
        return cls(f'{given!r} is no day; give a date like "2026-03-01", or its midnight')

    @classmethod
    def from_twice(cls, what: str, names: Iterable[str]) -> ConfigError:
        """Names that occur twice."""
        return cls(f"{what} named twice: {', '.join(names)}; name each once")

    @classmethod
    def from_feature_name(cls, name: str) -> ConfigError:
        """A feature name that does not follow the grammar."""
        return cls(
            f"feature name {name!r} is not <signal>__<statistic>__<window> in [a-z0-9_]; "
            "name it like push__open_rate__14d, with a window like 28d, 14d_56d or all"
        )

    @classmethod
    def from_no_file(cls, path: str) -> ConfigError:
        """No configuration where one was named."""
        return cls(
            f"no configuration file {path!r}; give one with --config, `churnlab demo` writes examples"
        )

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
        error = cls(
            f"the log ends on {last}, days before {as_of} are missing; give a newer log or an earlier as-of date"
        )
        error.exit_code = 5
        return error

    @classmethod
    def from_no_amount(cls) -> ConfigError:
        """A value target on a log without money."""
        return cls(
            "a lifetime value was asked of a log without amounts; name the column with amount=, or leave the value out"
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
        """What does not mean now what it meant in training, or when a store was made."""
        return cls(f"{what} was {then} {since} and is {now} now; set it back, or {way}")

    @classmethod
    def from_sentence(cls, says: str) -> ConfigError:
        """A sentence that cannot be rendered."""
        return cls(
            f"the sentence {says!r} cannot be rendered; name each value as {{value}} or {{feature_name}} with a plain format"
        )

    @classmethod
    def from_folded(cls, feature: str) -> ConfigError:
        """A feature that looks at days which were folded away."""
        return cls(
            f"the feature {feature!r} looks at single days that the store has folded away; leave it out, take a later day, or build the store "
            "again with a longer look-back"
        )

    @classmethod
    def from_pair(cls, one: str, other: str) -> ConfigError:
        """Two options of which one alone makes no sense."""
        return cls(f"{one} and {other} go together; give both or neither")

    @classmethod
    def from_both(cls, one: str, other: str) -> ConfigError:
        """Two arguments that exclude each other."""
        return cls(f"{one}= and {other}= were both given; give one of them")

    @classmethod
    def from_extra(cls, what: str, package: str, extra: str) -> ConfigError:
        """A part that was not installed."""
        return cls(f"{what} needs {package}, which is not installed; pip install churnlab[{extra}]")

    @classmethod
    def from_spark(cls, reason: str, way: str) -> ConfigError:
        """What cannot be done on Spark, or not here."""
        return cls(f"{reason}; {way}")

    @classmethod
    def from_range(cls, name: str, given: object, wanted: str) -> ConfigError:
        """A number outside its range."""
        return cls(f"{name} is {given!r}; give {wanted}")
