"""The demonstration: the main job on a simulated community and on the real CDNOW purchases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from churnlab.config.tables import Config
from churnlab.demo import datasets
from churnlab.errors import OutputError
from churnlab.nightly.score import score
from churnlab.nightly.written import WritableList, Written
from churnlab.report.files import write_text
from churnlab.schema.days import day_numbers
from churnlab.schema.progress import Say, silent
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
    """What one part of the demonstration made."""

    name: str
    config: Path
    training: TrainingResult
    written: Written
    risks: WritableList

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "part": self.name,
            "config": str(self.config),
            **self.training.to_dict(),
            **self.written.files,
            "people_on_list": self.written.people,
        }


def demo(out: str | Path, users: int = 1500, say: Say = silent) -> Iterator[Shown]:
    """Writes data and a churnlab.toml for both parts into `out`, trains, scores the day after the log's last, and yields each."""
    out = Path(out)
    say("simulating a community")
    community = datasets.make_community(users=users)
    roles = "\n".join(
        f"{role} = {names!r}".replace("'", '"') for role, names in datasets.ROLES.items()
    )
    folder = _write(
        out / "community", community.events, COMMUNITY.format(roles=roles), community.users
    )
    yield _run(
        "community", folder, day_numbers(community.events["ts"].tail(1).dt.normalize())[0] + 1, say
    )
    purchases = datasets.load_cdnow()
    folder = _write(out / "cdnow", purchases, CDNOW, None)
    yield _run("cdnow", folder, day_numbers(purchases["ts"]).max() + 1, say)


def _write(folder: Path, events: pd.DataFrame, toml: str, users: pd.DataFrame | None) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        events.to_parquet(folder / "events.parquet", index=False)
        if users is not None:
            users.to_parquet(folder / "users.parquet", index=False)
    except OSError as error:
        raise OutputError.from_unwritable(str(folder), str(error)) from error
    return write_text(folder / "churnlab.toml", toml).parent


def _run(name: str, folder: Path, as_of: int, say: Say) -> Shown:
    config = Config.read(folder / "churnlab.toml")
    training = train(config, say=lambda text: say(f"{name}: {text}"))
    risks = score(config, int(as_of), run=training.run_id, say=lambda text: say(f"{name}: {text}"))
    written = risks.write(config.path(config.output.folder))
    return Shown(name, folder / "churnlab.toml", training, written, risks)
