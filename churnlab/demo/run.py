"""The demonstration: training and scoring on a simulated community and on real purchases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from churnlab.config.tables import Config
from churnlab.demo import datasets
from churnlab.errors import GuardError
from churnlab.nightly.score import score
from churnlab.nightly.written import WritableList, Written
from churnlab.schema.days import day_numbers
from churnlab.schema.files import publish, write_text
from churnlab.schema.progress import Say, silent
from churnlab.training.approval import registry
from churnlab.training.train import TrainingResult, train

_TABLES = """
[tracking]
store = "runs"

[output]
folder = "output"
"""

COMMUNITY = f"""# A simulated community app (churnlab.datasets.make_community).
name = "Community (simulated)"

[log]
path = "events.parquet"
users = "users.parquet"
user = "user_id"
time = "ts"
event = "event"
amount = "amount"
timezone = "Asia/Shanghai"
simulated = true

[log.roles]
{{roles}}

[snapshots]
every = 14
active_within = 30

[target]
churn_horizon = 30
ltv_horizon = 60
{_TABLES}"""

CDNOW = f"""# The real CDNOW purchases of 1997 and 1998 (churnlab.datasets.load_cdnow).
name = "CDNOW"

[log]
path = "events.parquet"
user = "user_id"
time = "ts"
event = "event"
amount = "amount"
timezone = "America/New_York"

[log.roles]
purchase = ["purchase"]

[snapshots]
every = 28
active_within = 180

[target]
churn_horizon = 90
ltv_horizon = 90
{_TABLES}"""


@dataclass(frozen=True)
class Shown:
    """The result on one of the two data sets: its configuration, model and risk list.

    `gate` says what the gate said: before the approval, of the approval, and who approved.
    """

    name: str
    config: Path
    training: TrainingResult
    written: Written
    risks: WritableList
    gate: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "part": self.name,
            "config": str(self.config),
            **self.training.to_dict(),
            **self.written.files,
            "people_on_list": self.written.people,
            "gate": list(self.gate),
        }


def demo(out: str | Path, users: int = 1500, say: Say = silent, *, now: object) -> Iterator[Shown]:
    """Train and score on both data sets, and yield each result.

    Writes the data and a churnlab.toml of each into `out`. Scores are of the day after the last day
    of the log. Before that the version is approved in the name of the demonstration, at the moment
    `now`, whatever the gate says of it. `say` is told each step. OutputError when a file cannot be
    written.
    """
    out = Path(out)
    say("simulating a community")
    community = datasets.make_community(users=users)
    toml = COMMUNITY.format(roles=_roles(datasets.ROLES))
    folder = _write(out / "community", community.events, toml, community.users)
    yield _run("community", folder, _last_day(community.events), say, now)
    purchases = datasets.load_cdnow()
    folder = _write(out / "cdnow", purchases, CDNOW, None)
    yield _run("cdnow", folder, _last_day(purchases), say, now)


def _roles(roles: dict[str, list[str]]) -> str:
    """Roles as lines of TOML."""
    return "\n".join(f"{role} = {names!r}".replace("'", '"') for role, names in roles.items())


def _last_day(events: pd.DataFrame) -> int:
    return int(day_numbers(events["ts"].dt.normalize()).max())


def _write(folder: Path, events: pd.DataFrame, toml: str, users: pd.DataFrame | None) -> Path:
    files = {folder / "events.parquet": partial(events.to_parquet, index=False)}
    if users is not None:
        files[folder / "users.parquet"] = partial(users.to_parquet, index=False)
    publish(files)
    return write_text(folder / "churnlab.toml", toml).parent


def _run(name: str, folder: Path, last_day: int, say: Say, now: object) -> Shown:
    config = Config.read(folder / "churnlab.toml")

    def say_with_name(text: str) -> None:
        """Say a step after the name of its data."""
        say(f"{name}: {text}")

    training = train(config, say=say_with_name)
    gate = tuple(_through_the_gate(config, training.registered.number, now))
    risks = score(config, last_day + 1, say=say_with_name)
    written = risks.write(config.path(config.output.folder))
    return Shown(name, folder / "churnlab.toml", training, written, risks, gate)


def _through_the_gate(config: Config, number: int, now: object) -> Iterator[str]:
    """What the gate says before the approval and of it; then the version is the champion."""
    versions = registry(config)
    try:
        versions.scoring()
    except GuardError as error:
        yield str(error)
    note = "approved by the demonstration, nobody has read the card"
    approve = partial(versions.approve, number, by="demo", now=now, note=note)
    try:
        done = approve()
    except GuardError as error:
        yield str(error)
        done = approve(override="it is a demonstration")
    yield str(done.words())
