"""The table [winback]: what it takes."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from churnlab.config.winback import WinbackTable
from churnlab.winback.experiments.design import Design


def test_its_keys_are_the_options_of_a_design_with_the_same_defaults() -> None:
    design, empty = WinbackTable().design(), Design()
    assert {k: (tuple(v) if isinstance(v, list) else v) for k, v in design.items()} == {
        name: getattr(empty, name) for name in design
    }
    assert Design.of(design) == empty


def test_types_are_not_converted() -> None:
    for wrong in ({"window": "14"}, {"shares": {"none": "half"}}, {"randomised": "no"}):
        with pytest.raises(ValidationError):
            WinbackTable(**wrong)
