"""Rows of one given group on both sides of a fold."""

import numpy as np

from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._crossing import crossing_rows, n_tested
from sklearn_lossfix.model_selection.leakage._leak import Leak


class GroupOverlap:
    """Groups that were given stand in training and in test parts: a fact, not an estimate."""

    name = "group_overlap"
    slug = "group-overlap"
    title = "Groups in training and test parts"
    needs_y = False

    def run(self, data, earlier):
        """Count the test rows whose group is in the training part of their fold."""
        if data.groups is None:
            raise CheckNotApplicable("No groups were given.")
        n_groups = int(data.groups.max()) + 1
        met = np.zeros(n_groups, dtype=bool)
        per_fold, pairs = crossing_rows(data.groups, data.folds, data.options.evidence, met)
        n_leaked, n_test = int(per_fold.sum()), n_tested(data.folds)
        details = {"n_groups": n_groups, "n_leaked": n_leaked, "n_tested": n_test}
        if not n_leaked:
            return Leak(
                self.name,
                self.slug,
                False,
                f"None of the {n_groups:,} groups stands in the training and the test part of a "
                f"fold.",
                rate=0.0,
                expected_rate=0.0,
                per_fold=per_fold,
                details=details,
            )
        shared = int(met.sum())
        return Leak(
            self.name,
            self.slug,
            True,
            f"{n_leaked:,} of {n_test:,} test rows ({n_leaked / n_test:.1%}) belong to a group "
            f"that is in the training part of their fold; {shared:,} of {n_groups:,} groups stand "
            f"on both sides.",
            severity="high",
            rate=n_leaked / n_test,
            expected_rate=0.0,
            p_value=0.0,
            pairs=pairs,
            per_fold=per_fold,
            links=data.groups,
            fix="Keep every group on one side: on_leak='group', or a splitter such as GroupKFold.",
            details={**details, "n_shared_groups": shared},
        )
