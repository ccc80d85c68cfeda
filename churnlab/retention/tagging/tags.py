"""Tags: named conditions over daily measures and windows, for everybody at a day.

A tag is declared by a name, in any script, and a condition in the language of `language`:

    evening person   evening[28] / acts[28] >= 0.5
    gift sender      gift[90] >= 1
    five days a week active[28] / 4 >= 5
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import ndtri

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity
from churnlab.dataset.rule import Rule
from churnlab.errors import HistoryError
from churnlab.errors.tags import TagError
from churnlab.evaluation.corrected import holm
from churnlab.evaluation.intervals import UNKNOWN, Interval
from churnlab.evaluation.tables import TitledTable
from churnlab.features.expression import Expression
from churnlab.kernels.records import SUMS
from churnlab.kernels.units import MICRO
from churnlab.language.sentence import Words, sentence, template
from churnlab.report.displays.display import Display
from churnlab.retention.at_day import check_day, over_groups, values_at
from churnlab.retention.measured import known_measures
from churnlab.retention.shares import difference, wilson
from churnlab.retention.shown import NOT_YET, Shown, count_words, share_words, words_table
from churnlab.retention.tagging.contradictions import check_possible
from churnlab.retention.tagging.display import CHANCE, TagsDisplay
from churnlab.retention.tagging.language import Measures, Tag, parse
from churnlab.schema.days import Day, day_number, day_text, fully_observed
from churnlab.schema.targets import Churn

_Z = float(ndtri(0.975))
_MOST_SAID = 10
_AT_ONCE = 1 << 15  # people whose tags are worked out together
COLUMNS = ("tag", "people", "share", "churn", "low", "high", "lift", "lift_low", "lift_high", "p")


@dataclass(frozen=True, eq=False, repr=False)
class Tags(Shown):
    """Who has which tag on the morning of a day, and how churn goes with it.

    `users` are the people, `members` bool[people, tags] says who has which of `tags`. `churned`
    float64[people] is what became of them, None where the log does not show it yet.
    """

    day: int
    tags: tuple[Tag, ...]
    users: pd.Index
    members: np.ndarray
    churned: np.ndarray | None
    churn: Churn

    def table(self) -> pd.DataFrame:
        """One row a tag, in the order of their declaration.

        Columns: tag, people, share of all people, churn (the share of them who churned) with low
        and high (95%, Wilson), lift (that share over the share of everybody) with lift_low and
        lift_high (95%: Katz's interval of the ratio to everybody else), p (against everybody else,
        corrected for all tags by Holm). What is not yet known is missing.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=80, days=90, seed=1).log().daily()
        >>> found = tags(activity, "2026-03-01", {"keen": "active[28] >= 20"})
        >>> found.table()["people"].tolist()
        [22]
        """
        people = self.members.sum(axis=0)
        found = {"tag": [tag.name for tag in self.tags], "people": people}
        found["share"] = people / max(len(self.users), 1)
        return pd.DataFrame(found | self._churn(people), columns=list(COLUMNS))

    def _churn(self, people: np.ndarray) -> dict[str, np.ndarray]:
        """The columns of the table that need to know who churned."""
        if self.churned is None:
            return {}
        left = np.zeros(len(self.tags))
        for some in self._pieces():
            left += self.churned[some] @ self.members[some]
        everybody, rest = len(self.users), len(self.users) - people
        rest_left = self.churned.sum() - left
        low, high = wilson(left, people)
        p = holm(difference(left, people, rest_left, rest)[2])
        with np.errstate(divide="ignore", invalid="ignore"):
            churn = left / people
            lift = churn / self.churned.mean()
            ratio = churn / (rest_left / rest)
            error = np.sqrt(1 / left - 1 / people + 1 / rest_left - 1 / rest)
            wide = np.exp(_Z * error)
            ends = [_lift(each, people / everybody) for each in (ratio / wide, ratio * wide)]
        lifts = {"lift": lift, "lift_low": ends[0], "lift_high": ends[1]}
        return {"churn": churn, "low": low, "high": high, **lifts, "p": p}

    def together(self) -> pd.DataFrame:
        """How often two tags meet: one row a pair, most above chance first.

        Columns: tag, with, people who have both, share of those with the tag, lift: how many times
        as many as there would be if the tags had nothing to do with each other.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=80, days=90, seed=1).log().daily()
        >>> both = {"keen": "active[28] >= 20", "evenings": "evening[28] / acts[28] >= 0.4"}
        >>> tags(activity, "2026-03-01", both).together().shape
        (1, 5)
        """
        both = self.pairs
        one, two = np.triu_indices(len(self.tags), 1)
        own, names = both.diagonal(), np.array([tag.name for tag in self.tags], object)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = both[one, two] / own[one]
            lift = share / (own[two] / max(len(self.users), 1))
        pairs = {"tag": names[one], "with": names[two], "people": both[one, two]}
        table = pd.DataFrame(pairs | {"share": share, "lift": lift})
        return table.sort_values(["lift", "people"], ascending=False, ignore_index=True)

    def _pieces(self) -> Iterator[slice]:
        """The rows of the people, some thousands at a time."""
        for begin in range(0, len(self.users), _AT_ONCE):
            yield slice(begin, begin + _AT_ONCE)

    @cached_property
    def pairs(self) -> np.ndarray:
        """How many people have both of two tags, int64[tags, tags]."""
        found = np.zeros((len(self.tags), len(self.tags)))
        for some in self._pieces():
            members = self.members[some].astype(np.float32)
            found += members.T @ members
        return found.astype(np.int64)

    @property
    def title(self) -> Words:
        """What the result is."""
        return sentence("Tags on {day}", day=day_text(self.day))

    def sentences(self) -> tuple[Words, ...]:
        """How many tags there are, and which go with most and least churn beyond chance."""
        first = sentence(
            "{day}: {tags:tag|tags} among {people:person|people}",
            day=day_text(self.day),
            tags=len(self.tags),
            people=len(self.users),
        )
        if self.churned is None:
            return (first,)
        table = self.table()
        sure = table[table["p"] <= CHANCE].sort_values("lift")
        more, less = sure[sure["lift"] > 1], sure[sure["lift"] < 1]
        said = [_said(_MORE, more.iloc[-1])] if len(more) else []
        said += [_said(_LESS, less.iloc[0])] if len(less) else []
        return (first, *(said or [sentence("no tag goes with more or less churn beyond chance")]))

    @property
    def warnings(self) -> tuple[Words, ...]:
        """Tags that nobody has, and churn that is not yet known."""
        empty = [t.name for t, n in zip(self.tags, self.members.sum(axis=0), strict=True) if not n]
        said = [sentence("nobody has the tag {tag}", tag=name) for name in empty[:_MOST_SAID]]
        if self.churned is None:
            days = self.churn.lead + self.churn.horizon
            not_yet = sentence(
                "churn is not yet known: the log does not go on for {days:day|days} after this",
                days=days,
            )
            said.append(not_yet)
        return tuple(said)

    def sections(self) -> list[TitledTable]:
        """People, churn and lift of each tag, as words."""
        columns = {
            "who": sentence("tag"),
            "people": sentence("people"),
            "share": sentence("share"),
            "churn": sentence("churn"),
            "lift": sentence("times everybody's churn"),
        }
        rows = [
            {
                "who": row["tag"],
                "people": count_words(row["people"]),
                "share": sentence("{value:.1%}", value=row["share"]),
                "churn": share_words(
                    row["churn"], row["low"], row["high"], NOT_YET if row["people"] else UNKNOWN
                ),
                "lift": Interval(row["lift"], row["lift_low"], row["lift_high"]).words(),
            }
            for row in self.table().astype({"churn": float, "lift": float}).to_dict("records")
        ]
        title = sentence("Who has which tag, and how churn goes with it")
        return [TitledTable(title, words_table(columns, rows))]

    def displays(self) -> tuple[Display, ...]:
        """The lift of each tag with its interval; without churn, the share of people."""
        return (TagsDisplay(self.table()),)

    def frame(self) -> pd.DataFrame:
        """Who has which tag: one bool column a tag, by user_id; groupings for any report."""
        return pd.DataFrame(self.members, self.users, [tag.name for tag in self.tags])


_MORE = template(
    "{tag}: {churn:.0%} of {people:person|people} churned, {lift:.1f} times the share of everybody"
)
_LESS = template(
    "{tag}: {churn:.0%} of {people:person|people} churned, only {lift:.2f} times the share of "
    "everybody"
)


def _said(words: str, row: pd.Series) -> Words:
    counts = {"people": int(row["people"]), "churn": row["churn"], "lift": row["lift"]}
    return sentence(words, tag=row["tag"], **counts)


def _lift(ratio: np.ndarray, share: np.ndarray) -> np.ndarray:
    """The ratio to everybody else as a ratio to everybody; `share` of whom have the tag."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.isinf(ratio), 1 / share, ratio / (1 + share * (ratio - 1)))


