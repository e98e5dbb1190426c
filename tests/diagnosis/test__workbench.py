"""The workbench: one set of folds for every refit, and the panel of twins that uses it."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from sklearn_lossfix._core._evidence import NoTwin
from sklearn_lossfix.decision._scoring import resolve_metric
from sklearn_lossfix.diagnosis._request import Data, Request
from sklearn_lossfix.diagnosis._workbench import Workbench, attempt, fit_twins, plan_twins
from sklearn_lossfix.diagnosis.twins._parts import ERROR_WIDTH
from sklearn_lossfix.diagnosis.twins._plan import Subject, TwinPlan
from sklearn_lossfix.exceptions import CheckNotApplicable


def make_bench(X, y, *, cv=3, rows=None):
    """A workbench over rows whose labels are their codes."""
    y = np.asarray(y)
    data = Data(X, y, y, None, None, np.arange(len(y)) if rows is None else rows)
    request = Request(resolve_metric(None), None, np.unique(y), None, 0, None, cv, 0, notes=[])
    return Workbench(KNeighborsClassifier(), data, request)


def make_subject(bench, **fields):
    """A subject of the workbench's own estimator."""
    scored = bench.score(bench.estimator, "the model")
    return Subject(
        estimator=bench.estimator,
        X=bench.data.X,
        y=bench.data.y,
        labels=bench.data.labels,
        n_classes=2,
        weight=None,
        groups=None,
        scored=scored,
        scored_rows=np.arange(len(bench.data.y)),
        **fields,
    )


class Maker:
    """A kind of twin that always has the same answer."""

    def __init__(self, key, answer):
        self.key, self.answer = key, answer

    def plan(self, subject):
        """Give or raise the answer."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def more_neighbours(estimator):
    """A clone that asks more neighbours."""
    return KNeighborsClassifier(25)


def fail(estimator):
    """Something that cannot be built."""
    raise RuntimeError("no clay")


def plan(build=more_neighbours, **fields):
    """A plan of a twin."""
    return TwinPlan(build, "changes", "code", {}, "cause", **fields)


def test_scores_are_those_of_scikit_learn_on_the_same_folds(table):
    """Every estimator is scored on one set of folds, row by row."""
    X, y = table(120)
    bench = make_bench(X, y)
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    for model in (LogisticRegression(), KNeighborsClassifier(3)):
        expected = cross_val_predict(model, X, y, cv=folds, method="predict_proba")
        order = bench.out_of_fold(model, "model").row
        np.testing.assert_allclose(bench.score(model, "model").proba, expected[order])


def test_left_out_rows_are_judged_and_not_learnt_from(table):
    """Rows left out of training do not change the model, whatever their labels; all are scored."""
    X, y = table(120)
    out = np.flatnonzero(X[:, 0] > 0.5)
    other = y.copy()
    other[out] = 1 - other[out]
    # The same folds for both labellings.
    cv = list(StratifiedKFold(3, shuffle=True, random_state=0).split(X, y))
    first = make_bench(X, y, cv=cv).score(LogisticRegression(), "model", left_out=out)
    second = make_bench(X, other, cv=cv).score(LogisticRegression(), "model", left_out=out)
    np.testing.assert_array_equal(first.proba, second.proba)
    assert len(first.proba) == 120
    whole = make_bench(X, y, cv=cv).score(LogisticRegression(), "model")
    assert not np.allclose(whole.proba, first.proba)
    # In the order of the others, so that rows can be compared one by one.
    none = make_bench(X, y, cv=cv).score(LogisticRegression(), "model", left_out=np.array([], int))
    np.testing.assert_array_equal(none.proba, whole.proba)


def test_a_twin_that_fails_is_a_note_and_a_reason(table):
    """The check that wanted it can say why there is none, and the report goes on."""
    bench = make_bench(*table(60))
    subject = make_subject(bench)
    broken = plan(lambda estimator: LogisticRegression(C=-1.0))
    makers = [Maker("good", plan()), Maker("unbuilt", plan(fail)), Maker("unfitted", broken)]
    twins, no_twins = fit_twins(bench, subject, makers=makers)
    assert set(twins) == {"good"}
    assert "no clay" in no_twins["unbuilt"].reason
    assert "could not be fitted (InvalidParameterError" in no_twins["unfitted"].reason
    assert bench.request.notes == [no_twins["unfitted"].reason]
    expected = bench.score(KNeighborsClassifier(25), "by hand")
    np.testing.assert_array_equal(twins["good"].scored.proba, expected.proba)


def test_an_error_that_quotes_the_data_is_cut():
    """Notes say what failed, in one line: neither all of the data nor what drives a terminal."""
    said = f"expected labels\x1b[1m, got {list(range(1000))}"

    def fail_with_data():
        raise ValueError(f"{said}\nand more")

    notes = []
    result, reason = attempt(fail_with_data, "the twin", notes)
    assert result is None
    assert notes == [reason]
    assert reason.startswith("The twin could not be fitted (ValueError: expected labels?[1m, got")
    assert reason.isprintable()
    assert len(reason) < ERROR_WIDTH + len("the twin could not be fitted (ValueError: ).") + 1


def test_rows_of_a_twin_are_those_of_the_user(table):
    """Row numbers point into what the user passed, not into the sample that was refitted."""
    bench = make_bench(*table(60), rows=np.arange(60) * 10)
    makers = [Maker("m", plan(left_out=np.array([3, 5]), rows=np.array([3])))]
    twins, _ = fit_twins(bench, make_subject(bench), makers=makers)
    assert twins["m"].left_out.tolist() == [30, 50]
    assert twins["m"].rows.tolist() == [30]


def test_the_likeliest_are_kept_in_causal_order(table):
    """Where there is room for two, the two with the largest suspicion are tried, in their order."""
    subject = make_subject(make_bench(*table(60)))
    makers = [Maker(str(k), plan(suspicion=s)) for k, s in enumerate([0.2, 0.9, 0.1, 0.5])]
    plans, no_twins = plan_twins(subject, makers, most=2)
    assert list(plans) == ["1", "3"]
    assert {none.section for none in no_twins.values()} == {"skipped"}
    assert "thorough" in no_twins["0"].reason
    everything, none = plan_twins(subject, makers, most=None)
    assert list(everything) == ["0", "1", "2", "3"]
    assert none == {}


@pytest.mark.parametrize(
    ("answer", "section"),
    [
        (NoTwin("passed", "all is well"), "passed"),
        (CheckNotApplicable("all is well"), "not_applicable"),
        (ZeroDivisionError("all is well"), "not_applicable"),
    ],
    ids=["sign absent", "not applicable", "raised"],
)
def test_why_there_is_no_twin(table, answer, section):
    """What a maker says, or raises, is kept as the reason."""
    subject = make_subject(make_bench(*table(60)))
    plans, no_twins = plan_twins(subject, [Maker("m", answer)])
    assert plans == {}
    assert no_twins["m"].section == section
    assert "all is well" in no_twins["m"].reason


def test_a_regressor_is_replaced_before_anything_else(table):
    """Of a regressor only the classifier twin is made."""
    subject = make_subject(make_bench(*table(60)), regressor=True)
    makers = [Maker("classifier", plan()), Maker("scaled", plan())]
    plans, no_twins = plan_twins(subject, makers)
    assert list(plans) == ["classifier"]
    assert "replace it first" in no_twins["scaled"].reason
