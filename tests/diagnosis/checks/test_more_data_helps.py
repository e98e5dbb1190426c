"""more-data-helps: a forecast from a learning curve, never an issue."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from sklearn_lossfix import diagnose
from sklearn_lossfix.diagnosis.checks.more_data_helps import MoreDataHelps
from sklearn_lossfix.exceptions import CheckNotApplicable

SLUG = "more-data-helps"


def curve_of(analyse, y, proba, levels):
    """Analysis of forecasts whose losses at four sizes are those at full size, times levels."""
    base = -np.log(proba[np.arange(len(y)), y])
    curve = {
        "n_train": [100, 200, 400, 800],
        "losses": np.stack([base * level for level in levels]),
        "unit": "nats",
    }
    return analyse(y, proba, learning_curve=curve)


def test_a_falling_curve_is_a_tip_with_its_forecast(calibrated, analyse):
    """Falls of 8, 4 and 2 parts lead to one more part."""
    y, proba = calibrated(2000)
    finding = MoreDataHelps().run(curve_of(analyse, y, proba, [2.4, 1.6, 1.2, 1.0]))
    assert finding.section == "tip"
    assert finding.p_value is None
    loss = finding.evidence["losses"][-1]
    assert finding.estimate == pytest.approx(0.1 * loss)
    assert finding.ci[0] <= finding.estimate <= finding.ci[1]
    assert "1,600 rows" in finding.message


@pytest.mark.parametrize("levels", [[1.0, 1.0, 1.0, 1.0], [1.3, 1.1, 1.001, 1.0]])
def test_a_flat_end_passes(calibrated, analyse, levels):
    """Where the last doubling brought nothing, the next brings no more than the floor."""
    y, proba = calibrated(2000)
    finding = MoreDataHelps().run(curve_of(analyse, y, proba, levels))
    assert finding.section == "passed"


def test_thorough_effort_fits_the_curve_and_shows_it(table):
    """A report at thorough effort has the finding and the table; others say how to get it."""
    X, y = table(300)
    report = diagnose(LogisticRegression(), X, y, cv=2, effort="thorough")
    assert report[SLUG].section in ("tip", "passed")
    shown = report.tables["learning_curve"]
    assert list(shown["forecast"]) == [False] * (len(shown) - 1) + [True]
    assert diagnose(LogisticRegression(), X, y, cv=2)[SLUG].section == "skipped"


def test_fires_on_a_model_that_starves():
    """Neighbours among few rows of many columns are far away, and come nearer with more."""
    options = {"n_informative": 8, "n_redundant": 0, "flip_y": 0.0, "random_state": 0}
    X, y = make_classification(600, 12, **options)
    finding = diagnose(KNeighborsClassifier(25), X, y, cv=3, effort="thorough")[SLUG]
    assert finding.section == "tip"
    assert finding.ci[0] > finding.limit


def test_not_applicable_on_few_rows(table, analyse, calibrated):
    """Too few rows for three sizes, or no refits at all."""
    X, y = table(60)
    finding = diagnose(LogisticRegression(), X, y, cv=2, effort="thorough")[SLUG]
    assert finding.section == "not_applicable"
    y, proba = calibrated(100)
    with pytest.raises(CheckNotApplicable):
        MoreDataHelps().run(analyse(y, proba))
