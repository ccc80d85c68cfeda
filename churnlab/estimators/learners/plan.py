"""Plan: what LightGBM is asked to grow."""

from __future__ import annotations

from dataclasses import dataclass, replace

from churnlab.estimators.learners.chosen import TreeSize

TWEEDIE_POWER = 1.3
_SMALL_DATA = 50_000


@dataclass(frozen=True)
class Plan:
    """Settings of LightGBM. `rounds` is the number of trees; None lets the folds decide.

    `sizes` are those of the boosters of an earlier fit, which this one is to have; empty for a fit
    that chooses.
    """

    objective: str
    learning_rate: float
    num_leaves: int | None
    min_child_samples: int
    feature_fraction: float
    rounds: int | None
    seed: int
    threads: int
    sizes: tuple[TreeSize, ...] = ()

    def as_chosen(self, sizes: tuple[TreeSize, ...], booster: int = 0) -> Plan:
        """The plan of one booster, the first or the second, whose size was chosen before."""
        rounds, leaves = sizes[booster]
        return replace(self, rounds=rounds, num_leaves=leaves, sizes=sizes)

    def params(self, rows: int) -> dict[str, object]:
        """LightGBM's parameters for `rows` training rows.

        Leaves are smaller on small data, so that a model can be learnt from 30 rows.
        """
        params: dict[str, object] = {
            "objective": self.objective,
            "learning_rate": self.learning_rate,
            "num_leaves": self.num_leaves or _leaves_for(rows),
            "min_child_samples": max(1, min(self.min_child_samples, rows // 20)),
            "feature_fraction": self.feature_fraction,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "lambda_l2": 5.0 if rows >= 1000 else 0.1,
            "max_cat_to_onehot": 8,
            "seed": self.seed,
            "num_threads": self.threads,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }
        return params | (
            {"tweedie_variance_power": TWEEDIE_POWER} if self.objective == "tweedie" else {}
        )


def _leaves_for(rows: int) -> int:
    """Small trees on small data; experiments/learners gives the reason."""
    return 7 if rows < _SMALL_DATA else 15
