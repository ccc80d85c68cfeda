"""Errors of published lists and of the sinks that they go to."""

from __future__ import annotations

from collections.abc import Iterable

from churnlab.errors.base import ChurnlabError
from churnlab.errors.guard import GuardError
from churnlab.errors.kept import LockedError, OutputError
from churnlab.errors.secrets import in_short


class ListError(ChurnlabError):
    """A published list cannot be read, or is not what was published.

    `newer` says that a later churnlab published it.
    """

    newer = False

    @classmethod
    def from_none(cls, place: str, as_of: str | None) -> ListError:
        """A folder holds no list, or none of the day that was asked for."""
        what = "no published list" if as_of is None else f"no list of {as_of}"
        return cls(f"{place} holds {what}; run `churnlab score` or give another folder or day")

    @classmethod
    def from_strangers(cls, as_of: str) -> ListError:
        """Nobody on a list is known to the log."""
        return cls(
            f"nobody on the list of {as_of} is in the log; give the log that the list was made from"
        )

    @classmethod
    def from_newer(cls, place: str, version: object, known: int) -> ListError:
        """A later churnlab published the list, in a schema that this one cannot read."""
        error = cls(
            f"{place} was published by a newer churnlab (schema {version}, "
            f"this one knows {known}); use that version or a newer one"
        )
        error.newer = True
        return error

    @classmethod
    def from_damaged(cls, file: str, reason: str) -> ListError:
        """A file of the list is missing, or its bytes are not those that were published."""
        return cls(
            f"{file} is not what was published: {in_short(reason)}; "
            "score that day again or restore the file"
        )

    @classmethod
    def from_damaged_grade(cls, file: str, reason: str) -> ListError:
        """The grade that is kept beside a list is not the one that was written."""
        return cls(
            f"{file} is not the grade that was written: {in_short(reason)}; "
            "grade that day again by `churnlab grade`"
        )


class ShardError(ChurnlabError):
    """The shards of a list are not all there, or do not belong together."""

    @classmethod
    def from_missing(cls, as_of: str, names: Iterable[str], places: Iterable[str]) -> ShardError:
        """Some shards were not scored."""
        found = _few(names)
        return cls(
            f"the list of {as_of} lacks the shards {found} in {', '.join(places)}; "
            "run `churnlab score --shard` for them"
        )

    @classmethod
    def from_none(cls, as_of: str, places: Iterable[str]) -> ShardError:
        """No shard of a day is there."""
        return cls(
            f"no shard of {as_of} is in {', '.join(places)}; "
            f"run `churnlab score --as-of {as_of} --shard 0/4` and so on, or name their folders"
        )

    @classmethod
    def from_twice(cls, shard: str, first: str, second: str) -> ShardError:
        """A shard is there twice."""
        return cls(f"the shard {shard} is there twice, {first} and {second}; take one away")

    @classmethod
    def from_foreign(cls, file: str, what: str, given: object, wanted: object) -> ShardError:
        """A shard does not belong to the others; `what` differs."""
        return cls(
            f"{file} does not belong to this list: {what} is {given}, not {wanted}; "
            "score that shard again or take it away"
        )

    @classmethod
    def from_damaged(cls, file: str, reason: str) -> ShardError:
        """The file of a shard is not what was written, or a newer churnlab wrote it."""
        return cls(f"{file} is no shard: {in_short(reason)}; score that shard again")

    @classmethod
    def from_shared(cls, people: int) -> ShardError:
        """Some people are in more than one shard."""
        return cls(
            f"{people:,} people are in more than one shard; split the log by a hash of the id, "
            "so that each person has one"
        )


def _few(names: Iterable[str]) -> str:
    first = list(names)
    return ", ".join(first[:10]) + (f" and {len(first) - 10} more" if len(first) > 10 else "")


class AuditError(GuardError):
    """A list that was about to be published is no list: nothing was published."""

    @classmethod
    def from_columns(cls, lacks: Iterable[str], odd: Iterable[str]) -> AuditError:
        """The columns are not those of the list's schema."""
        told = [f"{what} {', '.join(names)}" for what, names in (("lacks", lacks), ("has", odd))]
        found = " and ".join(each for each in told if not each.endswith(" "))
        return cls(f"the list was not published: it {found}; give it the columns of its schema")

    @classmethod
    def from_rows(cls, column: str, reason: str) -> AuditError:
        """Rows break a promise of the list's schema."""
        return cls(
            f"the list was not published: {column} {reason}; "
            "the old list is as it was, report this with the run's card"
        )


class SinkError(OutputError):
    """A list could not be handed to a sink; what the sink held is as it was.

    `unsure` says that it is there, and that a crash of the machine may still lose it.
    """

    unsure = False

    @classmethod
    def from_other_bytes(cls, file: str) -> SinkError:
        """A file that was written and read back holds other bytes."""
        return cls(
            f"{file} did not keep what was written to it; "
            "the old list is as it was, check the disk or give another folder"
        )

    @classmethod
    def from_refused(cls, sink: str, reason: str) -> SinkError:
        """A sink does not answer or refuses a list."""
        return cls(
            f"{sink} cannot be written: {in_short(reason).rstrip('.')}; "
            "it holds what it held before, score that day once more"
        )

    @classmethod
    def from_too_big(cls, what: str, most: str, given: str) -> SinkError:
        """A list, or a text in it, is larger than a format can hold."""
        return cls(f"{what} holds {most} and the list has {given}; leave that format out")

    @classmethod
    def from_unsure(cls, folder: object, reason: object) -> SinkError:
        """A file was put in its place, and the disk did not confirm its name."""
        error = cls(
            f"{folder} was written, but the disk did not confirm it: {in_short(str(reason))}; "
            "score that day once more"
        )
        error.unsure = True
        return error


class ShadowError(ChurnlabError):
    """A challenger could not be scored beside a list, which is published and stays.

    `exit_code` is that of what went wrong.
    """

    @classmethod
    def from_failed(cls, as_of: str, version: str, error: ChurnlabError) -> ShadowError:
        """What went wrong is `error`."""
        said = cls(f"the list of {as_of} is published, version {version} beside it is not: {error}")
        said.exit_code = error.exit_code  # type: ignore[misc]
        return said


class ScoringError(LockedError):
    """Another process is scoring into the same folder."""

    @classmethod
    def from_running(cls, folder: str) -> ScoringError:
        """The lock of a folder of lists is held."""
        return cls(
            f"another `churnlab score` is writing to {folder}; try again when it is done, "
            "or give this one another output folder"
        )
