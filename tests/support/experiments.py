"""Experiments for tests: made-up ones, and the two public tables where they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churnlab.winback.experiments.arms import Arms
from churnlab.winback.experiments.experiment import Experiment

TASKS = Path(__file__).resolve().parents[3] / "shared" / "tasks"
HILLSTROM = TASKS / "hillstrom.parquet"
COOKIE_CATS = TASKS / "cookie_cats.parquet"
KNOWN = ["recency", "history_segment", "mens", "womens", "zip_code", "newbie", "channel"]
needs_hillstrom = pytest.mark.skipif(not HILLSTROM.exists(), reason="hillstrom is not there")
needs_cookie_cats = pytest.mark.skipif(not COOKIE_CATS.exists(), reason="cookie_cats is not there")


def hillstrom() -> Experiment:
    """The e-mails of 64,000 customers, with what was known of them before."""
    frame = pd.read_parquet(HILLSTROM).reset_index(names="user_id")
    design = {"treatment": "segment", "control": "No E-Mail", "known": [*KNOWN, "history"]}
    return Experiment.from_frame(frame, ["visit", "conversion", "spend"], **design)


def cookie_cats() -> Experiment:
    """The gates of 90,189 players."""
    frame = pd.read_parquet(COOKIE_CATS)
    design = {"user": "userid", "treatment": "test_version", "control": "gate_30"}
    return Experiment.from_frame(frame, ["retention_1", "retention_7"], **design)


def drawn(people: int = 900, seed: int = 0, harm: float = -0.2, arms: int = 2) -> Arms:
    """An experiment in which a gift helps people who fade, and harms those of the core.

    40 of 100 come back; the gift adds 20 points in the stage fading, and `harm` in the core.
    """
    rng = np.random.default_rng(seed)
    arm = rng.integers(0, arms, people)
    core = rng.random(people) < 0.5
    chance = 0.4 + (arm > 0) * np.where(core, harm, 0.2)
    kept = (rng.random(people) < chance).astype(np.float64)
    money = kept * rng.lognormal(1, 1, people)
    known = pd.DataFrame({"age": rng.normal(30, 8, people)})
    names = ("none", "gift", "call")[:arms]
    share = np.full((people, arms), 1 / arms)
    stage = np.where(core, "core", "fading").astype(object)
    outcomes = {"kept": kept, "money": money}
    return Arms(np.arange(people), names, arm, outcomes, known, share, stage)
