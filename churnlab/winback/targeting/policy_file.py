"""PolicyFile: which treatment is for whom, as TOML that an experiment writes and a list reads.

    schema_version = 1
    made = "2026-11-29"
    budget = 5000.0
    control = 0.1

    [[treatments]]
    name = "gift"
    cost = 2.5

    [[rules]]
    stage = "fading"
    tier = "high"
    min_value = 20.0
    treatment = "gift"
    effect = 0.06
    low = 0.02
    high = 0.10

The first rule that fits a person wins. A rule that names no stage, tier or value fits every one;
`treatment = "none"` means that the person is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from churnlab.errors import ChurnlabError, ConfigError
from churnlab.schema.days import day_number, day_text
from churnlab.schema.stages import STAGES
from churnlab.schema.toml_text import as_toml, read_toml

POLICY_VERSION = 1
NO_TREATMENT = "none"


def _known_stage(given: str | None) -> str | None:
    if given is not None and given not in STAGES:
        raise ConfigError.from_unknown("stage", given, STAGES)
    return given


def _as_day(given: str) -> str:
    return day_text(day_number(given))


Name = Annotated[str, Field(min_length=1)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Effect = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]


class _Part(BaseModel):
    """A part of a policy: frozen, without unknown keys; no value is converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class PolicyTreatment(_Part):
    """A treatment, and what it costs for one person, in the log's money.

    >>> PolicyTreatment(name="gift", cost=2.5).cost
    2.5
    """

    name: Name
    cost: Amount


class PolicyRule(_Part):
    """A treatment for people of a stage, of a tier, and of at least an expected value.

    `effect` is the share of those treated who stay because of it, above zero where it keeps people,
    with its interval from `low` to `high`. `min_value` is compared with the column `ltv` of a list;
    a person of unknown value does not reach it.

    >>> PolicyRule(stage="fading", treatment="gift", effect=0.06, low=0.02, high=0.1).tier is None
    True
    """

    stage: Annotated[str | None, AfterValidator(_known_stage)] = None
    tier: str | None = None
    min_value: Amount | None = None
    treatment: Name
    effect: Effect = 0.0
    low: Effect = 0.0
    high: Effect = 0.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.effect <= self.high:
            interval = f"{self.low} to {self.high}"
            raise ConfigError.from_range(
                "effect", self.effect, f"one inside its interval {interval}"
            )
        return self

    def fits(self, stage: np.ndarray, tier: np.ndarray, value: np.ndarray) -> np.ndarray:
        """Whether the rule fits each person, bool[n].

        >>> rule = PolicyRule(stage="fading", min_value=5.0, treatment="gift")
        >>> rule.fits(np.array(["fading", "gone"]), np.array(["", ""]), np.array([5.0, 9.0]))
        array([ True, False])
        """
        fits = np.ones(len(stage), bool)
        if self.stage is not None:
            fits &= stage == self.stage
        if self.tier is not None:
            fits &= tier == self.tier
        if self.min_value is not None:
            fits &= value >= self.min_value
        return fits


class PolicyFile(_Part):
    """A policy: treatments with their costs, and rules in their order.

    `made` is the day on which it was made, `budget` what it was made for, in the log's money, for
    one round of treatments (None: without a limit), `control` the share of people to leave alone so
    that effects can be measured. `about` holds what else there is to say, such as the experiment.

    >>> gift = PolicyTreatment(name="gift", cost=2.5)
    >>> rule = PolicyRule(stage="fading", treatment="gift")
    >>> policy = PolicyFile(schema_version=1, made="2026-11-29", treatments=(gift,), rules=(rule,))
    >>> PolicyFile.of(policy.to_dict()) == policy
    True
    """

    schema_version: Literal[1]
    made: Annotated[str, AfterValidator(_as_day)]
    budget: Amount | None = None
    control: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = 0.0
    about: dict[str, str | float] = {}
    treatments: Annotated[tuple[PolicyTreatment, ...], Field(strict=False)]
    rules: Annotated[tuple[PolicyRule, ...], Field(strict=False)]

    @model_validator(mode="after")
    def _known_treatments(self) -> Self:
        names = [each.name for each in self.treatments]
        if len(set(names)) < len(names) or NO_TREATMENT in names:
            raise ConfigError.from_twice("treatments", sorted({NO_TREATMENT, *names}))
        for rule in self.rules:
            if rule.treatment not in (*names, NO_TREATMENT):
                raise ConfigError.from_unknown("treatment", rule.treatment, (*names, NO_TREATMENT))
        return self

    @classmethod
    def of(cls, tables: Mapping[str, Any], where: str = "a policy") -> Self:
        """The policy of tables as TOML has them; `where` names them in errors.

        Raises ConfigError for what is no policy, such as an unknown stage or treatment.
        """
        version = tables.get("schema_version")
        if isinstance(version, int) and version > POLICY_VERSION:
            raise ConfigError.from_policy(where, "schema_version", f"is {version}, which is newer")
        try:
            return cls.model_validate(dict(tables))
        except ValidationError as error:
            raise _refusal(error, where) from None

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """The policy of a TOML file; ConfigError for none, and for what is no policy."""
        file = Path(path)
        if not file.is_file():
            raise ConfigError.from_policy(str(path), "the file", "does not exist")
        return cls.of(read_toml(file), str(path))

    def check_tiers(self, tiers: Iterable[str]) -> None:
        """Raise ConfigError where a rule names another tier than those of a list.

        >>> PolicyFile(schema_version=1, made="2026-11-29", treatments=(), rules=()).check_tiers([])
        """
        known = list(tiers)
        for rule in self.rules:
            if rule.tier is not None and rule.tier not in known:
                raise ConfigError.from_unknown("tier of a policy", rule.tier, known)

    def suggested(self, people: pd.DataFrame) -> pd.Series:
        """The treatment of each row, as text: by the first rule that fits; empty for none.

        `people` has the columns stage, tier and ltv of a list.
        """
        stage, tier = people["stage"].to_numpy(), people["tier"].to_numpy()
        value = people["ltv"].to_numpy(np.float64)
        fits = [rule.fits(stage, tier, value) for rule in self.rules]
        names = ["" if r.treatment == NO_TREATMENT else r.treatment for r in self.rules]
        found = np.select(fits, names, "") if fits else ""
        return pd.Series(found, people.index, dtype="str")

    def costs(self) -> dict[str, float]:
        """What each treatment costs for one person, by name."""
        return {each.name: each.cost for each in self.treatments}

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready tables, without keys that have no value."""
        return self.model_dump(mode="json", exclude_none=True)

    def to_toml(self) -> str:
        """The policy as the text of a TOML file, which reads back to the same."""
        return as_toml(self.to_dict())


def _refusal(error: ValidationError, where: str) -> ChurnlabError:
    """The first refusal of pydantic as a ConfigError."""
    fault = error.errors(include_url=False)[0]
    place = ".".join(str(part + 1 if isinstance(part, int) else part) for part in fault["loc"])
    cause = fault.get("ctx", {}).get("error")
    says = str(cause) if isinstance(cause, ChurnlabError) else f"is refused: {fault['msg']}"
    return ConfigError.from_policy(where, place or "it", says)
