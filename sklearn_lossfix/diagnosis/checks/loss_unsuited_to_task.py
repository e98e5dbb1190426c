"""A loss that does not fit class labels: squared error or margins instead of probabilities."""

from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis._remedies import twin_remedy


class LossUnsuitedToTask:
    """The estimator is a regressor, or a classifier trained on margins without probabilities.

    A regressor on class codes is an issue whatever it scores: the codes have no order or distance.
    A margin classifier (hinge, squared hinge, ridge) is a tip: its labels may be fine, but there is
    no loss to compare, and what its margins would cost as probabilities is shown.
    """

    name = "loss_unsuited_to_task"
    slug = "loss-unsuited-to-task"
    title = "The training loss does not fit the task"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """Read the kind of estimator."""
        e = analysis.evidence
        name = e.facts.get("estimator", "the model")
        if e.facts.get("regressor_given_labels"):
            score = analysis.score(analysis.metric) if analysis.metric.kind == "label" else None
            text = f" (it reaches {analysis.metric.name} {score.value:.3f})" if score else ""
            return fact(
                self,
                "issue",
                f"{name} is a regressor: it minimises squared error on class codes, which treats "
                f"the {e.n_classes} classes as equally spaced numbers and gives no "
                f"probabilities{text}. Use a classifier.",
                errors_at_stake=None if score is None else 1.0 - score.value,
                evidence={"n_classes": e.n_classes},
                remedy=twin_remedy(analysis, "classifier"),
            )
        if e.model.proba is not None:
            return fact(self, "passed", f"{name} gives probabilities.")
        margin_loss = analysis.margin_loss
        cost = (
            f" Read as probabilities through a cross-fitted logistic map, its margins have a log "
            f"loss of {margin_loss.value:.3f} nats."
            if margin_loss is not None
            else ""
        )
        return fact(
            self,
            "tip",
            f"{name} gives no probabilities: it was trained for margins or labels. There is no "
            f"loss ledger, and no reliability can be checked.{cost} Wrap it in "
            f"CalibratedClassifierCV if probabilities are needed.",
            evidence={"margin_log_loss": None if margin_loss is None else margin_loss.value},
        )
