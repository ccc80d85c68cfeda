"""The table [winback] of churnlab.toml: an experiment, and what people said when they left."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from churnlab.config.sections import Table
from churnlab.winback.experiments.design import Design


class WinbackTable(Table):
    """[winback]: the table of an experiment, and that of stated reasons for leaving."""

    table: str = ""
    """The file with one row a person of the experiment: Parquet or CSV."""
    user: str = "user_id"
    """The column of the person's id."""
    treatment: str = "treatment"
    """The column of the arm; people without a value are the control group."""
    control: str | None = None
    """The arm to compare with; without it no treatment, or an arm with such a name as "control"."""
    time: str = "time"
    """The column of the moment of the assignment; needed for outcomes from the log."""
    treated: str | None = None
    """The column of the moment at which the treatment was given."""
    outcome_time: str | None = None
    """The column of the moment of the outcome, where the table has outcomes."""
    cost: str = "cost"
    """The column of the cost of a person's treatment."""
    stage: str | None = None
    """The column of the stage in which the person was at the assignment."""
    known: list[str] = []
    """Columns known before the assignment: checked for balance, and to group by."""
    shares: dict[str, float] | None = None
    """The planned share of people of each arm, in any unit."""
    worse: list[str] = []
    """Outcomes of which more is worse, such as churn."""
    randomised: bool = True
    """Whether chance decided on the arms; without it everything is called observational."""
    columns: list[str] = []
    """Outcomes that the table itself has; no log is read then."""
    outcomes: list[str] = []
    """Outcomes from the log: came_back, active_days, money, day_1 …; all but day_N when empty."""
    window: int = 14
    """Days after that of the assignment in which outcomes are counted."""
    silence: list[int] = [7, 28]
    """Days of silence at which stages are cut, where the table has no stages; [] for one stage."""
    unobserved: str = "error"
    """"drop" leaves people out whose window is not over yet."""
    strangers: str = "error"
    """"silent" counts people who are not in the log as people who did nothing."""
    stated: str = ""
    """The file with one row a statement of why somebody left: Parquet or CSV."""
    stated_time: str = "time"
    """Its column of the moment of the statement."""
    stated_code: str = "code"
    """Its column of the code of an interview, or the category of a ticket."""
    stated_flagged: float = 0.1
    """The share of people at highest risk who count as seen coming."""
    stated_within: int = 28
    """The most days from a snapshot to the statement."""

    def design(self) -> dict[str, Any]:
        """The options of `winback.design.Design` by name, but the person's id.

        >>> WinbackTable(control="none").design()["control"]
        'none'
        """
        return {f.name: getattr(self, f.name) for f in fields(Design) if f.name != "user"}
