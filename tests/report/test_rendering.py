"""The one environment of templates."""

from __future__ import annotations

from churnlab.report.rendering import environment


def test_every_page_is_a_template_of_the_one_environment() -> None:
    assert environment() is environment()
    names = environment().list_templates()
    assert {"page.html.j2", "card.html.j2", "glance.html.j2", "card.js"} <= set(names)
