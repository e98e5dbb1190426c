"""Forecasts and tables that several tests of diagnosis share."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.metrics import log_loss
from sklearn.model_selection import ParameterGrid, StratifiedKFold, cross_val_predict

from sklearn_lossfix._core._diagnosable import DiagnosableMixin
from sklearn_lossfix._core._evidence import (
    Evidence,
    Scored,
    SearchEvidence,
    SplitEvidence,
    TreatmentEvidence,
)
from sklearn_lossfix._core._paired_tests import Estimate
from sklearn_lossfix._core._proper_scores import brier_rows
from sklearn_lossfix.decision._fit_rule import cross_fitted_codes, fit_rule
from sklearn_lossfix.decision._metrics import metric_from_codes
from sklearn_lossfix.decision._scoring import resolve_metric
from sklearn_lossfix.diagnosis._analysis import Analysis
from sklearn_lossfix.diagnosis._build import build_report
from sklearn_lossfix.diagnosis._gather import map_folds
from sklearn_lossfix.model_selection.leakage._leak import Leak


def _softmax(logits):
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def _calibrated(n_rows, *, n_classes=2, spread=1.5, offsets=0.0, seed=0):
    """Labels drawn from random forecasts, which are therefore calibrated; and those forecasts."""
    rng = np.random.default_rng(seed)
    proba = _softmax(spread * rng.normal(size=(n_rows, n_classes)) + offsets)
    y = (rng.random((n_rows, 1)) > proba.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return y, proba


def _sharpened(proba, slope, offsets=0.0):
    """Forecasts whose log-odds are multiplied and shifted."""
    return _softmax(slope * np.log(proba) + offsets)


def _table(n_rows, *, n_classes=2, n_features=4, seed=0, offset=0.0, slope=2.0):
    """Normal features, and labels drawn from a linear softmax of the first ones."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_features))
    logits = slope * X[:, :n_classes]
    if n_classes == 2:
        logits = np.outer(X[:, 0] - X[:, 1], [0.0, slope])
    proba = _softmax(logits + np.eye(n_classes)[-1] * offset)
    y = (rng.random((n_rows, 1)) > proba.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return X, y


class LabelsOnly(ClassifierMixin, BaseEstimator):
    """A classifier that has no scores: the label is the sign of the first feature."""

    def fit(self, X, y):
        """Remember the labels."""
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        """Predict the last label where the first feature is positive, else the first."""
        return self.classes_[np.where(np.asarray(X)[:, 0] > 0, -1, 0)]


@pytest.fixture(scope="session")
def calibrated():
    """Function that draws calibrated forecasts and their labels."""
    return _calibrated


@pytest.fixture(scope="session")
def sharpened():
    """Function that multiplies and shifts the log-odds of forecasts."""
    return _sharpened


@pytest.fixture(scope="session")
def table():
    """Function that draws features and labels."""
    return _table


@pytest.fixture(scope="session")
def labels_only():
    """A classifier that has neither probabilities nor decision values."""
    return LabelsOnly()


def _analyse(y, proba=None, *, pred=None, margins=None, scoring=None, alpha=0.01, **fields):
    """Analysis of recorded scores, made as the report makes it."""
    n_classes = 2 if proba is None else proba.shape[1]
    scored = Scored(proba.argmax(axis=1) if pred is None else pred, proba=proba, margins=margins)
    evidence = Evidence(
        y=np.asarray(y),
        classes=np.arange(n_classes),
        model=scored,
        metric=resolve_metric(scoring),
        pos=1 if n_classes == 2 else None,
        source="predictions",
        rows=np.arange(len(y)),
        folds=map_folds(np.asarray(y), fields.get("groups"), 0),
        **{"facts": {"estimator": "a model", "scoring": scoring, "notes": []}, **fields},
    )
    return Analysis(evidence, alpha)


@pytest.fixture(scope="session")
def analyse():
    """Function that makes an analysis of labels and scores."""
    return _analyse


# --- searches ----------------------------------------------------------------------------------


def _searched(
    y, probas, params, *, scoring="balanced_accuracy", axes=None, best=None, n_bootstrap=30, seed=0
):
    """What a search records of candidates that gave these probabilities out of fold, by hand.

    Rules are chosen on bootstrap samples and judged on the rest; the honest score is that of
    choosing candidate and rule on the sample (the bootstrap bias correction of Tsamardinos et al.).
    """
    rng = np.random.default_rng(seed)
    metric, n_classes = resolve_metric(scoring), probas[0].shape[1]
    options = {"classes": list(range(n_classes)), "pos": 1 if n_classes == 2 else None}

    def value(codes, rows=slice(None)):
        return metric_from_codes(metric, y[rows], codes[rows], n_classes, pos=options["pos"])

    inside, outside = np.empty((2, n_bootstrap, len(probas)))
    cuts = np.linspace(0.0, 1.0, 51)
    samples = [rng.integers(0, len(y), len(y)) for _ in range(n_bootstrap)]
    for b, drawn in enumerate(samples):
        rest = np.setdiff1d(np.arange(len(y)), drawn)
        for k, proba in enumerate(probas):
            rule = fit_rule(y[drawn], proba[drawn], metric, **options)
            codes = rule.predict_codes(proba)
            inside[b, k], outside[b, k] = value(codes, drawn), value(codes, rest)
    honest = outside[np.arange(n_bootstrap), inside.argmax(axis=1)]
    values = outside.mean(axis=0) if n_bootstrap else np.full(len(probas), np.nan)
    best = int(values.argmax()) if best is None else best
    curve = {}
    if n_classes == 2:
        labels = (probas[best][:, 1] >= cuts[:, None]).astype(int)
        by_sample = np.array([[value(row, drawn) for row in labels] for drawn in samples])
        curve = {
            "threshold": cuts,
            "value": np.array([value(row) for row in labels]),
            "low": np.quantile(by_sample, 0.025, axis=0),
            "high": np.quantile(by_sample, 0.975, axis=0),
        }
    rules = [fit_rule(y, proba, metric, **options) for proba in probas]
    return SearchEvidence(
        params=tuple(params),
        metric_name=metric.name,
        values=values,
        defaults=np.array([value(proba.argmax(axis=1)) for proba in probas]),
        losses=np.array([log_loss(y, proba, labels=range(n_classes)) for proba in probas]),
        best=best,
        resampled=outside,
        apparent=max(
            value(rule.predict_codes(proba)) for rule, proba in zip(rules, probas, strict=True)
        ),
        honest=float(honest.mean()),
        honest_low=float(np.quantile(honest, 0.025)),
        honest_high=float(np.quantile(honest, 0.975)),
        axes={} if axes is None else axes,
        curve=curve,
    )


class RecordedSearch(DiagnosableMixin, ClassifierMixin, BaseEstimator):
    """A search by hand: it records what a real one records, and predicts with the best."""

    def __init__(self, estimator, param_grid, scoring="balanced_accuracy", store=True):
        self.estimator = estimator
        self.param_grid = param_grid
        self.scoring = scoring
        self.store = store

    def fit(self, X, y):
        """Score every candidate out of fold and keep the arrays."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        params = list(ParameterGrid(self.param_grid))
        models = [clone(self.estimator).set_params(**p) for p in params]
        cv = StratifiedKFold(4)
        probas = [cross_val_predict(m, X, y, cv=cv, method="predict_proba") for m in models]
        axes = {name: tuple(sorted(values)) for name, values in self.param_grid.items()}
        self.search_ = _searched(codes, probas, params, scoring=self.scoring, axes=axes)
        proba = probas[self.search_.best]
        metric = resolve_metric(self.scoring)
        folds = np.zeros(len(y), dtype=int)
        for fold, (_, test) in enumerate(cv.split(X, y)):
            folds[test] = fold
        n_classes = len(self.classes_)
        pos = 1 if n_classes == 2 else None
        pred = cross_fitted_codes(codes, proba, metric, folds, n_classes=n_classes, pos=pos)
        self.decision_rule_ = fit_rule(codes, proba, metric, classes=self.classes_, pos=pos)
        self.n_splits_ = 4
        self.oof_ = {
            "y": codes,
            "scores": proba,
            "pred": pred,
            "row": np.arange(len(y)),
            "response": "predict_proba",
            "sample_weight": None,
            "groups": None,
        }
        self.best_estimator_ = models[self.search_.best].fit(X, y)
        return self

    def predict_proba(self, X):
        """Probabilities of the best candidate."""
        return self.best_estimator_.predict_proba(X)

    def predict(self, X):
        """Labels of the rule that was chosen."""
        return self.classes_[self.decision_rule_.predict_codes(self.predict_proba(X))]

    def _search_evidence(self):
        """What was recorded, or nothing where nothing was to be stored."""
        return self.search_ if self.store else None


@pytest.fixture(scope="session")
def searched():
    """Function that makes the evidence of a search from probabilities of its candidates."""
    return _searched


@pytest.fixture(scope="session")
def recorded_search():
    """Class of a search that records what a real one records."""
    return RecordedSearch


@pytest.fixture(scope="session")
def search_report():
    """Function that makes a report of labels and the probabilities of candidates."""

    def make(y, probas, params, *, rule=None, classes=None, treatments=None, **fields):
        search = _searched(y, probas, params, **fields)
        scoring = fields.get("scoring", "balanced_accuracy")
        proba, metric = probas[search.best], resolve_metric(scoring)
        n_classes = proba.shape[1]
        pos = 1 if n_classes == 2 else None
        pred = cross_fitted_codes(
            y, proba, metric, map_folds(y, None, 0), n_classes=n_classes, pos=pos
        )
        labels = np.arange(n_classes) if classes is None else np.asarray(classes)
        if rule is None:
            rule = fit_rule(y, proba, metric, classes=labels, pos=pos)
        analysis = _analyse(
            y,
            proba,
            pred=pred,
            scoring=scoring,
            search=search,
            treatments=treatments,
            facts={
                "estimator": "A search",
                "scoring": scoring,
                "notes": [],
                "decision_rule": rule,
            },
        )
        evidence = replace(analysis.evidence, classes=labels, source="out-of-fold")
        return build_report(
            Analysis(evidence, analysis.alpha),
            effort="fast",
            ignore=(),
            context={"random_state": 0, "call": "search.diagnose"},
        )

    return make


@pytest.fixture(scope="session")
def candidates(calibrated, sharpened):
    """Function that draws labels, probabilities and parameters of candidates that get better."""

    def make(n_rows=400, *, n_candidates=4, n_classes=2, seed=0):
        offsets = np.eye(n_classes)[0] * 1.5
        y, proba = calibrated(n_rows, n_classes=n_classes, offsets=offsets, seed=seed)
        rng = np.random.default_rng(seed)
        noise = rng.normal(size=(n_candidates, *proba.shape))
        spread = np.linspace(3.0, 0.2, n_candidates)
        probas = [
            sharpened(proba * np.exp(s * z) / (proba * np.exp(s * z)).sum(axis=1)[:, None], 1.0)
            for s, z in zip(spread, noise, strict=True)
        ]
        params = [{"C": float(10.0**k), "penalty": "l2"} for k in range(n_candidates)]
        return y, probas, params

    return make


# --- treatments --------------------------------------------------------------------------------

TREATMENTS = ("none", "class_weight_sqrt", "random_over_balanced", "smote_balanced")


def _treated(
    y,
    raw,
    *,
    names=TREATMENTS,
    best=None,
    select="best",
    scoring="balanced_accuracy",
    sample_weight=None,
    units=None,
    **fields,
):
    """What is recorded of treatments that gave these probabilities out of fold, by hand.

    Corrected are the odds by the mean odds of the labels over those of the forecasts.
    """
    metric, n_classes = resolve_metric(scoring), raw[0].shape[1]
    pos = 1 if n_classes == 2 else None
    shares = np.bincount(y, sample_weight, n_classes)
    corrected = []
    for proba in raw:
        odds = proba * shares / np.average(proba, axis=0, weights=sample_weight)
        corrected.append(odds / odds.sum(axis=1, keepdims=True))
    folds = map_folds(y, None, 0)
    codes = [
        cross_fitted_codes(y, proba, metric, folds, n_classes=n_classes, pos=pos)
        for proba in corrected
    ]

    def value(pred):
        return metric_from_codes(metric, y, pred, n_classes, sample_weight, pos)

    def loss(proba):
        return log_loss(y, proba, labels=range(n_classes), sample_weight=sample_weight)

    def brier(proba):
        return np.average(brier_rows(proba, y), weights=sample_weight)

    values = np.array([value(pred) for pred in codes])
    best = int(values.argmax()) if best is None else best
    lead = values.max() - values
    made = {
        "names": tuple(names[: len(raw)]),
        "metric_name": metric.name,
        "values": values,
        "low": values - 0.04,
        "high": values + 0.04,
        "defaults": np.array([value(proba.argmax(axis=1)) for proba in raw]),
        "lead": lead,
        "lead_error": np.where(lead > 0, 0.01, 0.0),
        "log_loss": np.array([loss(proba) for proba in corrected]),
        "brier": np.array([brier(proba) for proba in corrected]),
        "raw_log_loss": np.array([loss(proba) for proba in raw]),
        "raw_brier": np.array([brier(proba) for proba in raw]),
        "corrections": ("none", *["prior"] * (len(raw) - 1)),
        "rules": tuple(f"threshold 0.{k + 1}" for k in range(len(raw))),
        "fit_time": np.linspace(0.1, 0.4, len(raw)),
        "best": best,
        "select": select,
        "skipped": {"bagging": "it costs ten fits a fold", "balanced_bagging": "too few rows"},
        "y": y,
        "sample_weight": sample_weight,
        "units": np.arange(len(y)) if units is None else units,
        "codes": codes[best],
        "untreated_codes": raw[0].argmax(axis=1),
        "proba": corrected[best],
        "raw_proba": raw[best],
        "untreated_proba": raw[0],
    }
    return TreatmentEvidence(**made | fields)


class RecordedTreatments(RecordedSearch):
    """A choice among treatments by hand: the candidates of a search, called treatments."""

    def fit(self, X, y):
        """Score every candidate out of fold and keep the arrays."""
        super().fit(X, y)
        models = [clone(self.estimator).set_params(**p) for p in self.search_.params]
        raw = [
            cross_val_predict(m, X, y, cv=StratifiedKFold(4), method="predict_proba")
            for m in models
        ]
        self.treatments_ = _treated(self.oof_["y"], raw, best=self.search_.best)
        return self

    def _treatment_evidence(self):
        """What was recorded, or nothing where nothing was to be stored."""
        return self.treatments_ if self.store else None


@pytest.fixture(scope="session")
def recorded_treatments():
    """Class of a choice among treatments that records what a real one records."""
    return RecordedTreatments


@pytest.fixture(scope="session")
def treated():
    """Function that makes the evidence of treatments from their probabilities."""
    return _treated


@pytest.fixture(scope="session")
def treatments(calibrated):
    """Function that draws labels of rare classes and probabilities of each treatment."""

    def make(n_rows=500, *, n_treatments=4, n_classes=2, seed=0):
        rare = -1.5 * np.arange(n_classes)
        y, proba = calibrated(n_rows, n_classes=n_classes, offsets=rare, seed=seed)
        rng = np.random.default_rng(seed)
        raw = [
            _softmax(np.log(proba) - tilt * np.log(proba.mean(axis=0)))
            for tilt in np.linspace(0.0, 1.0, n_treatments)
        ]
        noisy = [_softmax(np.log(p) + 0.3 * rng.normal(size=p.shape)) for p in raw]
        return y, noisy

    return make


@pytest.fixture(scope="session")
def treatment_report(search_report):
    """Function that makes a report of labels and the probabilities of treatments."""

    def make(y, raw, *, classes=None, **fields):
        recorded = _treated(y, raw, **fields)
        params = [{"treatment": name} for name in recorded.names]
        return search_report(
            y, raw, params, classes=classes, treatments=recorded, best=recorded.best, n_bootstrap=5
        )

    return make


# --- folds -------------------------------------------------------------------------------------

# Every check of the scenario below, by its finding.
SPLIT_SLUGS = {
    "exact_duplicates": "leaked-rows",
    "near_duplicates": "leaked-rows",
    "group_overlap": "group-overlap",
    "hidden_entities": "group-overlap",
    "time_overlap": "time-overlap",
    "target_copies": "leaky-feature",
    "fitted_on_all_rows": "preprocessed-before-split",
    "target_encoding": "preprocessed-before-split",
}


def _split_evidence(leaks, *, n_rows=60, n_folds=5, not_applicable=None, **fields):
    """What an audit sees of rows that are dealt to folds in turn, counted by hand."""
    folds = [(np.flatnonzero(fold), np.flatnonzero(~fold)) for fold in _dealt(n_rows, n_folds)]
    counts = {leak.check: leak.per_fold for leak in leaks if leak.per_fold is not None}
    links = [leak.links for leak in leaks if leak.found and leak.links is not None]
    sets = [np.flatnonzero(links[0] == k) for k in np.unique(links[0]) if k >= 0] if links else []
    sets = sorted((rows for rows in sets if len(rows) > 1), key=len, reverse=True)
    across = [[np.isin(rows, test).sum() for _, test in folds] for rows in sets]
    not_applicable = (
        {"time_overlap": "No times were given."} if not_applicable is None else (not_applicable)
    )
    names = [*(leak.check for leak in leaks), *not_applicable]
    made = {
        "n_rows": n_rows,
        "n_columns": 30,
        "splitter": f"KFold(n_splits={n_folds})",
        "n_folds": n_folds,
        "leaks": tuple(leaks),
        "not_applicable": not_applicable,
        "titles": {name: name.replace("_", " ").capitalize() for name in names},
        "slugs": {name: SPLIT_SLUGS[name] for name in names},
        "per_fold": {
            "fold": list(range(n_folds)),
            "n_train": [len(train) for train, _ in folds],
            "n_test": [len(test) for _, test in folds],
            **{name: np.asarray(count).tolist() for name, count in counts.items()},
        },
        "alpha": 0.001,
        "p_adjusted": {leak.check: leak.p_value for leak in leaks if leak.p_value is not None},
        "effect": None,
        "component_sizes": np.array([len(rows) for rows in sets], dtype=int),
        "component_folds": np.array(across, dtype=int).reshape(len(sets), n_folds),
        "notes": ("A note on the folds.",),
    }
    return SplitEvidence(**made | fields)


def _dealt(n_rows, n_folds):
    """Masks of the training rows of every fold."""
    return np.arange(n_rows) % n_folds != np.arange(n_folds)[:, None]


def _leak(check, found=True, message="", **fields):
    """What a check of this name says."""
    if found:
        fields = {"severity": "high", "fix": "Mend it."} | fields
    message = message or f"{check} found {'something' if found else 'nothing'}."
    return Leak(check, SPLIT_SLUGS[check], found, message, **fields)


def _leaky_split(**fields):
    """Copies of 12 of 60 rows, a column that tells the target, scaled data, a doubt, a pass."""
    links = np.full(60, -1)
    links[:12] = np.arange(12)
    links[12:24] = np.arange(12)
    links[24] = 0  # one row has two copies
    leaks = [
        _leak(
            "exact_duplicates",
            message="25 of 60 test rows have an equal row in training.",
            severity="critical",
            rate=25 / 60,
            expected_rate=0.001,
            p_value=1e-12,
            pairs=np.array([[0, 12, 0], [1, 13, 1], [0, 0, 25]]),
            per_fold=np.array([6, 5, 5, 5, 4]),
            links=links,
            fix="Use on_leak='group'.",
            details={"n_pairs": np.int64(14), "share": np.float64(0.5)},
        ),
        _leak("near_duplicates", None, "Could not tell: rows lie dense.", p_value=0.2),
        _leak("target_copies", rate=1 / 30, expected_rate=0.0, columns=("leak <b>|`$", "b")),
        _leak("fitted_on_all_rows", severity="info", message="All means are 0: standardised."),
        _leak("target_encoding", False, rate=0.0),
        _leak("group_overlap", False, rate=0.0, per_fold=np.zeros(5, dtype=int)),
    ]
    effect = {
        "unit": "nats",
        "with_leak": 0.3,
        "without_leak": 0.5,
        "inflation": Estimate(0.2, 0.02, 0.16, 0.24),
        "folds": [0, 1, 2, 3, 4],
        "n_removed": [6, 5, 5, 5, 4],
        "n_judged": 60,
    }
    return _split_evidence(leaks, **{"effect": effect} | fields)


def _clean_split(**fields):
    """Folds in which two checks found nothing."""
    leaks = [
        _leak("exact_duplicates", False, rate=0.0, per_fold=np.zeros(5, dtype=int)),
        _leak("target_copies", False, rate=0.0),
    ]
    return _split_evidence(leaks, **fields)


@pytest.fixture(scope="session")
def leak_of():
    """Function that makes what a check says, from its name."""
    return _leak


@pytest.fixture(scope="session")
def split_evidence():
    """Function that makes what an audit sees, from what its checks say."""
    return _split_evidence


@pytest.fixture(scope="session")
def leaky_split():
    """Function that makes what an audit sees of folds with leaks of all sorts."""
    return _leaky_split


@pytest.fixture(scope="session")
def clean_split():
    """Function that makes what an audit sees of clean folds."""
    return _clean_split


def _numbers(report):
    """The dictionary of a report without what tells how it was called."""
    data = report.to_dict()
    data["context"].pop("call")
    return data


@pytest.fixture(scope="session")
def numbers():
    """Function that gives the dictionary of a report without what tells how it was called."""
    return _numbers


def _assert_sums(report):
    """Every view of every ledger sums to its total."""
    for ledger in (report.loss_ledger, report.brier_ledger, report.error_ledger):
        if ledger is None:
            continue
        for rows in ledger.to_dict()["views"].values():
            assert sum(row["value"] for row in rows) == pytest.approx(ledger.total, abs=1e-10)


@pytest.fixture(scope="session")
def assert_sums():
    """Function that asserts that every view of every ledger sums to its total."""
    return _assert_sums
