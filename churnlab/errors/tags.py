"""Errors of tags."""

from __future__ import annotations

from collections.abc import Iterable

from churnlab.errors.base import ConfigError, near


class TagError(ConfigError):
    """A tag cannot be used."""

    @classmethod
    def from_text(cls, text: str, why: str) -> TagError:
        """The condition is not in the language of tags."""
        return cls(f"the condition {text!r} cannot be read: {why}; write it like active[28] >= 12")

    @classmethod
    def from_measure(cls, text: str, name: str, known: Iterable[str]) -> TagError:
        """The condition names a measure that the log does not have."""
        return cls(f"the condition {text!r} names {name!r}: {near(name, known)}")

    @classmethod
    def from_contradiction(cls, text: str, why: str) -> TagError:
        """Nobody can ever meet the condition."""
        return cls(f"nobody can meet the condition {text!r}: {why}; change it")

    @classmethod
    def from_none(cls) -> TagError:
        """There is nothing to look for."""
        return cls("no tag was given; declare one or more, such as [[tags]] in churnlab.toml")

    @classmethod
    def from_no_text(cls, name: object, when: object) -> TagError:
        """The name or the condition of a tag is no text."""
        return cls(
            f"a tag is {name!r} with the condition {when!r}; give texts, "
            'such as "keen" and "active[28] >= 12"'
        )

    @classmethod
    def from_names(cls, names: Iterable[str]) -> TagError:
        """Names that are given twice, or are empty."""
        said = ", ".join(map(repr, names))
        return cls(f"tags have the name {said} twice, or no name; give each a name of its own")

    @classmethod
    def from_named(cls, name: str, error: TagError) -> TagError:
        """The same error, with the name of the tag before it."""
        return cls(f"tag {name!r}: {error}")
