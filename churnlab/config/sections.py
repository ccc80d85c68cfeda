"""The tables of churnlab.toml whose keys are written here: all but [log]."""

from __future__ import annotations

from datetime import date
from math import inf, isfinite
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    NonNegativeFloat,
    WithJsonSchema,
)

from churnlab.config.reading import OUTPUT
from churnlab.errors import ConfigError
from churnlab.features.feature_set import LONGEST
from churnlab.report.cards.record import Costs
from churnlab.schema.days import day_number, to_timestamp
from churnlab.schema.targets import Churn


def _as_date(given: Any) -> date:
    """A day that TOML gives as a date, or as text."""
    return to_timestamp(day_number(given)).date()


Day = Annotated[
    date, BeforeValidator(_as_date), WithJsonSchema({"type": "string", "format": "date"})
]


class Table(BaseModel):
    """A table of churnlab.toml: frozen, without unknown keys; no value is converted."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )


class SnapshotsTable(Table):
    """[snapshots]: on which days people are looked at, and who is eligible."""

    every: int = 14
    """Days from one snapshot to the next."""
    active_within: int = 60
    """Only people with an act in so many days before a snapshot are eligible."""
    first: Day | None = None
    """The first snapshot; without it, as early as the log allows."""
    test_from: Day | None = None
    """The first held-out snapshot; without it, the newest quarter is held out."""


class TargetTable(Table):
    """[target]: what is predicted."""

    churn_horizon: int = 30
    """A person churns who does nothing for so many days."""
    lead: int = 0
    """Days of warning between the snapshot and the beginning of the horizon."""
    roles: list[str] | None = None
    """Only acts of these roles count as doing something; all acts without it."""
    terminal: str | None = None
    """A role such as "cancel": to churn is to have such an event, instead of doing nothing."""
    ltv_horizon: int = 90
    """Days over which spending is predicted where the log has amounts; 0 for no such model."""

    def churn(self) -> Churn:
        """The target of the churn model.

        >>> TargetTable(churn_horizon=14, lead=7).churn().window(0)
        (7, 21)
        """
        return Churn(self.churn_horizon, self.lead, self.roles, self.terminal)


class FeaturesTable(Table):
    """[features]: what is computed."""

    builders: list[str] = []
    """Names of feature builders; the default set when empty."""
    look_back: int = LONGEST
    """The longest window in days of signals over years; a store must keep a year more."""


class ModelTable(Table):
    """[model]: how it is learnt."""

    algorithm: str = "blend"
    """blend, lightgbm or random_forest."""
    seed: int = 0
    """The seed of all that is random."""
    when: bool = True
    """Whether the curve of who leaves in which later week is learnt too."""
    when_weeks: int = 12
    """How many weeks that curve looks ahead."""
    refit: bool = True
    """Whether models learn again, as judged, from all snapshots whose labels are closed."""
    tune: int = 0
    """Other settings of the trees to try for each target, 0 for none; needs churnlab[tune]."""
    n_jobs: int = -1
    """Threads of a fit; -1: as many as OMP_NUM_THREADS says, or as cores are free."""


class StoreTable(Table):
    """[store]: the activity store, which `churnlab update` brings up to date."""

    folder: str = ""
    """The folder of the store; no store when empty."""
    lookback: int = 400
    """Days that are kept one by one when the store is compacted."""


class TrackingTable(Table):
    """[tracking]: where runs are logged."""

    store: str = "churnlab-runs"
    """A folder, or the address of an MLflow store."""
    experiment: str = "churnlab"
    """The name of the MLflow experiment."""


class OutputTable(Table):
    """[output]: where cards and lists are written."""

    folder: str = OUTPUT
    """The folder of cards and lists."""


class CostsTable(Table):
    """[costs]: what it costs to act; the card shows money where these are given."""

    contact: float | None = None
    """What it costs to contact one person, in the money of the log."""
    offer: float | None = None
    """What the offer costs for each person who takes it: leavers that stay, and all stayers."""
    success: float | None = None
    """The share of the contacted leavers that stays because of it, between 0 and 1."""
    value_kept: float | None = None
    """What a person who stays is worth; without it, the median predicted value of those reached."""

    def costs(self) -> Costs | None:
        """The costs; None where none is given. ConfigError for some without the others.

        >>> CostsTable(contact=1.0, offer=10.0, success=0.2).costs().success
        0.2
        """
        given = {name: value for name, value in self.model_dump().items() if value is not None}
        lacking = [name for name in ("contact", "offer", "success") if name not in given]
        if not given:
            return None
        if lacking:
            raise ConfigError.from_lacking("[costs]", ", ".join(lacking))
        for name, value in given.items():
            if not 0 <= value < inf:
                raise ConfigError.from_range(f"costs.{name}", value, "an amount of 0 or more")
        if given["success"] > 1:
            raise ConfigError.from_range("costs.success", given["success"], "a share from 0 to 1")
        return Costs(**given)


class CardTable(Table):
    """[card]: what the model card says of the model's use."""

    owner: str = ""
    """Who answers for the model."""
    not_for: list[str] = []
    """What the model must not be used for, a sentence each, beside what the card says anyway."""
    warning_leads: list[int] = [0, 7, 14, 30]
    """Days ahead at which the card says how well leaving is known; none when empty."""


