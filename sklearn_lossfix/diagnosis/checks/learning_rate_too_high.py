"""A model that learns more slowly is better."""

from sklearn_lossfix.diagnosis._twin_finding import check_twin


class LearningRateTooHigh:
    """A twin with a tenth of the learning rate is better on the same rows."""

    name = "learning_rate_too_high"
    slug = "learning-rate-too-high"
    title = "The learning rate is too high"
    kinds = ("model",)
    effort = "normal"

    def run(self, analysis):
        """Judge the twin."""
        return check_twin(self, analysis, "slower")
