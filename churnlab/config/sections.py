"""The tables of churnlab.toml whose keys are written here: all but [log]."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from churnlab.features.feature_set import LONGEST
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

    folder: str = "churnlab-output"
    """The folder of cards and lists."""
