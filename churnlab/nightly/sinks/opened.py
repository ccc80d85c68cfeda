"""The sinks of a configuration, and a list handed to all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from churnlab.config.tables import Config
from churnlab.errors import ChurnlabError, ConfigError
from churnlab.events.addresses import FILE_SYSTEMS, folder_of, normal, scheme_of
from churnlab.nightly.lists.publication import Sink
from churnlab.nightly.sinks.delta import DeltaSink
from churnlab.nightly.sinks.files import FilesSink
from churnlab.nightly.sinks.postgres import PostgresSink
from churnlab.nightly.written import WritableList, Written

_KNOWN = ("postgresql", "delta", "s3", "gs", "abfss", "file")


def open_sinks(config: Config) -> list[Sink]:
    """The sinks of [[sinks]], each checked, so that nothing is scored that has no place to go.

    Raises ConfigError, LockedError or OutputError as `check` does.
    """
    found = [sink_of(config.path(s.to), s.table, s.formats) for s in config.sinks]
    for sink in found:
        sink.check()
    return found


def sink_of(to: str, table: str, formats: Sequence[str]) -> Sink:
    """The sink at an address or a path; ConfigError for an address of another kind.

    >>> sink_of("postgresql://crm/app", "churn_list", []).name
    'postgresql://crm/app table churn_list'
    >>> sink_of("delta:///srv/lists", "", []).name
    'Delta table /srv/lists'
    """
    scheme = scheme_of(to)
    if scheme in ("postgresql", "postgres"):
        return PostgresSink(normal(to), table)
    if scheme.partition("+")[0] == "delta":
        return DeltaSink(folder_of(normal(to)))
    if not scheme or scheme in FILE_SYSTEMS:
        return FilesSink(to, tuple(formats))
    raise ConfigError.from_unknown("sink", f"{scheme}://", (f"{name}://" for name in _KNOWN))


def hand_over(
    tonight: WritableList, written: Written, sinks: Sequence[Sink], dry_run: bool = False
) -> Written:
    """A written list handed to all sinks, and where it is now; a trial goes to none.

    A `dry_run` hands it to none and names where it would be.

    One sink that fails does not keep the list from the others: the first error is raised once all
    were tried. ConfigError where a list on Spark is to go to a sink.
    """
    if not sinks or written.trial:
        return written
    if dry_run:
        return replace(written, sinks=tuple(sink.name for sink in sinks))
    given = written.publication or tonight.publication()
    places, errors = [], []
    for sink in sinks:
        try:
            places.append(sink.write(given))
        except ChurnlabError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return replace(written, sinks=tuple(places))
