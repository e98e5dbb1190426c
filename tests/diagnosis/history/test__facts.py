"""What the user tells about a run."""

import numpy as np
import pytest

from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis.history._facts import check_facts, with_facts


def test_rates_tell_the_number_of_classes():
    """One share for each class, from a list or by label, scaled to a sum of exactly one."""
    facts = check_facts(class_rates={"a": 0.3334, "b": 0.6667})
    assert facts.n_classes == 2
    assert facts.class_rates.sum() == pytest.approx(1, abs=1e-15)
    np.testing.assert_allclose(
        facts.class_rates, check_facts(class_rates=[1 / 3, 2 / 3]).class_rates, atol=1e-4
    )


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"n_val": 0}, "n_val must be a whole number of at least 1. Got 0"),
        ({"n_val": 12.5}, "n_val must be a whole number"),
        ({"n_val": True}, "n_val must be a whole number"),
        ({"n_classes": 1}, "n_classes must be a whole number of at least 2"),
        ({"batch": "32"}, "batch must be a whole number"),
        ({"loss": ""}, "loss must be the name of a curve"),
        ({"metric": 3}, "metric must be the name of a curve"),
        ({"class_rates": [10, 20]}, "must sum to 1. Got the sum 30: divide counts"),
        ({"class_rates": [1.5, -0.5]}, "finite and not negative"),
        ({"class_rates": [1.0]}, "two or more shares"),
        ({"class_rates": 0.5}, "must be a list of shares"),
        ({"class_rates": [0.5, 0.5], "n_classes": 3}, "has 2 shares and n_classes is 3"),
    ],
)
def test_what_cannot_be(told, message):
    """Each fact that cannot be is named, with what came."""
    with pytest.raises(ValueError, match=message):
        check_facts(**told)


def test_with_facts_keeps_what_was_not_told():
    """Only what was told is changed."""
    history = History(np.arange(2.0), {"train": np.ones(2)}, n_validation=7, n_classes=2)
    told = with_facts(history, check_facts(n_val=9, batch=5))
    assert (told.n_validation, told.batches_per_epoch, told.n_classes) == (9, 5, 2)
    assert with_facts(history, check_facts()).n_validation == 7
    with pytest.raises(ValueError, match="knows 2 classes"):
        with_facts(history, check_facts(n_classes=3))