def tags(
    activity: Activity,
    day: Day,
    given: Iterable[Tag] | Mapping[str, str],
    *,
    active_within: int = 60,
    churn: Churn | None = None,
) -> Tags:
    """The tags of everybody who acted in `[day - active_within, day)`, as known that morning.

    `given` are Tags, or conditions by name. `churn` is the label that lift is about (None: silence
    of 30 days); where the log does not reach to the end of its horizon, churn is not yet known. All
    tags are worked out in one pass over the daily rows, each distinct cell once. What is not known,
    such as a share of nothing, gives nobody a tag.

    Raises TagError for no tag, two of one name, a condition that cannot be read, names an unknown
    measure or contradicts itself; HistoryError where nobody acted or the log ends before the day.
    ConfigError on Spark.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=80, days=90, seed=1).log().daily()
    >>> tags(activity, "2026-03-01", {"keen": "active[28] >= 20"})
    Tags(2026-03-01: 1 tag among 80 people)
    """
    number, churn = day_number(day), churn or Churn(horizon=30)
    chosen = _tags(given)
    values = read(chosen, activity)
    check_day(activity, number)
    rule = Rule.of([number], active_within, [churn], "drop", None)
    rule.check(activity)
    if not fully_observed(churn.window(number)[1], activity.end):
        rule = Rule.of([number], active_within, [], "drop", churn.terminal)
    said = [f"the tag {tag.name!r}" for tag in chosen]
    parts = over_groups(activity, lambda part: _of_group(part, rule, values, said))
    users = [users for users, _, _ in parts if len(users)]
    if not users:
        raise HistoryError.from_nobody(day_text(number), active_within)
    members = np.concatenate([found for _, found, _ in parts])
    known = [labels for _, _, labels in parts if labels is not None]
    churned = np.concatenate(known) if known else None
    return Tags(number, chosen, users[0].append(users[1:]), members, churned, churn)


