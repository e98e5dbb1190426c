"""
=====================================
A loss that comes back: what repeats?
=====================================

The validation loss falls, then rises, falls and rises again, and never settles. Is the learning
rate too high? Is it noise? If it comes back with a *period*, something in the training repeats, and
the length of the period says what.
"""

# %%
# Images of digits that were read folder by folder: all zeros, then all ones, and so on. Every third
# row is held out.

import numpy as np
from sklearn.datasets import load_digits

X, y = load_digits(return_X_y=True)
order = np.argsort(y, kind="stable")
X, y = X[order] / 16, y[order]
held_out = np.arange(len(y)) % 3 == 0
X_train, y_train = X[~held_out], y[~held_out]
X_test, y_test = X[held_out], y[held_out]

# %%
# Ten batches make an epoch. After every batch, the held-out rows are scored.

from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss

linear = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.1, random_state=0)


def train(model, epochs, order_of_epoch, n_batches=10):
    """Train batch by batch; give loss and accuracy of the held-out rows after every batch."""
    curves = {"step": [], "val_log_loss": [], "val_accuracy": []}
    for _ in range(epochs):
        for rows in np.array_split(order_of_epoch(), n_batches):
            model.partial_fit(X_train[rows], y_train[rows], classes=np.arange(10))
            curves["step"].append(len(curves["step"]) + 1)
            curves["val_log_loss"].append(log_loss(y_test, model.predict_proba(X_test)))
            curves["val_accuracy"].append(model.score(X_test, y_test))
    return curves


from sklearn.base import clone

in_order = clone(linear)
curves = train(in_order, 15, lambda: np.arange(len(y_train)))

import matplotlib.pyplot as plt

figure, ax = plt.subplots(layout="constrained")
ax.semilogy(curves["step"], curves["val_log_loss"])
ax.set(xlabel="batch", ylabel="validation log loss", xticks=range(0, 151, 10))
ax.grid(axis="x")

# %%
# The report on the curves tests whether one frequency holds more power than noise gives any, and
# compares its period with the length of an epoch.

from sklearn_lossfix import diagnose_history

report = diagnose_history(curves, n_val=len(y_test), batch=10)
recurring = report["loss-recurring"]
print(recurring.section, "-", recurring.message)
print(recurring.evidence["fix"])

# %%
# A period of ten batches, one epoch: it is the order of the rows. The model learns a digit while
# its folder is read, and unlearns the others. How it does in the end depends on where it stops.

accuracy = np.array(curves["val_accuracy"][-10:])
print(f"accuracy in the last epoch: between {accuracy.min():.3f} and {accuracy.max():.3f}")

# %%
# The remedy is to shuffle the rows anew in every epoch. Nothing else changes.

rng = np.random.default_rng(0)
shuffled = clone(linear)
mended = train(shuffled, 15, lambda: rng.permutation(len(y_train)))
again = diagnose_history(mended, n_val=len(y_test), batch=10)
print(again["loss-recurring"].section, "-", again["loss-recurring"].message)

figure, ax = plt.subplots(layout="constrained")
for label, run in {"in the order of the folders": curves, "shuffled": mended}.items():
    ax.semilogy(run["step"], run["val_log_loss"], label=label)
ax.set(xlabel="batch", ylabel="validation log loss", xticks=range(0, 151, 10))
ax.grid(axis="x")
legend = ax.legend()

# %%
# ``EarlyStoppingClassifier`` hands all rows to the estimator at once, which shuffles them, and
# stops by rows that it sets aside from the training rows. The held-out rows compare the three.

from sklearn_lossfix import EarlyStoppingClassifier

stopped = EarlyStoppingClassifier(linear, validation_fraction=0.2, random_state=0)
stopped.fit(X_train, y_train)
print(f"stopped after {stopped.n_epochs_} epochs, the best was {stopped.best_epoch_}")

for name, model in {"in order": in_order, "shuffled": shuffled, "stopped": stopped}.items():
    loss = log_loss(y_test, model.predict_proba(X_test))
    print(f"{name:10s} log loss {loss:.3f}   accuracy {model.score(X_test, y_test):.3f}")

# %%
# What we learned
# ---------------
# - A loss that recurs is no noise and need not be a learning rate: the period names the cause. One
#   epoch means the rows, a cycle of the schedule means the learning rate.
# - Rows in the order of their classes made the model forget what it had not seen for a while.
#   Shuffling cost nothing, and both loss and accuracy are better for it.
# - The report calls it a tip, not an issue, because the cause is known. It would not have been seen
#   at all in a curve with one point per epoch: record the loss by batch if in doubt.
