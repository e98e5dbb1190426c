"""Labels that another rule on the same scores would make better."""

import numpy as np

from sklearn_lossfix.diagnosis._judging import interval_text, judge_effect
from sklearn_lossfix.diagnosis._remedies import decision_rule_remedy, rule_text
from sklearn_lossfix.exceptions import CheckNotApplicable


class MisalignedDecisionRule:
    """The cross-fitted best rule beats ``predict`` on the user's metric, row-paired."""

    name = "misaligned_decision_rule"
    slug = "misaligned-decision-rule"
    title = "The labels do not follow the metric"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """Judge the decision-rule row of the error ledger."""
        metric = analysis.metric
        if analysis.evidence.facts.get("row_costs"):
            raise CheckNotApplicable(
                "fit was told what an error costs in each row. A report knows no such costs: it "
                "judges scores, not the rule. Pass scoring to have labels judged by another metric."
            )
        if metric.kind != "label":
            raise CheckNotApplicable(
                f"The metric {metric.name!r} is not about labels ({metric.kind}), so no decision "
                f"rule can be tuned for it."
            )
        if analysis.rule_scores[0] is None:
            raise CheckNotApplicable("The model gives no scores that a decision rule could use.")
        e = analysis.evidence
        codes = analysis.rule_codes(metric)
        gain = analysis.gain(metric, codes)
        now, then = analysis.score(metric), analysis.score(metric, codes)
        rule = analysis.fitted_rule(metric)
        name = metric.name.replace("_", " ")
        if len(np.unique(codes)) == 1:
            label = e.classes[codes[0]].item()
            message = (
                f"{name} {now.value:.3f}; always answering {label!r}, the best rule that was "
                f"found, gives {then.value:.3f}: for this metric the scores hold nothing to decide "
                f"by."
            )
        else:
            then = then._replace(high=min(then.high, 1.0))
            message = (
                f"{name} {now.value:.3f}, {rule_text(rule)}: {interval_text(then)}, cross-fitted; "
                f"the scores stay as they are."
            )
        return judge_effect(
            self,
            analysis,
            gain,
            analysis.metric_floor,
            unit="points",
            message=message,
            evidence={"metric": metric.name, "rule": rule.to_dict(), "now": now.value},
            remedy=decision_rule_remedy(analysis, metric, gain),
        )
