"""RunFacts: everything that a logged run says of itself, typed and versioned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from churnlab.errors import ModelError
from churnlab.features.expression import LOOK_BACK
from churnlab.schema.days import Day, day_number

FIRST_FORMAT = 1
FORMAT = 5
_READABLE = (1, 2, 3, 4, 5)
_MEAN = "_mean"


@dataclass(frozen=True)
class DatasetFacts:
    """The rows that a run learnt from.

    `name` is the log's file and `digest` the sha256 of features and labels. `rows`, `people` and
    `columns` are counts, `days` the snapshot days like 2026-03-01, `means` the mean of each label.
    `left_out` counts rows that were left out, by reason; `skipped_builders` says what the log
    lacks for each builder that contributed nothing. `version` is the version of a Delta table, or
    the id of a snapshot of an Iceberg table, that the events were read at.
    """

    name: str
    digest: str
    rows: int
    people: int
    columns: int
    days: tuple[str, ...]
    means: Mapping[str, float] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    skipped_builders: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None

    @classmethod
    def of(cls, name: str, described: Mapping[str, Any]) -> Self:
        """The facts of what `Dataset.describe` returns, where each mean is a key of its own.

        >>> described = {"digest": "d", "rows": 2, "people": 1, "columns": 3,
        ...     "days": ["2026-03-01"], "churned_mean": 0.5, "left_out": {}, "skipped_builders": {}}
        >>> DatasetFacts.of("events.parquet", described).means
        {'churned': 0.5}
        """
        means = {k.removesuffix(_MEAN): v for k, v in described.items() if k.endswith(_MEAN)}
        rest = {k: v for k, v in described.items() if not k.endswith(_MEAN)}
        return cls.from_dict({**rest, "name": name, "means": means})

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """The inverse of `dataclasses.asdict`."""
        return cls(**{**given, "days": tuple(given["days"])})


@dataclass(frozen=True)
class ServedFacts:
    """The models that score, where they were fitted again after others had been judged.

    `rows` are those that each learnt from, by model (`churned`, `ltv`, `when`). Their labels were
    closed on the day of training, `trained_on`. `judged_version` identifies the judged models.
    """

    trained_on: str
    judged_version: str
    rows: Mapping[str, DatasetFacts]

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """The inverse of `dataclasses.asdict`."""
        rows = {name: DatasetFacts.from_dict(facts) for name, facts in given["rows"].items()}
        return cls(**{**given, "rows": rows})


@dataclass(frozen=True)
class ChampionFacts:
    """The champion of the day of training, judged on the same held-out rows as the new models.

    `number` is its version, `model_version` identifies its models, which learnt up to the snapshot
    `learnt_up_to`. `tables` holds, by target, the rows of an `Evaluation.table` whose contenders
    are `churnlab`, the new model, and `champion`: each difference is paired on the same resamples
    of people. `missing` says why it could not be judged; then the tables are empty.
    """

    number: int
    run_id: str
    model_version: str = ""
    learnt_up_to: str = ""
    tables: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    missing: str = ""


@dataclass(frozen=True)
class ReferenceFacts:
    """Scores of the held-out rows by the churn model that scores, for nights to compare with.

    `shares` are those of the scores below the first of the rising `edges`, between them, and from
    the last on. `missing` is the share of missing cells by signal. `features` has the rising edges
    between the bins of each numeric feature of the model, which nights are counted in.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    missing: Mapping[str, float] = field(default_factory=dict)
    features: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """The inverse of `dataclasses.asdict`."""
        tuples = {name: tuple(given[name]) for name in ("edges", "shares")}
        features = {name: tuple(edges) for name, edges in given.get("features", {}).items()}
        return cls(**{**given, **tuples, "features": features})


