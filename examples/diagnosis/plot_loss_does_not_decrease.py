"""
==================================
The loss does not decrease: why?
==================================

A network trains without a complaint: no warning, no limit reached, "converged". But its loss stands
where that of a forecast stands that knows nothing. Too few epochs? A wrong learning rate? Too small
a network? Each suspicion has a cure of its own, and one cure is right.
"""

# %%
# Thirty measurements of each of 569 tumours, and a small network trained by plain gradient descent.

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

network = MLPClassifier((32,), solver="sgd", max_iter=1000, random_state=0)
network.fit(X_train, y_train)
print(f"{network.n_iter_} epochs of at most {network.max_iter}")

# %%
# The loss falls once, from a start that was far off, and then stands still. The dashed line is what
# it costs to always forecast the class shares.

import matplotlib.pyplot as plt
import numpy as np

shares = np.bincount(y_train) / len(y_train)
constant = -shares @ np.log(shares)

figure, ax = plt.subplots(layout="constrained")
ax.semilogy(np.arange(1, network.n_iter_ + 1), network.loss_curve_, marker="o")
ax.axhline(constant, color="gray", linestyle="--")
ax.set(xlabel="epoch", ylabel="training loss (nats)")
print(f"a constant forecast costs {constant:.3f} nats, the last epoch {network.loss_:.3f}")

# %%
# The curve says that nothing is learnt, it cannot say why. So we ask the network itself. Clones of
# it are trained on the same folds, and so are twins: clones with one thing changed.

from sklearn_lossfix import diagnose

report = diagnose(network, X_train, y_train)
print(report)

# %%
# Many things are wrong with this fit, and one of them is the cause. The others stand indented under
# it: once it is mended they are gone. Dead units are what the wide columns did to the network.

for finding in report.issues:
    print(f"{finding.name:20s} {finding.explained_by or 'a cause of its own'}")

# %%
# The remedies are tried in the order of causes, and kept if they provably help.

fix = report.fix()
print(fix)

# %%
# The proof is in rows that took no part in any of this.

from sklearn.metrics import log_loss

repaired = fix.estimator.fit(X_train, y_train)
for name, model in {"as it was": network, "repaired": repaired}.items():
    loss = log_loss(y_test, model.predict_proba(X_test))
    print(f"{name:10s} log loss {loss:.3f}   accuracy {model.score(X_test, y_test):.3f}")

# %%
# What we learned
# ---------------
# - A loss that stands still has to be compared with what a constant forecast costs. At that level
#   nothing was learnt, and neither "converged" nor the absence of warnings says otherwise.
# - The optimiser was not at fault, nor the size of the network: columns that differ thousandfold in
#   scale had switched most of its units off. One scaler in front repaired it, and nothing else had
#   to change.
# - Dead units, outliers and the missing signal were real, and consequences. Whoever had cured these
#   first would have cured symptoms.
