"""Which treatments of class imbalance are worth a try for a learner and its data."""

from numbers import Number

from imblearn.ensemble import (
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
    RUSBoostClassifier,
)
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline

from sklearn_lossfix._core._oof import weight_params
from sklearn_lossfix.imbalance._treatments import DOSED_KINDS, RATIOS, TREATMENTS, parse_treatment

# Learners whose probabilities are near the truth as they are: there a tuned decision rule does
# what resampling would do, and weights are the one alternative that costs nothing to try.
_WELL_CALIBRATED = (
    HistGradientBoostingClassifier,
    GradientBoostingClassifier,
    LogisticRegression,
    LinearDiscriminantAnalysis,
    CalibratedClassifierCV,
)
# Packages of gradient boosting, which are none of this package's dependencies.
_BOOSTING_PACKAGES = ("xgboost", "lightgbm", "catboost")
_FORESTS = (RandomForestClassifier, ExtraTreesClassifier)
_BALANCED_ENSEMBLES = (
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
    RUSBoostClassifier,
)

# Bags average the probabilities of their members.
_BAGS = ("balanced_bagging", "bagging")

# The three limits below are conventions, not results; "all" and lists of names are free of them.
#
# Removing rows loses information and is seldom best; it pays where fits are long. From this many
# rows on, a fit of most learners takes seconds, and the rows left are still thousands.
UNDERSAMPLE_FROM_ROWS = 50_000
# SMOTE draws new rows between a row and one of its 5 nearest neighbours of the same class. With
# four times as many rows as neighbours these are near; with fewer, they are most of the class.
SMOTE_FROM_RAREST = 20

# Parameters by which learners weigh classes, with the values that leave classes as they are. The
# first is scikit-learn's, the others are those of the boosting packages.
_NEUTRAL_WEIGHTS = {
    "class_weight": (None,),
    "class_weights": (None,),
    "auto_class_weights": (None, "None"),
    "scale_pos_weight": (None, 1),
    "is_unbalance": (None, False),
    "unbalance": (None, False),
}
# Parameters of searches that name the parameters they vary.
_GRIDS = ("param_grid", "param_distributions", "search_spaces")


_OTHER_WAY = (
    "or use MetricAlignedSearchCV or DecisionRuleClassifier to tune a decision rule for the "
    "estimator as it is"
)


def takes_weights(estimator):
    """Whether the fit of an estimator takes one weight a row and uses it.

    Parameters
    ----------
    estimator : estimator
        A classifier.

    Returns
    -------
    bool
        A calibrated classifier takes weights if its learner does, too.
    """
    if isinstance(estimator, CalibratedClassifierCV):
        inner = estimator.estimator
        if inner is not None and not takes_weights(inner):
            return False
    return bool(weight_params(estimator, "of a row each"))


def takes_class_weight(estimator):
    """Whether an estimator has a parameter `class_weight` of its own."""
    return hasattr(estimator, "get_params") and "class_weight" in estimator.get_params(deep=False)


def deciding_learner(estimator):
    """The learner inside searches and Pipelines; a calibrated classifier counts as a learner."""
    while True:
        if isinstance(estimator, BaseSearchCV):
            estimator = estimator.estimator
        elif isinstance(estimator, Pipeline):
            estimator = estimator.steps[-1][1]
        else:
            return estimator


