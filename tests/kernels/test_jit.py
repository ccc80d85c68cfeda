"""Read-only arrays, for which alone the kernels are compiled."""

from __future__ import annotations

import subprocess
import sys

import numba
import numpy as np
import pytest

from churnlab.kernels import jit
from churnlab.kernels.jit import frozen


def test_a_frozen_array_is_contiguous_and_cannot_be_written() -> None:
    table = np.arange(6).reshape(2, 3)
    view = frozen(table[:, 1])
    assert view.tolist() == [1, 4] and view.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1
    table[0, 1] = 7
    assert frozen([1, 2]).tolist() == [1, 2]


def test_the_memory_itself_stays_writable() -> None:
    table = np.arange(3)
    frozen(table)
    table[0] = 5
    assert table.tolist() == [5, 1, 2]


def test_a_bare_kernel_counts_no_use_of_the_arrays_that_it_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jit, "_kernels", [])

    def total(table: np.ndarray) -> int:
        found = 0
        for i in range(table.shape[0]):
            for value in table[i, 1:]:
                found += value
        return found

    made = numba.njit(total, _nrt=False)
    assert made(np.arange(12).reshape(3, 4)) == 66 - (0 + 4 + 8)
    (assembly,) = made.inspect_asm().values()
    assert "NRT_incref" not in assembly
    assert jit.bare(total).targetoptions["_nrt"] is False


def test_scipys_linear_algebra_is_loaded_by_who_compiles_it_alone() -> None:
    said = """
import sys, numpy as np, churnlab.kernels.jit, numba
held = [n for n in ("scipy.linalg", "scipy.linalg.cython_blas") if n in sys.modules]
two = 2 * np.eye(2)
product = numba.njit(lambda a: np.dot(np.linalg.inv(a), a))(two)
import scipy.linalg.cython_blas as real
print(held, product.tolist(), bool(real.__file__))
"""
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] [[1.0, 0.0], [0.0, 1.0]] True"


def test_what_is_streamed_is_what_a_usual_store_writes() -> None:
    def double(table: np.ndarray, out: np.ndarray) -> None:
        for i in range(table.shape[0]):
            for j in range(table.shape[1]):
                jit.stream(out, i, j, 2 * table[i, j])
        jit.streamed()

    table, out = np.arange(35.0).reshape(5, 7), np.zeros((6, 9))
    numba.njit(double)(table, out[:5, 1:8])
    assert (out[:5, 1:8] == 2 * table).all() and out.sum() == 2 * table.sum()


def test_a_compilation_that_began_before_the_listener_is_not_heard() -> None:
    heard: list[tuple[str, float | None]] = []
    ear = jit._Ear(lambda *told: heard.append(told))
    ear.on_end(None)
    assert heard == []


def test_where_no_cache_can_be_kept_kernels_are_compiled_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nowhere(*_: object, **given: object) -> object:
        if given.get("cache"):
            raise RuntimeError("cannot cache function 'double': no locator available")
        return numba.njit(**given)

    monkeypatch.setattr(jit, "njit", nowhere)
    monkeypatch.setattr(jit, "_kernels", [])

    def double(x: int) -> int:
        return x + x

    made = jit.jit(double)
    assert jit.cache_folder() is None and not jit.compiled(made) and jit.missing() == 1
    assert made(2) == 4 and jit.missing() == 0


def test_compilations_are_heard_with_their_seconds_inside_alone() -> None:
    heard: list[tuple[str, float | None]] = []

    def triple(x: int) -> int:
        return 3 * x

    triple.__module__ = "churnlab.kernels.made_up"
    with jit.heard(lambda *told: heard.append(told)):
        made = numba.njit(triple)
        assert made(2) == 6
        assert numba.njit(lambda x: x)(1) == 1  # not ours
    assert made(2.0) == 6.0
    (begun, none), (ended, seconds) = heard
    assert begun == ended == "made_up.triple" and none is None and seconds > 0
