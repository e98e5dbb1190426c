"""Groups, given or hidden, on both sides of the split."""

from dataclasses import replace

import numpy as np

from sklearn_lossfix.diagnosis._flattery import (
    compared_with,
    leaked_beside_others,
    rows_missing,
)
from sklearn_lossfix.diagnosis._leak_finding import (
    N_ROWS_SHOWN,
    LeakFinding,
    leak_p,
    with_flattery,
)

# Name of the check of given groups.
GIVEN = "group_overlap"


class GroupOverlap(LeakFinding):
    """Given groups that stand in training and judged rows; without given ones clumps of rows.

    Given groups do harm where the model scores better on their rows than models do that met none
    of their rows: those of the folds, which keep groups together. Where there are no such models,
    rows of known groups are compared with rows of new ones. Folds that tear groups, or clumps of
    rows where none are given, are compared with folds that keep them together.
    """

    name = "group_overlap"
    slug = "group-overlap"
    title = "Groups in training and judged rows"

    def leaks(self, analysis):
        """What was seen of the validation rows, else of the groups in the folds."""
        e = analysis.evidence
        if e.source == "out-of-fold" and e.leaks is not None:
            return e.leaks
        return super().leaks(analysis)

    def judge(self, analysis, leaks, finding, found):
        """Compare known groups with groups that a model did not meet."""
        given = [r.leak for r in found if r.check == GIVEN]
        if not given:
            return _beside_whole_clumps(analysis, finding, found)
        if analysis.evidence.source != "validation":
            regrouped = analysis.evidence.facts.get("regrouped")
            if regrouped is None:
                return finding
            compared = "the same model in folds that keep groups together"
            flattery = compared_with(analysis, regrouped, compared)
            return with_flattery(finding, flattery, given[0].rate, analysis.alpha, 0.0)
        n_judged = leaks.per_fold["n_test"][0]
        codes = given[0].links
        known = np.isin(codes[:n_judged], codes[n_judged:])
        message = (
            f"{known.sum():,} of {n_judged:,} validation rows ({known.mean():.1%}) belong to "
            f"groups that training rows have, too."
        )
        finding = replace(finding, message=message, rows=np.flatnonzero(known)[:N_ROWS_SHOWN])
        flattery = _beside_new_models(analysis, codes, n_judged)
        if flattery is None:
            flattery = leaked_beside_others(analysis, known)
        return with_flattery(finding, flattery, float(known.mean()), analysis.alpha, 0.0)


def _beside_whole_clumps(analysis, finding, found):
    """Scores out of fold beside those of the same model in folds that tear no clump apart."""
    refits = analysis.refits
    facts, flattery = refits.evidence.facts, None
    if "clumps" in facts:
        of_rows = "folds" if refits is analysis else "folds of the training rows"
        compared = f"the same model in {of_rows} that keep clumps together"
        flattery = compared_with(refits, facts["regrouped"], compared, facts["clumps"])
    finding = with_flattery(finding, flattery, found[0].rate, analysis.alpha, leak_p(found))
    if finding.section != "issue":
        return finding
    return replace(finding, message=f"{finding.message} Pass what they share as groups=.")


def _beside_new_models(analysis, codes, n_judged):
    """Loss of known groups beside their loss out of fold, where all their rows were left out."""
    refits = analysis.refits
    if refits is analysis or analysis.ladder is None or refits.ladder is None:
        return None
    of_folds = refits.evidence.leaks
    apart = of_folds is not None and any(
        leak.check == GIVEN and leak.found is False for leak in of_folds.leaks
    )
    # A sample of the training rows would make worse models, and groups look like a leak.
    n_train = len(codes) - n_judged
    if not apart or refits.n_distinct_rows < n_train:
        return None
    own = codes[n_judged:][refits.evidence.rows]
    n_codes = int(codes.max()) + 1
    n_rows = np.bincount(own, minlength=n_codes)
    mean = np.bincount(own, refits.row_losses, n_codes) / np.maximum(n_rows, 1)
    judged = codes[:n_judged]
    missing = np.where(n_rows[judged] > 0, mean[judged] - analysis.row_losses, 0.0)
    clusters = np.unique(judged, return_inverse=True)[1]
    return rows_missing(
        analysis, missing, clusters, "training rows of the same groups, judged out of fold"
    )
