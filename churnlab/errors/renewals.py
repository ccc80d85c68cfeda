"""Errors of frames of renewals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from churnlab.errors.data import FrameError


class RenewalsError(FrameError):
    """A frame of renewals cannot be used."""

    @classmethod
    def from_no_answer(cls, columns: Iterable[str]) -> RenewalsError:
        """Nothing says who renewed."""
        names = ", ".join(map(str, columns))
        return cls(
            f"nothing says who renewed: the renewals have the columns {names}; "
            "give a column 'renewed' of 0 and 1, or Lapse(role=…) for an event of the log"
        )

    @classmethod
    def from_two_answers(cls, role: str) -> RenewalsError:
        """Two things say who renewed."""
        return cls(
            f"both Lapse(role={role!r}) and the column 'renewed' say who renewed; give one of them"
        )

    @classmethod
    def from_open(cls, count: int) -> RenewalsError:
        """It is not known yet whether people renewed."""
        return cls(
            f"column 'renewed' of the renewals is missing in {count:,} rows; "
            'give 0 or 1, or unobserved="drop" to leave these rows out'
        )

    @classmethod
    def from_bad_answer(cls, example: object, count: int) -> RenewalsError:
        """The column that says who renewed holds something else than 0 and 1."""
        return cls(
            f"column 'renewed' of the renewals is {example!r} in {count:,} rows; "
            "give 0 or 1, or nothing where it is not known yet"
        )

    @classmethod
    def from_no_ids(cls, count: int) -> RenewalsError:
        """Rows without a user id."""
        return cls(
            f"column 'user_id' of the renewals is missing in {count:,} rows; leave these rows out"
        )

    @classmethod
    def from_none_left(cls, rows: int, dropped: Mapping[str, int]) -> RenewalsError:
        """Every renewal was left out, or there was none."""
        reasons = "; ".join(f"{reason}: {count:,}" for reason, count in dropped.items())
        return cls(
            f"no snapshot is left of {rows:,} renewals ({reasons or 'the frame is empty'}); "
            "give renewals whose snapshots and grace lie in the days of the log"
        )
