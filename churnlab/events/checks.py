"""The checks that a log has enough sound rows and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from math import isnan

from churnlab.errors import LogError
from churnlab.events.spec import LogSpec
from churnlab.events.unusable import Unusable
from churnlab.events.written_numbers import number_of
from churnlab.kernels.units import AMOUNT_LIMIT

_INFINITE = {"inf", "-inf"}


def check_counts(
    source: str, spec: LogSpec, counts: Mapping[str, int], any_block: bool = True
) -> None:
    """Raise LogError for a log without events, or with too many rows that were set aside.

    `counts` are the rows read and those set aside, by reason. `any_block`: any event is left.
    """
    rows, bad_ids, bad_times = counts["rows"], counts["bad_ids"], counts["bad_times"]
    if not rows:
        raise LogError.from_empty(source)
    if bad_ids > spec.bad_ids * rows or bad_ids == rows:
        raise LogError.from_no_ids(source, spec.user, bad_ids, rows, spec.bad_ids)
    if bad_times > spec.bad_times * rows or bad_times == rows:
        moment = f"{spec.read_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        raise LogError.from_impossible_times(
            source, spec.time, bad_times, rows, moment, spec.bad_times
        )
    if not any_block:
        outside = counts["after_until"] + counts["before_since"]
        if outside:
            until = spec.until or spec.read_at
            raise LogError.from_outside(source, until, spec.since, outside, rows)
        if counts["ignored"]:
            raise LogError.from_all_ignored(source, rows)
        raise LogError.from_empty(source)


def check_numbers(source: str, spec: LogSpec, unusable: Mapping[str, Unusable]) -> None:
    """Raise LogError where too many of the amounts, or of a measure's numbers, cannot be used.

    `unusable` has the key "amount", and "measure" with its name for each measure.
    """
    columns = {"amount": spec.amount} | {f"measure {m.name}": m.column for m in spec.measures}
    for what, seen in unusable.items():
        option = "bad_amounts" if what == "amount" else "bad_measures"
        share = getattr(spec, option)
        if seen.unusable > share * seen.given:
            ways = [*_ways(seen.examples, what == "amount", spec.decimal)]
            counts = seen.unusable, seen.given
            raise LogError.from_bad_numbers(
                source, str(columns[what]), counts, seen.examples, (option, share), ways
            )


def _ways(examples: Sequence[str], is_amount: bool, decimal: str | None) -> Iterator[str]:
    """What to do about numbers that look like these."""
    plain = [e.strip(" $€£¥￥₩₹") for e in examples]
    numbers = [number_of(e, mark) for e in plain for mark in (".", ",")]
    if any("," in e for e in plain) and decimal != ",":
        yield 'give decimal="," where the comma is the decimal mark'
        if decimal is None:
            yield 'decimal="." where it separates thousands'
    elif any("." in e for e in plain) and decimal == ",":
        yield 'give decimal="." where the point is the decimal mark'
    if any(abs(n) > AMOUNT_LIMIT for n in numbers):
        scale = "amount_scale=0.01 (amounts in cents)" if is_amount else "a larger unit"
        yield f"give {scale} where numbers are beyond {AMOUNT_LIMIT:g}"
    if _INFINITE.issuperset(examples):
        yield "write null where there is no number"
    elif plain != [*examples] or all(isnan(n) for n in numbers):
        yield "strip currency signs and other text from the column"
