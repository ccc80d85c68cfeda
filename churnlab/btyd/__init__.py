"""Buy till you die: how many transactions are to come of whom, from how many there were and when, with nothing learnt from labels.

Every model reads the same numbers of a person: `repeats` transactions after the first, the time of the `last` and the present `age`, both
from the first on. None of them knows seasons, promotions or what else the person did.
"""

from churnlab.btyd.beta import BGNBD, MBGNBD
from churnlab.btyd.money import GammaGamma
from churnlab.btyd.pareto import ParetoNBD
from churnlab.btyd.statistics import Statistics, statistics

MODELS: dict[str, type[BGNBD] | type[MBGNBD] | type[ParetoNBD]] = {
    "bg_nbd": BGNBD,
    "mbg_nbd": MBGNBD,
    "pareto_nbd": ParetoNBD,
}

__all__ = ["BGNBD", "MBGNBD", "MODELS", "GammaGamma", "ParetoNBD", "Statistics", "statistics"]