def choose_treatments(strategies, estimator, *, ratios, class_counts, n_rows, mostly_numeric):
    """The treatments to try, and why others are not.

    Parameters
    ----------
    strategies : {"auto", "all"} or list
        "auto": a shortlist by the kind of learner. "all": whatever the learner can take. A list
        holds kinds ("class_weight", in all ratios), names ("class_weight_sqrt"), samplers, and
        pairs of a name and a sampler.
    estimator : estimator
        The classifier at the end of the user's Pipeline.
    ratios : sequence of {"sqrt", "balanced"}
        Strengths of the kinds that come in several.
    class_counts : array-like of shape (n_classes,)
        Rows of each class.
    n_rows : int
        Rows.
    mostly_numeric : bool
        Whether most columns are numeric.

    Returns
    -------
    treatments : dict of str to (str or sampler)
        Name and treatment; "none" first, then by simplicity, samplers last as given.
    skipped : dict of str to str
        Treatments that were asked for, or would be on the shortlist, and cannot run; with the
        reason.

    Raises
    ------
    TypeError
        If the list holds something that is neither a name nor a sampler.
    ValueError
        If a name is unknown or is given twice, or `strategies` or `ratios` are none of the above.
    """
    ratios = _check_ratios(ratios)
    samplers = {}
    if isinstance(strategies, str) and strategies == "auto":
        wanted, skipped = _shortlist(estimator, ratios, class_counts, n_rows, mostly_numeric)
    elif isinstance(strategies, str) and strategies == "all":
        wanted = [name for name in TREATMENTS if parse_treatment(name)[1] in (None, *ratios)]
        skipped = {}
    elif isinstance(strategies, list | tuple):
        wanted, samplers = _read_list(strategies, ratios)
        skipped = {}
    else:
        raise ValueError(
            f"strategies is {strategies!r}; 'auto', 'all' or a list of treatments was expected, "
            f"for instance ['class_weight', 'random_over']."
        )
    treatments = {}
    for name in TREATMENTS:
        if name != "none" and name not in wanted:
            continue
        reason = _obstacle(name, estimator)
        if reason is None:
            treatments[name] = name
        else:
            skipped[name] = reason
    order = {name: skipped[name] for name in TREATMENTS if name in skipped}
    return treatments | samplers, order


def check_not_balanced_already(estimator):
    """Refuse an estimator that weighs or resamples classes itself.

    Parameters
    ----------
    estimator : estimator
        The user's, with all its parts.

    Raises
    ------
    ValueError
        With the part and what to do.
    """
    params = estimator.get_params(deep=True) if hasattr(estimator, "get_params") else {}
    for path, value in {"": estimator, **params}.items():
        name = path.rpartition("__")[2]
        where = f"The part {path!r} of the estimator" if path else "The estimator"
        if name in _NEUTRAL_WEIGHTS and not _is_neutral(value, _NEUTRAL_WEIGHTS[name]):
            raise ValueError(
                f"The estimator sets {path}={value!r}: together with a treatment the classes would "
                f"be corrected twice. Leave it at {_NEUTRAL_WEIGHTS[name][0]}, the treatment "
                f"'class_weight' tries weights; {_OTHER_WAY}."
            )
        if name in _GRIDS and (searched := _searched_weights(value)):
            raise ValueError(
                f"The search {path!r} of the estimator varies {searched!r}: together with a "
                f"treatment the classes would be corrected twice. Take it out of the search, the "
                f"treatment 'class_weight' tries weights; {_OTHER_WAY}."
            )
        if isinstance(value, _BALANCED_ENSEMBLES):
            raise ValueError(
                f"{where} is a {type(value).__name__}, which resamples: together with a treatment "
                f"the classes would be corrected twice. Give the plain learner, the treatments "
                f"'balanced_bagging' and 'balanced_random_forest' try such ensembles; {_OTHER_WAY}."
            )
        if _resamples_classes(value):
            raise ValueError(
                f"{where} is a {type(value).__name__}, which resamples: together with a treatment "
                f"the classes would be corrected twice. Take it out and name it in `strategies` "
                f"to try it; {_OTHER_WAY}."
            )


def _check_ratios(ratios):
    """Ratios as a tuple, known and at least one."""
    given = (ratios,) if isinstance(ratios, str) else tuple(ratios)
    if not given or any(ratio not in RATIOS for ratio in given):
        raise ValueError(f"ratios is {ratios!r}; some of {list(RATIOS)} were expected.")
    return given


def _shortlist(estimator, ratios, class_counts, n_rows, mostly_numeric):
    """Names on the shortlist of a learner, and what the data keep off it."""
    learner = deciding_learner(estimator)
    weighted = takes_weights(estimator) or takes_class_weight(estimator)
    wanted = {f"class_weight_{ratio}" for ratio in ratios}
    if not weighted:
        wanted |= {f"random_over_{ratio}" for ratio in ratios}
    strongest = "balanced" if "balanced" in ratios else ratios[0]
    if n_rows > UNDERSAMPLE_FROM_ROWS:
        wanted.add(f"random_under_{strongest}")
    skipped = {}
    if isinstance(learner, _FORESTS) and not isinstance(learner, BalancedRandomForestClassifier):
        if isinstance(learner, RandomForestClassifier):
            wanted.add("balanced_random_forest")
    elif not _is_well_calibrated(learner):
        wanted.add("balanced_bagging")
        if not weighted:
            smote = f"smote_{strongest}"
            rarest = min(class_counts)
            if rarest < SMOTE_FROM_RAREST:
                skipped[smote] = (
                    f"the rarest class has {rarest} rows; SMOTE is tried from {SMOTE_FROM_RAREST}"
                )
            elif not mostly_numeric:
                skipped[smote] = "most columns are categories; SMOTE draws between numbers"
            else:
                wanted.add(smote)
    return wanted, skipped


