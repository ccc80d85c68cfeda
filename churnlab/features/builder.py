"""Feature and FeatureBuilder: value, unit, sentence and missing rule stand beside each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from churnlab.errors import ConfigError
from churnlab.features.expression import Expression
from churnlab.features.reasons.reason import Reason
from churnlab.features.themes import DAY, topic_among
from churnlab.language.sentence import Sentence, Words, sentence

_WORDS = r"[a-z0-9]+(?:_[a-z0-9]+)*"
_WINDOW = r"all|static|\d+d(?:_\d+d)?"
_NAME = re.compile(rf"(?P<signal>{_WORDS})__(?P<statistic>{_WORDS})__(?P<window>{_WINDOW})")
_NOT_KNOWN = sentence("not enough history")


@dataclass(frozen=True)
class Feature:
    """One column: its name, its value, its unit, and the sentence that tells it to a person.

    - `name` is `<signal>__<statistic>__<window>`. The window is `28d` for `[t - 28, t)`, `14d_56d`
      for the last 14 days against the 56 before them, `all` for everything before t.
    - `says` names values in braces: `{value}` is the feature's own, the others are values of
      `sentence(…)`, of which a Column is read from the same row. In plain text other names are
      columns of the row.
    - `missing` is said if one of these values is not known.

    >>> from churnlab.features.expression import Sum
    >>> sent = Feature(
    ...     name="push__sent_sum__28d",
    ...     value=Sum("n_push_sent")[0, 28],
    ...     unit="pushes",
    ...     says=sentence("{value:.0f} pushes in {days} days", days=28),
    ... )
    >>> sent.signal, sent.window, str(sent.missing)
    ('push', '28d', 'not enough history')
    """

    name: str
    value: Expression
    unit: str
    says: Words
    missing: Words = _NOT_KNOWN

    def __post_init__(self) -> None:
        parse_name(self.name)

    @property
    def signal(self) -> str:
        """The first part of the name.

        >>> from churnlab.features.expression import Since
        >>> Feature("quiz__since_last__all", Since("n_quiz"), "days", "{value:.0f} days").signal
        'quiz'
        """
        return parse_name(self.name)["signal"]

    @property
    def window(self) -> str:
        """The last part of the name.

        >>> from churnlab.features.expression import Since
        >>> Feature("quiz__since_last__all", Since("n_quiz"), "days", "{value:.0f} days").window
        'all'
        """
        return parse_name(self.name)["window"]


def over(window: int | None, recent: str, ever: str, **values: object) -> Sentence:
    """The sentence of a window: `recent` names its `{days}`, `ever` is for all days so far.

    >>> over(28, "no act in {days} days", "no act so far").text()
    'no act in 28 days'
    >>> over(None, "no act in {days} days", "no act so far").text()
    'no act so far'
    """
    if window is None:
        return sentence(ever, **values)
    return sentence(recent, days=window, **values)


def parse_name(name: str) -> dict[str, str]:
    """signal, statistic and window of a feature name; ConfigError for any other text.

    >>> parse_name("session__minutes_mean__28d")
    {'signal': 'session', 'statistic': 'minutes_mean', 'window': '28d'}
    """
    found = _NAME.fullmatch(name)
    if not found:
        raise ConfigError.from_feature_name(name)
    return found.groupdict()


@dataclass(frozen=True, kw_only=True)
class FeatureBuilder:
    """A signal: a frozen dataclass whose fields are its windows, and which declares the columns.

    A file in `churnlab/features/signals` with a class of this kind is found by itself. Class
    variables describe the signal:

    - `signal`: the first part of its features' names.
    - `needs`: roles without which it declares nothing; `money` where it needs amounts.
    - `default`: True if the default set has it; else it is used where it is named.
    - `place`: its place among the signals. Signals without a place come last, by name.
    - `zero_without_history`: units in which a person without any row has zero. Features in other
      units are missing for such a person.
    - `same_for_all`: statistics that depend on the snapshot day and the log alone.
    - `topics`: what its features speak of (`features.themes.TOPICS`), by the beginning of their
      statistic; "" stands for all the rest. The topic has the theme, and the reasons that tell it.

    >>> from churnlab.features.expression import Sum
    >>> class Quizzes(FeatureBuilder):
    ...     signal = "quiz"
    ...     needs = ("quiz",)
    ...     def features(self, roles):
    ...         quizzes = Sum("n_quiz")[0, 28]
    ...         says = sentence("{value:.0f} quizzes in {days} days", days=28)
    ...         yield Feature("quiz__sum__28d", quizzes, "events", says)
    >>> [feature.name for feature in Quizzes().features(frozenset({"quiz"}))]
    ['quiz__sum__28d']
    """

    signal: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...]] = ()
    default: ClassVar[bool] = True
    place: ClassVar[int | None] = None
    zero_without_history: ClassVar[frozenset[str]] = frozenset()
    same_for_all: ClassVar[frozenset[str]] = frozenset()
    topics: ClassVar[Mapping[str, str]] = {}

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """The features for a log that has these roles (`money` among them where it has amounts).

        >>> from churnlab.features.signals.lifecycle import Tenure
        >>> next(Tenure().features(frozenset())).name
        'lifecycle__tenure_days__all'
        """
        raise TypeError(f"{type(self).__name__} declares no features")

    def same_for_all_people(self, feature: Feature) -> bool:
        """Whether a feature of the builder depends on the snapshot day and the log alone.

        >>> from churnlab.features.signals.lifecycle import Calendar
        >>> builder = Calendar()
        >>> builder.same_for_all_people(next(builder.features(frozenset())))
        True
        """
        return parse_name(feature.name)["statistic"] in self.same_for_all

    def topic(self, feature: Feature) -> str:
        """The topic of a feature of the builder; `day` for one that is no person's own.

        >>> from churnlab.features.signals.sessions import SessionShortening
        >>> builder = SessionShortening()
        >>> builder.topic(next(builder.features(frozenset())))
        'minutes'
        """
        if self.same_for_all_people(feature):
            return DAY
        return topic_among(self.topics, parse_name(feature.name)["statistic"])

    def reasons(self, roles: frozenset[str]) -> Iterable[Reason]:
        """Reasons of its own, for topics of its own. The signals of the library need none.

        >>> from churnlab.features.signals.lifecycle import Tenure
        >>> list(Tenure().reasons(frozenset()))
        []
        """
        return ()

    def within(self, most: int) -> Self:
        """The builder without windows of more than `most` days, where it has windows of years.

        Other builders are returned as they are; theirs are of a year at most. `most` is at least
        364 days, and a year less than the log has.

        >>> from churnlab.features.signals.years import Years
        >>> Years().within(800).windows
        (728,)
        """
        return self

    def lacks(self, roles: frozenset[str]) -> tuple[str, ...]:
        """The roles that it needs and that the log does not have.

        >>> from churnlab.features.signals.push import PushOpenDecline
        >>> PushOpenDecline().lacks(frozenset({"push_sent"}))
        ('push_opened',)
        """
        return tuple(r for r in self.needs if r not in roles)
