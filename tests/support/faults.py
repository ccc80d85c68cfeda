"""How many faults are tried, and bytes that a fault has changed."""

from __future__ import annotations

import os
import random

FAULTS = os.environ.get("FAULTS") == "1"  # `make faults`: all of them; else some


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The bytes with one bit flipped, or without their end."""
    at = chance.randrange(len(data))
    if chance.random() < 0.3:
        return data[:at]
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]
