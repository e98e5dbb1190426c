"""Outliers in front of a model that minds."""

from sklearn_lossfix.diagnosis._twin_finding import check_twin


class OutlierFeatures:
    """A twin whose outlying columns are bounded before the last step is better on the same rows."""

    name = "outlier_features"
    slug = "outlier-features"
    title = "Outliers hold most of a feature's variance"
    kinds = ("model",)
    effort = "normal"

    def run(self, analysis):
        """Judge the tamed twin."""
        return check_twin(self, analysis, "tamed")
