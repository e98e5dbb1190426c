"""
======================================================
Accuracy stands still while both losses fall: why?
======================================================

Training loss and validation loss fall from epoch to epoch, hand in hand. Accuracy stays where it
was after the first one. It is no overfitting, for the validation loss falls too. What is it?
"""

# %%
# The digit 8 against all others, seen by the upper half of the image only. Nine rows in ten are of
# the other class.

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

X, digit = load_digits(return_X_y=True)
X, y = X[:, :32], np.where(digit == 8, "eight", "other")
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, stratify=y, random_state=0)

# %%
# A linear model, trained epoch by epoch on most of the training rows and watched on the others.

from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_lossfix import EarlyStoppingClassifier

linear = SGDClassifier(
    loss="log_loss", alpha=0.03, learning_rate="constant", eta0=0.003, random_state=0
)
model = EarlyStoppingClassifier(
    make_pipeline(StandardScaler(), linear),
    scoring=["accuracy", "balanced_accuracy"],
    validation_fraction=0.3,
    max_epochs=20,
    patience=20,
    random_state=0,
).fit(X_train, y_train)

import matplotlib.pyplot as plt

history = model.history_
figure, (upper, lower) = plt.subplots(2, sharex=True, layout="constrained")
for part in ("train", "validation"):
    upper.plot(history["epoch"], history[f"{part}_log_loss"], label=part)
    lower.plot(history["epoch"], history[f"{part}_accuracy"], label=part)
upper.set(ylabel="log loss")
lower.set(ylabel="accuracy", xlabel="epoch", ylim=(0.5, 1), xticks=range(0, 21, 5))
legend = upper.legend()

# %%
# First the curves: is it true that one falls and the other stands, or does it only look like it?

from sklearn_lossfix import diagnose_history

curves = diagnose_history(model, scoring="accuracy")
finding = curves["accuracy-stalls-while-loss-falls"]
print(finding.section, "-", finding.message)
print(finding.evidence["fix"])

# %%
# It is true, and the accuracy is about what the answer "other" to every row would get. Now the
# model itself, out of fold, judged by a metric that wants both classes found. The model is to stay
# linear: that another kind may do better is a finding we ask not to see.

from sklearn_lossfix import diagnose

report = diagnose(model, X_train, y_train, scoring="balanced_accuracy", ignore="underfitting")
print(report)

# %%
# The probabilities rank the rows well: that is what the losses were telling. They only hardly ever
# reach one half, for two reasons. The steps are small, and the training has not got far; and an
# honest probability of a rare class is seldom above one half.

axes = report.plot(kind="ledger")

# %%
# Both remedies are tried, the second on top of the first.

fix = report.fix()
print(fix)

# %%
# The proof is in the test rows, which took no part in any of this.

from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss

repaired = fix.estimator.fit(X_train, y_train)
print(f"{'':10s}{'log loss':>10s}{'accuracy':>10s}{'balanced':>10s}{'eights found':>14s}")
for name, one in {"as it was": model, "repaired": repaired}.items():
    labels = one.predict(X_test)
    print(
        f"{name:10s}{log_loss(y_test, one.predict_proba(X_test)):10.3f}"
        f"{accuracy_score(y_test, labels):10.3f}{balanced_accuracy_score(y_test, labels):10.3f}"
        f"{np.mean(labels[y_test == 'eight'] == 'eight'):14.0%}"
    )

# %%
# What we learned
# ---------------
# - Accuracy moves only where a label flips. Probabilities that grow better on their own side of one
#   half lower the loss and flip nothing.
# - It stood at the share of the larger class, where an answer that ignores the features stands too.
#   There the metric has to change before the model does: most of the eights were within reach.
# - Two causes were proven, one after the other: steps that were too small, which cost loss, and the
#   cut at one half, which cost labels. The remedy for the second left the probabilities as they
#   were.
# - Finding the eights costs accuracy: more of the others are taken for one. Which of the two you
#   want is yours to say, with ``scoring``.
