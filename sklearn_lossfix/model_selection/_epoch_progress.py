"""Progress events of a training that does not know how many epochs it will take."""

from sklearn_lossfix._core._progress import Progress

# Name of the task in which callbacks see an epoch.
EPOCH = "epoch"


class EpochProgress(Progress):
    """Sender of the events of one training; made by :meth:`start`.

    The tree of tasks is ``fit`` above one leaf for each epoch. Before scikit-learn 1.9 it does
    nothing.
    """

    @classmethod
    def start(cls, estimator, max_epochs, **data):
        """Announce a training.

        Parameters
        ----------
        estimator : estimator
            What is being fitted.

        max_epochs : int
            Epochs at most.

        **data : dict
            `X`, `y` and `metadata` for callbacks that ask for them.

        Returns
        -------
        EpochProgress
        """
        progress = cls(estimator)
        if hasattr(estimator, "_init_callback_context"):
            # Callbacks that cannot be set up fail here, before anything is computed.
            progress._root = estimator._init_callback_context(max_subtasks=max_epochs)
            progress._data = data
            progress._send("begin", progress._root, **data)
        return progress

    def epoch_done(self, attributes):
        """Report one more epoch.

        Parameters
        ----------
        attributes : callable
            Returns the fitted attributes that the estimator would have if it stopped here; called
            for callbacks that ask for a fitted estimator.

        Returns
        -------
        bool
            Whether a callback wants the training to stop.
        """
        if self._root is None:
            return False
        context = self._root.subcontext(task_name=EPOCH)
        self._send("begin", context, **self._data)
        try:
            return bool(
                context.call_on_fit_task_end(
                    estimator=self._estimator, reconstruction_attributes=attributes, **self._data
                )
            )
        except Exception as error:
            self._warn(error)
            return False
