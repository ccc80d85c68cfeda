"""Which text files are read together, and with how much memory."""

from __future__ import annotations

from support.files import CSV, OPTIONS, write

from churnlab.events.file_system import local_file
from churnlab.events.plain_text import TextFile
from churnlab.events.spec import LogSpec
from churnlab.events.text_reader import alike, connected


def test_neighbours_of_one_way_are_read_together() -> None:
    for day, names in {"01": "ab", "02": "c"}.items():
        for name in names:
            write(f"dt={day}/{name}.csv", CSV)
    write("dt=02/d.csv", CSV, "utf-16")
    paths = ["dt=01/a.csv", "dt=01/b.csv", "dt=02/c.csv", "dt=02/d.csv"]
    texts = [TextFile.of(local_file(p), None) for p in paths]
    whole = [[t.file.name for t in some] for _, some in alike(texts, (), [0] * 4)]
    assert whole == [paths[:3], paths[3:]]
    by_day = [[t.file.name for t in some] for _, some in alike(texts, ["dt"], [0] * 4)]
    assert by_day == [paths[:2], [paths[2]], [paths[3]]]
    by_way = [len(some) for _, some in alike(texts, (), [0, 1, 1, 1])]
    assert by_way == [1, 2, 1]


def test_the_connection_keeps_to_the_options_of_the_log() -> None:
    spec = LogSpec(**{**OPTIONS, "threads": 1, "memory": "2GB"})
    with connected(spec) as connection:
        asked = "select current_setting('threads'), current_setting('memory_limit')"
        assert connection.sql(asked).fetchall() == [(1, "2.0 GiB")]
