"""The table of goals: measured value, bound, and whether the goal is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from racing import Times

GIB = 1024
OTHERS = {
    "duckdb": ("(c) DuckDB SQL", 15),
    "duckdb_tuned": ("(c) DuckDB SQL, windows spelled for speed,", None),
    "polars": ("(d) Polars", 15),
    "polars_tuned": ("(d) Polars, windows spelled for speed,", None),
}  # label, and the goal: at least so many times our time


@dataclass(frozen=True)
class Row:
    """One line. `bound` is the goal, at least or at most; without `measured` the note says why."""

    what: str
    measured: float | None
    bound: float | None = None
    at_least: bool = False
    unit: str = ""
    note: str = ""

    @property
    def ok(self) -> bool | None:
        """Whether the goal is reached; None without a measurement or a goal."""
        if self.measured is None or self.bound is None:
            return None
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound

    def cells(self) -> tuple[str, str, str, str, str]:
        """The cells as printed."""
        measured = "–" if self.measured is None else f"{self.measured:,.2f}{self.unit}"
        must = (
            ""
            if self.bound is None
            else f"{'≥' if self.at_least else '≤'} {self.bound:g}{self.unit}"
        )
        return self.what, measured, must, {True: "yes", False: "NO", None: "–"}[self.ok], self.note


def markdown(rows: list[Row]) -> str:
    """The table, for a terminal and for docs/scale.md."""
    lines = [("what", "measured", "must reach", "ok", "note"), *(r.cells() for r in rows)]
    wide = [max(len(line[i]) for line in lines) for i in range(5)]
    texts = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(line, wide, strict=True)) + " |"
        for line in lines
    ]
    return "\n".join([texts[0], "|" + "|".join("-" * (w + 2) for w in wide) + "|", *texts[1:]])


def ratio(above: float | None, below: float | None) -> float | None:
    """The quotient of two values; None if one is missing."""
    return above / below if above is not None and below else None


def of_race(
    ids: str, times: Mapping[str, Times], scaled: Mapping[str, Mapping[str, Any]]
) -> list[Row]:
    """Rows of one log.

    They are churnlab over the floor, also with six signals alone; the others over churnlab; twelve
    snapshots over one.
    """
    none = Times()
    ours, floor, six = (times.get(name, none) for name in ("churnlab", "floor", "churnlab_six"))
    rows = [
        Row(
            f"(a) churnlab over (b) DuckDB's group-by, {ids} ids",
            ratio(ours.seconds, floor.seconds),
            2.5,
            note=_note(ours, floor),
        )
    ]
    if six.runs or six.failed:
        note = "; ".join(
            filter(
                None,
                ["no goal", six.runs and f"{six.runs[0]['columns']} columns", _note(six, floor)],
            )
        )
        rows.append(
            Row(
                f"(a) with the six signals alone over (b), {ids} ids",
                ratio(six.seconds, floor.seconds),
                note=note,
            )
        )
    for name, (label, bound) in OTHERS.items():
        if name in times:
            seconds, note = _whole(times[name], ours, scaled.get(name, {}))
            rows.append(
                Row(
                    f"{label} over (a) churnlab, {ids} ids",
                    ratio(seconds, ours.seconds),
                    bound,
                    True,
                    note=note,
                )
            )
    if "churnlab_12" in times:
        twelve = times["churnlab_12"]
        rows.append(
            Row(
                f"12 snapshots a person over 1, {ids} ids",
                ratio(twelve.seconds, ours.seconds),
                1.5,
                note=_note(twelve, ours),
            )
        )
    return [r for r in rows if r.measured is not None or r.note]


def _note(above: Times, below: Times) -> str:
    if above.failed or below.failed:
        return above.failed or below.failed
    if not above.seconds or not below.seconds:
        return ""
    rounds = [a["seconds"] / b["seconds"] for a, b in zip(above.runs, below.runs, strict=True)]
    return (
        f"{above.seconds:.2f} s over {below.seconds:.2f} s; "
        f"in single rounds {min(rounds):.1f} to {max(rounds):.1f}"
    )


def _whole(times: Times, ours: Times, scaled: Mapping[str, Any]) -> tuple[float | None, str]:
    """Seconds for the whole log and a note; scaled linearly if only a part of it was finished."""
    if not times.failed or not scaled:
        return times.seconds, _note(times, ours)
    seconds, events = scaled["seconds"], scaled["events"]
    return seconds, f"{times.failed}; {seconds:.1f} s are scaled linearly from {events:,} events"


def of_featuretools(found: Mapping[str, Any], big: Times, small: Times) -> list[Row]:
    """Featuretools' time per feature value over ours, on the whole log and on the same sample."""
    if "left_out" in found:
        return [
            Row(
                "(e) Featuretools' time per feature value over ours",
                None,
                300,
                True,
                note=found["left_out"],
            )
        ]
    each = found["seconds"] / found["values"]
    about = f"{each * 1e6:.1f} µs a value, {found['columns']} columns of {found['people']:,} people"
    rows = []
    if big.seconds:
        mine = big.seconds / big.values
        rows.append(
            Row(
                "(e) Featuretools' time per feature value over ours",
                each / mine,
                300,
                True,
                note=f"{about}; ours {mine * 1e6:.3f} µs, {big.runs[0]['columns']} columns",
            )
        )
    if small.seconds:
        mine = small.seconds / small.values
        rows.append(
            Row(
                "    the same, ours on the same sample",
                each / mine,
                note=f"{about}; ours {mine * 1e6:.3f} µs",
            )
        )
    return rows


