"""The registry of a configuration or of a store, with the check of its cards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from churnlab.config.inputs import open_registry
from churnlab.config.tables import Config
from churnlab.model_registry.registry import Registry
from churnlab.model_registry.tracking import Tracker
from churnlab.training.card_files import check_card

MODEL = "churn"


def registry(source: Config | str | Path, model: str = "") -> Registry:
    """The versions of a model: who approved which, and the means to approve, reject, roll back.

    `source` is a configuration, the path of one that ends in .toml, a folder of runs, or the
    address of an MLflow store. The model's name is `model`; else that of `[approval] model`, or the
    configuration's own name; "churn" for a folder or an address. Raises ConfigError for a name that
    MLflow does not take.

    >>> import churnlab as cl
    >>> from churnlab.demo.example import trained_config  # a small community, trained once
    >>> cl.registry(trained_config()).champion().words().text()
    'version 1 of Example, approved by Example on 2026-05-01, review due 2026-07-30'
    """
    if not isinstance(source, Config) and str(source).endswith(".toml"):
        source = Config.read(source)
    if isinstance(source, Config):
        found = open_registry(source, model)
    else:
        found = Registry(Tracker(source), model or MODEL)
    return replace(found, check=check_card)
