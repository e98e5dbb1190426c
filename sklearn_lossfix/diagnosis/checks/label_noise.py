"""Labels that contradict every forecast where it is surest: wrong labels."""

import numpy as np
from scipy import stats

from sklearn_lossfix._core._finding import Finding
from sklearn_lossfix.diagnosis._remedies import twin_remedy
from sklearn_lossfix.diagnosis._twin_finding import untried_twin


def noise_entropy(rate, n_classes):
    """Least log loss that any forecast reaches of labels of which a share is wrong.

    ``h(r) + r log(K - 1)``: the entropy of a label that is wrong with chance r, and is then any of
    the K - 1 others (Fano 1961).
    """
    return float(stats.entropy([rate, 1 - rate]) + rate * np.log(n_classes - 1))


class LabelNoise:
    """The share of labels that stay wrong at the greatest margins is above its floor.

    Not judged by what the twin gains. Its gain would be seen on rows whose labels are wrong as
    well, and better forecasts of the right labels are worse ones of wrong labels; and the rows that
    it leaves out were chosen by forecasts that learnt from the rows it is judged on. What is at
    stake is the error that no model gets under, and its entropy.
    """

    name = "label_noise"
    slug = "label-noise"
    title = "Some labels look wrong"
    kinds = ("model",)
    effort = "normal"

    def run(self, analysis):
        """Read what the twin was planned from."""
        analysis = analysis.refits
        untried = untried_twin(self, analysis, "cleaned_labels")
        if untried is not None:
            return untried
        e = analysis.evidence
        twin = e.twins["cleaned_labels"]
        seen = twin.evidence
        cause = twin.cause[0].upper() + twin.cause[1:]
        accuracy = analysis.metric.name == "accuracy"
        return Finding(
            name=self.slug,
            section="issue",
            title=self.title,
            message=(
                f"{cause}. Look at the {len(twin.rows):,} rows listed, likeliest first. Outcomes "
                f"that are random at a constant rate look the same; labels that are wrong are "
                f"relabelled or left out."
            ),
            estimate=seen["rate"],
            unit="share",
            ci=(seen["low"], seen["high"]),
            p_value=seen["noise_p_value"],
            limit=seen["limit"],
            nats_at_stake=noise_entropy(seen["low"], e.n_classes),
            errors_at_stake=seen["low"] if accuracy else None,
            evidence=seen,
            rows=twin.rows,
            # No gain is told: the rows were chosen by labels of the rows it would be seen on.
            remedy=twin_remedy(analysis, "cleaned_labels"),
            checks=(self.name,),
        )