def _is_well_calibrated(learner):
    """Whether a learner's probabilities are near the truth without a treatment."""
    packages = {cls.__module__.partition(".")[0] for cls in type(learner).__mro__}
    return isinstance(learner, _WELL_CALIBRATED) or not packages.isdisjoint(_BOOSTING_PACKAGES)


def _obstacle(name, estimator):
    """Why a learner cannot take a treatment, in one line; None if it can."""
    kind, _ = parse_treatment(name)
    cls = type(estimator).__name__
    if kind == "class_weight" and not (takes_weights(estimator) or takes_class_weight(estimator)):
        return f"{cls} takes neither sample_weight nor class_weight"
    if kind == "balanced_random_forest" and not isinstance(estimator, RandomForestClassifier):
        return f"needs a RandomForestClassifier; this is a {cls}"
    if kind in _BAGS and not hasattr(estimator, "predict_proba"):
        return f"{cls} has no predict_proba, which the members of a bag are averaged by"
    return None


def _read_list(strategies, ratios):
    """Names of treatments, and samplers by name, of the user's list."""
    wanted, samplers = [], {}
    for entry in strategies:
        if isinstance(entry, str):
            expanded = [f"{entry}_{ratio}" for ratio in ratios] if entry in DOSED_KINDS else [entry]
            names, sampler = expanded, None
        elif isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[0], str):
            names, sampler = [entry[0]], _check_sampler(entry[1])
        else:
            sampler = _check_sampler(entry)
            names = [_free_name(type(entry).__name__.lower(), samplers)]
        for name in names:
            if name in wanted or name in samplers:
                raise ValueError(
                    f"The treatment {name!r} is in strategies twice; name each once. Give samplers "
                    f"names of their own: ('name', sampler)."
                )
            if sampler is None:
                _check_name(name)
                wanted.append(name)
            elif name in TREATMENTS:
                raise ValueError(
                    f"A sampler cannot be called {name!r}, which is a treatment itself; give it "
                    f"another name."
                )
            else:
                samplers[name] = sampler
    return wanted, samplers


def _check_name(name):
    """Refuse names of no treatment, with the kinds among those that are known."""
    if name not in TREATMENTS:
        known = ", ".join(map(repr, (*TREATMENTS, *DOSED_KINDS)))
        raise ValueError(f"There is no treatment {name!r} to try. Known are: {known}.")


def _check_sampler(value):
    """Refuse what is no sampler object."""
    if isinstance(value, type):
        raise TypeError(
            f"strategies holds the class {value.__name__}; an object was expected: "
            f"{value.__name__}()."
        )
    if not hasattr(value, "fit_resample"):
        raise TypeError(
            f"strategies holds {value!r}; the name of a treatment, a sampler (with a method "
            f"fit_resample), or a pair of a name and a sampler was expected."
        )
    return value


def _free_name(base, taken):
    """The base, or the base with the first number that makes it new."""
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def _is_neutral(value, neutral):
    """Whether a parameter leaves the classes as they are; arrays and dicts do not."""
    return value is None or (isinstance(value, Number | str) and value in neutral)


def _searched_weights(grid):
    """Name of a class weight among the names of a grid, or None."""
    for part in grid if isinstance(grid, list | tuple) else [grid]:
        for name in part if isinstance(part, dict) else ():
            if name.rpartition("__")[2] in _NEUTRAL_WEIGHTS:
                return name
    return None


def _resamples_classes(value):
    """Whether a part is a sampler with a target for the classes; a FunctionSampler is not."""
    return (
        hasattr(value, "fit_resample")
        and not isinstance(value, type)
        and hasattr(value, "get_params")
        and "sampling_strategy" in value.get_params(deep=False)
    )
