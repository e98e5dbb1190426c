"""
============================================================
A negative loss, falling, and an accuracy that does not care
============================================================

The loss is below zero and falls on, past minus fifty, as straight as a ruler. Accuracy does not get
better. Can a loss be negative? There are three reasons for it, and only one of them is a fault.
"""

# %%
# Logistic regression by gradient descent, written by hand: the loss is the usual one, the average
# of ``-(y log p + (1 - y) log(1 - p))``.

import numpy as np
from scipy.special import expit, log_expit
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
scaler = StandardScaler().fit(X_train)
Z_train, Z_test = scaler.transform(X_train), scaler.transform(X_test)


def descend(code, n_epochs=100, rate=0.3):
    """Train on targets as coded by `code`; give the weights and the curves."""
    coef, intercept = np.zeros(X.shape[1]), 0.0
    curves = {"log_loss": [], "val_log_loss": [], "val_accuracy": []}
    for _ in range(n_epochs):
        gradient = expit(Z_train @ coef + intercept) - code(y_train)
        coef = coef - rate * Z_train.T @ gradient / len(gradient)
        intercept -= rate * gradient.mean()
        for name, Z, target in (
            ("log_loss", Z_train, code(y_train)),
            ("val_log_loss", Z_test, code(y_test)),
        ):
            margin = Z @ coef + intercept
            loss = -(target * log_expit(margin) + (1 - target) * log_expit(-margin))
            curves[name].append(loss.mean())
        right = (Z_test @ coef + intercept > 0) == (y_test == 1)
        curves["val_accuracy"].append(right.mean())
    return (coef, intercept), curves


# %%
# The labels came from a library that codes the two classes as -1 and 1.

_, curves = descend(lambda labels: 2.0 * labels - 1.0)

import matplotlib.pyplot as plt

figure, (upper, lower) = plt.subplots(2, sharex=True, layout="constrained")
upper.plot(curves["log_loss"], label="training")
upper.plot(curves["val_log_loss"], label="validation")
upper.axhline(0, color="gray", linestyle="--")
upper.set(ylabel="log loss")
lower.plot(curves["val_accuracy"], color="C1")
lower.set(ylabel="accuracy", xlabel="epoch", ylim=(0.8, 1))
legend = upper.legend()

# %%
# The report on the curves says which of the reasons it is.

from sklearn_lossfix import diagnose_history

report = diagnose_history(curves, n_val=len(y_test))
print(report)

# %%
# A log loss of targets between 0 and 1 cannot be negative. With a target of -1 it has no lower end:
# every row of that class pays less the surer it is forecast, without limit. So the loss falls and
# falls, and tells nothing.

finding = report["negative-loss"]
print(finding.evidence["type"])
print(finding.evidence["fix"])

# %%
# The repair is the coding, and nothing else.

weights, mended = descend(lambda labels: labels.astype(float))
again = diagnose_history(mended, n_val=len(y_test))
print(again["negative-loss"].section, "-", again["negative-loss"].message)
for name, run in {"coded -1 and 1": curves, "coded 0 and 1": mended}.items():
    print(f"{name:15s} accuracy {run['val_accuracy'][-1]:.3f}", end="   ")
    print(f"log loss {run['val_log_loss'][-1]:.3f}")

# %%
# The loss now means something: it can be compared with that of a constant forecast, and taken
# apart.

from sklearn_lossfix import diagnose_predictions

coef, intercept = weights
proba = expit(Z_test @ coef + intercept)
print(diagnose_predictions(y_test, proba))

# %%
# The second reason is harmless. Scorers of scikit-learn give losses with a minus, so that more is
# better. The report knows them by their names and turns them back.

from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import validation_curve

costs = np.logspace(-3, 1, 12)
_, scores = validation_curve(
    LogisticRegression(),
    Z_train,
    y_train,
    param_name="C",
    param_range=costs,
    scoring="neg_log_loss",
)
signs = diagnose_history({"val_neg_log_loss": scores.mean(axis=1)})["negative-loss"]
print(signs.section, "-", signs.message)

# %%
# What we learned
# ---------------
# - A log loss below zero proves that its targets, or its forecasts, are not what it expects. No
#   test is needed, and no training longer or slower will help.
# - It fell without end because it had no lower end. A falling loss is progress only if the loss is
#   the right one.
# - With the labels coded as the loss expects them, the same code with the same rate reached a
#   better accuracy, and a loss that can be read.
# - A minus in front of a score is a convention. The third reason, not shown here, is the density of
#   a continuous target, whose logarithm may have any sign.
