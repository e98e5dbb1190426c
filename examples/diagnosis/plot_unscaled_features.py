"""
==================================================
Features on different scales: is that the reason?
==================================================

One column is measured in thousands, another in hundredths. Every textbook says "scale your
features". But is it what holds *this* model back? The report does not guess from the scales. It
tries.
"""

# %%
# Chemical analyses of wines: proline is measured in hundreds, hue is about one. Neighbours are
# sought in the raw columns.

from sklearn.datasets import load_wine
from sklearn.neighbors import KNeighborsClassifier

X, y = load_wine(return_X_y=True, as_frame=True)
print(X.std().sort_values().round(2).iloc[[0, 1, -2, -1]])

neighbours = KNeighborsClassifier(n_neighbors=15)

# %%
# There are 178 rows, too few to hold any out, so every row is judged by a clone that did not learn
# from it.

from sklearn_lossfix import diagnose

report = diagnose(neighbours, X, y)
print(report)

# %%
# The scales alone are no finding. They triggered a trial: a *twin* with a scaler in front, on the
# same folds. It is better on the same rows, by more than chance and by more than a trifle. That is
# the finding.

finding = report["unscaled-features"]
print(finding.message)
print()
print(finding.remedy.code)

# %%
# The ledgers of both, as waterfalls.

scaled = diagnose(finding.remedy.estimator, X, y)

import matplotlib.pyplot as plt

figure, axes = plt.subplots(2, 2, figsize=(12, 11), layout="constrained")
upper = report.plot(kind="ledger", ax=axes[0])
lower = scaled.plot(kind="ledger", ax=axes[1])

# %%
# The scaler took most of "grouping" and "ranking" away: what the reference could tell apart and the
# neighbours could not. And for a model that does not mind, nothing is reported:

from sklearn.ensemble import RandomForestClassifier

forest = diagnose(RandomForestClassifier(random_state=0), X, y)
print(forest["unscaled-features"].section, "-", forest["unscaled-features"].message)

# %%
# What we learned
# ---------------
# - A column hundreds of times as wide as the others decided who is whose neighbour. Scaling
#   repaired it.
# - It was no lack of capacity: the large "grouping" row looked like underfitting, and an earlier
#   cause explained it. So begin with the finding that stands first in the order of causes.
# - Different scales by themselves prove nothing. Harm is when a twin without them is better on the
#   same rows.
