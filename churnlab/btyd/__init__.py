"""Buy till you die: how many transactions each person will still make.

The models learn from how many transactions there were and when; they need no labels. Each reads the
same three numbers of a person: `repeats` transactions after the first, the time of the `last` one
and the present `age`, both counted from the first. None of them knows seasons, promotions or any
other act of the person.
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
