"""A fit shown as one bar over all that it does."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from churnlab.schema.progress import whole

Learn = TypeVar("Learn", bound=Callable[..., Any])
# Usual shares in the time of a fit of the blend, by the words of each bar inside.
SHARES = {
    "learning how many trees": 5.0,
    "learning how many trees last": 2.0,
    "growing trees": 1.0,
    "folds of the line": 2.0,
}
_AGAIN = {"growing trees": 1.0}


def as_one_bar(learn: Learn) -> Learn:
    """The method of an estimator that fits it, with one bar over the bars inside.

    It takes the rows and the model of an earlier fit, or None; as that one chose, trees only grow.

    >>> @as_one_bar
    ... def learn(self, given, judged):
    ...     return given
    >>> learn(None, 3, None)
    3
    """

    @wraps(learn)
    def shown(self: Any, given: Any, judged: Any) -> Any:
        """Fit as before, below one bar."""
        with whole(f"fitting {type(self).__name__}", SHARES if judged is None else _AGAIN):
            return learn(self, given, judged)

    return shown  # type: ignore[return-value]
