"""Probabilities that are too far from the class shares."""

from sklearn_lossfix.diagnosis._temperature import judge_temperature


class Overconfident:
    """The temperature map flattens the forecasts and lowers the loss.

    Tested twice, both must reject: the likelihood ratio of the map, and the cross-fitted gain
    against the smallest gain that matters.
    """

    name = "overconfident"
    slug = "overconfident"
    title = "Probabilities are too sure"
    kinds = ("model",)
    effort = "fast"

    def run(self, analysis):
        """Judge the temperature rung where it flattens."""
        return judge_temperature(self, analysis, too_sharp=True)
