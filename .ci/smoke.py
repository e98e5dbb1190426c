"""The main job, once through, with the package as it is installed here."""

import sys
import tempfile
from pathlib import Path

from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

import sklearn_lossfix
from sklearn_lossfix import FitReport, diagnose

assert Path(sys.prefix) in Path(sklearn_lossfix.__file__).parents, sklearn_lossfix.__file__

X, y = load_breast_cancer(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(X, y, stratify=y, random_state=0)
model = LogisticRegression(max_iter=10_000).fit(X_train, y_train)

report = diagnose(model, X_train, y_train, X_val=X_val, y_val=y_val, effort="fast", random_state=0)
print(report)
with tempfile.TemporaryDirectory() as folder:
    page = Path(folder) / "report.html"
    report.to_html(page)
    assert "LogisticRegression" in page.read_text(encoding="utf-8")
assert "LogisticRegression" in report.to_markdown()
# A report that was read back says so in its context and is otherwise the same.
again = FitReport.from_json(report.to_json())
assert again.to_dict() | {"context": None} == report.to_dict() | {"context": None}
print(f"sklearn-lossfix {sklearn_lossfix.__version__} works from {sklearn_lossfix.__file__}")
