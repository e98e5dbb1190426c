"""Columns without a relation to the label, in front of a model that reads them all the same."""

from sklearn_lossfix.diagnosis._twin_finding import check_twin


class UselessFeatures:
    """A twin with a selector before the last step is better on the same rows."""

    name = "useless_features"
    slug = "useless-features"
    title = "Most features tell nothing"
    kinds = ("model",)
    effort = "normal"

    def run(self, analysis):
        """Judge the twin with fewer columns."""
        return check_twin(self, analysis, "pruned_useless")
