"""Roles: what the events of a log mean."""

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
    """What the events of a log mean: which names make up a role, which roles happen *to* a person.

    An event may have several roles; one without a role is `other`, an act, unless ignored. Receipts (`push_sent`,
    `social_received` and what is named) are no acts: they do not make a day active.
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

        `given` None means: events that carry the name of a standard role take it. `receipts` names roles, or events that are
        then no acts whatever their role. Raises ConfigError when two names are the same as columns.
        """
        ignored, named = frozenset(as_names(ignore)), as_names(receipts)
        if given is None:
            events: dict[str, tuple[str, ...]] = {
                role: (role,) for role in STANDARD_ROLES if role not in ignored
            }
        else:
            check_distinct("role", given)
            events = {plain(role): as_names(names) for role, names in given.items()}
        alone = [
            n for n in named if n not in events and not any(n in names for names in events.values())
        ]
        check_distinct("role", [*events, *alone])
        events |= {plain(n): (n,) for n in alone}
        return cls(
            events,
            RECEIPT_ROLES | (set(named) & events.keys()),
            frozenset(named) - events.keys() | frozenset(alone),
            ignored,
        )

    def paying(self, present: Iterable[str], standard: bool) -> Roles:
        """The same; where roles are the standard ones and no event is called `purchase`, without that role: then all amounts are money."""
        lacks = (
            standard
            and self.events.get("purchase") == ("purchase",)
            and "purchase" not in set(present)
        )
        return (
            replace(self, events={r: n for r, n in self.events.items() if r != "purchase"})
            if lacks
            else self
        )

    def seen(self, present: Iterable[str], standard: bool) -> Roles:
        """The same once it is known which events the log holds: standard roles without an event are dropped.

        Raises LogError when a role that was named has no event.
        """
        present = set(present)
        kept = {
            r: n
            for r, n in self.events.items()
            if not standard or r not in STANDARD_ROLES or n != (r,) or r in present
        }
        for role, names in kept.items():
            if not present.intersection(names):
                raise LogError.from_role_without_event(role, names, present)
        return replace(self, events=kept)

    @property
    def names(self) -> tuple[str, ...]:
        """The roles in use, sorted, `other` last."""
        return (*sorted(r for r in self.events if r != OTHER), OTHER)

    def of_event(self, event: str) -> tuple[str, ...]:
        """The roles of one event name; `other` when it has none."""
        return tuple(r for r in self.names if event in self.events.get(r, ())) or (OTHER,)

    def is_act(self, event: str) -> bool:
        """Whether a person does this, or has it done to them."""
        return event not in self.receipt_events and any(
            role not in self.receipts for role in self.of_event(event)
        )

    def is_money(self, event: str) -> bool:
        """Whether the amount of such an event is money spent: purchases, or all events where no role is `purchase`."""
        return "purchase" not in self.events or event in self.events["purchase"]

    def to_dict(self) -> dict[str, object]:
        """Plain lists, as they stand in churnlab.toml."""
        return {
            "roles": {r: list(n) for r, n in sorted(self.events.items())},
            "receipts": sorted(self.receipts | self.receipt_events),
            "ignore": sorted(self.ignore),
        }
