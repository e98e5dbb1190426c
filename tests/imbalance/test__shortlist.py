"""Tests of the shortlists: what each learner is given, why the rest is skipped, what is refused."""

import numpy as np
import pytest
from imblearn import FunctionSampler
from imblearn.ensemble import (
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
    RUSBoostClassifier,
)
from imblearn.over_sampling import ADASYN, SMOTE
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_lossfix.imbalance._shortlist import (
    SMOTE_FROM_RAREST,
    UNDERSAMPLE_FROM_ROWS,
    check_not_balanced_already,
    choose_treatments,
    takes_class_weight,
    takes_weights,
)
from sklearn_lossfix.imbalance._treatments import TREATMENTS

WEIGHTS = ["class_weight_sqrt", "class_weight_balanced"]
OVER = ["random_over_sqrt", "random_over_balanced"]


class _Booster(ClassifierMixin, BaseEstimator):
    """A classifier that says it is of a package of gradient boosting."""

    __module__ = "lightgbm.sklearn"

    def fit(self, X, y, sample_weight=None):
        return self

    def predict_proba(self, X):
        return X


class _Derived(_Booster):
    """A user's own class, derived from one of such a package."""

    __module__ = "somewhere"


class _OwnForest(RandomForestClassifier):
    """A user's own forest."""


def _choose(strategies, estimator, **changes):
    """Choose for data that hold nothing back."""
    data = {
        "ratios": ("sqrt", "balanced"),
        "class_counts": np.array([900, 100]),
        "n_rows": 1000,
        "mostly_numeric": True,
    }
    treatments, skipped = choose_treatments(strategies, estimator, **(data | changes))
    return list(treatments), skipped


SHORTLISTS = [
    (HistGradientBoostingClassifier(), WEIGHTS),
    (GradientBoostingClassifier(), WEIGHTS),
    (LogisticRegression(), WEIGHTS),
    (LinearDiscriminantAnalysis(), OVER),
    (CalibratedClassifierCV(GaussianNB()), WEIGHTS),
    (CalibratedClassifierCV(KNeighborsClassifier()), OVER),
    (CalibratedClassifierCV(), WEIGHTS),
    (GridSearchCV(LogisticRegression(), {"C": [1]}), WEIGHTS),
    (_Booster(), WEIGHTS),
    (_Derived(), WEIGHTS),
    (RandomForestClassifier(), [*WEIGHTS, "balanced_random_forest"]),
    (_OwnForest(), [*WEIGHTS, "balanced_random_forest"]),
    (ExtraTreesClassifier(), WEIGHTS),
    (DecisionTreeClassifier(), [*WEIGHTS, "balanced_bagging"]),
    (GaussianNB(), [*WEIGHTS, "balanced_bagging"]),
    (LinearSVC(), WEIGHTS),
    (KNeighborsClassifier(), [*OVER, "balanced_bagging", "smote_balanced"]),
    (
        make_pipeline(StandardScaler(), KNeighborsClassifier()),
        [*OVER, "balanced_bagging", "smote_balanced"],
    ),
]


@pytest.mark.parametrize(("estimator", "expected"), SHORTLISTS)
def test_shortlist_of_a_learner(estimator, expected):
    """Untreated first; then what this kind of learner gains from."""
    names, _ = _choose("auto", estimator)
    assert names == ["none", *expected]


@pytest.mark.parametrize(("estimator", "expected"), SHORTLISTS)
def test_undersampling_is_for_many_rows(estimator, expected):
    """One treatment more, in its place, and none less."""
    names, _ = _choose("auto", estimator, n_rows=UNDERSAMPLE_FROM_ROWS + 1)
    assert set(names) == {"none", *expected, "random_under_balanced"}
    assert names == sorted(names, key=TREATMENTS.index)
    assert len(_choose("auto", estimator, n_rows=UNDERSAMPLE_FROM_ROWS)[0]) == len(expected) + 1


@pytest.mark.parametrize("ratios", [("sqrt",), ("balanced",), ["balanced", "sqrt"]])
def test_ratios_are_the_only_ones_tried(ratios):
    """In the order of simplicity, however they come; costly kinds come in one."""
    names, _ = _choose(
        "auto", KNeighborsClassifier(), ratios=ratios, n_rows=UNDERSAMPLE_FROM_ROWS + 1
    )
    one = "balanced" if "balanced" in ratios else "sqrt"
    over = [name for name in OVER if name.rpartition("_")[2] in ratios]
    assert names == ["none", *over, f"random_under_{one}", "balanced_bagging", f"smote_{one}"]


