"""A class that is hardly ever predicted although the scores rank it."""

import numpy as np

from sklearn_lossfix.diagnosis._judging import fact, judge_effect
from sklearn_lossfix.diagnosis._remedies import decision_rule_remedy
from sklearn_lossfix.exceptions import CheckNotApplicable


class MajorityCollapse:
    """Some recall is below half of chance, and another rule would lift balanced accuracy.

    A recall whose whole interval lies below ``1 / (2 K)`` means that the class is answered less
    than half as often as by guessing. It is a collapse of the labels, and no lack of signal, if
    the cross-fitted best rule for balanced accuracy gains on the very same scores. Where another
    metric was asked for, that one decides what the labels cost: the collapse is then a tip.
    """

    name = "majority_collapse"
    slug = "majority-collapse"
    title = "A class is hardly ever predicted"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """Judge the gain in balanced accuracy, where a recall has collapsed."""
        if analysis.rule_scores[0] is None:
            raise CheckNotApplicable("The model gives no scores that a decision rule could use.")
        e = analysis.evidence
        recalls = analysis.recalls
        limit = 1.0 / (2 * e.n_classes)
        lost = np.flatnonzero(recalls["recall_high"] < limit)
        codes = analysis.rule_codes(analysis.balanced)
        gain = analysis.gain(analysis.balanced, codes)
        names = ", ".join(repr(e.classes[k].item()) for k in lost[:5])
        if lost.size:
            k = int(lost[np.argmin(recalls["recall"][lost])])
            message = (
                f"Class {names} is predicted for {recalls['predicted_share'][k]:.2%} of the rows "
                f"and is {analysis.shares[k]:.2%} of them (recall {recalls['recall'][k]:.3f}), yet "
                f"the same scores reach a balanced accuracy of "
                f"{analysis.metric_value(analysis.balanced, codes):.3f} instead of "
                f"{analysis.metric_value(analysis.balanced, e.model.pred):.3f} with another rule."
            )
        else:
            message = f"Every class has a recall whose interval reaches {limit:.3g}."
        finding = judge_effect(
            self,
            analysis,
            gain,
            analysis.metric_floor,
            unit="points",
            message=message,
            other_p=0.0 if lost.size else 1.0,
            evidence={
                "collapsed": [e.classes[k].item() for k in lost],
                "recall_limit": limit,
                "recall": recalls["recall"].tolist(),
            },
            remedy=decision_rule_remedy(analysis, analysis.balanced, gain),
        )
        asked = e.facts.get("scoring") is not None and analysis.metric.name != "balanced_accuracy"
        if not asked or finding.p_value > analysis.alpha:
            return finding
        return fact(
            self,
            "tip",
            f"{message} The metric that was asked for, {analysis.metric.name.replace('_', ' ')}, "
            f"is judged by itself.",
            estimate=finding.estimate,
            unit=finding.unit,
            evidence=finding.evidence,
        )
