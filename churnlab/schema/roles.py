"""Roles: the meaning of a log's events."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import cached_property

from churnlab.errors import ConfigError, LogError
from churnlab.schema.names import as_column, as_names, check_distinct

STANDARD_ROLES = (
    "open",
    "content",
    "social",
    "social_received",
    "push_sent",
    "push_opened",
    "purchase",
    "onboarding",
    "refund",
)
RECEIPT_ROLES = frozenset({"push_sent", "social_received"})
OTHER = "other"
MONEY = "money"  # what a log with amounts has for features, so no role has this name


class RoleNames(frozenset[str]):
    """The names of the roles of a log, and which of them are receipts.

    Two are equal where both are; a plain set has the standard receipts alone.

    >>> names = RoleNames({"open", "badge"}, receipts={"badge"})
    >>> names == {"open", "badge"}, "badge" in names, sorted(receipts_of(names))
    (False, True, ['badge'])
    """

    receipts: frozenset[str] = frozenset()

    def __new__(cls, names: Iterable[str], receipts: Iterable[str] = ()) -> RoleNames:
        """The names, and those of them that are receipts."""
        made = super().__new__(cls, names)
        made.receipts = frozenset(receipts) & made
        return made

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Set):
            return NotImplemented
        return super().__eq__(other) and receipts_of(self) == receipts_of(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return super().__hash__()


def receipts_of(roles: Set[str]) -> frozenset[str]:
    """Those of the names of roles, as features get them, whose events happen to the person.

    >>> sorted(receipts_of({"push_sent", "open"}))
    ['push_sent']
    """
    own: frozenset[str] = getattr(roles, "receipts", frozenset())
    return own | (RECEIPT_ROLES & roles)


def role_column(role: str) -> str:
    """The daily count column of a role, whatever letters its name has.

    >>> role_column("quiz"), role_column("签到")
    ('n_quiz', 'n_n_347fa28b3b')
    """
    return f"n_{as_column(role)}"


def as_role(name: str) -> str:
    """The name of a role as it was given; a standard role may be written `Push sent` too.

    Raises ConfigError for a name that is not text, and for `money`.

    >>> as_role("Push Sent"), as_role("签到")
    ('push_sent', '签到')
    """
    if not isinstance(name, str):
        raise ConfigError.from_type("the name of a role", name, "text")
    if name == MONEY:
        raise ConfigError.from_reserved("role", name)
    spelled = name.lower().replace(" ", "_").replace("-", "_")
    return spelled if spelled in STANDARD_ROLES else name


@dataclass(frozen=True)
class Roles:
    """The meaning of a log's events: which event names make up a role, and which roles are acts.

    An event may have several roles; one without a role has the role `other` unless it is ignored.
    Roles have the names that the user gave them, in any letters (`role_column` gives the column).
    An act is done by the person. A receipt happens *to* the person and does not make a day active:
    `push_sent`, `social_received`, and the roles and events that are named as receipts.

    The amounts of the role `purchase` are money spent, or all amounts where the log has no such
    role. An event of the role `refund` gives money back: its amount, whatever its sign, is
    subtracted, and it is no order.
    """

    events: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    receipts: frozenset[str] = RECEIPT_ROLES
    receipt_events: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()

    @classmethod
    def declared(
        cls,
        given: Mapping[str, str | Iterable[str]] | None,
        receipts: Iterable[str] = (),
        ignore: Iterable[str] = (),
    ) -> Roles:
        """Roles as the user names them, before the log is read.

        With `given` None, each event that has the name of a standard role takes that role.
        `receipts` names roles, or events that are receipts whatever their role. Raises ConfigError
        when two roles have the same column name, and for a name that no role can have.

        >>> Roles.declared({"social": ["comment", "like"], "签到": ["check-in"]}).names
        ('social', '签到', 'other')
        """
        ignored = frozenset(as_names(ignore))
        named = as_names(receipts)
        if given is None:
            events: dict[str, tuple[str, ...]] = {
                role: (role,) for role in STANDARD_ROLES if role not in ignored
            }
        else:
            check_distinct("role", map(as_role, given))
            events = {as_role(role): as_names(names) for role, names in given.items()}
        in_roles = {n for names in events.values() for n in names}
        meant = {n: _role_meant(n, events, in_roles) for n in named}
        alone = {n: role for n, role in meant.items() if role is not None and role not in events}
        check_distinct("role", [*events, *alone.values()])
        events |= {role: (n,) for n, role in alone.items()}
        return cls(
            events,
            RECEIPT_ROLES | {role for role in meant.values() if role in events},
            frozenset(n for n, role in meant.items() if role is None) | frozenset(alone),
            ignored,
        )

    def paying(self, present: Iterable[str], standard: bool) -> Roles:
        """Roles once the event names are known: without `purchase` when no event has that name.

        Only standard roles are changed so; all amounts are money then.
        """
        usual = standard and self.events.get("purchase") == ("purchase",)
        if not usual or "purchase" in set(present):
            return self
        return replace(self, events={r: n for r, n in self.events.items() if r != "purchase"})

    def seen(self, present: Iterable[str], standard: bool) -> Roles:
        """Roles once the event names are known: standard roles without an event are left out.

        Raises LogError when the log has no event of a role that the user named.
        """
        present = set(present)
        kept = {}
        for role, names in self.events.items():
            if standard and role in STANDARD_ROLES and names == (role,) and role not in present:
                continue
            if not present.intersection(names):
                raise LogError.from_role_without_event(role, names, present)
            kept[role] = names
        return replace(self, events=kept)

    @property
    def names(self) -> tuple[str, ...]:
        """The roles in use, sorted, `other` last."""
        return (*sorted(r for r in self.events if r != OTHER), OTHER)

    def of_event(self, event: str) -> tuple[str, ...]:
        """The roles of an event name; `other` when it has no role."""
        return self._of_events.get(event, (OTHER,))

    @cached_property
    def _of_events(self) -> dict[str, tuple[str, ...]]:
        """The roles of each event name that has one."""
        found: dict[str, list[str]] = {}
        for role in self.names:
            for event in dict.fromkeys(self.events.get(role, ())):
                found.setdefault(event, []).append(role)
        return {event: tuple(roles) for event, roles in found.items()}

    @cached_property
    def kinds(self) -> tuple[tuple[bool, tuple[str, ...]], ...]:
        """All pairs of `is_act` and `of_event` that event names can have, in a fixed order.

        >>> Roles.declared({"social": ["like"], "open": ["like", "open"]}).kinds[:2]
        ((True, ('open',)), (True, ('open', 'social')))
        """
        known = {name for names in self.events.values() for name in names} | self.receipt_events
        unknown = (OTHER not in self.receipts, (OTHER,))
        return tuple(sorted({unknown, *((self.is_act(n), self.of_event(n)) for n in known)}))

    def is_act(self, event: str) -> bool:
        """Whether the event is an act of the person; it is a receipt otherwise."""
        return event not in self.receipt_events and any(
            role not in self.receipts for role in self.of_event(event)
        )

    def is_money(self, event: str) -> bool:
        """Whether the amount of an event is money spent.

        The amounts of purchases and refunds are money, or all amounts when there is no role
        `purchase`.
        """
        if "purchase" not in self.events:
            return True
        return event in self.events["purchase"] or self.is_refund(event)

    def is_refund(self, event: str) -> bool:
        """Whether the amount of an event is money given back.

        >>> Roles.declared({"purchase": "buy", "refund": "sent back"}).is_refund("sent back")
        True
        """
        return event in self.events.get("refund", ())

    def to_dict(self) -> dict[str, object]:
        """Plain lists, in the form of churnlab.toml."""
        return {
            "roles": {r: list(n) for r, n in sorted(self.events.items())},
            "receipts": sorted(self.receipts | self.receipt_events),
            "ignore": sorted(self.ignore),
        }


def _role_meant(
    name: str, events: Mapping[str, tuple[str, ...]], in_roles: Collection[str]
) -> str | None:
    """The role that a name among the receipts means; None where it is an event of some role."""
    if name in events:
        return name
    return None if name in in_roles else as_role(name)
