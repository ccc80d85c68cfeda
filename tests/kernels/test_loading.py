"""Searches for garbage stop while modules are loaded, and go on as before."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from churnlab.kernels.loading import unsearched


@pytest.mark.parametrize("before", [True, False])
def test_it_is_afterwards_as_it_was_before(before: bool) -> None:
    (gc.enable if before else gc.disable)()
    try:
        with unsearched():
            assert not gc.isenabled()
        assert gc.isenabled() == before
        with pytest.raises(KeyError), unsearched():
            raise KeyError
        assert gc.isenabled() == before
    finally:
        gc.enable()


def test_public_names_are_loaded_without_searches() -> None:
    said = "import gc, churnlab as cl; n = gc.get_stats()[2]['collections']; cl.EventLog; "
    said += "print(gc.get_stats()[2]['collections'] - n, gc.isenabled())"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "True"]
