"""What twice the rows would bring, read off a learning curve."""

from sklearn_lossfix._core._finding import LOSS_FLOOR_SHARE
from sklearn_lossfix.diagnosis._judging import fact, interval_text
from sklearn_lossfix.diagnosis._learning_curve import LEAST_SIZES, forecast
from sklearn_lossfix.exceptions import CheckNotApplicable


class MoreDataHelps:
    """The loss still falls with the rows, and is forecast to fall by more than the floor.

    Nothing is wrong with a model that would be better with more data, and no refit can prove it: a
    tip, with the forecast and its interval.
    """

    name = "more_data_helps"
    slug = "more-data-helps"
    title = "More rows would lower the loss"
    kinds = ("model",)
    effort = "thorough"

    def run(self, analysis):
        """Forecast the loss with twice the rows."""
        analysis = analysis.refits
        e = analysis.evidence
        curve = e.learning_curve
        if curve is None:
            raise CheckNotApplicable(
                e.facts.get(
                    "no_twins_reason",
                    f"The model could not be fitted on {LEAST_SIZES} sizes of its training part.",
                )
            )
        seen = forecast(curve, inflation=e.inflation, **analysis.sampling)
        loss, gain, slope = float(seen.means[-1]), seen.gain, seen.slope
        limit = LOSS_FLOOR_SHARE * loss
        what = "loss" if curve["unit"] == "nats" else "share of wrong labels"
        message = (
            f"With {2 * curve['n_train'][-1]:,} rows to learn from instead of "
            f"{curve['n_train'][-1]:,} the {what} is forecast to fall from {loss:.3g} by "
            f"{interval_text(gain)}; from {curve['n_train'][0]:,} rows on, each doubling brought "
            f"{-slope.value:.3g} [{-slope.high:.3g}, {-slope.low:.3g}]."
        )
        return fact(
            self,
            "tip" if gain.low > limit else "passed",
            message,
            estimate=gain.value,
            unit="nats" if curve["unit"] == "nats" else "share",
            ci=(gain.low, gain.high),
            limit=limit,
            evidence={
                "n_train": list(curve["n_train"]),
                "losses": seen.means.tolist(),
                "slope_per_doubling": list(slope),
            },
        )
