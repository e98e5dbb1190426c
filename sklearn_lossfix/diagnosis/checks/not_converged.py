"""An optimiser that stopped before its optimum, judged by what more iterations bring."""

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis._twin_finding import judge_twin
from sklearn_lossfix.exceptions import CheckNotApplicable


class NotConverged:
    """A twin with ten times the iterations is better on the same rows.

    The warning alone is a tip: many fits that warn are as good as converged ones.
    """

    name = "not_converged"
    slug = "not-converged"
    title = "Training stopped before it converged"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """Judge the converged twin if there is one, else the warning."""
        e = analysis.refits.evidence
        steps = e.facts.get("at_iteration_limit", [])
        if e.facts.get("n_iterations_known") is False and not e.model.warnings:
            raise CheckNotApplicable(
                "The estimator reports no iterations of an optimiser: there is no limit to reach."
            )
        if not steps and not e.model.warnings:
            return fact(self, "passed", "No part stopped at its iteration limit.")
        where = ", ".join(steps) if steps else "the estimator"
        if "converged" not in e.twins:
            untried = e.no_twins.get("converged")
            why = "diagnose(..., effort='normal') tries ten times the iterations."
            if untried is not None and untried.section != "passed":
                why = untried.reason
            return fact(
                self,
                "tip",
                f"{where[0].upper()}{where[1:]} stopped at its iteration limit. Whether that costs "
                f"anything was not tried. {why}",
                evidence={"warnings": list(e.model.warnings[:3])},
            )
        return judge_twin(
            self,
            analysis,
            "converged",
            cause=f"{where} stopped at its iteration limit",
            harmless="tip",
        )
