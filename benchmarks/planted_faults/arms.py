"""Who names faults: reports of this package, peers where they can be imported, and trivial arms."""

import contextlib
import io
import subprocess
import sys
import time
import warnings

import numpy as np
from sklearn.base import clone, is_regressor
from sklearn.model_selection import cross_val_predict, train_test_split

from sklearn_lossfix import diagnose

#: skore's checks -> slugs. "Underrepresented" and "imbalanced" classes are read as a collapse, the
#: comparison with a baseline as underfitting.
SKORE_SLUGS = {
    "SKD001": "overfitting",
    "SKD002": "underfitting",
    "SKD003": "unstratified-split",
    "SKD004": "majority-collapse",
    "SKD005": "majority-collapse",
    "SKD006": "unscaled-features",
    "SKD008": "redundant-features",
    "SKD009": "underfitting",
    "SKD011": "leaky-feature",
    "SKD012": "useless-features",
    "SKD013": "time-overlap",
    "SKD014": "search-at-edge",
}
# Tips that name a cause; the others fire on nearly every model, or say that nothing is amiss.
SKORE_TIPS = ("SKD006", "SKD011")
DATALAB_SLUGS = {
    "label": "label-noise",
    "outlier": "outlier-features",
    "near_duplicate": "leaked-rows",
    "non_iid": "train-test-drift",
    "class_imbalance": "majority-collapse",
}


def borrow_packages(python):
    """Let this process import what another environment of the same Python version has."""
    code = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    path = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    if path.stdout.strip() not in sys.path:
        sys.path.append(path.stdout.strip())


def lossfix(case, seed, effort="normal"):
    """What a report names; its issues and suspects, unexplained issues first; and the report."""
    start = time.process_time()
    report = diagnose(
        case.estimator, case.X, case.y, random_state=seed, effort=effort, **case.arguments()
    )
    seconds = time.process_time() - start
    ranked = sorted(report.issues, key=lambda issue: issue.explained_by is not None)
    tips = [finding.name for finding in report.findings if finding.section == "tip"]
    suspects = [finding for finding in report.findings if finding.suspected]
    answer = {
        "named": [finding.name for finding in ranked],
        "tips": tips,
        "suspects": [finding.name for finding in suspects],
        "seconds": seconds,
    }
    return answer, ranked + suspects, report


def _held_out(case, seed):
    """Training and test rows for tools that want both."""
    if case.X_val is not None:
        return case.X, case.X_val, case.y, case.y_val
    return train_test_split(case.X, case.y, test_size=0.3, stratify=case.y, random_state=seed)


def skore(case, seed, *, fast):
    """Issues in skore's order, then tips that name a cause."""
    from skore import EstimatorReport

    if is_regressor(case.estimator):
        return None
    start = time.process_time()
    X_train, X_test, y_train, y_test = _held_out(case, seed)
    report = EstimatorReport(
        clone(case.estimator), X_train=X_train, X_test=X_test, y_train=y_train, y_test=y_test
    )
    frame = report.checks.summarize(fast_mode=fast).frame()
    codes = {s: list(frame.loc[frame["section"] == s, "code"]) for s in ("issue", "tip")}
    issues = [SKORE_SLUGS[code] for code in codes["issue"] if code in SKORE_SLUGS]
    tips = [SKORE_SLUGS[code] for code in codes["tip"] if code in SKORE_TIPS]
    return {
        "named": list(dict.fromkeys(issues)),
        "tips": tips,
        "n_issues": len(codes["issue"]),
        "seconds": time.process_time() - start,
    }


def cleanlab(case, seed):
    """Kinds of issues that Datalab finds in more rows than none, the most frequent first."""
    from cleanlab import Datalab

    if is_regressor(case.estimator) or not hasattr(case.estimator, "predict_proba"):
        return None
    start = time.process_time()
    proba = cross_val_predict(
        clone(case.estimator), case.X, case.y, cv=case.cv, method="predict_proba"
    )
    lab = Datalab({"y": case.y}, label_name="y", verbosity=0)
    lab.find_issues(pred_probs=proba, features=np.nan_to_num(case.X))
    summary = lab.get_issue_summary().sort_values("num_issues", ascending=False)
    found = summary.loc[summary["num_issues"] > 0, "issue_type"]
    named = [DATALAB_SLUGS[kind] for kind in found if kind in DATALAB_SLUGS]
    return {"named": named, "tips": [], "seconds": time.process_time() - start}


def importable(names):
    """Those of the peers' modules that can be imported."""
    found = []
    for name in names:
        try:
            __import__(name)
            found.append(name)
        except ImportError:
            continue
    return found


def peers(case, seed, modules):
    """What every peer that is there names; an error is an answer without a name."""
    calls = {}
    if "skore" in modules:
        calls["skore, fast"] = lambda: skore(case, seed, fast=True)
        calls["skore"] = lambda: skore(case, seed, fast=False)
    if "cleanlab" in modules:
        calls["cleanlab"] = lambda: cleanlab(case, seed)
    found = {}
    for name, call in calls.items():
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")  # of peers, whose warnings are no finding
            try:
                found[name] = call()
            except Exception as error:  # a peer may fail on anything: it is told, not raised
                found[name] = {"named": [], "tips": [], "error": repr(error)[:200]}
    found["always overfitting"] = {"named": ["overfitting"], "tips": [], "seconds": 0.0}
    return {name: answer for name, answer in found.items() if answer is not None}
