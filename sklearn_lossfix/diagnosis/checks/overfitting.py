"""A model that follows the noise of its training rows, judged by what regularisation brings."""

from dataclasses import replace

from sklearn_lossfix.diagnosis._twin_finding import check_twin


class Overfitting:
    """A twin that is regularised more is better on the same rows.

    A gap between training rows and others alone is no harm: forests remember their rows and are
    none the worse for it. What is at stake is no more than the gap: a twin that wins back more
    repairs something else as well (steps that are too large, say).
    """

    name = "overfitting"
    slug = "overfitting"
    title = "The model follows the noise of its rows"
    kinds = ("model",)
    effort = "normal"

    def run(self, analysis):
        """Judge the regularised twin."""
        finding = check_twin(self, analysis, "regularised")
        gap = finding.evidence.get("training_gap")
        if gap is None or finding.nats_at_stake is None:
            return finding
        return replace(
            finding, nats_at_stake=min(finding.nats_at_stake, gap * analysis.refits.loss)
        )
