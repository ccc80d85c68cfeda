"""Memory that is handed out again once nobody holds what was made of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from churnlab.activity.memory import ReusedMemory


def place(array: np.ndarray) -> int:
    """Where the array begins in memory."""
    return int(array.__array_interface__["data"][0])


def test_an_array_has_its_shape_and_is_its_own() -> None:
    memory = ReusedMemory()
    one, other = memory.empty((3, 5)), memory.empty((3, 5))
    one[:], other[:] = 1, 2
    assert one.shape == (3, 5) and one.dtype == np.float64 and one.flags.writeable
    assert (one == 1).all() and (other == 2).all()


def test_memory_is_used_again_when_nothing_sees_it_any_more() -> None:
    memory = ReusedMemory()
    first = memory.empty((100, 8))
    was = place(first)
    del first
    again = memory.empty((8, 100))
    assert place(again) == was


def test_a_little_more_fits_and_much_more_is_fresh() -> None:
    memory = ReusedMemory()
    was = place(memory.empty((80, 10)))
    assert place(memory.empty((90, 10))) == was
    assert memory.empty((9000, 10)).size == 90_000


def test_what_a_view_or_a_frame_sees_is_not_handed_out() -> None:
    memory = ReusedMemory()
    array = memory.empty((4, 50))
    array[:] = 7
    frame = pd.DataFrame(array.T, columns=list("abcd"), copy=False).set_axis(range(10, 60))
    view = memory.empty((4, 50))
    view[:] = 8
    view = view[1, ::2]
    del array
    for _ in range(5):
        memory.empty((4, 50))[:] = -1
    assert (frame.to_numpy() == 7).all() and (view == 8).all()
    column = frame["b"]
    del frame
    memory.empty((4, 50))[:] = -1
    assert (column == 7).all()


def test_an_array_outlives_what_made_it() -> None:
    array = ReusedMemory().empty((2, 1000))
    array[:] = 3
    assert (array == 3).all()


def test_nothing_of_no_rows() -> None:
    assert ReusedMemory().empty((4, 0)).shape == (4, 0)


def test_threads_never_share_memory() -> None:
    memory = ReusedMemory()

    def fill(value: int) -> bool:
        array = memory.empty((10, 100))
        array[:] = value
        return bool((array == value).all())

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(fill, range(400)))


def test_arrays_lie_side_by_side_and_share_nothing() -> None:
    memory = ReusedMemory()
    wanted = ((3, 2), np.int64), ((0,), np.int32), ((5,), np.int32), ((3, 7), np.uint8)
    made = memory.arrays(*wanted)
    for value, array in enumerate(made):
        array[:] = value
    assert [(a.shape, a.dtype) for a in made] == [(s, np.dtype(k)) for s, k in wanted]
    assert all((array == value).all() for value, array in enumerate(made))
    was, kept = place(made[0]), made[3]
    del made, array
    assert place(memory.arrays(*wanted)[0]) != was
    del kept
    assert was in {place(memory.arrays(*wanted)[0]) for _ in range(2)}
