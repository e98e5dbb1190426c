"""
=========================================================
A rare class: tune the decision rule before you reweight
=========================================================

One row in ten is of the class that matters, and the model hardly ever finds it. The usual advice is
to weight the classes or to resample. What does that do to the labels, and what to the
probabilities?
"""

# %%
# The digit 8 against all others, seen by the upper half of the image only, so that the two overlap.

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X, digit = load_digits(return_X_y=True)
X, y = X[:, :32], np.where(digit == 8, "eight", "other")
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.5, stratify=y, random_state=0)
plain = make_pipeline(StandardScaler(), LogisticRegression()).fit(X_train, y_train)

# %%
# We want both classes to be found, so the metric is balanced accuracy.

from sklearn_lossfix import diagnose

validation = {"X_val": X_val, "y_val": y_val, "scoring": "balanced_accuracy"}
report = diagnose(plain, X_train, y_train, **validation)
print(report)

# %%
# The probabilities are fine: the rows "shape", "temperature" and "prior shift" are all but zero.
# The ranking is good. What is lost is lost between the score and the label.

axes = report.plot(kind="ledger")

# %%
# So we leave the model alone and tune the rule.

from sklearn_lossfix import DecisionRuleClassifier

tuned = DecisionRuleClassifier(plain, scoring="balanced_accuracy", pos_label="eight")
tuned.fit(X_train, y_train)
print(f"'eight' is answered from a probability of {tuned.threshold_:.2f} on")

# %%
# Beside it, the usual advice.

weighted = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
weighted.fit(X_train, y_train)

from sklearn.metrics import balanced_accuracy_score, log_loss

print(f"{'':10s}{'balanced accuracy':>20s}{'log loss':>12s}")
for name, model in {"plain": plain, "weighted": weighted, "tuned rule": tuned}.items():
    accuracy = balanced_accuracy_score(y_val, model.predict(X_val))
    loss = log_loss(y_val, model.predict_proba(X_val))
    print(f"{name:10s}{accuracy:20.3f}{loss:12.3f}")

# %%
# Both find the rare class. But the weighted model doubled the loss: it is now worse than always
# forecasting the class shares. The report names the reason.

report = diagnose(weighted, X_train, y_train, **validation)
print(report["shifted-prior"].message)
axes = report.plot(kind="reliability")

# %%
# Its probabilities speak about a world in which every second digit is an eight. The tuned rule
# needs no such world:

print(diagnose(tuned, X_train, y_train, **validation).verdict)

# %%
# What we learned
# ---------------
# - "The model ignores the rare class" was a matter of the cut at one half, not of the model.
# - Tuning the cut gave at least the balanced accuracy that class weights gave, and left the
#   probabilities honest.
# - Class weights bought the same labels by moving all probabilities towards a prior that the data
#   do not have. Whoever reads those probabilities, or computes with costs, is misled; balanced
#   accuracy cannot show it, the log loss does.
