"""
==========================================
When should the training of a network end?
==========================================

The loss on held-out rows rises, and the accuracy does not fall. Is that overfitting? Here one
network is stopped by the log loss, by accuracy and by refinement: the loss that is left once its
confidence is repaired.
"""

# %%
# A network that is never in doubt
# --------------------------------
# Digits, and nothing stops the network: both curves are recorded to the end.

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from sklearn_lossfix import EarlyStoppingClassifier

X, y = load_digits(return_X_y=True)
X_train, X_new, y_train, y_new = train_test_split(
    X / 16, y, test_size=0.5, stratify=y, random_state=0
)
network = MLPClassifier((200, 200), learning_rate_init=0.01, alpha=0, random_state=0)
free = EarlyStoppingClassifier(
    network, max_epochs=100, patience=100, validation_fraction=0.3, random_state=0
).fit(X_train, y_train)
axes = free.plot()

# %%
# The loss on held-out rows is least early on, then it rises a little. Accuracy does not fall with
# it: what gets worse is the confidence of the network.

accuracy = free.history_["validation_accuracy"]
loss = free.history_["validation_log_loss"]
best = free.best_epoch_
print(f"epoch {best:3}: log loss {loss[best - 1]:.3f}, accuracy {accuracy[best - 1]:.3f}")
print(f"epoch {len(loss):3}: log loss {loss[-1]:.3f}, accuracy {accuracy[-1]:.3f}")

# %%
# Three ways to stop
# ------------------
# The same network, the same held-out rows, another monitor each time.

from sklearn.metrics import accuracy_score, log_loss

stopped = {}
for monitor in ("log_loss", "accuracy", "refinement"):
    model = EarlyStoppingClassifier(
        network, monitor=monitor, validation_fraction=0.3, patience=15, random_state=0
    )
    stopped[monitor] = model.fit(X_train, y_train)
    print(
        f"{monitor:11} best epoch {model.best_epoch_:3}   new rows: log loss "
        f"{log_loss(y_new, model.predict_proba(X_new)):.3f}, accuracy "
        f"{accuracy_score(y_new, model.predict(X_new)):.3f}"
    )

# %%
# Refine, then calibrate
# ----------------------
# The refinement counts only what recalibration cannot repair. A network that was stopped by it is
# calibrated afterwards, here on the rows that were held out. All three get that chance.

from sklearn_lossfix import RecalibratedClassifier

for monitor, model in stopped.items():
    held_out = model.validation_rows_
    calibrated = RecalibratedClassifier(model, cv="prefit", method="temperature")
    calibrated.fit(X_train[held_out], y_train[held_out])
    print(
        f"{monitor:11} calibrated: log loss {log_loss(y_new, calibrated.predict_proba(X_new)):.3f}"
    )

# %%
# Both losses over the epochs: what lies between them is confidence, not knowledge.

history = stopped["refinement"].history_
figure, ax = plt.subplots(layout="constrained")
ax.plot(history["epoch"], history["validation_log_loss"], label="log loss")
ax.plot(history["epoch"], history["validation_refinement"], "--", label="refinement")
ax.set(xlabel="epoch", ylabel="nats, held-out rows")
legend = ax.legend()

# %%
# What we learned
# ---------------
# - The log loss may rise while accuracy does not fall: the network becomes too sure of itself.
# - What is monitored decides: the three monitors keep three different epochs.
# - Stopped by refinement the network learns for longest, and once calibrated it has the best
#   probabilities of the three.
