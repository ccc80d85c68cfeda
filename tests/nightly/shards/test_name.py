"""The names of shards."""

from __future__ import annotations

import pytest

from churnlab.errors import ConfigError
from churnlab.nightly.shards.name import Shard


def test_a_name_is_a_number_from_zero_and_how_many_there_are() -> None:
    assert Shard.of("0/1") == Shard(0, 1) and Shard.of("99/100").folder == "shards/99-of-100"
    assert Shard(3, 4).padded == "3" and Shard(3, 1000).padded == "003"


@pytest.mark.parametrize("text", ["4/4", "7", "a/b", "-1/4", "1/0", "1/4/5", "", "1.0/4", "٣/٤"])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="like 7/100"):
        Shard.of(text)
