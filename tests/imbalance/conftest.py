"""Data that several tests of treatments share."""

import pytest
from sklearn.datasets import make_classification


@pytest.fixture(scope="module")
def rare():
    """Two classes, one of them rare and hard to tell: 600 rows and six features."""
    return make_classification(
        n_samples=600, n_features=6, weights=[0.88], flip_y=0.05, class_sep=0.7, random_state=0
    )


@pytest.fixture(scope="module")
def three():
    """Three classes of very different sizes."""
    return make_classification(
        n_samples=600, n_classes=3, n_informative=4, weights=[0.7, 0.2], random_state=0
    )
