"""Whatever happens at or after the as-of date, the list is the same: from the store to its bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.activity_store import write_days
from support.counting import count
from support.faults import FAULTS

from churnlab.config.tables import Config
from churnlab.demo import datasets
from churnlab.nightly import score as nightly
from churnlab.nightly.chosen import Chosen
from churnlab.nightly.lists.formats import FORMATS
from churnlab.nightly.update import update
from churnlab.schema.days import day_number

AS_OF = pd.Timestamp("2026-05-01")
AHEAD = 3  # days from the as-of date on that get events
PEOPLE = [*(f"u{i:06d}" for i in range(20)), "new", "later", "=1+1"]
NAMES = ["app_open", "purchase", "push_sent", "comment", "like_received", "never seen"]
AMOUNTS = [None, 0.0, 9.99, -5.0, 1e6, float("nan")]
SECONDS = st.one_of(st.sampled_from([0, 1, 86_399]), st.integers(0, 86_399))
EVENT = st.tuples(
    st.sampled_from(PEOPLE),
    st.integers(0, AHEAD - 1),
    SECONDS,
    st.sampled_from(NAMES),
    st.sampled_from(AMOUNTS),
)
COLUMNS = ["user_id", "ts", "event", "amount"]


class Later(NamedTuple):
    """A job whose store ended before AS_OF, its events from then on, and its list before they came."""

    config: Config
    real: pd.DataFrame
    alone: bytes


@pytest.fixture(scope="module")
def later(trained: tuple[Path, dict], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Later]:
    """A job of twenty people; its model is read from the store of models once."""
    found = datasets.make_community(users=20, days=125, seed=5)
    folder = tmp_path_factory.mktemp("later")
    first = str(found.events["ts"].min().date())
    write_days(folder / "events", found.events, "Asia/Shanghai")
    found.users.to_parquet(folder / "users.parquet", index=False)
    text = trained[0].read_text().replace('"events.parquet"', '"events/{day}.parquet"')
    text = text.replace('store = "runs"', f"store = {json.dumps(str(trained[0].parent / 'runs'))}")
    (folder / "churnlab.toml").write_text(text + '\n[store]\nfolder = "store"\n')
    config = Config.read(folder / "churnlab.toml")
    update(config, AS_OF - timedelta(days=1), since=first)
    chosen = Chosen.of(config, None, day_number(AS_OF))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nightly.Chosen, "of", lambda *given: chosen)
        real = found.events[found.events["ts"] >= AS_OF][COLUMNS]
        yield Later(config, real, the_list(config))


def the_list(config: Config) -> bytes:
    """The list as it is published, as bytes."""
    given = nightly.score(config, AS_OF).publication()
    return FORMATS["parquet"].encode(given.table, given.language)


@pytest.mark.examples(people_of_the_list=15, in_the_store=15)
@settings(max_examples=1000 if FAULTS else 25)
@given(st.lists(EVENT, max_size=30), st.booleans())
def test_events_from_the_as_of_date_on_change_no_byte_of_the_list(
    later: Later, more: list[tuple], usual: bool
) -> None:
    """Events of people known and new, also at its first midnight, with or without usual days."""
    config, real, alone = later
    made = [
        (user, AS_OF + timedelta(days=day, seconds=second), name, amount)
        for user, day, second, name, amount in more
    ]
    frame = pd.concat([*([real] if usual else []), pd.DataFrame(made, columns=COLUMNS)])
    frame["ts"], frame["amount"] = (
        frame["ts"].astype("datetime64[us]"),
        frame["amount"].astype(float),
    )
    folder = Path(config.path("events"))
    for day in range(AHEAD):
        at = AS_OF + timedelta(days=day)
        file = folder / f"{at.date()}.parquet"
        frame[frame["ts"].dt.normalize() == at].to_parquet(file, index=False)
    update(config, AS_OF + timedelta(days=AHEAD - 1), since=AS_OF, allow_empty=True)
    count("in_the_store", bool(len(frame)))
    count("people_of_the_list", bool({user for user, *_ in more} & {*PEOPLE[:20]}))
    assert the_list(config) == alone
