"""The mixin that gives estimators ``.diagnose()``; it holds the only late import of the package."""


class DiagnosableMixin:
    """Give a fitted classifier a ``diagnose`` method."""

    def diagnose(self, X=None, y=None, *, sample_weight=None, groups=None, scoring=None):
        """Explain the gap between loss and metric on held-out rows.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), default=None
            Rows that the estimator did not learn from, as for ``score``.
        y : array-like of shape (n_rows,), default=None
            Their labels.
        sample_weight : array-like of shape (n_rows,), default=None
            Weights of these rows.
        groups : array-like of shape (n_rows,), default=None
            Groups of these rows; intervals then vary groups instead of rows.
        scoring : str or callable, default=None
            Metric to explain; None takes the estimator's own.

        Returns
        -------
        FitReport
            The report.

        Raises
        ------
        ValueError
            Without X and y, where nothing was recorded by ``fit``.
        """
        # Late: estimators lie below the report in the import order.
        from sklearn_lossfix.diagnosis._diagnose import diagnose_fitted

        return diagnose_fitted(
            self, X, y, sample_weight=sample_weight, groups=groups, scoring=scoring
        )
