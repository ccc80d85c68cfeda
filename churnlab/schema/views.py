"""How a result finds the function that shows it: pages and plots stand in rooms below its own.

A result of an upper room, such as a log's profile, is shown where it is used: in a notebook, in a
terminal. It names the function as "room.module:function", which is looked up here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any


def view(name: str) -> Callable[..., Any]:
    """The function that `name` names as "room.module:function".

    >>> view("schema.names:as_column")("Push Sent!")
    'push_sent_1f3d2f5f72'
    """
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(f"churnlab.{module}"), function)
