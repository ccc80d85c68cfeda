"""[tiers] and [[tags]]: stages of life by thresholds, and named conditions."""

from __future__ import annotations

from churnlab.config.sections import Table
from churnlab.features.life import TierRules
from churnlab.retention.tagging.language import Tag


class TiersTable(Table):
    """[tiers]: the thresholds between the six stages of life."""

    from_log: bool = False
    """Take core_days, silent and lost from quantiles of the log instead of the values here."""
    new: int = TierRules.new
    """A person is a newcomer for so many days after the first act."""
    core_days: float = TierRules.core_days
    """Active days in the last 28 days from which a person is core."""
    core_spend: float | None = TierRules.core_spend
    """Money spent in the last 28 days from which a person is core, too."""
    fading: float = TierRules.fading
    """A person fades who keeps at most this share of the active days of the 28 days before."""
    fading_from: int = TierRules.fading_from
    """Active days in those 28 days from which a person can be fading."""
    silent: int = TierRules.silent
    """Days without an act after which a person is silent."""
    lost: int = TierRules.lost
    """Days without an act after which a person is lost."""

    def rules(self) -> TierRules:
        """The thresholds; raises ConfigError for those that leave a tier without room.

        >>> TiersTable(silent=21).rules().silent
        21
        """
        return TierRules(**self.model_dump(exclude={"from_log"}))


class TagTable(Table):
    """[[tags]]: a name in any script, and the condition of the people who have it."""

    name: str
    """The name, such as "evening person"."""
    when: str
    """The condition, such as "evening[28] / acts[28] >= 0.5"."""

    def tag(self) -> Tag:
        """The tag.

        >>> TagTable(name="keen", when="active[28] >= 20").tag().name
        'keen'
        """
        return Tag(self.name, self.when)
