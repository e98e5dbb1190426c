"""Progress events of long fits, through scikit-learn's callbacks where it has them.

From scikit-learn 1.9 on, users attach callbacks to an estimator (``est.set_callbacks(...)``), and
its `fit` sends them events. A `fit` that runs its tasks in parallel uses this module like so::

    class Search(CallbackSupport, BaseEstimator):
        @with_callbacks
        def fit(self, X, y):
            progress = Progress.start(self, n_tasks, X=X, y=y)
            for number, result in tasks_as_they_finish:
                progress.task_done("candidate-split-evaluation", number)
            with progress.refit(self.best_estimator_):
                self.best_estimator_.fit(X, y)
            progress.finish()

Events are sent by the process that runs `fit`, when a task's result arrives: nothing of it travels
to a worker, where the way back may not exist. A callback that fails at an event costs a warning,
not the fit. Before scikit-learn 1.9 all of this does nothing.
"""

import warnings
from contextlib import ExitStack, contextmanager

from sklearn.pipeline import Pipeline

try:
    from sklearn.callback import CallbackSupportMixin as CallbackSupport
    from sklearn.callback import with_callbacks
except ImportError:  # scikit-learn < 1.9

    class CallbackSupport:
        """Stands where the mixin of newer versions of scikit-learn stands, and does nothing."""

    def with_callbacks(method):
        """Give the method back as it is."""
        return method


# Names that scikit-learn's own searches use, so that callbacks made for those work here.
SEARCH = "search"
EVALUATION = "candidate-split-evaluation"
REFIT = "refit-with-best-params"


class Progress:
    """Sender of the events of one fit; made by :meth:`start`.

    The tree of tasks is ``fit`` above ``search``, with one leaf for each task, and
    ``refit-with-best-params``, with whatever the refitted estimator reports.
    """

    def __init__(self, estimator=None):
        self._estimator = estimator
        self._root = None
        self._search = None
        self._refit = None
        self._waiting = {}
        self._data = {}
        self._has_warned = False

    def __reduce__(self):
        raise TypeError(
            "Progress belongs to the process that runs fit, and must not be sent to a worker. "
            "Call task_done when the result of a task is back."
        )

    @classmethod
    def start(cls, estimator, n_tasks, *, X=None, y=None, sample_weight=None, refit=True):
        """Announce a fit and all of its tasks. Call it once, before the tasks are sent out.

        Parameters
        ----------
        estimator : estimator
            What is being fitted.
        n_tasks : int or dict of str to int
            Number of tasks by name; an int counts ``"candidate-split-evaluation"``.
        X : array-like, default=None
            Data of the fit, handed to callbacks that ask for it.
        y : array-like, default=None
            Labels, likewise.
        sample_weight : array-like, default=None
            Weights, likewise.
        refit : bool, default=True
            Whether a refit of the best candidate will follow.

        Returns
        -------
        Progress
        """
        progress = cls(estimator)
        if not hasattr(estimator, "_init_callback_context"):
            return progress
        counts = n_tasks if isinstance(n_tasks, dict) else {EVALUATION: n_tasks}
        # Callbacks that cannot be set up fail here, before anything is computed.
        root = estimator._init_callback_context(max_subtasks=1 + bool(refit))
        search = root.subcontext(
            task_name=SEARCH, max_subtasks=sum(counts.values()), sequential_subtasks=False
        )
        # A leaf made while tasks are being sent out would change what is being pickled.
        names = [(name, i) for name, count in counts.items() for i in range(count)]
        for task_id, (name, i) in enumerate(names):
            progress._waiting[name, i] = search.subcontext(task_name=name, task_id=task_id)
        progress._refit = root.subcontext(task_name=REFIT) if refit else None
        progress._root, progress._search = root, search
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        progress._data = {"X": X, "y": y, "metadata": metadata}
        progress._send("begin", root, **progress._data)
        progress._send("begin", search)
        return progress

    def task_done(self, name, i):
        """Report that a task is finished.

        Parameters
        ----------
        name : str
            Name of the task, as given to :meth:`start`.
        i : int
            Its number among those of that name, from zero. Each is reported once.
        """
        if self._root is None:
            return
        context = self._waiting.pop((name, i))
        self._send("begin", context)
        self._send("end", context)

    @contextmanager
    def refit(self, best_estimator):
        """Let the events of the final fit appear beneath those of this one.

        Parameters
        ----------
        best_estimator : estimator
            What is fitted inside the ``with`` block, in this process.

        Yields
        ------
        None
        """
        self._end_search()
        context = self._refit
        with ExitStack() as stack:
            # A callback that failed here would fail inside the refit, and take that with it.
            is_safe = context is not None and not self._has_warned
            if is_safe and _sends_events(best_estimator):
                try:
                    stack.enter_context(context.propagate_callback_context(best_estimator))
                except TypeError as error:  # it has callbacks of its own that would be passed on
                    self._warn(error)
            self._send("begin", context, **self._data)
            yield
        self._send("end", context, **self._data)

    def finish(self):
        """Report that the fit is finished."""
        self._end_search()
        root, self._root = self._root, None
        self._send("end", root, **self._data)

    def _end_search(self):
        """Report the end of all tasks, once."""
        search, self._search = self._search, None
        self._send("end", search)

    def _send(self, event, context, **data):
        """Call the callbacks at the beginning or the end of a task, whatever they raise."""
        if context is None:
            return
        try:
            getattr(context, f"call_on_fit_task_{event}")(estimator=self._estimator, **data)
        except Exception as error:
            self._warn(error)

    def _warn(self, error):
        """Say, once a fit, that a callback failed."""
        if self._has_warned:
            return
        self._has_warned = True
        warnings.warn(
            f"A callback of {type(self._estimator).__name__} failed with {type(error).__name__}: "
            f"{error} The fit goes on, but callbacks may have missed events. Repair the callback, "
            f"or remove it with set_callbacks().",
            RuntimeWarning,
            stacklevel=4,
        )


def _sends_events(estimator):
    """Whether the fit of an estimator reports itself; otherwise its callbacks would hear nothing.

    Pipelines of other packages inherit `set_callbacks` from scikit-learn's, but fit in their own
    way, without events.
    """
    if isinstance(estimator, Pipeline) and type(estimator).fit is not Pipeline.fit:
        return False
    return hasattr(estimator, "set_callbacks")