def of_memory(once: Mapping[str, Any], twice: Mapping[str, Any], events: int) -> list[Row]:
    """Peak memory of (a) on the log, and on a log of twice the events."""
    peak, double = once.get("peak_mib"), twice.get("peak_mib")
    note = once.get("failed") or twice.get("failed") or f"{peak:,.0f} and {double:,.0f} MiB"
    return [
        Row(f"peak memory, {events:,} events", ratio(peak, GIB), 2, unit=" GiB", note=note),
        Row("peak memory, twice the events over once", ratio(double, peak), 1.3, note=note),
    ]


def of_update(found: Mapping[str, Any]) -> list[Row]:
    """The nightly update."""
    return [
        Row(
            "one more day of 2 million events over its rollup alone",
            found.get("ratio"),
            1.5,
            note=found.get("left_out", ""),
        )
    ]


def of_score(found: Mapping[str, Any], half: Mapping[str, Any]) -> list[Row]:
    """Rows for scoring 3 million active of 18 million people, from a measured tenth.

    Time is ten times that of the tenth. Memory is that of the tenth, plus 18 times its growth
    from a twentieth to a tenth; people are read in parts, so it grows little.
    """
    if "left_out" in found:
        return [
            Row(
                f"features of 3 of 18 million people: {what}",
                None,
                bound,
                unit=unit,
                note=found["left_out"],
            )
            for what, bound, unit in (("time", 10, " min"), ("memory", 6, " GiB"))
        ]
    peak, grown = found["peak_mib"], max(found["peak_mib"] - half["peak_mib"], 0)
    note = (
        f"a tenth took {found['seconds']:.1f} s and {peak:,.0f} MiB, "
        f"half of it {half['peak_mib']:,.0f} MiB"
    )
    return [
        Row(
            "features of 3 of 18 million people: time",
            found["seconds"] * 10 / 60,
            10,
            unit=" min",
            note=note,
        ),
        Row(
            "features of 3 of 18 million people: memory",
            (peak + 18 * grown) / GIB,
            6,
            unit=" GiB",
            note=note,
        ),
    ]


def of_first_call(times: Times) -> list[Row]:
    """Extra seconds of the first call in a new process, on a tiny log, libraries imported."""
    if times.first_call is None:
        return []
    return [
        Row(
            "first call in a new process over the second",
            times.first_call,
            0.5,
            unit=" s",
            note="on a tiny log, libraries imported before",
        )
    ]