def test_skipped_names_what_the_shortlist_would_hold():
    """By the learner's interface, and by the data, with the reason; nothing else."""
    weightless = "KNeighborsClassifier takes neither sample_weight nor class_weight"
    few = np.array([900, SMOTE_FROM_RAREST - 1])
    assert _choose("auto", KNeighborsClassifier())[1] == dict.fromkeys(WEIGHTS, weightless)
    assert _choose("auto", KNeighborsClassifier(), class_counts=few)[1] == {
        **dict.fromkeys(WEIGHTS, weightless),
        "smote_balanced": "the rarest class has 19 rows; SMOTE is tried from 20",
    }
    names, skipped = _choose("auto", KNeighborsClassifier(), mostly_numeric=False)
    assert "smote_balanced" not in names
    assert "categories" in skipped["smote_balanced"]
    assert list(_choose("auto", LinearSVC())[1]) == ["balanced_bagging"]
    search = GridSearchCV(RandomForestClassifier(), {})
    assert list(_choose("auto", search)[1]) == ["balanced_random_forest"]
    for estimator in (LogisticRegression(), RandomForestClassifier(), DecisionTreeClassifier()):
        assert _choose("auto", estimator, class_counts=few, mostly_numeric=False)[1] == {}


@pytest.mark.parametrize("estimator", [estimator for estimator, _ in SHORTLISTS])
def test_all_is_tried_or_skipped(estimator):
    """Each treatment is in one of the two, whatever the data; no shortlist holds more."""
    few = {"class_counts": np.array([900, 3]), "mostly_numeric": False}
    names, skipped = _choose("all", estimator, **few)
    assert sorted([*names, *skipped]) == sorted(TREATMENTS)
    assert names == [name for name in TREATMENTS if name in names]
    assert set(_choose("auto", estimator)[0]) <= set(names)
    assert all("\n" not in reason for reason in skipped.values())
    assert (names, skipped) == _choose(list(TREATMENTS), estimator, **few)


def test_a_list_is_tried_as_it_is():
    """Kinds in all ratios, names as they are, untreated first; no caution about the data."""
    few = {"class_counts": np.array([900, 7]), "mostly_numeric": False}
    names, skipped = _choose(["smote", "bagging", "class_weight_sqrt"], GaussianNB(), **few)
    assert names == ["none", "class_weight_sqrt", "smote_sqrt", "smote_balanced", "bagging"]
    assert skipped == {}
    assert _choose(["none"], GaussianNB()) == _choose([], GaussianNB()) == (["none"], {})
    names, skipped = _choose(["balanced_random_forest", "balanced_bagging"], RidgeClassifier())
    assert names == ["none"]
    assert skipped == {
        "balanced_bagging": "RidgeClassifier has no predict_proba, which the members of a bag are "
        "averaged by",
        "balanced_random_forest": "needs a RandomForestClassifier; this is a RidgeClassifier",
    }


def test_samplers_come_last_under_names_of_their_own():
    """By class, numbered where repeated; the objects are the user's."""
    one, two, three = SMOTE(k_neighbors=1), SMOTE(k_neighbors=2), ADASYN()
    chosen, skipped = choose_treatments(
        [one, ("mine", three), two, "random_over_sqrt"],
        GaussianNB(),
        ratios=("sqrt",),
        class_counts=[9, 2],
        n_rows=11,
        mostly_numeric=True,
    )
    assert list(chosen) == ["none", "random_over_sqrt", "smote", "mine", "smote_2"]
    assert (chosen["smote"], chosen["mine"], chosen["smote_2"]) == (one, three, two)
    assert skipped == {}


@pytest.mark.parametrize(
    ("strategies", "error", "message"),
    [
        ("class_weight", ValueError, "'auto', 'all' or a list"),
        (None, ValueError, "'auto', 'all' or a list"),
        (["undersample"], ValueError, "no treatment 'undersample'.*'random_under'"),
        (["class_weight", "class_weight_sqrt"], ValueError, "'class_weight_sqrt'.*twice"),
        (["none", "none"], ValueError, "'none'.*twice"),
        ([("a", SMOTE()), ("a", ADASYN())], ValueError, "'a'.*twice"),
        ([("smote", SMOTE()), SMOTE(), ("smote_2", SMOTE())], ValueError, "'smote_2'.*twice"),
        ([("bagging", SMOTE())], ValueError, "cannot be called 'bagging'"),
        ([SMOTE], TypeError, r"the class SMOTE; an object was expected: SMOTE\(\)"),
        ([("a", SMOTE)], TypeError, "the class SMOTE"),
        ([LogisticRegression()], TypeError, r"LogisticRegression\(\).*fit_resample"),
        ([("a", "class_weight_sqrt")], TypeError, "'class_weight_sqrt'.*fit_resample"),
        ([5], TypeError, "holds 5"),
    ],
)
def test_refused_strategies(strategies, error, message):
    """The error says what is known, or what was expected."""
    with pytest.raises(error, match=message):
        _choose(strategies, GaussianNB())


