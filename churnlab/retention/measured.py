"""Measured: which daily measure a role or a measure's name means."""

from __future__ import annotations

from collections.abc import Iterator

from churnlab.activity.protocol import Activity
from churnlab.errors.retention import StepError
from churnlab.kernels.records import COUNTS, SUMS
from churnlab.schema.roles import role_column


def measure_of(activity: Activity, name: str) -> str:
    """The daily measure that counts a role's events, or a measure by its own name or column.

    Raises StepError for a name that is neither.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
    >>> measure_of(activity, "social"), measure_of(activity, "acts")
    ('n_social', 'acts')
    """
    known = known_measures(activity)
    if name not in known:
        raise StepError.from_unknown_step(str(name), known)
    return known[name]


def known_measures(activity: Activity) -> dict[str, str]:
    """Every name of a daily measure that this log has, with its column; a role wins.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
    >>> known_measures(activity)["social"]
    'n_social'
    """
    return dict(_known(activity))


def _known(activity: Activity) -> Iterator[tuple[str, str]]:
    """Names that a step may have, with their measures; roles come last, as they win."""
    for name in (*COUNTS, *SUMS):
        yield name, name
    for measure in activity.measures:
        yield measure.column_name, measure.column_name
        yield measure.name, measure.column_name
    for role in activity.roles.names:
        yield role_column(role), role_column(role)
        yield role, role_column(role)


def is_receipt(activity: Activity, name: str) -> bool:
    """Whether a name is that of a role that happens to people.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
    >>> is_receipt(activity, "push_sent"), is_receipt(activity, "open")
    (True, False)
    """
    return name in activity.roles.receipts or name == "receipts"
