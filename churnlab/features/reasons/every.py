"""All reasons that a log with certain roles can give, in the order in which they are preferred."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from churnlab.features import profile
from churnlab.features.reasons import buying, presence, spending, use
from churnlab.features.reasons.reason import Reason
from churnlab.language.sentence import template
from churnlab.schema.roles import MONEY, OTHER, receipts_of

_OWN = frozenset(  # roles with reasons of their own
    {
        "social",
        "social_received",
        "push_sent",
        "push_opened",
        "content",
        "onboarding",
        "open",
        "refund",  # giving back less often is no bad news
    }
)
_BUYING = frozenset({"purchase", "refund"})


@lru_cache(maxsize=32)
def reasons(roles: frozenset[str]) -> tuple[Reason, ...]:
    """The reasons for a log with these roles (`money` among them where it has amounts).

    Of two that tell the same feature the earlier one is said, if both are true.

    >>> len(reasons(frozenset())) < len(reasons(frozenset({"money", "purchase"})))
    True
    """
    return tuple(_reasons(roles))


def purchases_alone(roles: frozenset[str]) -> bool:
    """Whether all that a log knows of people is what they bought and gave back.

    >>> purchases_alone(frozenset({"money", "purchase", "other"}))
    True
    """
    named = roles - {OTHER, MONEY}
    return MONEY in roles and bool(named) and named <= _BUYING


def _reasons(roles: frozenset[str]) -> Iterator[Reason]:
    named = roles - {OTHER, MONEY}
    if purchases_alone(roles):
        yield from buying.buying(roles)
    else:
        yield from presence.presence()
        yield from presence.beginning(roles)
    yield from use.sessions()
    if {"push_sent", "push_opened"} <= roles:
        yield from use.pushes()
    if "social" in roles:
        yield from use.social(roles)
    if "content" in roles:
        yield from use.content()
    if MONEY in roles:
        yield from spending.spending(roles)
    for role in sorted(named - _OWN - (_BUYING if MONEY in roles else frozenset())):
        yield from use.kind(role)
    if len(named) > 1:
        yield from use.kinds(sorted(named - receipts_of(roles) - {"refund"}))


def of_attribute(attribute: str, number: bool = False) -> Reason:
    """The reason that names what is known of a person, such as the channel; a text or a `number`.

    >>> of_attribute("age_band").sentence.text()
    'age band: {profile__age_band__static}'
    """
    column = profile.column_name(attribute)
    return Reason(
        column,
        f"attribute:{column}",
        template("{attribute}: {value:amount}") if number else template("{attribute}: {value}"),
        {"attribute": attribute.replace("_", " ")},
        lambda one: np.array(True),
        {"value": column},
    )
