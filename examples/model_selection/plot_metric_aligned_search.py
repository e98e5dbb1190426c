"""
==========================================================
The model with the best probabilities, or the best labels?
==========================================================

Which tree should find a rare digit? Chosen by log loss, a small one. Chosen by F1 at its own
threshold, another. Here both searches run on the same folds, with the same number of fits.
"""

# %%
# One row in ten
# --------------
# An eight among the digits, seen by its upper half only.

import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.tree import DecisionTreeClassifier

X, y = load_digits(return_X_y=True)
X, y = X[:, :32], (y == 8).astype(int)
X_train, X_new, y_train, y_new = train_test_split(X, y, test_size=0.5, stratify=y, random_state=0)
grid = {"max_depth": [2, 3, 4, 6, None], "min_samples_leaf": [1, 5, 20]}
cv = StratifiedKFold(5, shuffle=True, random_state=0)

# %%
# Three ways to choose
# --------------------
# By log loss with the default threshold; by log loss, with the threshold tuned afterwards; and both
# together.

from sklearn.model_selection import GridSearchCV

from sklearn_lossfix import DecisionRuleClassifier, MetricAlignedSearchCV

tree = DecisionTreeClassifier(random_state=0)
by_loss = GridSearchCV(tree, grid, scoring="neg_log_loss", cv=cv).fit(X_train, y_train)
then_tuned = DecisionRuleClassifier(by_loss.best_estimator_, scoring="f1", random_state=0)
then_tuned.fit(X_train, y_train)
search = MetricAlignedSearchCV(tree, grid, scoring="f1", cv=cv, random_state=0)
search.fit(X_train, y_train)

for name, model in {
    "by log loss, cut at 0.5": by_loss,
    "by log loss, then tuned": then_tuned,
    "together": search,
}.items():
    print(f"{name:24} F1 on new rows {f1_score(y_new, model.predict(X_new)):.3f}")
print("chosen by log loss:", by_loss.best_params_)
print("chosen together:   ", search.best_params_)

# %%
# Log loss punishes leaves that are sure of themselves, and a deep tree has many. Its *ranking* may
# be the better one all the same: every point is a candidate, its loss against its F1 under its own
# rule.

report = search.diagnose()
axes = report.plot(kind="candidates")

# %%
# How sure is the threshold?
# --------------------------
# The band holds 95 % of the bootstrap samples. Where the curve is flat, the threshold may lie
# anywhere, and the average over samples is the safest place.

axes = report.plot(kind="threshold")
low, high = search.threshold_ci_
print(f"threshold {search.threshold_:.2f}, 95 % of samples between {low:.2f} and {high:.2f}")

# %%
# What the search is worth
# ------------------------
# The best of 15 candidates under the best of all thresholds looks better than it is. The honest
# score chooses both on bootstrap samples and judges them on the rows that were left out.

print(f"apparent {search.apparent_score_:.3f}")
print(f"honest   {search.honest_score_:.3f}")
print(f"new rows {search.score(X_new, y_new):.3f}")

# %%
# One split may flatter anybody. Over six splits, on the rows that were not trained on:

scores = []
for seed in range(6):
    parts = train_test_split(X, y, test_size=0.5, stratify=y, random_state=seed)
    ours = MetricAlignedSearchCV(tree, grid, scoring="f1", cv=cv, random_state=0)
    ours.fit(parts[0], parts[2])
    theirs = GridSearchCV(tree, grid, scoring="neg_log_loss", cv=cv).fit(parts[0], parts[2])
    scores.append(
        [
            ours.apparent_score_,
            ours.honest_score_,
            ours.score(parts[1], parts[3]),
            f1_score(parts[3], theirs.predict(parts[1])),
        ]
    )
means = np.mean(scores, axis=0)
for name, value in zip(("apparent", "honest", "new rows", "by log loss"), means, strict=True):
    print(f"{name:12} {value:.3f}")

# %%
# What we learned
# ---------------
# - The model with the least log loss is not the one with the best labels, and tuning its threshold
#   afterwards does not make it so.
# - Choosing candidate and rule together costs no further fit.
# - The apparent score of such a search is too good; the honest one is close to what new rows give.
