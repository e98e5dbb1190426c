"""
==============================================
Probabilities from elsewhere: no model needed
==============================================

The model runs on another machine, in another framework, or belongs to somebody else. What you have
is a table: what happened, and what had been forecast.
"""

# %%
# We make such a table: malignant or benign, with the probability that some service gave. (The
# service is naive Bayes, trained on a third of the rows. We pretend not to know.)

import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

bunch = load_breast_cancer()
y = bunch.target_names[bunch.target]
X_train, X_test, y_train, y_test = train_test_split(
    bunch.data, y, train_size=0.3, stratify=y, random_state=0
)
service = make_pipeline(StandardScaler(), GaussianNB())
service.fit(X_train, y_train)
malignant = list(service.classes_).index("malignant")
table = pd.DataFrame(
    {
        "diagnosis": y_test,
        "p_malignant": service.predict_proba(X_test)[:, malignant],
    }
)
table.sample(5, random_state=0)

# %%
# One column is enough for two classes: the probability of the second of `classes`.

from sklearn_lossfix import diagnose_predictions

report = diagnose_predictions(
    table["diagnosis"], table["p_malignant"], classes=["benign", "malignant"]
)
print(report)

# %%
# The curve of what happened against what was forecast.

axes = report.plot(kind="reliability")

# %%
# What the forecasts promise and what they deliver needs no fit and no bins. It is the quickest
# check of somebody else's probabilities.

for what, numbers in report.bridges["promised_vs_paid"].items():
    print(f"{what:9s} promised {numbers['promised']:.3f}  paid {numbers['paid']:.3f}")

# %%
# And even without the table: a log loss and an error rate alone say how much of the loss must be
# miscalibration at least, by Fano's inequality.

fano = report.bridges["fano"]
print(f"at least {fano['estimate']:.2f} of {report.loss_ledger.total:.2f} nats", end=", ")
print(f"with 99 % confidence at least {fano['low']:.2f}")

# %%
# There is no model to wrap, so findings come without remedies. But the report can be handed to
# whoever runs the service: as one HTML file, or as JSON.

text = report.to_json()
print(f"{len(text) / 1000:.0f} kB of JSON")

# %%
# What we learned
# ---------------
# - Labels and probabilities are enough to take the loss apart, whoever made them.
# - This service is right in more than nine rows of ten and far too sure of the others: more than
#   four fifths of the loss are over-confidence, and it is worse than forecasting the class shares.
#   Its labels are as good as its scores allow.
# - Without the features nothing can be said about why. What needs them is listed as not applicable,
#   or skipped.
