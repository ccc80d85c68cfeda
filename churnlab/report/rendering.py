"""The templates of pages, cards and short views, in one environment of Jinja."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader


@cache
def environment() -> Environment:
    """The templates in the folder `templates`; what they are given is escaped.

    >>> environment().from_string("{{ name }}").render(name="<b>")
    '&lt;b&gt;'
    """
    return Environment(
        loader=PackageLoader("churnlab.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
