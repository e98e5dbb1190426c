"""Validation rows that are copies of training rows, and by how much they flatter the scores."""

from dataclasses import replace

import numpy as np

from sklearn_lossfix.diagnosis._flattery import (
    MIN_COMPARED_ROWS,
    compared_with,
    leaked_beside_others,
    without_the_copies,
)
from sklearn_lossfix.diagnosis._leak_finding import (
    N_ROWS_SHOWN,
    LeakFinding,
    as_issue,
    leak_p,
    with_flattery,
)
from sklearn_lossfix.model_selection._policies import linked_components


class LeakedRows(LeakFinding):
    """Copies in training and validation rows that chance does not explain.

    Their effect is measured on the same rows where the model was refitted: a validation row that is
    the copy of one training row is judged as that row was out of fold, by a model that did not
    learn from it. Without refits, or where rows have several copies, leaked rows are compared with
    the others of their class. Where hardly any others are left, nothing judges the model.
    """

    name = "leaked_rows"
    slug = "leaked-rows"
    title = "Validation rows are copies of training rows"
    fix = (
        "Draw the validation rows again with copies on one side: "
        "leakage_checked_train_test_split(X, y, stratify=y); then ask where the copies come from."
    )

    def judge(self, analysis, leaks, finding, found):
        """Ask what the scores are without the copies."""
        n_judged, n_train = (leaks.per_fold[name][0] for name in ("n_test", "n_train"))
        links = [r.leak.links for r in found if r.leak.links is not None]
        codes = linked_components(links, n_judged + n_train).codes
        leaked = np.isin(codes[:n_judged], codes[n_judged:])
        share = float(leaked.mean())
        honest, paired = without_the_copies(analysis, codes, n_judged)
        if honest is not None and paired.sum() >= MIN_COMPARED_ROWS:
            clusters = np.unique(codes[:n_judged], return_inverse=True)[1]
            compared = f"{paired.sum():,} of these rows judged by models that did not see the copy"
            flattery = compared_with(analysis, honest, compared, clusters)
        else:
            flattery = leaked_beside_others(analysis, leaked)
        message = (
            f"{leaked.sum():,} of {n_judged:,} validation rows ({share:.1%}) are copies of "
            f"training rows, more than chance explains."
        )
        finding = replace(finding, message=message, rows=np.flatnonzero(leaked)[:N_ROWS_SHOWN])
        finding.evidence["leaked_share"] = share
        n_others = int(np.count_nonzero(~leaked))
        if flattery is None and n_others < MIN_COMPARED_ROWS:
            message = f"{message} Only {n_others} others are left to judge the model by."
            return as_issue(replace(finding, message=message), share, leak_p(found))
        return with_flattery(finding, flattery, share, analysis.alpha, leak_p(found))
