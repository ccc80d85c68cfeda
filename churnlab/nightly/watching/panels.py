"""What the watch page draws over nights: a panel for each thing that is watched."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from churnlab.features.themes import THEMES
from churnlab.language.sentence import Words, sentence
from churnlab.nightly.grading.page import version_words
from churnlab.nightly.watching.nights import Night
from churnlab.report.drawing import COLOURS, GREEN, GREY, ORANGE
from churnlab.report.night_plots import Scale, Series

_NONE = float("nan")
_MOST_LINES = 6
_VOLUME = "volume_least "


def panels(nights: Sequence[Night]) -> Iterator[tuple[Words, tuple[list[Series], Scale]]]:
    """The title of each panel, its series, and what they are."""
    people = Series(sentence("on the list"), _of(nights, lambda n: n.said.get("people")), "bars")
    scored = Series(sentence("scored"), _fact(nights, "scored"), "dashed", ORANGE)
    yield sentence("People on the list"), ([people, scored], "count")
    yield sentence("Who entered and left"), (list(_moves(nights)), "count")
    yield sentence("Events of the newest day"), (list(_volume(nights)), "count")
    yield sentence("Events by role, of what is usual"), (list(_roles(nights)), "share")
    yield sentence("Mean probability and what came"), (list(_means(nights)), "share")
    yield sentence("AUC: estimate and grade"), (list(_aucs(nights)), "number")
    yield sentence("How far scores moved (PSI)"), (list(_moved(nights)), "number")
    yield sentence("Themes of the first reasons"), (list(_themes(nights)), "share")
    yield sentence("Missing features by signal"), (list(_missing(nights)), "share")


def _of(nights: Sequence[Night], ask: Callable[[Night], float | None]) -> list[float]:
    found = (ask(night) for night in nights)
    return [_NONE if value is None else float(value) for value in found]


def _fact(nights: Sequence[Night], name: str, place: int | None = None) -> list[float]:
    """A fact of each night, or one of its parts."""
    if place is None:
        return _of(nights, lambda n: n.facts.get(name))
    return _of(nights, lambda n: (n.facts.get(name) or [None] * 3)[place])


def _moves(nights: Sequence[Night]) -> Iterator[Series]:
    yield Series(sentence("entered"), _of(nights, lambda n: n.changed("enter")), "bars", GREEN)
    left = [-value for value in _of(nights, lambda n: n.changed("exit"))]
    yield Series(sentence("left"), left, "bars", ORANGE)


def _volume(nights: Sequence[Night]) -> Iterator[Series]:
    newest = [list(night.facts.get("events", {}).values())[-1:] for night in nights]
    events = [float(each[0][0]) if each else _NONE for each in newest]
    usual = [float(each[0][1] or _NONE) if each else _NONE for each in newest]
    yield Series(sentence("events"), events)
    yield Series(sentence("usual on its weekday"), usual, "dashed", GREY)


def _roles(nights: Sequence[Night]) -> Iterator[Series]:
    """The events of each role as a share of the usual, the least of the night's new days.

    The roles that fell the most are shown; 100% stands for all days that are as usual.
    """
    names = {g["name"] for n in nights for g in n.said.get("guards", ())}
    roles = sorted(name.removeprefix(_VOLUME) for name in names if name.startswith(_VOLUME))
    shares = {role: _of(nights, partial(_guard, _VOLUME + role)) for role in roles if role != "all"}
    fell = sorted(shares, key=lambda role: (_least(shares[role]), role))
    for i, role in enumerate(fell[:4]):
        yield Series(role, shares[role], "line", COLOURS[i % len(COLOURS)])


def _least(values: list[float]) -> float:
    return min((value for value in values if not math.isnan(value)), default=math.inf)


def _means(nights: Sequence[Night]) -> Iterator[Series]:
    yield Series(sentence("mean probability"), _fact(nights, "mean_risk"))
    yield Series(sentence("training"), _fact(nights, "base_rate"), "dashed", GREY)
    churned = _of(nights, lambda n: None if n.grade is None else n.grade.base_rate)
    yield Series(sentence("churned"), churned, "points", ORANGE)


def _aucs(nights: Sequence[Night]) -> Iterator[Series]:
    low, high = (_fact(nights, "expected_auc", place) for place in (1, 2))
    values = _fact(nights, "expected_auc", 0)
    yield Series(sentence("estimate"), values, "line", low=low, high=high)
    parts = [_of(nights, partial(_auc, part)) for part in ("value", "low", "high")]
    yield Series(sentence("grade"), parts[0], "points", ORANGE, parts[1], parts[2])
    challengers = {name for n in nights if n.grade is not None for name in n.grade.challengers}
    for i, name in enumerate(sorted(challengers)[:3]):
        values = _of(nights, partial(_challenger, name))
        yield Series(version_words(name), values, "points", COLOURS[(2 + i) % len(COLOURS)])


def _auc(part: str, night: Night) -> float | None:
    return None if night.grade is None else float(getattr(night.grade.auc, part))


def _guard(name: str, night: Night) -> float | None:
    return night.guard(name)


def _theme(name: str, night: Night) -> float | None:
    return _shares(night.facts.get("theme", {})).get(name)


def _missing_share(name: str, night: Night) -> float | None:
    found: float | None = night.facts.get("missing", {}).get(name)
    return found


def _challenger(name: str, night: Night) -> float | None:
    if night.grade is None or name not in night.grade.challengers:
        return None
    return night.grade.metric("auc", name).value


def _moved(nights: Sequence[Night]) -> Iterator[Series]:
    for name, words, colour in (
        ("psi_last", sentence("against the last list"), COLOURS[0]),
        ("psi_training", sentence("against training"), ORANGE),
    ):
        values = _of(nights, partial(_guard, name))
        yield Series(words, values, "line", colour)


def _themes(nights: Sequence[Night]) -> Iterator[Series]:
    """The share of people with each theme, the largest on average first."""
    names = _largest([_shares(night.facts.get("theme", {})) for night in nights], skip=("",))
    for i, name in enumerate(names):
        values = _of(nights, partial(_theme, name))
        label = THEMES.get(name) or name
        yield Series(label, values, "line", COLOURS[i % len(COLOURS)])


def _shares(counts: dict[str, list[float]]) -> dict[str, float]:
    whole = sum(size for size, _ in counts.values())
    return {name: size / whole for name, (size, _) in counts.items()} if whole else {}


def _missing(nights: Sequence[Night]) -> Iterator[Series]:
    """The share of missing features of the signals in which it moved most."""
    known = [night.facts["missing"] for night in nights if night.facts.get("missing")]
    names = {name for each in known for name in each}
    spread = {n: _span([each[n] for each in known if n in each]) for n in names}
    for i, name in enumerate(sorted(names, key=lambda n: (-spread[n], n))[:4]):
        values = _of(nights, partial(_missing_share, name))
        yield Series(name, values, "line", COLOURS[i % len(COLOURS)])


def _span(values: list[float]) -> float:
    return max(values) - min(values)


def _largest(found: list[dict[str, float]], skip: tuple[str, ...] = ()) -> list[str]:
    totals: Counter[str] = Counter()
    for each in found:
        totals.update(each)
    return [name for name, _ in totals.most_common() if name not in skip][:_MOST_LINES]
