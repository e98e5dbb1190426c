"""Tests of warnings that are kept: those of each task, and nothing of the process is changed."""

import threading
import warnings

import pytest
from joblib import Parallel, delayed

from sklearn_lossfix._core._caught_warnings import caught_warnings, sorted_by_thread


def test_warnings_are_kept_and_filters_do_not_count():
    """All warnings of the block are kept in order, repeated ones too, whatever the filters."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with caught_warnings() as caught:
            for number in (1, 2, 2):
                warnings.warn(f"number {number}", UserWarning, stacklevel=1)
    assert caught == [(UserWarning, f"number {n}") for n in (1, 2, 2)]


def test_threads_keep_their_warnings_apart():
    """Two blocks that overlap in time get their own warnings, and leave no hook behind."""
    before = list(warnings.filters), warnings.showwarning, warnings._showwarnmsg_impl
    barriers = threading.Barrier(2), threading.Barrier(2)

    def task(name):
        barriers[0].wait(timeout=30)
        with caught_warnings() as caught:
            barriers[1].wait(timeout=30)
            warnings.warn(name, UserWarning, stacklevel=1)
            barriers[0].wait(timeout=30)
        return caught

    with sorted_by_thread():
        found = Parallel(n_jobs=2, backend="threading")(delayed(task)(n) for n in ("a", "b"))
    assert found == [[(UserWarning, "a")], [(UserWarning, "b")]]
    assert (list(warnings.filters), warnings.showwarning, warnings._showwarnmsg_impl) == before


def test_other_threads_are_heard_as_before():
    """A warning of a thread that runs no task goes where it would have gone."""
    with pytest.warns(UserWarning, match="heard"), sorted_by_thread():
        warnings.warn("heard", UserWarning, stacklevel=1)


def test_blocks_may_be_nested():
    """The inner block keeps its own, the outer one what comes after it."""
    with sorted_by_thread(), caught_warnings() as outer:
        with caught_warnings() as inner:
            warnings.warn("inner", UserWarning, stacklevel=1)
        warnings.warn("outer", UserWarning, stacklevel=1)
    assert (inner, outer) == ([(UserWarning, "inner")], [(UserWarning, "outer")])
