"""Probabilities that are too near to the class shares."""

from sklearn_lossfix.diagnosis._temperature import judge_temperature


class Underconfident:
    """The temperature map sharpens the forecasts and lowers the loss."""

    name = "underconfident"
    slug = "underconfident"
    title = "Probabilities are too timid"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """Judge the temperature rung where it sharpens."""
        return judge_temperature(self, analysis, too_sharp=False)
