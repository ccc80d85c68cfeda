"""Linear algebra on one thread: the same bits on any machine, and threads that do not spin."""

from __future__ import annotations

from contextlib import AbstractContextManager

from churnlab.schema.borrowed import Borrowed


def _on_one_thread() -> AbstractContextManager:
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, "blas")


ONE_BLAS_THREAD = Borrowed(_on_one_thread)
"""A context, and a decorator, in which matrices are multiplied on one thread.

BLAS adds the parts of a sum thread by thread, so the last bits of a product depend on how many
there are, and a fit that goes on from them ends elsewhere. Its threads also spin while they wait.
"""
