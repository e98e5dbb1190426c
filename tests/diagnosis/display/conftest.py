"""Reports to render: one dictionary per kind of model and of data, made once."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier
from sklearn.naive_bayes import GaussianNB

from sklearn_lossfix import diagnose, diagnose_predictions
from sklearn_lossfix.diagnosis._data_report import build_data_report
from sklearn_lossfix.diagnosis._split_report import build_split_report


def _binary():
    """Rare class, scores that rank well, a cut that misses it, and a hatched row in each ledger."""
    rng = np.random.default_rng(0)
    y = rng.random(600) < 0.1
    score = rng.normal(size=600) + 2.0 * y
    proba = 1.0 / (1.0 + np.exp(-(score - 5.0)))
    labels = np.where(y, "yes", "no")
    return diagnose_predictions(labels, proba, scoring="balanced_accuracy", random_state=0)


def _many_classes():
    """A hundred classes, every label 5,000 characters long."""
    rng = np.random.default_rng(0)
    classes = np.array([f"{k:03d}" + "<b>|`$&" * 714 for k in range(100)])
    codes = np.concatenate([np.arange(100), rng.integers(0, 100, 700)])
    proba = rng.dirichlet(np.full(100, 0.3), len(codes))
    return diagnose_predictions(classes[codes], proba, classes=classes, random_state=0)


def _with_estimator():
    """A naive Bayes model that counts every feature five times: over-confident, with a remedy."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 3))
    y = X.sum(axis=1) + rng.normal(size=600) > 1.0
    X = np.tile(X, 5)
    model = GaussianNB().fit(X[:300], y[:300])
    return diagnose(
        model, X[:300], y[:300], X_val=X[300:], y_val=y[300:], scoring="f1", random_state=0
    )


def _without_probabilities():
    """Labels and margins only: no loss, no reliability."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = X[:, 0] > 0
    model = RidgeClassifier().fit(X[:100], y[:100])
    return diagnose(
        model, X[:100], y[:100], X_val=X[100:], y_val=y[100:], effort="fast", random_state=0
    )


_MADE = {
    "binary": _binary,
    "many classes": _many_classes,
    "with estimator": _with_estimator,
    "without probabilities": _without_probabilities,
}


def _table():
    """Twelve hundred rows of everything: outliers, ties, a constant, gaps, no limits."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1_200, 8))
    X[:, 0] = rng.standard_cauchy(1_200)
    X[0, 1] = 1e300
    X[:, 2] = 3.0
    X[:, 3] *= rng.random(1_200) < 0.3
    X[:, 4] = np.nan
    X[:50, 5] = np.nan
    X[:3, 5] = np.inf
    return X


def _columns(column_evidence):
    """A report on data with every tip, on columns of all sorts."""
    names = ["tails", "spike", "fixed", "zeros", "gone", "gaps", "words", "open"]
    evidence = column_evidence(
        _table(), names=names, n_profiled=1_100, rank_error=0.01, notes=("A note on the data.",)
    )
    columns = evidence.columns
    columns["dtype"][6] = "object"
    columns["lower"][7] = columns["upper"][7] = None
    columns["share_low"][7] = columns["share_high"][7] = None
    return build_data_report(evidence)


def _clean_columns(column_evidence):
    """A report on data that finds nothing, of a transformer that does not scale."""
    X = np.random.default_rng(0).normal(size=(100, 3))
    nothing = {"scale": [None] * 3, "scale_source": [None] * 3}
    return build_data_report(column_evidence(X, reach=20.0, columns=nothing))


def _many_columns(column_evidence):
    """Three hundred columns with names of 2,000 characters, all of them with tips."""
    X = np.random.default_rng(0).normal(size=(50, 300))
    X[:30] = 0.0
    names = [f"{j:03d}" + "<b>|`$&" * 285 for j in range(300)]
    return build_data_report(column_evidence(X, names=names))


