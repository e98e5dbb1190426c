"""Fitted classifiers are written by skops without asking the reader to trust anything foreign."""

import numpy as np
import pytest
import skops.io
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix import MetricAlignedSearchCV
from sklearn_lossfix.decision import DecisionRule, DecisionRuleClassifier

LINEAR = make_pipeline(StandardScaler(), LogisticRegression())

# Fitted objects, by what is particular about them. Metrics are given by name.
FITTED = {
    "default": lambda X, y: DecisionRuleClassifier(LINEAR).fit(X, y),
    "named": lambda X, y: DecisionRuleClassifier(LINEAR, scoring="f1_macro").fit(X, y),
    "own-name": lambda X, y: DecisionRuleClassifier(LINEAR, scoring="gmean").fit(X, y),
    "decision": lambda X, y: DecisionRuleClassifier(RidgeClassifier(), scoring="mcc").fit(X, y),
    "search": lambda X, y: MetricAlignedSearchCV(
        LINEAR, {"logisticregression__C": [0.01, 1.0]}, scoring="f1_macro"
    ).fit(X, y),
    "no-oof": lambda X, y: DecisionRuleClassifier(LINEAR, store_oof=False).fit(X, y),
    "prefit": lambda X, y: DecisionRuleClassifier(LINEAR.fit(X, y), cv="prefit").fit(X, y),
    "given-rule": lambda X, y: DecisionRuleClassifier(
        LINEAR,
        decision_rule=DecisionRule(
            "offsets",
            np.unique(y),
            offsets=np.linspace(0, 0.5, len(np.unique(y))),
            space="log_proba",
        ),
    ).fit(X, y),
}


def _data(n_classes):
    """Rows, and labels that are strings."""
    X, codes = make_classification(
        n_samples=400, n_informative=5, n_classes=n_classes, random_state=0
    )
    return X, np.array(["ham", "junk", "spam"])[codes]


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("make", FITTED.values(), ids=FITTED)
def test_a_reader_trusts_this_package_only(make, n_classes):
    """No scorer and no metric function is in the file, and the copy gives equal labels."""
    X, y = _data(n_classes)
    model = make(X, y)
    written = skops.io.dumps(model)
    untrusted = skops.io.get_untrusted_types(data=written)
    assert [name for name in untrusted if not name.startswith("sklearn_lossfix.")] == []
    classes = {type(model).__name__, "DecisionRule"}
    assert {name.rpartition(".")[2] for name in untrusted} <= classes
    copy = skops.io.loads(written, trusted=untrusted)
    np.testing.assert_array_equal(copy.predict(X), model.predict(X))
    assert copy.decision_rule_ == model.decision_rule_
