"""Missing values that predict the label, in front of an imputer that does not say so."""

from sklearn_lossfix.diagnosis._twin_finding import check_twin


class InformativeMissingness:
    """A twin whose imputers add indicators is better on the same rows."""

    name = "informative_missingness"
    slug = "informative-missingness"
    title = "Missing values tell the label, and are filled in silently"
    kinds = ("model",)
    effort = "normal"

    def run(self, analysis):
        """Judge the twin with indicators."""
        return check_twin(self, analysis, "missing_indicator")