_MADE_OF_DATA = {
    "columns": _columns,
    "clean columns": _clean_columns,
    "many columns": _many_columns,
}


# Arguments of the searches that are made: two classes with a curve, three without.
_MADE_OF_SEARCHES = {
    "search": {"n_candidates": 6},
    "search of three classes": {"n_candidates": 3, "n_classes": 3},
}


# Arguments of the treatments that are compared: two classes, and three of which one is hostile.
_MADE_OF_TREATMENTS = {
    "treatments": ({}, {"best": 1, "select": "one_se"}),
    "treatments of three classes": (
        {"n_classes": 3},
        {"classes": ["a", "<script>", "|b|"], "names": ("none", "<b>|`$&" * 30, "x", "$\\frac{$")},
    ),
}


def _many_folds(leaky_split):
    """A thousand folds, three hundred sets across them, columns with names of 2,000 characters."""
    evidence = leaky_split()
    copies, near, leak, *others = evidence.leaks
    names = tuple(f"{j:03d}" + "<b>|`$&" * 285 for j in range(300))
    counts = (np.arange(1_000) % 7).tolist()
    n_test = [10] * 1_000
    per_fold = {"fold": list(range(1_000)), "n_train": n_test, "n_test": n_test}
    sizes = np.arange(302, 2, -1)
    return build_split_report(
        replace(
            evidence,
            leaks=(copies, near, replace(leak, columns=names, fix=" ".join(names)), *others),
            n_folds=1_000,
            per_fold={**per_fold, "exact_duplicates": counts},
            component_sizes=sizes,
            component_folds=np.arange(300_000).reshape(300, 1_000) % 3,
            notes=tuple(f"Note {k}." for k in range(500)),
        )
    )


_MADE_OF_FOLDS = {
    "folds": lambda leaky_split: build_split_report(leaky_split()),
    "many folds": _many_folds,
}


@pytest.fixture(scope="session")
def made_reports(
    column_evidence, search_report, candidates, treatment_report, treatments, leaky_split
):
    """Dictionaries of all reports, by name."""
    models = {name: make().to_dict() for name, make in _MADE.items()}
    for name, arguments in _MADE_OF_SEARCHES.items():
        axes = {"C": tuple(10.0**k for k in range(arguments["n_candidates"]))}
        models[name] = search_report(*candidates(**arguments), axes=axes).to_dict()
    for name, (drawn, fields) in _MADE_OF_TREATMENTS.items():
        models[name] = treatment_report(*treatments(**drawn), **fields).to_dict()
    models |= {name: make(leaky_split).to_dict() for name, make in _MADE_OF_FOLDS.items()}
    return models | {name: make(column_evidence).to_dict() for name, make in _MADE_OF_DATA.items()}


@pytest.fixture(
    params=[*_MADE, *_MADE_OF_SEARCHES, *_MADE_OF_TREATMENTS, *_MADE_OF_DATA, *_MADE_OF_FOLDS]
)
def data(request, made_reports):
    """The dictionary of each report in turn; a test may change it."""
    return copy.deepcopy(made_reports[request.param])


@pytest.fixture(params=[*_MADE, *_MADE_OF_SEARCHES, *_MADE_OF_TREATMENTS])
def model(request, made_reports):
    """The dictionary of each report on a model in turn; a test may change it."""
    return copy.deepcopy(made_reports[request.param])


@pytest.fixture(params=_MADE_OF_DATA)
def of_data(request, made_reports):
    """The dictionary of each report on data in turn; a test may change it."""
    return copy.deepcopy(made_reports[request.param])


@pytest.fixture(params=_MADE_OF_FOLDS)
def of_folds(request, made_reports):
    """The dictionary of each report on folds in turn; a test may change it."""
    return copy.deepcopy(made_reports[request.param])


@pytest.fixture
def folds(made_reports):
    """The dictionary of the report on five folds with leaks of all sorts."""
    return copy.deepcopy(made_reports["folds"])