def _of_group(
    part: DailyActivity, rule: Rule, values: tuple[Expression, ...], said: Sequence[str]
) -> tuple[pd.Index, np.ndarray, np.ndarray | None]:
    """The people of a group, who has which tag, and who churned."""
    (day,) = rule.days
    found = rule.eligible(part)[0]
    members = np.zeros((len(found.codes), len(values)), bool)
    for begin in range(0, len(found.codes), _AT_ONCE):
        some = slice(begin, begin + _AT_ONCE)
        members[some] = values_at(part, found.codes[some], day, values, said) > 0
    labels = found.labels.get("churned")
    return pd.Index(part.ids.take(found.codes), name="user_id"), members, labels


def _tags(given: Iterable[Tag] | Mapping[str, str]) -> tuple[Tag, ...]:
    pairs = given.items() if isinstance(given, Mapping) else ((t.name, t.when) for t in given)
    found = tuple(Tag(*_texts(name, when)) for name, when in pairs)
    if not found:
        raise TagError.from_none()
    names = [tag.name for tag in found]
    twice = sorted({name for name in names if names.count(name) > 1 or not name})
    if twice:
        raise TagError.from_names(twice)
    return found


def _texts(name: object, when: object) -> tuple[str, str]:
    """Name and condition of a tag; TagError where one is no text."""
    if not isinstance(name, str) or not isinstance(when, str):
        raise TagError.from_no_text(name, when)
    return name.strip(), when


def read(given: tuple[Tag, ...], activity: Activity) -> tuple[Expression, ...]:
    """One expression for each tag, 1 for people who have it, else 0, in measures of the log.

    Raises TagError, which names the tag.
    """
    measures = scaled(activity)
    whole = frozenset(column for column, scale in measures.values() if scale == 1)
    values = []
    for tag in given:
        try:
            condition = parse(tag.when, measures)
            check_possible(tag.when, condition, whole)
        except TagError as error:
            raise TagError.from_named(tag.name, error) from error
        values.append(condition.value())
    return tuple(values)


def scaled(activity: Activity) -> Measures:
    """The column and the scale of every measure that a tag can name.

    Money and sums of columns are kept in millionths: they are divided, so that a tag speaks of
    money, and of seconds in sessions.
    """
    sums = set(SUMS) | {m.column_name for m in activity.measures if m.kind == "sum"}
    known = known_measures(activity) | {"active": "active", "session_seconds": "session_micros"}
    return {
        name: (column, float(MICRO) if column in sums else 1.0)
        for name, column in known.items()
        if name != "session_micros"
    }
