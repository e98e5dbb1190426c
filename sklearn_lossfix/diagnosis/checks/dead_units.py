"""A network whose rectified units are off on every row."""

from sklearn_lossfix.diagnosis._twin_finding import check_twin


class DeadUnits:
    """A twin with units that cannot die is better on the same rows."""

    name = "dead_units"
    slug = "dead-units"
    title = "Hidden units are dead"
    kinds = ("model",)
    effort = "normal"

    def run(self, analysis):
        """Judge the twin."""
        return check_twin(self, analysis, "revived")
