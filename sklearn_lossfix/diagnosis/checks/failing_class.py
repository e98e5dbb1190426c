"""A class that the model cannot tell from the rest while it can tell the others."""

import numpy as np

from sklearn_lossfix._core._paired_tests import interval
from sklearn_lossfix.diagnosis._judging import judge_effect
from sklearn_lossfix.exceptions import CheckNotApplicable

# A class fails if it is ranked less than half as well as its peers: half is the effect, the test is
# on the difference.
PEER_SHARE = 0.5


class FailingClass:
    """One class is ranked less than half as well above chance as the median of the others.

    The statistic is ``(median of the others' AUC - 1/2) / 2 - (its AUC - 1/2)``, with the variances
    of the class and of the median's class added; its recall must be below chance as well.
    """

    name = "failing_class"
    slug = "failing-class"
    title = "One class fails"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """Judge the class that is ranked worst."""
        e = analysis.evidence
        if e.n_classes == 2:
            raise CheckNotApplicable(
                "With two classes both share one ranking: see majority-collapse and "
                "misaligned-decision-rule."
            )
        if analysis.ranking is None:
            raise CheckNotApplicable("The model gives no scores that rank the classes.")
        auc = np.array([estimate.value for estimate in analysis.ranking])
        se = np.array([estimate.se for estimate in analysis.ranking])
        known = np.flatnonzero(np.isfinite(auc) & np.isfinite(se))
        if known.size < 3:
            raise CheckNotApplicable("Fewer than three classes occur often enough to be ranked.")
        worst = int(known[np.argmin(auc[known])])
        peers = known[known != worst]
        # The lower median is a class of its own, with a variance of its own.
        peer = int(peers[np.argsort(auc[peers])[(len(peers) - 1) // 2]])
        shortfall = interval(
            PEER_SHARE * (auc[peer] - 0.5) - (auc[worst] - 0.5),
            float(np.hypot(PEER_SHARE * se[peer], se[worst])),
        )
        recall_high = float(analysis.recalls["recall_high"][worst])
        below_chance = recall_high < 1.0 / e.n_classes
        columns = analysis.class_columns()
        label = e.classes[worst].item()
        loss = ""
        if "loss_share" in columns:
            loss = (
                f" It is {columns['row_share'][worst]:.1%} of the rows and carries "
                f"{columns['loss_share'][worst]:.1%} of the loss."
            )
        message = (
            f"Class {label!r} has an AUC of {auc[worst]:.3f} against the rest, its peers "
            f"{auc[peer]:.3f}; its recall is {analysis.recalls['recall'][worst]:.3f}.{loss}"
        )
        return judge_effect(
            self,
            analysis,
            shortfall,
            0.0,
            unit="auc",
            message=message,
            other_p=0.0 if below_chance else 1.0,
            evidence={"class": label, "auc": auc.tolist(), "recall_high": recall_high},
            errors_at_stake=float(analysis.shares[worst]),
        )
