"""
=============================================================
The loss rises while accuracy stands: which rows moved it?
=============================================================

A network is trained for too long. Its validation loss has been rising for many epochs, its accuracy
hardly moves. Is that overfitting? The flip table says which rows moved the loss, and which moved
the accuracy; both sum exactly.
"""

# %%
# Few training rows and many epochs.

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

X, y = load_digits(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(
    X / 16, y, test_size=0.8, stratify=y, random_state=0
)

# %%
# Train epoch by epoch and keep the probabilities of the validation rows.

from sklearn.metrics import log_loss

network = MLPClassifier((100,), learning_rate_init=0.003, batch_size=32, random_state=0)
history = []
for _ in range(300):
    network.partial_fit(X_train, y_train, classes=np.arange(10))
    history.append(network.predict_proba(X_val))
loss = [log_loss(y_val, proba) for proba in history]
accuracy = [np.mean(proba.argmax(axis=1) == y_val) for proba in history]
best = int(np.argmin(loss))

import matplotlib.pyplot as plt

figure, (upper, lower) = plt.subplots(2, sharex=True, layout="constrained")
upper.plot(loss)
upper.set(ylabel="validation log loss", ylim=(0, 0.6))
lower.plot(accuracy)
lower.set(ylabel="validation accuracy", xlabel="epoch", ylim=(0.8, 1))
for ax in (upper, lower):
    ax.axvline(best, color="gray", linestyle="--")

# %%
# From the epoch of the least loss (dashed) to the last one:

from sklearn_lossfix import flip_table

table = flip_table(y_val, history[best], history[-1], states=(f"epoch {best + 1}", "epoch 300"))
print(table)

# %%
# Read it by rows. The rows that stayed right *lower* the loss: the network becomes surer, and
# rightly so. What raises it are the rows that were wrong before and after, one in twenty. Nothing
# flips there, so accuracy cannot see them. The few flips in both directions cancel.

share = table.loss_change["stayed wrong"] / table.loss_total
print(f"rows that stayed wrong: {share:.0%} of the rise of the loss")
print(f"p-value of the loss {table.loss_p:.2g}, of accuracy {table.accuracy_p:.2g}")

# %%
# The same in a report of the last epoch: from always forecasting the class shares to the network.

from sklearn_lossfix import diagnose_predictions

report = diagnose_predictions(y_val, history[-1])
print(report.verdict)
axes = report.plot(kind="flips")

# %%
# What we learned
# ---------------
# - The rising loss was growing certainty about rows that had been wrong all along. It says nothing
#   about how many rows are right: both numbers are correct, and they measure different rows.
# - If labels are all you need, nothing was lost by training on. If the probabilities are used,
#   recalibration takes the certainty back after the fact, and the remaining epochs keep what they
#   gained on the other rows.
# - Had the cell "newly wrong" carried the rise, it would have been overfitting that costs labels,
#   which no recalibration brings back. The sums are exact, so nothing hides in a remainder.
