"""
=================================================
Weights, resampling, or nothing but another rule?
=================================================

A rare class, two learners, and a handful of treatments that everybody recommends. Which one helps
depends on the learner. Here the data decide, and the probabilities stay those of the data.
"""

# %%
# One row in ten
# --------------
# An eight among the digits, seen by its upper half only. We want both classes to be found, so the
# metric is balanced accuracy, which is the default.

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

X, y = load_digits(return_X_y=True)
X, y = X[:, :32], np.where(y == 8, "eight", "other")
X_train, X_new, y_train, y_new = train_test_split(X, y, test_size=0.5, stratify=y, random_state=0)

# %%
# A learner that ranks well
# -------------------------
# For logistic regression the short list is: nothing, and class weights of two strengths. Each gets
# the decision rule that suits it.

from sklearn_lossfix import AutoBalancedClassifier

logistic = make_pipeline(StandardScaler(), LogisticRegression())
auto = AutoBalancedClassifier(logistic, pos_label="eight", random_state=0)
auto.fit(X_train, y_train)


def print_results(model):
    """Print the essentials of `strategy_results_`."""
    results = model.strategy_results_
    columns = ("strategy", "metric", "metric_at_default_rule", "log_loss", "log_loss_uncorrected")
    print(f"{'':24}{'metric':>8}{'default rule':>14}{'log loss':>10}{'uncorrected':>13}")
    for name, *values in zip(*(results[column] for column in columns), strict=True):
        metric, default, loss, raw = values
        chosen = "*" if name == model.best_strategy_ else " "
        print(f"{chosen} {name:22}{metric:8.3f}{default:14.3f}{loss:10.3f}{raw:13.3f}")


print_results(auto)

# %%
# Under its own rule every treatment does about as well: they differ by less than a standard error,
# so the simplest one is kept, which is none. (The default rule is applied to corrected
# probabilities; there, no treatment helps.) The report says it in its second line.

report = auto.diagnose()
print(str(report).split("\n\n")[1])

# %%
# The picture shows both sides at once: up is a better metric, left is a better Brier score. Hollow
# marks are the probabilities as the model gives them, full ones those after the correction. Weights
# move them far away, and the correction brings most of that back.

axes = report.plot(kind="treatments")

# %%
# What it did to the two classes, out of fold: before is the plain model with its cut at one half.

axes = report.plot(kind="treatment_classes")

# %%
# Beside the usual advice
# -----------------------
# New rows, three models: the plain one, class weights, and ours.

plain = make_pipeline(StandardScaler(), LogisticRegression()).fit(X_train, y_train)
weighted = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
weighted.fit(X_train, y_train)


def print_scores(models):
    """Print labels' and probabilities' quality of models on new rows."""
    print(f"{'':14}{'balanced accuracy':>18}{'log loss':>10}{'mean forecast of eight':>24}")
    for name, model in models.items():
        accuracy = balanced_accuracy_score(y_new, model.predict(X_new))
        proba = model.predict_proba(X_new)
        print(f"{name:14}{accuracy:18.3f}{log_loss(y_new, proba):10.3f}{proba[:, 0].mean():24.3f}")
    print(f"{'share of eights':42}{np.mean(y_new == 'eight'):24.3f}")


print_scores({"plain": plain, "weighted": weighted, "auto": auto})

# %%
# Both find the rare class. The weighted model speaks of a world in which every second digit is an
# eight, and its probabilities are too high throughout; ours stay on the diagonal.

import matplotlib.pyplot as plt
from sklearn.calibration import CalibrationDisplay

_, ax = plt.subplots(figsize=(6, 5))
for name, model in {"weighted": weighted, "auto": auto}.items():
    CalibrationDisplay.from_estimator(
        model, X_new, y_new, n_bins=5, strategy="quantile", pos_label="eight", name=name, ax=ax
    )

# %%
# A learner that does not
# -----------------------
# A tree grown to its end says 0 or 1. No rule can make much of that, and neither can weights; the
# average of ten trees on balanced draws is another matter. The list names "bagging" as well, which
# averages ten trees *without* balancing: how much of the gain is due to balancing?

tree = DecisionTreeClassifier(random_state=0)
strategies = ["class_weight", "balanced_bagging", "bagging"]
auto_tree = AutoBalancedClassifier(tree, strategies=strategies, pos_label="eight", random_state=0)
auto_tree.fit(X_train, y_train)
print_results(auto_tree)
print(str(auto_tree.diagnose()).splitlines()[3])

# %%
# Little, if any: the two kinds of bagging are within one standard error. Of such the simpler one
# is taken, and the one on balanced draws learns from fewer rows.

weighted_tree = DecisionTreeClassifier(class_weight="balanced", random_state=0)
print_scores(
    {
        "plain": tree.fit(X_train, y_train),
        "weighted": weighted_tree.fit(X_train, y_train),
        "auto": auto_tree,
    }
)

# %%
# One split may flatter anybody. Over three splits, on the rows that were not trained on:

scores = []
for seed in range(3):
    rows = train_test_split(X, y, test_size=0.5, stratify=y, random_state=seed)
    models = {
        "logistic, weighted": weighted,
        "logistic, auto": auto,
        "tree, weighted": weighted_tree,
        "tree, auto": auto_tree,
    }
    for name, model in models.items():
        model.fit(rows[0], rows[2])
        accuracy = balanced_accuracy_score(rows[3], model.predict(rows[1]))
        scores.append((name, accuracy, log_loss(rows[3], model.predict_proba(rows[1]))))
print(f"{'':20}{'balanced accuracy':>18}{'log loss':>10}")
for name in models:
    accuracy, loss = np.mean([score[1:] for score in scores if score[0] == name], axis=0)
    print(f"{name:20}{accuracy:18.3f}{loss:10.3f}")

# %%
# What we learned
# ---------------
# - For a learner that ranks well the decision rule does what class weights do, and the
#   probabilities stay honest.
# - For a single tree an average of trees helps a lot. The control, bagging without balancing, shows
#   that most of it is the averaging.
# - Whatever is chosen, `predict_proba` speaks of the classes as they are in the data, and `predict`
#   follows a rule that was chosen for the metric.
