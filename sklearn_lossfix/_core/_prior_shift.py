"""Probabilities under another share of the classes, where the classes themselves stay as they are.

If only the shares of the classes change, the likelihood ratios of the rows do not, and Bayes' rule
turns probabilities under one prior into those under another: equation 2.4 of [1]_, theorem 2 of
[2]_.

References
----------
.. [1] M. Saerens, P. Latinne and C. Decaestecker, "Adjusting the outputs of a classifier to new a
   priori probabilities: a simple procedure", Neural Computation 14, 2002.
.. [2] C. Elkan, "The foundations of cost-sensitive learning", IJCAI, 2001.
"""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

# The EM algorithm stops when no share moves by more than this; shares are told apart by their
# standard errors, which need 1e10 rows to become as small.
EM_TOLERANCE = 1e-6
MAX_EM_STEPS = 10_000


def correct_prior(proba, old_prior, new_prior):
    """Probabilities under another prior (Saerens et al. 2002, equation 2.4).

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        Probabilities under the old prior.
    old_prior, new_prior : ndarray of shape (n_classes,)
        Shares of the classes; the old ones are positive wherever the new ones are.

    Returns
    -------
    ndarray of shape (n_rows, n_classes)
        Rows that sum to one, of the dtype of `proba`. A row of which nothing is left stays as it
        was: it was certain of classes that the new prior excludes.
    """
    proba = np.asarray(proba)
    ratio = np.divide(
        new_prior, old_prior, out=np.zeros(len(old_prior)), where=np.asarray(old_prior) > 0
    )
    weighed = proba * ratio.astype(proba.dtype)
    total = weighed.sum(axis=1, keepdims=True)
    return np.where(total > 0, weighed / np.where(total > 0, total, 1), proba)


def em_prior(proba, prior, sample_weight=None):
    """The prior of unlabelled rows, by maximum likelihood (Saerens et al. 2002, section 2.2).

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        Probabilities of the rows under `prior`.
    prior : ndarray of shape (n_classes,)
        Prior that the probabilities speak under; all shares positive.
    sample_weight : ndarray of shape (n_rows,), default=None
        Weights.

    Returns
    -------
    ndarray of shape (n_classes,)

    Warns
    -----
    ConvergenceWarning
        If the shares still move after many steps.
    """
    estimate = np.array(prior, dtype=float)
    for _ in range(MAX_EM_STEPS):
        posterior = correct_prior(proba, prior, estimate)
        moved = np.average(posterior, axis=0, weights=sample_weight)
        step = np.abs(moved - estimate).max()
        estimate = moved
        if step <= EM_TOLERANCE:
            return estimate
    warnings.warn(
        f"The shares of the classes still moved by {step:.1e} after {MAX_EM_STEPS} steps.",
        ConvergenceWarning,
        stacklevel=2,
    )
    return estimate
