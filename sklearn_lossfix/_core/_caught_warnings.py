"""Keep the warnings of tasks, in threads as in processes.

``warnings.catch_warnings(record=True)`` changes the state of the whole process: of two threads that
use it at a time, the one that leaves last puts back what the other had put in place, and every
later warning of the process ends in a list that nobody reads. So where tasks may run in threads of
this process, one hook is set before they start and taken away after they end, and it sorts warnings
by the thread that gave them.
"""

import threading
import warnings
from contextlib import contextmanager

_thread = threading.local()


@contextmanager
def sorted_by_thread():
    """Let tasks that run in threads of this process keep their warnings apart."""
    with warnings.catch_warnings():
        show = warnings.showwarning

        def sort(message, category, filename, lineno, file=None, line=None):
            log = getattr(_thread, "log", None)
            if log is None:
                show(message, category, filename, lineno, file, line)
            else:
                log.append((category, str(message)))

        sort.is_sorting = True
        warnings.showwarning = sort
        # What scikit-learn hands on to the threads, too.
        warnings.simplefilter("always")
        yield


@contextmanager
def caught_warnings():
    """Keep the warnings of one task.

    Yields
    ------
    list of (category, message)
        Filled by the end of the ``with`` block.
    """
    log = []
    if hasattr(warnings.showwarning, "is_sorting"):
        before, _thread.log = getattr(_thread, "log", None), log
        try:
            yield log
        finally:
            _thread.log = before
        return
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield log
        finally:
            log.extend((warning.category, str(warning.message)) for warning in caught)
