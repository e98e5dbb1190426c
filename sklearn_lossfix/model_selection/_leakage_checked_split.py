"""LeakageCheckedSplit: a splitter that finds leakage between the folds of another, and mends it."""

import copy
from datetime import timedelta
from multiprocessing import current_process
from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions, validate_parameter_constraints
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, _MetadataRequester
from sklearn.utils.validation import _num_samples

from sklearn_lossfix._core._diagnosable import DiagnosableSplitterMixin
from sklearn_lossfix._core._user_warning import warn_user
from sklearn_lossfix._core._validation import refuse_lazy
from sklearn_lossfix.exceptions import LeakageError, LeakageWarning
from sklearn_lossfix.model_selection._audit import (
    audit_split,
    corrected,
    read_split_data,
    run_checks,
)
from sklearn_lossfix.model_selection._bound_rows import BoundRows, content_keys
from sklearn_lossfix.model_selection._fingerprint_cache import FingerprintCache
from sklearn_lossfix.model_selection._policies import purged_folds, regrouped_folds
from sklearn_lossfix.model_selection._split_findings import (
    bound_findings,
    has_certain_links,
    is_about_rows,
    is_acting,
    leak_message,
    remembered_findings,
)
from sklearn_lossfix.model_selection._wrapped_splitter import (
    base_folds,
    fixed_n_splits,
    folds_to_regroup,
    is_regroupable,
    is_unseeded,
    resolve_splitter,
    splitter_name,
    takes_groups,
)
from sklearn_lossfix.model_selection.leakage._order import (
    FOLD_CHECKS,
    LEAKAGE_CHECKS,
    SPLIT_CHECKS,
)
from sklearn_lossfix.model_selection.leakage._split_data import LeakageOptions
from sklearn_lossfix.model_selection.leakage._table import Table
from sklearn_lossfix.model_selection.leakage._times import (
    check_spans_fit,
    read_span,
    time_column,
)


