"""Columns that say the same, in front of a model that counts them twice."""

from sklearn_lossfix.diagnosis._twin_finding import check_twin


class RedundantFeatures:
    """A twin with one column of each correlated set is better on the same rows."""

    name = "redundant_features"
    slug = "redundant-features"
    title = "Features repeat each other"
    kinds = ("model",)
    effort = "normal"

    def run(self, analysis):
        """Judge the twin without copies."""
        return check_twin(self, analysis, "pruned_correlated")
