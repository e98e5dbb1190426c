"""The mixins that give objects ``.diagnose()``, with the only late imports of the package."""

from sklearn.utils.validation import check_is_fitted


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
        from sklearn_lossfix.diagnosis._diagnose_fitted import diagnose_fitted

        return diagnose_fitted(
            self, X, y, sample_weight=sample_weight, groups=groups, scoring=scoring
        )


class DiagnosableTransformerMixin:
    """Give a fitted transformer a ``diagnose`` method.

    The transformer offers ``_column_evidence(X)``, which returns a ``ColumnEvidence``: of what
    ``fit`` recorded for None, of the rows of X otherwise.
    """

    def diagnose(self, X=None):
        """Report what was seen of every column: outliers, scales, constants, ties, types.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), default=None
            Rows to judge by the fitted limits and scales, as for ``transform``; None takes what
            ``fit`` recorded.

        Returns
        -------
        FitReport
            A report of kind ``"data"``, with the table ``"columns"``.

        Raises
        ------
        NotFittedError
            If the transformer is not fitted.
        """
        check_is_fitted(self)
        # Late: transformers lie below the report in the import order.
        from sklearn_lossfix.diagnosis._data_report import build_data_report

        return build_data_report(self._column_evidence(X))


class DiagnosableSplitterMixin:
    """Give a splitter the methods ``audit`` and ``diagnose``.

    The splitter offers ``_split_evidence(X, y, groups=..., times=..., estimator=...,
    scoring=...)``, which returns a ``SplitEvidence``.
    """

    def audit(self, X, y=None, *, groups=None, times=None, estimator=None, scoring=None):
        """Check the folds of the wrapped splitter for every kind of leakage, and report.

        Parameters
        ----------
        X : array-like, sparse matrix or dataframe of shape (n_rows, n_columns)
            Data of any dtypes.
        y : array-like of shape (n_rows,), default=None
            Labels or numbers; checks that read them cannot judge without.
        groups : array-like of shape (n_rows,), default=None
            Groups whose rows must stay together.
        times : array-like of shape (n_rows,), default=None
            When rows were seen; instead of the parameter of that name.
        estimator : estimator, default=None
            Fitted with and without the training rows that know a test row: what the leak is worth.
        scoring : str or callable, default=None
            Metric of that comparison; None takes the log loss, or the squared error.

        Returns
        -------
        FitReport
            A report of kind ``"split"``.

        Raises
        ------
        ValueError
            If lengths differ, or a split is out of range.
        """
        # Late: splitters lie below the report in the import order.
        from sklearn_lossfix.diagnosis._split_report import build_split_report

        return build_split_report(
            self._split_evidence(
                X, y, groups=groups, times=times, estimator=estimator, scoring=scoring
            )
        )

    def diagnose(self, X, y=None, *, groups=None, times=None, estimator=None, scoring=None):
        """Do what `audit` does, under the name that all objects of this package have it by.

        Parameters
        ----------
        X : array-like, sparse matrix or dataframe of shape (n_rows, n_columns)
            Data of any dtypes.
        y : array-like of shape (n_rows,), default=None
            Labels or numbers.
        groups : array-like of shape (n_rows,), default=None
            Groups whose rows must stay together.
        times : array-like of shape (n_rows,), default=None
            When rows were seen.
        estimator : estimator, default=None
            What the leak is measured with.
        scoring : str or callable, default=None
            Metric of that comparison.

        Returns
        -------
        FitReport
            A report of kind ``"split"``.
        """
        return self.audit(X, y, groups=groups, times=times, estimator=estimator, scoring=scoring)