class ApprovalTable(Table):
    """[approval]: who may score."""

    required: bool = True
    """Whether only a version that a person has approved may score. Without it the newest run
    scores, and every list says so."""
    model: str = ""
    """The name of the registered model; the name of this file's cards when empty."""
    review_days: int = 90
    """Days after training, and after an approval, within which a version must be looked at."""


class ListTable(Table):
    """[list]: who is on the list, in which order and band, and who must not be contacted."""

    sort: str = "risk"
    """What rows stand by, highest first: risk, value_at_risk or profit, which needs [costs]."""
    top: int | None = None
    """The list ends after so many people; everybody without it."""
    stages: list[str] = []
    """Only people of these stages are listed (fading, lapsing, silent, gone); all when empty."""
    budget: float | None = None
    """The list ends before contacting all on it is expected to cost more; needs [costs]."""
    tiers: dict[str, float] = {"high": 0.5, "medium": 0.2, "low": 0.0}
    """Names of bands, each with its bound; people beyond all bounds have no tier."""
    tiers_by: str = "risk"
    """What the bounds are: risk, value_at_risk or profit for the lowest value of a band; share or
    count for how far down the list it reaches."""
    control: float = 0.0
    """The share of people who are not to be contacted, drawn by a hash of campaign and id, so that
    what the campaign changed can be measured."""
    campaign: str = ""
    """The name of the campaign; another one draws other people."""
    policy: str = ""
    """The file of a win-back policy, relative to this file, which suggests the treatment of each
    person; its control share holds where it is the larger one."""
    shadow: int | None = None
    """The number of a version that scores beside the list, for `churnlab grade` to compare; it
    need not be approved, and nobody acts on it."""


def _two_limits(given: list[float]) -> list[float]:
    if len(given) not in (0, 2) or not all(isfinite(each) for each in given):
        raise ConfigError.from_range("a guard", given, "two limits, [warn, block], or []")
    return given


Limits = Annotated[list[float], AfterValidator(_two_limits)]


class GuardsTable(Table):
    """[guards]: what must hold of a night: two limits each, [warn, block]; [] for no such guard."""

    days_without_events: Limits = [0, 0]
    """Days of the last nine weeks without an event, where their weekday has some."""
    volume_least: Limits = [0.7, 0.5]
    """Events of a new day as a share of the median of its weekday, in all and by role."""
    volume_most: Limits = [1.3, 1.5]
    """The same share, upwards."""
    order_value: Limits = [3, 10]
    """How many times as much or as little an order has as before."""
    hours_of_day: Limits = [0.15, 0.5]
    """How far acts of a new day have moved to other hours, as a PSI of four parts of the day."""
    newcomers: Limits = [0.4, 0.7]
    """The share of the people of a new day who were never in the log before."""
    repeats: Limits = [0.05, 0.25]
    """How far the share of events that are there twice has risen, on the new days of a store."""
    set_aside: Limits = [0.01, 0.1]
    """The share of rows that were set aside: of the new days of a store, else of the log."""
    unfit_attributes: Limits = [0, 0.05]
    """The share of values of an attribute that are no numbers, where it was one in training."""
    unseen_categories: Limits = [0, 0.05]
    """The share of values of an attribute that training has not seen."""
    missing: Limits = [0.1, 0.25]
    """By how much the share of missing features of a signal has risen since the training."""
    psi_last: Limits = [0.1, 0.25]
    """The population stability index of the scores against the last list."""
    feature_psi: NonNegativeFloat = 0.1
    """The same index of a single feature, above which it has moved; this guard only warns."""
    psi_training: Limits = [0.25, 0.5]
    """The same index against the held-out scores of the training."""
    mean_score: Limits = [1.5, 2.5]
    """How many times as large or as small as the base rate of the training the mean score is."""
    people_least: Limits = [0.9, 0.7]
    """People on the list as a share of those on the last list."""
    people_most: Limits = [1.15, 1.5]
    """The same share, upwards."""
    review: Limits = [0, 30]
    """Days past the day by which the model was to be looked at again."""
    model_age: Limits = [180, 365]
    """Days since the newest snapshot that the model learnt from."""


class SinkTable(Table):
    """[[sinks]]: a place that the list goes to besides the output folder; as many as you like."""

    to: str
    """A folder, relative to this file; s3://, gs:// or abfss:// for files in a bucket;
    postgresql:// for a table of PostgreSQL; delta:// or delta+s3:// for a Delta table."""
    table: str = "churn_list"
    """The table of PostgreSQL, which may name its schema."""
    formats: list[str] = ["parquet", "csv"]
    """The formats of files: parquet, csv, excel."""