@pytest.fixture
def many_folds(made_reports):
    """The dictionary of the report on a thousand folds."""
    return copy.deepcopy(made_reports["many folds"])


@pytest.fixture
def clean_folds(clean_split):
    """The dictionary of a report on folds that found nothing."""
    return build_split_report(clean_split(), registered=()).to_dict()


@pytest.fixture(params=_MADE_OF_SEARCHES)
def of_search(request, made_reports):
    """The dictionary of each report on a search in turn; a test may change it."""
    return copy.deepcopy(made_reports[request.param])


@pytest.fixture(params=_MADE_OF_TREATMENTS)
def of_treatments(request, made_reports):
    """The dictionary of each report on treatments in turn; a test may change it."""
    return copy.deepcopy(made_reports[request.param])


@pytest.fixture
def two_class_treatments(made_reports):
    """The dictionary of the report on treatments of two classes."""
    return copy.deepcopy(made_reports["treatments"])


@pytest.fixture
def many_treatments(two_class_treatments):
    """The same with two hundred treatments, and two hundred classes of long names."""
    for name, key in (("treatments", "treatment"), ("treatment_classes", "class")):
        table = two_class_treatments["tables"][name]
        n_rows = len(table[key])
        table = {
            column: [values[k % n_rows] for k in range(200)] for column, values in table.items()
        }
        table[key] = [f"{k:03d}" + "<b>|`$&" * 700 for k in range(200)]
        two_class_treatments["tables"][name] = table
    table = two_class_treatments["tables"]["treatments"]
    table["metric"] = [0.5 + k / 1_000 for k in range(200)]
    table["chosen"] = [k == 120 for k in range(200)]
    table = two_class_treatments["tables"]["treatment_classes"]
    table["recall_before"] = [0.5] * 200
    table["recall_after"] = [0.5 + k / 1_000 for k in range(200)]
    return two_class_treatments


@pytest.fixture
def search(made_reports):
    """The dictionary of the report on a search of two classes."""
    return copy.deepcopy(made_reports["search"])


@pytest.fixture
def many_candidates(search):
    """The same with two thousand candidates, whose parameters are long and full of markup."""
    table = search["tables"]["candidates"]
    n_candidates = 2_000
    search["tables"]["candidates"] = {
        key: [values[k % len(values)] for k in range(n_candidates)] for key, values in table.items()
    }
    table = search["tables"]["candidates"]
    table["candidate"] = list(range(n_candidates))
    table["params"] = [f"{k:04d}" + "<b>|`$&" * 28 for k in range(n_candidates)]
    table["metric"] = [0.5 + k / 10_000 for k in range(n_candidates)]
    table["log_loss"] = [0.7 - k / 10_000 for k in range(n_candidates)][::-1]
    table["chosen"] = [k == 1_200 for k in range(n_candidates)]
    search["context"]["search"]["n_candidates"] = n_candidates
    return search


@pytest.fixture
def columns(made_reports):
    """The dictionary of the report on columns of all sorts."""
    return copy.deepcopy(made_reports["columns"])


@pytest.fixture
def many_columns(made_reports):
    """The dictionary of the report on three hundred columns."""
    return copy.deepcopy(made_reports["many columns"])


@pytest.fixture
def full_columns(column_evidence):
    """The dictionary of the report on columns of all sorts, with the values of single rows."""
    return _columns(column_evidence).to_dict(include_values=True)


@pytest.fixture
def binary(made_reports):
    """The dictionary of the report on two classes."""
    return copy.deepcopy(made_reports["binary"])


@pytest.fixture
def many_classes(made_reports):
    """The dictionary of the report on a hundred classes."""
    return copy.deepcopy(made_reports["many classes"])


@pytest.fixture
def with_estimator(made_reports):
    """The dictionary of the report that has remedies."""
    return copy.deepcopy(made_reports["with estimator"])
