"""Ranking: who is on a list and where, in which tier, with which treatment, and who is cut."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from churnlab.config.tables import Config
from churnlab.errors import ConfigError
from churnlab.evaluation.profit import contact_profit
from churnlab.report.cards.record import Costs
from churnlab.schema.stages import STAGES
from churnlab.winback.targeting.policy_file import PolicyFile

SORTS = ("risk", "value_at_risk", "profit")
BY_VALUE = SORTS
BY_RANK = ("share", "count")
CONTROL, CONTACT = "yes", "no"
_MONEY_DIGITS = 6


@dataclass(frozen=True, eq=False)
class Ranked:
    """The rows of a list in their order, and who was scored and is not on it.

    `left_out` counts them by what left them out: stages, top, budget. `others` has the user_id and
    the stage of those whose stage the list does not ask for, where it asks for some: `by_stage`.
    """

    frame: pd.DataFrame
    left_out: Mapping[str, int]
    others: pd.DataFrame
    by_stage: bool = False


@dataclass(frozen=True)
class Ranking:
    """The [list] table of a configuration, checked.

    `tiers` are names with bounds, from the top: the lowest value of a band, or how far down the
    list it reaches. `stages` are those that the list asks for; everybody where there are none.
    `costs` are those of [costs]. `policy` suggests treatments; `control` is not below its share.
    """

    sort: str = "risk"
    top: int | None = None
    budget: float | None = None
    tiers: tuple[tuple[str, float], ...] = (("high", 0.5), ("medium", 0.2), ("low", 0.0))
    tiers_by: str = "risk"
    control: float = 0.0
    campaign: str = ""
    costs: Costs | None = None
    stages: tuple[str, ...] = ()
    policy: PolicyFile | None = None

    def __post_init__(self) -> None:
        for key, given, known in (
            ("list.sort", self.sort, SORTS),
            ("list.tiers_by", self.tiers_by, (*BY_VALUE, *BY_RANK)),
        ):
            if given not in known:
                raise ConfigError.from_unknown(key, given, known)
        for stage in self.stages:
            if stage not in STAGES:
                raise ConfigError.from_unknown("stage in list.stages", stage, STAGES)
        if self.policy is not None:
            self.policy.check_tiers(name for name, _ in self.tiers)
        if not 0 <= self.control < 1:
            raise ConfigError.from_range("list.control", self.control, "a share from 0 to below 1")
        for key, least, number in (("list.top", 1, self.top), ("list.budget", 0, self.budget)):
            if number is not None and not number >= least:
                raise ConfigError.from_range(key, number, f"{least} or more")
        if self.costs is None and (self.budget is not None or self._asks("profit")):
            raise ConfigError.from_lacking("[costs]", "contact, offer, success")

    def _asks(self, column: str) -> bool:
        return column in (self.sort, self.tiers_by)

    @classmethod
    def of(cls, config: Config) -> Ranking:
        """The ranking of a configuration; ConfigError for keys or a policy that do not fit.

        >>> log = {"path": "events.parquet", "user": "who", "time": "at", "event": "what"}
        >>> from pathlib import Path
        >>> Ranking.of(Config.of({"log": log, "list": {"top": 500}}, Path())).top
        500
        """
        given = config.list
        tiers, by_rank = given.tiers.items(), given.tiers_by in BY_RANK
        policy = PolicyFile.read(config.path(given.policy)) if given.policy else None
        return cls(
            given.sort,
            given.top,
            given.budget,
            tuple(sorted(tiers, key=lambda tier: tier[1], reverse=not by_rank)),
            given.tiers_by,
            max(given.control, policy.control if policy else 0.0),
            given.campaign,
            config.costs.costs(),
            tuple(given.stages),
            policy,
        )

    def with_columns(self, scores: pd.DataFrame) -> pd.DataFrame:
        """Scores with profit, tier and control, each from its own row.

        Profit is what a contact is expected to bring, in the log's money, by `contact_profit`: with
        the value kept of [costs], or with the expected spend, which counts leavers as nothing and
        so is an estimate from below. Missing without costs or value. Tiers by rank are empty here.
        """
        frame = scores.assign(profit=self._profit(scores))
        tier = self._tier(frame[self.tiers_by].to_numpy()) if self.tiers_by in BY_VALUE else ""
        frame["tier"] = pd.Series(tier, index=frame.index, dtype="str")
        drawn = [self.is_control(user) for user in frame["user_id"]] if self.control else False
        frame["control"] = pd.Series(np.where(drawn, CONTROL, CONTACT), frame.index, dtype="str")
        return frame.assign(treatment=pd.Series("", frame.index, dtype="str"))

    def asked(self, frame: pd.DataFrame) -> np.ndarray:
        """Whether the list asks for the stage of each row, bool[n].

        >>> people = pd.DataFrame({"stage": ["fading", ""]})
        >>> Ranking(stages=("fading",)).asked(people), Ranking().asked(people)
        (array([ True, False]), array([ True,  True]))
        """
        if not self.stages:
            return np.ones(len(frame), bool)
        return frame["stage"].isin(self.stages).to_numpy(bool)

    def _profit(self, scores: pd.DataFrame) -> np.ndarray:
        if self.costs is None:
            return np.full(len(scores), np.nan)
        costs = self.costs
        value = scores["ltv"] if costs.value_kept is None else costs.value_kept
        found = contact_profit(
            scores["risk"],
            value,
            gamma=costs.success,
            incentive=costs.offer,
            contact=costs.contact,
        )
        return np.round(found, _MONEY_DIGITS)

    def _tier(self, values: np.ndarray, reaches: Callable[..., Any] = np.greater_equal) -> Any:
        """The first tier whose bound each value reaches, as texts; empty for none."""
        names, bands = ["", *(name for name, _ in self.tiers)], [values != values]
        bands += [reaches(values, bound) for _, bound in self.tiers]
        return np.select(bands, names, "")

    def is_control(self, user: object) -> bool:
        """Whether a person is not to be contacted, so that the campaign's effect can be measured.

        The first 8 bytes of the sha256 of campaign and id, as a fraction, lie below the share: the
        same people every night of a campaign, others in another one.

        >>> Ranking(control=0.5).is_control("ann"), Ranking(control=0.0).is_control("ann")
        (True, False)
        """
        digest = hashlib.sha256(f"{self.campaign}\0{user}".encode()).digest()
        return int.from_bytes(digest[:8], "big") < self.control * 2**64

    def ranked(self, parts: Iterable[pd.DataFrame], people: int | None = None) -> Ranked:
        """Rows of `with_columns` of the stages asked for, in their order, ties by id, and cut.

        `people` counts those of the stages asked for, where the parts lack some of them beyond the
        top. Rows without the value that is sorted by stand last. Tiers by rank and treatments are
        told here. ConfigError where nobody has the value.
        """
        everybody = pd.concat(parts, ignore_index=True)
        if self.sort != "risk" and everybody[self.sort].isna().all():
            raise ConfigError.from_range("list.sort", self.sort, '"risk": the log has no value')
        asked = self.asked(everybody)
        frame = everybody[asked].sort_values(
            [self.sort, "user_id"], ascending=[False, True], kind="stable", ignore_index=True
        )
        people = len(frame) if people is None else people
        if self.tiers_by in BY_RANK:
            whole = people if self.tiers_by == "share" else 1
            place = np.arange(1, len(frame) + 1) / whole
            frame["tier"] = pd.Series(self._tier(place, np.less_equal), frame.index, dtype="str")
        first = frame if self.top is None else frame.head(self.top)
        listed = self._treated(self._affordable(first))
        left_out = {
            "stages": len(everybody) - len(frame),
            "top": people - len(first),
            "budget": len(first) - len(listed),
        }
        others = everybody.loc[~asked, ["user_id", "stage"]]
        return Ranked(listed, left_out, others, bool(self.stages))

    def _affordable(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The first people, as long as contacting them is expected to cost the budget."""
        if self.budget is None or self.costs is None:
            return frame
        risk, costs = frame["risk"], self.costs
        each = costs.contact + costs.offer * (risk * costs.success + 1 - risk)
        spent = each.where(frame["control"] != CONTROL, 0.0).cumsum()
        return frame[spent <= self.budget]

    def _treated(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows with the treatment that the policy suggests; none for the control group."""
        if self.policy is None:
            return frame
        told = self.policy.suggested(frame)
        return frame.assign(treatment=told.mask(frame["control"] == CONTROL, ""))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready.

        >>> Ranking(top=500).to_dict()["tiers"]
        {'high': 0.5, 'medium': 0.2, 'low': 0.0}
        """
        said = {f.name: getattr(self, f.name) for f in fields(self)}
        costs = None if self.costs is None else asdict(self.costs)
        policy = None if self.policy is None else self.policy.to_dict()
        return said | {
            "tiers": dict(self.tiers),
            "stages": list(self.stages),
            "costs": costs,
            "policy": policy,
        }


BY_RISK = Ranking()
