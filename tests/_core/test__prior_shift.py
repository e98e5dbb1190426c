"""Probabilities under another prior: Bayes' rule, and maximum likelihood of the prior."""

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import norm
from sklearn.exceptions import ConvergenceWarning

from sklearn_lossfix._core import _prior_shift
from sklearn_lossfix._core._prior_shift import correct_prior, em_prior

OLD, NEW = np.array([0.5, 0.3, 0.2]), np.array([0.05, 0.05, 0.9])


def posterior(x, prior):
    """Two normal classes, one apart: the exact probabilities under a prior."""
    joint = np.column_stack([norm.pdf(x, 0), norm.pdf(x, 1)]) * prior
    return joint / joint.sum(axis=1, keepdims=True)


def test_two_known_densities():
    """What the densities give under one prior turns into what they give under the other."""
    x = np.linspace(-3, 4, 50)
    old, new = np.array([0.5, 0.5]), np.array([0.97, 0.03])
    np.testing.assert_allclose(correct_prior(posterior(x, old), old, new), posterior(x, new))


def test_two_classes_move_by_a_constant_on_the_logit_scale():
    """Elkan (2001): the log-odds move by the difference of the priors' log-odds."""
    p = np.array([1e-6, 0.2, 0.7])
    moved = correct_prior(np.column_stack([1 - p, p]), [0.5, 0.5], [0.9, 0.1])[:, 1]
    np.testing.assert_allclose(moved, expit(logit(p) + logit(0.1)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_there_and_back(dtype):
    """The correction is undone by its reverse, sums to one and keeps the dtype."""
    proba = np.random.default_rng(0).dirichlet(np.ones(3), 100).astype(dtype)
    moved = correct_prior(proba, OLD, NEW)
    assert moved.dtype == dtype
    np.testing.assert_allclose(moved.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(correct_prior(moved, NEW, OLD), proba, rtol=1e-4)
    np.testing.assert_array_equal(correct_prior(proba, OLD, OLD).argmax(1), proba.argmax(1))


def test_a_row_that_is_certain_of_an_excluded_class_stays():
    """Nothing is left of it to normalise."""
    proba = np.array([[1.0, 0.0], [0.5, 0.5]])
    np.testing.assert_array_equal(
        correct_prior(proba, [0.5, 0.5], [0.0, 1.0]), [[1.0, 0.0], [0.0, 1.0]]
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_em_finds_the_share_of_new_rows(weighted):
    """Exact probabilities under equal shares; one row in ten of the new ones is of class 1."""
    rng = np.random.default_rng(0)
    y = rng.random(20_000) < (0.5 if weighted else 0.1)
    weight = np.where(y, 0.1, 0.9) if weighted else None
    proba = posterior(rng.normal(loc=y), [0.5, 0.5])
    found = em_prior(proba, [0.5, 0.5], weight)
    np.testing.assert_allclose(found.sum(), 1)
    # Its standard error is about sqrt(1 / (n I)), with I < 4 the information of one row.
    assert abs(found[1] - 0.1) < 0.02


def test_em_is_a_fixed_point_of_the_likelihood():
    """At the estimate, the mean posterior is the prior."""
    proba = np.random.default_rng(1).dirichlet([3, 1, 1], 500)
    found = em_prior(proba, OLD)
    again = correct_prior(proba, OLD, found).mean(axis=0)
    np.testing.assert_allclose(again, found, atol=1e-5)


def test_em_says_that_it_did_not_converge(monkeypatch):
    """Two steps are too few."""
    monkeypatch.setattr(_prior_shift, "MAX_EM_STEPS", 2)
    with pytest.warns(ConvergenceWarning, match="after 2 steps"):
        em_prior(np.random.default_rng(1).dirichlet([3, 1, 1], 500), OLD)