@pytest.mark.parametrize("ratios", [(), "half", ("sqrt", "half"), (0.5,)])
def test_refused_ratios(ratios):
    """Ratios are names; numbers would mean other things to other samplers."""
    with pytest.raises(ValueError, match=r"\['sqrt', 'balanced'\]"):
        _choose("auto", GaussianNB(), ratios=ratios)


@pytest.mark.parametrize(
    ("estimator", "weights", "class_weight"),
    [
        (LogisticRegression(), True, True),
        (GaussianNB(), True, False),
        (KNeighborsClassifier(), False, False),
        (LinearDiscriminantAnalysis(), False, False),
        (CalibratedClassifierCV(KNeighborsClassifier()), False, False),
        (CalibratedClassifierCV(CalibratedClassifierCV(SVC())), True, False),
        (make_pipeline(StandardScaler(), GaussianNB()), True, False),
        (GridSearchCV(GaussianNB(), {}), True, False),
    ],
)
def test_who_takes_weights(estimator, weights, class_weight):
    """A wrapper takes what the learner inside takes."""
    assert takes_weights(estimator) is weights
    assert takes_class_weight(estimator) is class_weight


def _with_params(**params):
    """A classifier of another package, by the parameters that it has."""

    class Other(ClassifierMixin, BaseEstimator):
        def get_params(self, deep=True):
            return params

    return Other()


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (LogisticRegression(class_weight="balanced"), "class_weight='balanced'"),
        (DecisionTreeClassifier(class_weight={0: 1, 1: 9}), "class_weight={0: 1, 1: 9}"),
        (
            make_pipeline(StandardScaler(), CalibratedClassifierCV(SVC(class_weight="balanced"))),
            "calibratedclassifiercv__estimator__class_weight='balanced'",
        ),
        (GridSearchCV(SVC(), [{"C": [1]}, {"class_weight": [None, "balanced"]}]), "varies"),
        (
            RandomizedSearchCV(make_pipeline(SVC()), {"svc__class_weight": [None, "balanced"]}),
            "varies 'svc__class_weight'",
        ),
        (_with_params(scale_pos_weight=9.0), "scale_pos_weight=9.0"),
        (_with_params(auto_class_weights="Balanced"), "auto_class_weights='Balanced'"),
        (_with_params(class_weights=np.array([1.0, 9.0])), "class_weights="),
        (_with_params(is_unbalance=True), "is_unbalance=True"),
        (BalancedRandomForestClassifier(), "is a BalancedRandomForestClassifier"),
        (BalancedBaggingClassifier(), "is a BalancedBaggingClassifier"),
        (make_pipeline(EasyEnsembleClassifier()), "'easyensembleclassifier'.*EasyEnsemble"),
        (RUSBoostClassifier(), "is a RUSBoostClassifier"),
        (make_sampling_pipeline(SMOTE(), SVC()), "'smote' of the estimator is a SMOTE"),
        (
            GridSearchCV(make_sampling_pipeline(RandomUnderSampler(), SVC()), {}),
            "'estimator__randomundersampler'",
        ),
    ],
)
def test_a_second_correction_is_refused(estimator, message):
    """The error names the part, and the two ways out."""
    with pytest.raises(ValueError, match=message) as caught:
        check_not_balanced_already(estimator)
    assert "corrected twice" in str(caught.value)
    assert "MetricAlignedSearchCV" in str(caught.value)


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        RandomForestClassifier(),
        make_pipeline(StandardScaler(), SVC()),
        make_sampling_pipeline(FunctionSampler(), SVC()),
        make_sampling_pipeline("passthrough", SVC()),
        GridSearchCV(SVC(), {"C": [1, 2]}),
        _with_params(scale_pos_weight=1.0, auto_class_weights=None, is_unbalance=False),
        _with_params(scale_pos_weight=None, auto_class_weights="None", class_weights=None),
    ],
)
def test_what_leaves_the_classes_alone_passes(estimator):
    """Weights that are not set, and samplers that remove outliers."""
    check_not_balanced_already(estimator)
