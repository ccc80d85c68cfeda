"""Errors of guards and of the gate: nothing is scored, nothing is approved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from churnlab.errors.base import ChurnlabError

_CITED = 3  # differences that one line cites


class GuardError(ChurnlabError):
    """A guard refused to score, or the gate refused a decision. Nothing was published.

    `evidence` has the figures of the night whose list was blocked, JSON-ready; empty otherwise.
    """

    exit_code = 5
    evidence: Mapping[str, Any] = MappingProxyType({})

    @classmethod
    def from_stale(cls, as_of: str, last: str) -> GuardError:
        """The log ends too long before the as-of date."""
        return cls(
            f"the log ends on {last}, days before {as_of} are missing; "
            "give a newer log or an earlier as-of date"
        )

    @classmethod
    def from_blocked(cls, as_of: str, said: Sequence[tuple[str, str]]) -> GuardError:
        """Guards block the list of a day; `said` has the name and the sentence of each."""
        cited = "; ".join(f"{name}: {says}" for name, says in said[:_CITED])
        more = f"; and {len(said) - _CITED} more" if len(said) > _CITED else ""
        return cls(
            f"the list of {as_of} is not published, the old one stands: {cited}{more}; "
            "correct the data, or publish it anyway by --force with the reason"
        )

    @classmethod
    def from_gap(cls, day: str, missing: str, count: int) -> GuardError:
        """A day is to be put into a store that lacks `count` days before it, first `missing`."""
        return cls(
            f"{day} is not put in: {count} day(s) before it are missing, the first is {missing}; "
            "update that day first, or put this one in anyway by --force"
        )

    @classmethod
    def from_card(cls, differences: Sequence[object]) -> GuardError:
        """A card differs from the run that it is about."""
        cited = "; ".join(map(str, differences[:_CITED]))
        more = len(differences) - _CITED
        rest = f"; and {more} more" if more > 0 else ""
        return cls(f"the card differs from its run: {cited}{rest}; write it by `churnlab card`")

    @classmethod
    def from_refused(cls, model: str, number: int, reasons: Iterable[object]) -> GuardError:
        """A version may not become the champion, for the `reasons`."""
        return cls(
            f"version {number} of {model!r} is not approved: {'; '.join(map(str, reasons))}; "
            "train again, or give the reason to approve it anyway by --override"
        )

    @classmethod
    def from_damaged(cls, model: str, number: int, said: str) -> GuardError:
        """A file of a version is not the one that was logged, as `said`."""
        return cls(f"version {number} of {model!r} is not approved, it was changed: {said}")

    @classmethod
    def from_no_champion(cls, model: str, waiting: int | None) -> GuardError:
        """No version of a model is approved; `waiting` is the newest that waits for it."""
        way = (
            "train one with `churnlab train`"
            if waiting is None
            else f"read its card, then `churnlab approve --version {waiting} --by NAME --note TEXT`"
        )
        return cls(
            f"no version of {model!r} is approved, so nothing was scored; {way}, "
            "or score a trial with --run"
        )

    @classmethod
    def from_unsigned(cls, model: str, number: int, state: str) -> GuardError:
        """The alias of the champion was set past the gate, on a version in another state."""
        return cls(
            f"version {number} of {model!r} has the alias champion and nobody approved it, its "
            f"state is {state}, so nothing was scored; read its card, then `churnlab approve "
            f"--version {number} --by NAME --note TEXT`, or approve another version"
        )

    @classmethod
    def from_nothing_before(cls, model: str) -> GuardError:
        """A rollback where no champion, or none before it, is known."""
        return cls(
            f"no earlier champion of {model!r} is known, so nothing was rolled back; "
            "approve another version"
        )

    @classmethod
    def from_scoring(cls, model: str, number: int) -> GuardError:
        """The champion is to be rejected."""
        return cls(
            f"version {number} of {model!r} is the champion and scores every night; "
            "`churnlab rollback` or approve another version before it is rejected"
        )

    @classmethod
    def from_overtaken(cls, model: str, number: int, champion: str) -> GuardError:
        """Another decision was made at the same moment, and its champion is the one that counts."""
        return cls(
            f"version {number} of {model!r} is not the champion: another decision was faster, "
            f"and version {champion} is; look at `churnlab models`"
        )
