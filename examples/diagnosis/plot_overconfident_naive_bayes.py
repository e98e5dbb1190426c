"""
===================================================
A good accuracy with a terrible loss: naive Bayes
===================================================

Naive Bayes takes features to be independent. Where they are not, it counts the same evidence many
times and becomes far too sure. Accuracy does not notice; the log loss does. How much of the loss is
it, and does it cost anything else?
"""

# %%
# The pixels of a digit are anything but independent.

from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB

X, y = load_digits(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.5, stratify=y, random_state=0)
model = GaussianNB(var_smoothing=1e-3).fit(X_train, y_train)

print(f"accuracy {model.score(X_val, y_val):.3f}")
print(f"log loss {log_loss(y_val, model.predict_proba(X_val)):.2f} nats")

# %%
# Nine of ten digits are right, and the loss is nearly that of a forecast that knows nothing (log
# 10, 2.30 nats). One call takes both numbers apart.

from sklearn_lossfix import diagnose

report = diagnose(model, X_train, y_train, X_val=X_val, y_val=y_val)
print(report)

# %%
# The two ledgers, side by side. Each begins with what a gradient boosting reference pays on the
# same rows, and every bar stands on the one before: they sum to scikit-learn's numbers exactly.

axes = report.plot(kind="ledger")

# %%
# Nearly all of the loss is the one bar "temperature". The bar "decision rule" on the right is
# empty: no other rule on these scores gives better labels.
#
# What the model promises and what it delivers, in one picture: the curve shows how often the most
# probable class is right, the band where the curve of honest forecasts would lie.

axes = report.plot(kind="reliability")

# %%
# The remedy is in the report: an ordinary estimator, made from ours, unfitted.

remedy = report["overconfident"].remedy
print(remedy.code)
repaired = remedy.estimator.fit(X_train, y_train)

print(f"accuracy {repaired.score(X_val, y_val):.3f}")
print(f"log loss {log_loss(y_val, repaired.predict_proba(X_val)):.2f} nats")

# %%
# What we learned
# ---------------
# - A high loss beside a good accuracy was over-confidence, about 1.7 of 2.2 nats. It is mended
#   after the fact, by one temperature and an offset per class.
# - None of it cost a label: the decision rule was as good as any. To get more digits *right*, the
#   ledger points elsewhere: at "grouping" and "ranking", what a better model would bring.
# - 33 rows had been given a probability of zero for what came true. Their loss is infinite, and
#   what scikit-learn prints for them depends on where it clips. That is a finding of its own.