@dataclass(frozen=True)
class TargetFacts:
    """What a run predicts: the keys of [target] in churnlab.toml, in days."""

    churn_horizon: int
    lead: int = 0
    roles: tuple[str, ...] | None = None
    terminal: str | None = None
    ltv_horizon: int = 0

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """The inverse of `dataclasses.asdict`."""
        roles = given.get("roles")
        return cls(**{**given, "roles": None if roles is None else tuple(roles)})


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """Everything that a logged run says of itself; kept beside its models as JSON.

    `name` is the configuration's, `version` identifies the models that score, `models` are the
    targets that have one (`churned`, `ltv`). `simulated` marks a log that was made up. `roles` (as
    `Roles.to_dict` returns them) and `timezone` say what the log's events and days meant.
    `active_within` is in days: people active in `[t - active_within, t)` were eligible. `target`
    defines what was predicted, `targets` says it in a sentence each. `features` names the builders
    (empty: the default set), `look_back` the days of the longest window of signals over years (none
    before they were there). `evaluations` holds `Evaluation.to_dict` by target.

    `dataset` are the rows that the judged models learnt from, `judged_on` those that judged them.
    `served` is about the models that score; None where these are the judged ones. `champion` is
    about the champion of that day; None where there was none. `reference` has the held-out scores;
    None for runs that were logged before they were kept.

    >>> target = TargetFacts(churn_horizon=30)
    >>> rows = DatasetFacts("log", "d", rows=2, people=1, columns=3, days=("2026-03-01",))
    >>> facts = RunFacts(name="shop", version="v1", models=("churned",), dataset=rows,
    ...                  timezone="UTC", active_within=60, target=target)
    >>> RunFacts.from_dict(facts.to_dict()) == facts
    True
    """

    name: str
    version: str
    models: tuple[str, ...]
    dataset: DatasetFacts
    timezone: str
    active_within: int
    target: TargetFacts
    simulated: bool = False
    roles: Mapping[str, Any] = field(default_factory=dict)
    features: tuple[str, ...] = ()
    look_back: int = LOOK_BACK
    targets: tuple[str, ...] = ()
    evaluations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    judged_on: DatasetFacts | None = None
    served: ServedFacts | None = None
    champion: ChampionFacts | None = None
    reference: ReferenceFacts | None = None

    def learnt(self, model: str = "churned") -> DatasetFacts:
        """The rows that the model learnt from which scores.

        >>> rows = DatasetFacts("log", "d", rows=2, people=1, columns=3, days=("2026-03-01",))
        >>> facts = RunFacts(name="shop", version="v1", models=("churned",), dataset=rows,
        ...     timezone="UTC", active_within=60, target=TargetFacts(churn_horizon=30))
        >>> facts.learnt().days
        ('2026-03-01',)
        """
        return self.dataset if self.served is None else self.served.rows[model]

    def age(self, day: Day) -> int:
        """Days from the newest snapshot that the churn model which scores learnt from to a day.

        >>> rows = DatasetFacts("log", "d", rows=2, people=1, columns=3, days=("2026-03-01",))
        >>> facts = RunFacts(name="shop", version="v1", models=("churned",), dataset=rows,
        ...     timezone="UTC", active_within=60, target=TargetFacts(churn_horizon=30))
        >>> facts.age("2026-04-10")
        40
        """
        return day_number(day) - day_number(self.learnt().days[-1])

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, with the number of this format."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`; runs logged before formats had numbers are read too.

        Raises ModelError for a newer format, and where a fact is missing or of another shape.
        """
        known = dict(given)
        number = known.pop("format", FIRST_FORMAT)
        if number not in _READABLE:
            raise ModelError.from_newer_facts(number, FORMAT)
        try:
            return cls._of(_of_first_format(known) if number == FIRST_FORMAT else known)
        except (KeyError, TypeError, AttributeError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise ModelError.from_unreadable("the facts of the run", reason) from error

    @classmethod
    def _of(cls, given: Mapping[str, Any]) -> Self:
        tuples = {name: tuple(given[name]) for name in ("models", "features", "targets")}
        dataset = DatasetFacts.from_dict(given["dataset"])
        target = TargetFacts.from_dict(given["target"])
        judged_on, served, champion = map(given.get, ("judged_on", "served", "champion"))
        reference = given.get("reference")
        later = {
            "judged_on": judged_on and DatasetFacts.from_dict(judged_on),
            "served": served and ServedFacts.from_dict(served),
            "champion": champion and ChampionFacts(**champion),
            "reference": reference and ReferenceFacts.from_dict(reference),
        }
        return cls(**{**given, **tuples, **later, "dataset": dataset, "target": target})


def _of_first_format(given: dict[str, Any]) -> dict[str, Any]:
    """Format 1 in today's places: it nested what the configuration said, and had flat means."""
    config = given.pop("config")
    dataset = DatasetFacts.of(given["dataset"]["name"], given["dataset"])
    return {
        **given,
        "dataset": asdict(dataset),
        "active_within": config["snapshots"]["active_within"],
        "target": config["target"],
        "features": config["features"]["builders"],
    }
