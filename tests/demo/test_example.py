"""The trained example of docstrings: one run, made once."""

from __future__ import annotations

from churnlab.demo.example import tracker, trained_config


def test_the_example_is_trained_once_and_has_one_run() -> None:
    config = trained_config()
    assert trained_config() is config and config.log.simulated
    run = tracker().load()
    assert run.facts.name == "Example" and set(run.models) == {"churned"} and run.hazard is None
    assert (config.folder / "churnlab-output" / "card.md").exists()
