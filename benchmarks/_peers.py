"""What the benchmarks share: best of several runs, peak memory, and peers that may be missing."""

import importlib
import os
import platform
import time
import tracemalloc


def best_seconds(call, repeats=5, clock=time.perf_counter):
    """Least time of several calls: wall time, unless another clock is given."""
    times = []
    for _ in range(repeats):
        start = clock()
        call()
        times.append(clock() - start)
    return min(times)


def best_of(calls, repeats=3, clock=time.perf_counter):
    """Least time of several calls, taken in turn so that the machine treats them alike.

    Parameters
    ----------
    calls : dict of str to callable
        What to time.
    repeats : int, default=3
        Rounds.
    clock : callable, default=time.perf_counter
        What tells the time: `time.process_time` counts that of this process only.

    Returns
    -------
    dict of str to float
        Seconds.
    """
    seconds = dict.fromkeys(calls, float("inf"))
    for _ in range(repeats):
        for name, call in calls.items():
            seconds[name] = min(seconds[name], best_seconds(call, 1, clock))
    return seconds


def peak_bytes(call):
    """Peak of the memory allocated during a call, as tracemalloc sees it."""
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def optional(module):
    """A peer's module, or None with a line that says how to have it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        package = module.partition(".")[0].replace("_", "-")
        print(f"{module} is not installed: its rows are left out (pip install {package}).")
        return None


def machine():
    """One line on the machine and the software."""
    import numpy
    import sklearn

    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, NumPy {numpy.__version__}, "
        f"scikit-learn {sklearn.__version__}"
    )
