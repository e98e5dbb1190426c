"""Loss and metric side by side."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history.verdicts._courses import (
    READINGS,
    course_evidence,
    course_message,
    courses,
)
from sklearn_lossfix.exceptions import CheckNotApplicable

SLOPES = {"falls": -0.004, "flat": 0.0, "rises": 0.004}


@pytest.mark.parametrize("directions", list(READINGS))
def test_every_cell_of_the_table_is_reached(analysis_of, directions):
    """Planted courses of loss and metric are read off as they were planted, with their meaning."""
    step = np.arange(1.0, 81.0)
    noise = np.random.default_rng(0).normal(0, 0.001, (2, 80))
    loss = 0.6 + SLOPES[directions[0]] * (step - 40) + noise[0]
    accuracy = 0.7 + SLOPES[directions[1]] * (step - 40) / 2 + noise[1]
    analysis = analysis_of(None, loss, accuracy, n_validation=None)
    seen = courses(analysis)
    assert seen.directions == directions
    assert seen.reading == READINGS[directions]
    assert course_evidence(seen)["reading"] == READINGS[directions]
    assert "accuracy" in course_message(analysis, seen)


def test_noise_leaves_the_cell_open(analysis_of):
    """Where neither change nor constancy is shown the reading is empty."""
    noise = np.random.default_rng(1).normal(0, 0.05, (2, 80))
    seen = courses(analysis_of(None, 0.6 + noise[0], 0.7 + noise[1]))
    assert "unknown" in seen.directions
    assert seen.reading == ""


def test_a_metric_is_needed(analysis_of, curves):
    """Without a metric, or with a few values of it, there is nothing beside the loss."""
    with pytest.raises(CheckNotApplicable, match="No metric"):
        courses(analysis_of(None, curves["validation"]))
    few = np.full(80, np.nan)
    few[::10] = 0.8
    with pytest.raises(CheckNotApplicable, match="8 entries"):
        courses(analysis_of(None, curves["validation"], few))
