"""The name of a shard: a number from 0, and how many there are.

Light, for it is read before a lock is taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from churnlab.errors import ConfigError

SHARDS = "shards"
_TEXT = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


@dataclass(frozen=True, order=True)
class Shard:
    """One of `count` parts of the people; `number` counts from 0."""

    number: int
    count: int

    @classmethod
    def of(cls, given: str) -> Shard:
        """The shard that a text like 7/100 names, the eighth of a hundred.

        Raises ConfigError for another text.

        >>> str(Shard.of("7/100")), Shard.of("7/100").padded
        ('7/100', '07')
        """
        found = _TEXT.fullmatch(given)
        if found is None or not int(found[1]) < int(found[2]):
            wanted = "a number from 0 and how many there are, like 7/100; the last is 99/100"
            raise ConfigError.from_range("--shard", given, wanted)
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @property
    def padded(self) -> str:
        """The number with as many digits as the last one has: what `{shard}` stands for."""
        return str(self.number).zfill(len(str(self.count - 1)))

    @property
    def folder(self) -> str:
        """The folder of the shard below the output folder.

        >>> Shard(7, 100).folder
        'shards/07-of-100'
        """
        return f"{SHARDS}/{self.padded}-of-{self.count}"
