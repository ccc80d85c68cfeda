"""One Spark session for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import churnlab as cl


@pytest.fixture(scope="package")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from support.spark import running_session

    with running_session(tmp_path_factory.mktemp("spark")) as running:
        yield running


@pytest.fixture(scope="package")
def community() -> cl.datasets.Community:
    return cl.datasets.make_community(users=250, days=170, seed=2)


@pytest.fixture
def parts(session: Any) -> Iterator[Callable[[int], None]]:
    yield lambda n: session.conf.set("spark.sql.shuffle.partitions", str(n))
    session.conf.set("spark.sql.shuffle.partitions", "3")
