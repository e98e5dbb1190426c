"""
==========================================================
A low loss of 0.16 and a low accuracy: is 0.16 low at all?
==========================================================

The loss came down to 0.16 and stays there, and training ended because it converged. A loss of 0.16
sounds good. But only three labels in ten are right, with five classes. What is wrong?
"""

# %%
# The digits from 0 to 4, as images. The targets are coded as five columns of zeros and ones, and a
# network learns to forecast them by squared error, as many tutorials have it.

import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor

X, y = load_digits(n_class=5, return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X / 16, y, test_size=0.5, stratify=y, random_state=0
)
columns = np.eye(5)
settings = {"activation": "logistic", "solver": "sgd", "random_state": 0, "max_iter": 40}
network = MLPRegressor(hidden_layer_sizes=(20,), **settings).fit(X_train, columns[y_train])

forecast = network.predict(X_test)
print(f"{network.n_iter_} epochs of at most {network.max_iter}")
print(f"squared error {mean_squared_error(columns[y_test], forecast):.3f}")
print(f"accuracy      {np.mean(forecast.argmax(axis=1) == y_test):.3f}")

# %%
# Before a loss is called low, look at what a constant scores: the class shares, for every row.

shares = np.bincount(y_train) / len(y_train)
constant = np.tile(shares, (len(y_test), 1))
print(f"squared error of a constant {mean_squared_error(columns[y_test], constant):.3f}")

# %%
# The same 0.16. With five classes of equal size it is 1/5 times 4/5, and even an answer of zero
# everywhere costs no more than 0.2: four of five columns are zero in every row. On that scale the
# first steps of learning are so small that the tolerance takes them for the end.
#
# The forecasts are nearly probabilities, and can be asked what they know.

from sklearn_lossfix import diagnose_predictions

proba = np.clip(forecast, 0, None)
proba /= proba.sum(axis=1, keepdims=True)
of_squares = diagnose_predictions(y_test, proba)
for line in of_squares.headline:
    print(f"{line['label']:18s} {line['value']:.2f}  {line['text']}")

# %%
# So the first repair is the loss: train the classes, by log loss. The network stays as it is, and
# is to stay one: that another kind of model may do better is a finding we ask not to see.

from sklearn_lossfix import diagnose

report = diagnose(MLPClassifier((20,), **settings), X_train, y_train, ignore="underfitting")
print(report)

# %%
# Still no better than a constant. But now there are causes to try: twins of the network with one
# thing changed, on the same folds. And there are remedies, each tried on top of what was kept.

fix = report.fix()
print(fix)

# %%
# The proof, on rows that took no part in it, in the units we began with. (The network could use
# still more epochs, and warns of it.)

import warnings

from sklearn.exceptions import ConvergenceWarning

with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)
    repaired = fix.estimator.fit(X_train, y_train)
after = repaired.predict_proba(X_test)
print(f"squared error {mean_squared_error(columns[y_test], after):.3f}")
print(f"accuracy      {repaired.score(X_test, y_test):.3f}")

# %%
# What we learned
# ---------------
# - A loss has no meaning without the loss of a constant beside it. A squared error of 0.16 on five
#   classes, like a log loss of 1.61, is the score of a forecast that knows nothing.
# - The squared error of columns hides it twice: the number looks small, and a flat curve looks like
#   convergence. The log loss of a classifier can be compared with the entropy of the classes, and
#   every report does so.
# - The low accuracy was no riddle about labels or rules: nothing had been learnt yet. Each remedy
#   that was kept had to prove itself on top of the ones before it.
