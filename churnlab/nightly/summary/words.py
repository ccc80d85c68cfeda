"""What a summary of a list calls its stages, its changes and what left people out."""

from __future__ import annotations

from collections.abc import Mapping

from churnlab.language.sentence import Words, sentence
from churnlab.nightly.changes import (
    ABOVE,
    ACTIVE,
    BECAME,
    BECAME_OR_ABOVE,
    CHURNED,
    CUT,
    NEW,
    OUTSIDE,
)
from churnlab.schema.stages import FADING, GONE, LAPSING, SILENT

NO_TIER = sentence("no tier")
STAGE_WORDS: Mapping[str, Words] = {
    FADING: sentence("Fading"),
    LAPSING: sentence("Lapsing"),
    SILENT: sentence("Silent"),
    GONE: sentence("Gone"),
    "": sentence("No stage"),
}
REASON_WORDS: Mapping[str, Words] = {
    NEW: sentence("new in the log"),
    ACTIVE: sentence("became active"),
    ABOVE: sentence("became active or above the cut"),
    BECAME[FADING]: sentence("became fading"),
    BECAME[LAPSING]: sentence("became lapsing"),
    BECAME[SILENT]: sentence("became silent"),
    BECAME[GONE]: sentence("became gone"),
    BECAME_OR_ABOVE[FADING]: sentence("became fading or above the cut"),
    BECAME_OR_ABOVE[LAPSING]: sentence("became lapsing or above the cut"),
    BECAME_OR_ABOVE[SILENT]: sentence("became silent or above the cut"),
    BECAME_OR_ABOVE[GONE]: sentence("became gone or above the cut"),
    CHURNED: sentence("churned"),
    CUT: sentence("below the cut"),
    OUTSIDE: sentence("outside the population"),
}
LEFT_OUT: Mapping[str, Words] = {
    "stages": sentence("the list does not ask for their stage"),
    "top": sentence("the list ends after the first people"),
    "budget": sentence("contacting them would cost more than the budget"),
}
APPROVALS: Mapping[str, Words] = {
    "approved": sentence("approved"),
    "not approved": sentence("not approved"),
    "no approval required": sentence("no approval required"),
}


def left_out_words(left_out: Mapping[str, int], scored: int) -> tuple[Words, ...]:
    """How many people were scored and are not on a list, a sentence for each cause.

    >>> [str(words) for words in left_out_words({"stages": 3, "top": 0}, 10)]
    ['3 of 10 people are left out: the list does not ask for their stage']
    """
    return tuple(
        sentence(
            "{count:,} of {scored:,} people are left out: {cause}",
            count=left_out[name],
            scored=scored,
            cause=cause,
        )
        for name, cause in LEFT_OUT.items()
        if left_out.get(name)
    )
