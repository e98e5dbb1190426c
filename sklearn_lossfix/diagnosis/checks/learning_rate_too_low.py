"""A model that learns too slowly to get anywhere."""

from sklearn_lossfix.diagnosis._twin_finding import check_twin


class LearningRateTooLow:
    """A twin with ten times the learning rate is better on the same rows."""

    name = "learning_rate_too_low"
    slug = "learning-rate-too-low"
    title = "The learning rate is too low"
    kinds = ("model",)
    effort = "normal"

    def run(self, analysis):
        """Judge the twin."""
        return check_twin(self, analysis, "faster")