class LeakageCheckedSplit(DiagnosableSplitterMixin, _MetadataRequester):
    """A splitter that finds leakage between the folds of another splitter, and mends them.

    Wrap the `cv` of a search or a cross-validation. Where no training row knows a test row, the
    folds are those of the wrapped splitter, index by index. Where one does, because it is a copy,
    belongs to the same given group or has a label that reaches into the time of the test rows,
    `on_leak` says what happens. `audit` runs all checks, also those that read labels, and reports.

    Parameters
    ----------
    cv : int, splitter or iterable of (train, test), default=5
        What draws the folds. An int gives that many folds as everywhere in scikit-learn:
        stratified if `y` holds classes, not shuffled. Pass ``KFold(5)`` where whole numbers are
        a target of regression. None is 5.

    on_leak : {"warn", "raise", "group", "drop", "ignore"}, default="warn"
        What `split` does about a leak:

        - "warn": issues a `LeakageWarning`, once for a data set, and changes nothing.
        - "raise": raises a `LeakageError`, whose `report` holds what was found.
        - "group": draws the folds anew with linked rows on one side: the wrapped splitter splits
          one representative per set of linked rows, then parts are brought back to the sizes (and
          shares of classes, of a stratified splitter) that it gives to single rows. Not for
          `TimeSeriesSplit`, `PredefinedSplit` and iterables.
        - "drop": keeps the test parts, and removes the training rows that know a test row.
        - "ignore": does nothing, and looks at nothing.

    checks : {"split", "all"} or list of str, default="split"
        Checks that run inside `split`: the quick ones, or all that read no labels, or those named.
        An audit runs all checks, or those named.

    near : float or None, default=3e-2
        Root mean square distance, in robustly scaled units, up to which rows are copies of each
        other. None and 0 look for exact copies only.

    partial_columns : int, default=1
        Columns in which copies may differ altogether. They are looked for where a row has more
        than twice as many, and told from chance where it has three more.

    natural : {"auto", "allow", "forbid"}, default="auto"
        What to make of equal rows that chance explains, as among few columns of few values:
        "auto" holds them to be no leak as far as the null model goes, "allow" always, and with
        "forbid" all equal rows are a leak.

    alpha : float, default=0.001
        Level of all checks together.

    max_component_share : float, default=0.2
        Largest share of the rows that may be linked to each other; beyond it links are a chain
        and no copies.

    ignore : list of str or int, or None, default=None
        Columns that are not read, such as identifiers of rows.

    times : str, int, array-like of shape (n_rows,) or None, default=None
        When rows were seen: a column of X by name or position, or one time per row. Datetimes
        count in seconds.

    label_horizon : float, timedelta or None, default=None
        How long after its time the label of a row is known. Training rows whose label overlaps
        with a test row leak. A number is in the unit of `times`, for datetimes in seconds.

    embargo : float or timedelta, default=0
        Gap that is kept free of training rows after a test row, as `label_horizon`.

    evidence : int, default=100
        Most pairs of rows that each check keeps as evidence.

    random_state : int or None, default=None
        Seed of random subsamples and projections of checks; None is 0. An int is the seed of the
        wrapped splitter, too, if that has none of its own.

    n_jobs : int or None, default=None
        Number of fits at a time in ``audit(estimator=...)``, through joblib.

    verbose : int, default=0
        Above zero, an audit prints each check with its time.

    See Also
    --------
    sklearn.model_selection.GroupKFold : Keeps given groups on one side.

    Notes
    -----
    `split` reads `y` only to hand it to the wrapped splitter, and to keep the shares of classes
    when it draws folds anew. It changes nothing but a small cache of what was found, which copies
    share, so that a search or a nested cross-validation pays once for a table.

    Wherever a caller hands rows or columns of a larger table (nested cross-validation, sequential
    feature selection), `bind` the splitter to the whole table first: copies are then judged there,
    and not among the few columns of a subset.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import StratifiedKFold
    >>> from sklearn_lossfix.model_selection import LeakageCheckedSplit
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X, y = np.vstack([X, X[:50]]), np.concatenate([y, y[:50]])  # 50 rows stand there twice
    >>> cv = LeakageCheckedSplit(StratifiedKFold(5, shuffle=True, random_state=0), on_leak="group")
    >>> copy_of = np.concatenate([np.arange(569), np.arange(50)])
    >>> max(len(np.intersect1d(copy_of[a], copy_of[b])) for a, b in cv.split(X, y))
    0
    """

    __metadata_request__split = {"groups": True, "times": True}

    _parameter_constraints: dict = {
        "cv": ["cv_object"],
        "on_leak": [StrOptions({"warn", "raise", "group", "drop", "ignore"})],
        "checks": [StrOptions({"split", "all"}), list, tuple],
        "near": [Interval(Real, 0, None, closed="left"), None],
        "partial_columns": [Interval(Integral, 0, None, closed="left")],
        "natural": [StrOptions({"auto", "allow", "forbid"})],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "max_component_share": [Interval(Real, 0, 1, closed="right")],
        "ignore": [list, tuple, None],
        "times": [str, Integral, "array-like", None],
        # Durations come first: NumPy's count as integers, but cannot be compared with them.
        "label_horizon": [timedelta, np.timedelta64, Interval(Real, 0, None, closed="left"), None],
        "embargo": [timedelta, np.timedelta64, Interval(Real, 0, None, closed="left")],
        "evidence": [Interval(Integral, 0, None, closed="left")],
        "random_state": [Interval(Integral, 0, None, closed="left"), None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        cv=5,
        *,
        on_leak="warn",
        checks="split",
        near=3e-2,
        partial_columns=1,
        natural="auto",
        alpha=0.001,
        max_component_share=0.2,
        ignore=None,
        times=None,
        label_horizon=None,
        embargo=0,
        evidence=100,
        random_state=None,
        n_jobs=None,
        verbose=0,
    ):
        # An iterator could be read once: `split` must be able to read it again.
        self.cv = list(cv) if hasattr(cv, "__next__") else cv
        self.on_leak = on_leak
        self.checks = checks
        self.near = near
        self.partial_columns = partial_columns
        self.natural = natural
        self.alpha = alpha
        self.max_component_share = max_component_share
        self.ignore = ignore
        self.times = times
        self.label_horizon = label_horizon
        self.embargo = embargo
        self.evidence = evidence
        self._random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self._cache = FingerprintCache()
        self._bound = None

    # scikit-learn asks a splitter for these two, to know whether its folds are always the same.

    @property
    def shuffle(self):
        """Whether the wrapped splitter shuffles."""
        if self.cv is None or isinstance(self.cv, Integral) or not hasattr(self.cv, "split"):
            return False
        if hasattr(self.cv, "shuffle"):
            return self.cv.shuffle
        raise AttributeError(f"{type(self.cv).__name__} has no attribute 'shuffle'")

    @property
    def random_state(self):
        """Seed of the wrapped splitter; its own one, where the wrapped splitter has none."""
        if hasattr(self.cv, "split") and not hasattr(self.cv, "random_state"):
            raise AttributeError(f"{type(self.cv).__name__} has no attribute 'random_state'")
        inner = getattr(self.cv, "random_state", None)
        return self._random_state if inner is None else inner

    @random_state.setter
    def random_state(self, value):
        self._random_state = value

    def __repr__(self):
        settings = [f"{self.cv!r}"]
        default = LeakageCheckedSplit
        for name, value in default.__init__.__kwdefaults__.items():
            own = self._random_state if name == "random_state" else getattr(self, name)
            if own is not value and repr(own) != repr(value):
                settings.append(f"{name}={own!r}")
        return f"{type(self).__name__}({', '.join(settings)})"

    def __sklearn_clone__(self):
        # A clone shares the cache and what the splitter is bound to.
        return copy.deepcopy(self)

    def get_metadata_routing(self):
        """Get the metadata that `split` takes, and what it hands to the wrapped splitter.

        Returns
        -------
        MetadataRouter
            The routing.
        """
        router = MetadataRouter(owner=self).add_self_request(self)
        if hasattr(self.cv, "get_metadata_routing"):
            router.add(
                splitter=self.cv,
                method_mapping=MethodMapping().add(caller="split", callee="split"),
            )
        return router

    def split(self, X, y=None, groups=None, *, times=None):
        """Yield the folds.

        Parameters
        ----------
        X : array-like, sparse matrix or dataframe of shape (n_rows, n_columns)
            Data.
        y : array-like of shape (n_rows,), default=None
            Target, for the wrapped splitter.
        groups : array-like of shape (n_rows,), default=None
            Rows that must stay on one side. Handed to the wrapped splitter if that uses groups.
        times : array-like of shape (n_rows,), default=None
            When rows were seen; None takes the parameter `times`.

        Yields
        ------
        train, test : ndarray of int
            Row numbers.

        Raises
        ------
        LeakageError
            With ``on_leak="raise"`` if there is a leak; with "group" and "drop" if it cannot be
            mended in this way.
        TooFewRowsError
            With ``on_leak="drop"`` if a training part loses all its rows or a class.
        """
        self._check_parameters()
        base = self._base(y)
        if self.on_leak == "ignore":
            given = groups if groups is not None or self._bound is None else self._rows(X)[1]
            yield from base_folds(base, X, y, given)
            return
        rows, groups, times = self._rows(X, groups, times)
        checks = self._split_checks()
        folds = base_folds(base, X, y, groups)
        only_groups = groups is not None and [check.name for check in checks] == ["group_overlap"]
        if only_groups and self.on_leak == "group" and is_regroupable(base):
            folds = folds_to_regroup(folds, groups, _num_samples(X))
        folds = list(folds)
        data = self._read(X, folds, groups=groups, times=times)
        if rows is None:
            leaks, key = remembered_findings(data, checks, self._cache)
        else:
            leaks, key = bound_findings(data, checks, self._bound, rows)
        leaks, _ = corrected(leaks, self.alpha)
        acting = {name: leak for name, leak in leaks.items() if is_acting(leak)}
        if acting and self.on_leak == "raise":
            raise LeakageError(leak_message(acting, base), report=leaks)
        mended = {}
        if self.on_leak in ("group", "drop"):
            mended = {name: leak for name, leak in acting.items() if is_about_rows(leak)}
        told = {name: leak for name, leak in acting.items() if name not in mended}
        # A worker would say it again, once for every task.
        if told and current_process().name == "MainProcess" and self._cache.first_warning(key()):
            warn_user(leak_message(told, base), LeakageWarning)
        if not mended:
            yield from folds
        elif self.on_leak == "group":
            # Copies on one side of these folds could be torn apart when folds are drawn anew.
            also = {
                name: leak
                for name, leak in leaks.items()
                if leak.found is False and has_certain_links(leak)
            }
            yield from regrouped_folds(base, X, y, data, {**also, **mended})
        else:
            yield from purged_folds(folds, y, data, mended)

    def get_n_splits(self, X=None, y=None, groups=None, *, times=None):
        """Count the splits that `split` yields for these data.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_columns), default=None
            Data: needed where the number depends on them.
        y, groups, times : array-like of shape (n_rows,), default=None
            As for `split`.

        Returns
        -------
        int
            Number of splits.
        """
        base = self._base(y)
        if self._bound is not None and X is not None:
            groups = self._rows(X, groups)[1]
        with_groups = groups if takes_groups(base) else None
        if self.on_leak != "group" or X is None or not is_regroupable(base):
            return base.get_n_splits(X, y, with_groups)
        fixed = fixed_n_splits(base)
        return sum(1 for _ in self.split(X, y, groups, times=times)) if fixed is None else fixed

    def bind(self, X, y=None, groups=None, times=None):
        """Search a table for linked rows once, for all later calls with rows or columns of it.

        Later calls of `split` find their rows among the bound ones by content, or by position if
        they hold other columns of as many rows; they take the groups and times of these rows, and
        what was found on the whole table.

        Parameters
        ----------
        X : array-like, sparse matrix or dataframe of shape (n_rows, n_columns)
            Data. Not kept.
        y, groups, times : array-like of shape (n_rows,), default=None
            As for `split`.

        Returns
        -------
        self : LeakageCheckedSplit
            The same splitter, bound.
        """
        self._check_parameters()
        _, groups, times = self._given(X, groups, times)
        folds = base_folds(self._base(y), X, y, groups)
        data = self._read(X, folds, groups=groups, times=times)
        checks = [check for check in self._split_checks() if check.name not in FOLD_CHECKS]
        leaks, not_applicable = run_checks(data, checks)
        self._bound = BoundRows(
            keys=content_keys(data.table),
            n_columns=data.table.n_columns,
            groups=None if groups is None else _as_array(groups),
            times=None if times is None else _own_times(times),
            answers={**leaks, **not_applicable},
        )
        return self

    def _split_evidence(self, X, y, *, groups, times, estimator, scoring):
        """What all checks say of the folds of the wrapped splitter: what a report is made from."""
        self._check_parameters()
        base = self._base(y)
        _, groups, times = self._rows(X, groups, times)
        data = self._read(X, base_folds(base, X, y, groups), y=y, groups=groups, times=times)
        notes = []
        if is_unseeded(base):
            notes.append(
                "The wrapped splitter has no seed: these are the folds of one draw of many."
            )
        return audit_split(
            data,
            self._named_checks() if isinstance(self.checks, list | tuple) else LEAKAGE_CHECKS,
            splitter=splitter_name(base),
            estimator=estimator,
            X=X,
            y=y,
            scoring=scoring,
            n_jobs=self.n_jobs,
            notes=notes,
            verbose=self.verbose,
        )

    def _check_parameters(self):
        """Raise for parameters that are out of range."""
        params = {
            name: self._random_state if name == "random_state" else getattr(self, name)
            for name in self._parameter_constraints
        }
        validate_parameter_constraints(self._parameter_constraints, params, type(self).__name__)
        self._named_checks()

    def _named_checks(self):
        """The checks that were asked for by name."""
        if isinstance(self.checks, str):
            return ()
        known = {check.name: check for check in LEAKAGE_CHECKS}
        unknown = [name for name in self.checks if name not in known]
        if unknown:
            raise ValueError(
                f"The 'checks' parameter of LeakageCheckedSplit names {unknown}. Expected names "
                f"among {sorted(known)}."
            )
        return tuple(check for name, check in known.items() if name in self.checks)

    def _split_checks(self):
        """The checks that run inside `split`: none of them reads labels."""
        if isinstance(self.checks, str):
            wanted = SPLIT_CHECKS if self.checks == "split" else None
            chosen = [c for c in LEAKAGE_CHECKS if wanted is None or c.name in wanted]
        else:
            chosen = self._named_checks()
        return [check for check in chosen if not check.needs_y]

    def _options(self):
        """How checks judge."""
        return LeakageOptions(
            alpha=self.alpha,
            near=self.near or 0.0,
            partial_columns=self.partial_columns,
            natural=self.natural,
            evidence=self.evidence,
            max_component_share=self.max_component_share,
            horizon=read_span(self.label_horizon, "label_horizon"),
            embargo=read_span(self.embargo, "embargo"),
            seed=self._random_state or 0,
        )

    def _base(self, y):
        """The wrapped splitter, with the seed of this one if it has none."""
        return resolve_splitter(self.cv, y, self._random_state)

    def _ignored(self):
        """Columns that are not read."""
        return () if self.ignore is None else self.ignore

    def _read(self, X, folds, *, y=None, groups=None, times=None):
        """What checks judge."""
        return read_split_data(
            X, folds, self._options(), y=y, groups=groups, times=times, ignore=self._ignored()
        )

    def _rows(self, X, groups=None, times=None):
        """Rows of X among the bound ones (None without), with the groups and times of the rows."""
        if self._bound is None:
            return self._given(X, groups, times)
        bound = self._bound
        rows = bound.find(Table.read(X, self._ignored()))
        if groups is None and bound.groups is not None:
            groups = bound.groups[rows]
        if times is None and bound.times is not None:
            times = bound.times[rows]
        return rows, *self._given(X, groups, times)[1:]

    def _given(self, X, groups, times):
        """None for the rows, groups as given, and times as given or as the parameter says."""
        refuse_lazy(X, "X")
        times = self.times if times is None else times
        if isinstance(times, str | Integral):
            times = time_column(X, times)
        n_rows = _num_samples(X)
        if times is not None and _num_samples(times) != n_rows:
            raise ValueError(
                f"times must have one entry a row, {n_rows}. Got {_num_samples(times)}. In a "
                f"nested cross-validation rows are a part of the table: name a column of X as "
                f"times, or bind(X, times=times) the splitter first."
            )
        if times is None and (self.label_horizon or self.embargo):
            raise ValueError(
                "label_horizon and embargo need times. Pass times=..., a column of X or one time a "
                "row, to the splitter or to split."
            )
        if times is not None:
            check_spans_fit(times, label_horizon=self.label_horizon, embargo=self.embargo)
        return None, groups, times


def _own_times(times):
    """A copy of times, as numbers or datetimes: durations beside them still tell which."""
    table = Table.read(times)
    values = table.column(0)
    return values.astype("datetime64[us]") if table.kinds[0] == "time" else values.copy()


def _as_array(values):
    """A column of any container as an array."""
    return values.to_numpy() if hasattr(values, "to_numpy") else np.asarray(values)
