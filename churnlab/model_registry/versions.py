"""Version: a model that was put forward, what was decided about it, by whom and until when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

import pandas as pd

from churnlab.errors import ConfigError
from churnlab.language.printable import printable
from churnlab.language.sentence import Sentence, sentence
from churnlab.schema.days import before, day_number

CHAMPION = "champion"
CHALLENGER = "challenger"
TAG = "churnlab."
LONGEST_NAME = 100
LONGEST_NOTE = 1000
LONGEST_MODEL = 200
_BEFORE_MODEL = '/:"`\\%'  # what MLflow or its searches do not take in a name
_CUT = " …"


class State(StrEnum):
    """What was decided about a version."""

    DRAFT = "Draft"
    PENDING = "PendingReview"
    APPROVED = "Approved"
    REJECTED = "Rejected"
    ARCHIVED = "Archived"


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version of a registered model.

    `number` counts from 1, `trained` is the day on which it was logged (UTC), `review_due` the day
    after which it must be looked at again, both like 2026-03-04; "" where there is none. `by`,
    `at` and `note` are of the last decision; `card` is the sha256 of the card that was read.
    `override` says why it was approved in spite of what is in `despite`. `before` is the number of
    the champion that it followed. `ended_by`, `ended_at` and `ended_note` say who archived it.

    >>> version = Version(model="churn", number=7, run_id="r1", trained="2026-03-04")
    >>> version.state.value, version.overdue("2026-08-01")
    ('Draft', False)
    """

    model: str
    number: int
    run_id: str
    trained: str
    state: State = State.DRAFT
    aliases: tuple[str, ...] = ()
    by: str = ""
    at: str = ""
    note: str = ""
    card: str = ""
    override: str = ""
    despite: str = ""
    review_due: str = ""
    before: str = ""
    ended_by: str = ""
    ended_at: str = ""
    ended_note: str = ""

    @classmethod
    def of(cls, given: Any, aliases: Mapping[str, str]) -> Self:
        """A version as MLflow gives it; `aliases` are the registered model's, to version numbers.

        A state that churnlab did not set is a draft.
        """
        tags = {k.removeprefix(TAG): v for k, v in given.tags.items() if k.startswith(TAG)}
        noted = {name: tags[name] for name in _NOTED if name in tags}
        state = tags.get("state", "")
        return cls(
            model=str(given.name),
            number=int(given.version),
            run_id=str(given.run_id or ""),
            trained=datetime.fromtimestamp(given.creation_timestamp / 1000, UTC).date().isoformat(),
            state=State(state) if state in {*State} else State.DRAFT,
            aliases=tuple(sorted(a for a, v in aliases.items() if int(v) == int(given.version))),
            **noted,
        )

    @property
    def is_champion(self) -> bool:
        """Whether it is the version that scores."""
        return CHAMPION in self.aliases

    def overdue(self, day: str) -> bool:
        """Whether its review was due before a day like 2026-03-04."""
        if not self.review_due:
            return False
        return bool(before(day_number(self.review_due), day_number(day)))

    def words(self) -> Sentence:
        """Who approved it, in one sentence.

        >>> print(Version(model="churn", number=7, run_id="r1", trained="2026-03-04", by="Mei",
        ...               at="2026-03-05T10:00:00+00:00", review_due="2026-06-03").words())
        version 7 of churn, approved by Mei on 2026-03-05, review due 2026-06-03
        """
        return sentence(
            "version {number} of {model}, approved by {by} on {day}, review due {due}",
            number=self.number,
            model=self.model,
            by=self.by,
            day=self.at[:10],
            due=self.review_due,
        )

    def in_spite(self) -> list[Sentence]:
        """What the gate had against it, and why it was approved anyway; empty without."""
        if not self.override:
            return []
        return [
            sentence(
                "it was approved in spite of this: {despite}; the reason: {why}",
                despite=self.despite,
                why=self.override,
            )
        ]

    def ended(self) -> list[Sentence]:
        """Who archived it and why; empty where nobody did."""
        if self.state != State.ARCHIVED:
            return []
        return [
            sentence(
                "{by} archived it on {day}: {note}",
                by=self.ended_by,
                day=self.ended_at[:10],
                note=self.ended_note,
            )
        ]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready.

        >>> Version(model="churn", number=7, run_id="r", trained="2026-03-04").to_dict()["version"]
        7
        """
        found = asdict(self)
        number = {"model": found.pop("model"), "version": found.pop("number")}
        return number | found | {"state": self.state.value, "aliases": list(self.aliases)}


_NOTED = (
    "by",
    "at",
    "note",
    "card",
    "override",
    "despite",
    "review_due",
    "before",
    "ended_by",
    "ended_at",
    "ended_note",
)
COLUMNS = tuple(Version(model="", number=0, run_id="", trained="").to_dict())


def frame(versions: Iterable[Version]) -> pd.DataFrame:
    """One row a version, with the columns of `Version.to_dict`.

    >>> frame([]).columns[:3].tolist()
    ['model', 'version', 'run_id']
    """
    return pd.DataFrame([v.to_dict() for v in versions], columns=list(COLUMNS))


def model_name(given: str) -> str:
    """A name that every registry takes: signs of paths and searches become a hyphen.

    >>> model_name("Community (simulated)"), model_name("shop: eu/west")
    ('Community (simulated)', 'shop- eu-west')
    """
    plain = "".join("-" if c in _BEFORE_MODEL or c == "'" else c for c in printable(given))
    return plain.strip().strip(".")[:LONGEST_MODEL] or "churn"


def shortened(given: str, most: int) -> str:
    """What a person wrote, in one line that shows all its signs, and not longer than `most`.

    >>> shortened("Mei Lin\\u202e", 20), shortened("x" * 50, 10)
    ('Mei Lin\\\\u202e', 'xxxxxxxx …')
    """
    line = printable(given[: 4 * most]).strip()
    return line if len(line) <= most else line[: most - len(_CUT)] + _CUT


def person(given: str) -> str:
    """The name of the person who decides; ConfigError for a blank one."""
    name = shortened(given, LONGEST_NAME)
    if not name:
        raise ConfigError.from_range("by", given, "the name of the person who decides")
    return name


def moment(now: object) -> datetime:
    """A moment with a time zone; one without is in UTC. ConfigError if it cannot be read.

    >>> moment("2026-03-04").isoformat()
    '2026-03-04T00:00:00+00:00'
    """
    try:
        found = pd.Timestamp(now)  # type: ignore[arg-type]
        if pd.isna(found):
            raise ValueError("no moment")
    except (ValueError, TypeError) as error:
        raise ConfigError.from_bad_moment(now) from error
    return (found.tz_localize(UTC) if found.tzinfo is None else found).to_pydatetime()


def due_after(day: datetime | str, days: int) -> str:
    """The day so many days after a moment or a day, like 2026-03-04.

    >>> due_after("2026-03-04", 90)
    '2026-06-02'
    """
    return (moment(day) + timedelta(days=days)).date().isoformat()
