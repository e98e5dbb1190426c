"""The validation loss turned: it was better at an earlier step."""

import numpy as np

from sklearn_lossfix._core._finding import Finding
from sklearn_lossfix._core._paired_tests import paired_estimate
from sklearn_lossfix.diagnosis._judging import interval_text
from sklearn_lossfix.diagnosis.history._curve import window_of
from sklearn_lossfix.diagnosis.history._trend import MIN_POINTS
from sklearn_lossfix.diagnosis.history._turning_point import RISE_SHARE, RISE_Z
from sklearn_lossfix.exceptions import CheckNotApplicable


class OverfitTurningPoint:
    """The smoothed validation loss ends one percent, and three sigmas, above its valley.

    The rise is tested against the noise of the curve. Where the losses of the validation rows were
    recorded, the 95 % interval of the row-paired rise must exclude zero as well: a rise that a few
    rows make is none of the model.
    """

    name = "overfit_turning_point"
    slug = "overfit-turning-point"
    title = "The validation loss has turned"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """Judge the rise since the valley."""
        if len(analysis.loss("validation")) == 0:
            raise CheckNotApplicable(
                "No validation loss was recorded: overfitting does not show on training rows."
            )
        curve = analysis.needed_loss("validation", MIN_POINTS)
        turn, best = analysis.turning_point("validation"), analysis.best_by_loss
        # The smoothed valley, not the least loss: of many noisy epochs that one flatters itself.
        rows = self._rows(analysis, float(curve.steps[turn.position]))
        limit = RISE_SHARE * abs(turn.valley)
        agree = rows is None or rows.low > 0
        enough = turn.rise > limit and turn.z > RISE_Z and agree
        if not turn.told and turn.rise > limit:
            raise CheckNotApplicable(
                f"The validation loss ends {turn.generalization_loss:.1f} % above its valley, but "
                f"its noise is so correlated (lag 1: {turn.coefficient:.2f}) that {len(curve)} "
                f"entries cannot tell this from noise."
            )
        change = (turn.rise - 1.96 * turn.se, turn.rise + 1.96 * turn.se)
        paired = "" if rows is None else f"; row by row {interval_text(rows)}"
        message = (
            f"The validation loss was best at {analysis.history.unit} {best.step:g} "
            f"[{best.low:g}, {best.high:g}] and has risen since by "
            f"{turn.rise:.3g}{analysis.in_unit} ({turn.generalization_loss:.1f} %, "
            f"z = {turn.z:.1f}){paired}."
        )
        evidence = {
            **window_of(curve),
            "first_step": float(curve.steps[turn.position]),
            "best_step": best.step,
            "best_step_low": best.low,
            "best_step_high": best.high,
            "statistic": turn.z,
            "generalization_loss_percent": turn.generalization_loss,
            "lag_1": turn.coefficient,
        }
        if rows is not None:
            evidence |= {"rows_change": rows.value, "rows_low": rows.low, "rows_high": rows.high}
        if enough:
            evidence["fix"] = (
                f"Keep the model of {analysis.history.unit} {best.step:g} (early stopping that "
                f"restores the best), or regularise more."
            )
        return Finding(
            name=self.slug,
            section="issue" if enough else "passed",
            title=self.title,
            message=message,
            estimate=turn.rise,
            unit=analysis.unit,
            ci=change if np.isfinite(turn.se) else None,
            p_value=turn.p_value,
            limit=limit,
            nats_at_stake=max(0.0, change[0]) if enough and analysis.unit else None,
            evidence=evidence,
            checks=(self.name,),
        )

    def _rows(self, analysis, step):
        """Row-paired change of the loss from a step to the last; None without recorded rows."""
        recorded = analysis.recorded_rows(step)
        if recorded is None:
            return None
        return paired_estimate(recorded["losses"][1] - recorded["losses"][0])
