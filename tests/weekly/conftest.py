"""A job of a community in whose last week nobody opened a push, and the report of that week."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command import TOML, write
from support.nightly import tonight

import churnlab as cl
from churnlab.config.tables import Config
from churnlab.nightly.lists.publish import Publisher
from churnlab.nightly.lists.shelf import shelf_of
from churnlab.weekly.record import WeeklyReport
from churnlab.weekly.report import weekly_report

WEEK = "2026-W17"


@pytest.fixture(scope="module")
def community() -> cl.datasets.Community:
    return cl.datasets.make_community(users=250, days=140, seed=6)


@pytest.fixture(scope="module")
def config(community: cl.datasets.Community, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A job in whose last week nobody opened a push, with lists on two of its mornings."""
    folder = tmp_path_factory.mktemp("weekly")
    events = community.events
    week = events["ts"].between("2026-04-20", "2026-04-26 23:59:59.999999")
    events = events[~(week & events["event"].eq("push_open"))]
    found = write(folder, events, community.users, TOML)
    settings = Config.read(found)
    shelf = shelf_of(settings.path(settings.output.folder))
    for day, count in (("2026-04-16", 5), ("2026-04-22", 7), ("2026-04-27", 6)):
        with shelf.locked():
            Publisher(shelf).publish(tonight(count, day))
    return found


@pytest.fixture(scope="module")
def report(config: Path) -> WeeklyReport:
    return weekly_report(Config.read(config), WEEK)
