"""Roles: the meaning of a log's events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from churnlab.errors import LogError
from churnlab.schema.names import as_names, check_distinct, plain

STANDARD_ROLES = (
    "open",
    "content",
    "social",
    "social_received",
    "push_sent",
    "push_opened",
    "purchase",
    "onboarding",
)
RECEIPT_ROLES = frozenset({"push_sent", "social_received"})
OTHER = "other"


@dataclass(frozen=True)
class Roles:
    """The meaning of a log's events: which event names make up a role, and which roles are acts.

    An event may have several roles; one without a role has the role `other` unless it is ignored.
    An act is done by the person. A receipt happens *to* the person and does not make a day active:
    `push_sent`, `social_received`, and the roles and events that are named as receipts.
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
        when two roles become the same column name.

        >>> Roles.declared({"social": ["comment", "like"]}).names
        ('social', 'other')
        """
        ignored = frozenset(as_names(ignore))
        named = as_names(receipts)
        if given is None:
            events: dict[str, tuple[str, ...]] = {
                role: (role,) for role in STANDARD_ROLES if role not in ignored
            }
        else:
            check_distinct("role", given)
            events = {plain(role): as_names(names) for role, names in given.items()}
        in_roles = {n for names in events.values() for n in names}
        alone = [n for n in named if n not in events and n not in in_roles]
        check_distinct("role", [*events, *alone])
        events |= {plain(n): (n,) for n in alone}
        return cls(
            events,
            RECEIPT_ROLES | (set(named) & events.keys()),
            frozenset(named) - events.keys() | frozenset(alone),
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
        return tuple(r for r in self.names if event in self.events.get(r, ())) or (OTHER,)

    def is_act(self, event: str) -> bool:
        """Whether the event is an act of the person; it is a receipt otherwise."""
        return event not in self.receipt_events and any(
            role not in self.receipts for role in self.of_event(event)
        )

    def is_money(self, event: str) -> bool:
        """Whether the amount of an event is money spent.

        The amounts of purchases are money, or all amounts when there is no role `purchase`.
        """
        return "purchase" not in self.events or event in self.events["purchase"]

    def to_dict(self) -> dict[str, object]:
        """Plain lists, in the form of churnlab.toml."""
        return {
            "roles": {r: list(n) for r, n in sorted(self.events.items())},
            "receipts": sorted(self.receipts | self.receipt_events),
            "ignore": sorted(self.ignore),
        }
