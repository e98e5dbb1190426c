"""Features on very different scales in front of a model that minds."""

from sklearn_lossfix.diagnosis._twin_finding import check_twin


class UnscaledFeatures:
    """A twin with StandardScaler before the last step is better on the same rows."""

    name = "unscaled_features"
    slug = "unscaled-features"
    title = "Features are not on one scale"
    kinds = ("model",)
    effort = "normal"

    def run(self, analysis):
        """Judge the scaled twin."""
        return check_twin(self, analysis, "scaled")
