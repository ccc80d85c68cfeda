"""The trained example of the docstrings."""

from __future__ import annotations

from churnlab.demo.example import tracker, trained_config


def test_the_example_is_trained_once() -> None:
    config = trained_config()
    assert trained_config() is config
    run = tracker().load()
    assert run.facts.name == config.name and run.facts.simulated
    assert run.run_id == tracker().latest()
