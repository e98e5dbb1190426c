"""The validation loss turned: it was better at an earlier step."""

from dataclasses import replace

import numpy as np

from sklearn_lossfix._core._finding import Finding
from sklearn_lossfix._core._paired_tests import paired_estimate
from sklearn_lossfix.diagnosis._judging import interval_text
from sklearn_lossfix.diagnosis.history._curve import window_of
from sklearn_lossfix.diagnosis.history._trend import MIN_POINTS
from sklearn_lossfix.diagnosis.history._turning_point import (
    LIKELIHOOD_RATIO,
    RISE_SHARE,
    RISE_Z,
    turning_point,
)
from sklearn_lossfix.exceptions import CheckNotApplicable

# Of fewer entries than a test needs, a last loss that is this share above the least one is worth a
# word: Prechelt's rule GL5 (Prechelt 1998, *Early stopping - but when?*).
VALLEY_SHARE = 0.05

# Entries of which the least one can lie between others.
MIN_VALLEY = 3

# Standard errors that the losses of the rows must have risen by, where the likelihood of all labels
# speaks as well. A test at 5 % costs more overfitted runs than it saves sound ones: macro-F1 of .87
# in place of .92 on the recorded runs of the benchmark.
ROW_Z = 1.0


class OverfitTurningPoint:
    """The smoothed validation loss ends one percent, and three sigmas, above its valley.

    The rise is tested against the noise of the curve. Few rows make a rise of a few percent by
    themselves: where their number is known and the loss is a log loss, their labels must also be
    twenty times as likely under the model of the valley. Where the losses of the rows were
    recorded, they must rise too: by more than the standard error beside that ratio, which a single
    row alone cannot, and by the 95 % interval without it. Where an earlier step was put back at the
    end, it has passed if that step is not above the valley. Without any loss a metric is judged, by
    its own limit. Of three to seven entries nothing is tested: a last one that is five percent
    above the least one is a tip.
    """

    name = "overfit_turning_point"
    slug = "overfit-turning-point"
    title = "The validation loss has turned"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """Judge the rise since the valley."""
        if not analysis.records_loss and len(analysis.metric("validation")) >= MIN_POINTS:
            return self._of_metric(analysis, analysis.metric("validation"))
        if len(analysis.loss("validation")) == 0:
            raise CheckNotApplicable(
                "No validation loss was recorded: overfitting does not show on training rows."
            )
        if MIN_VALLEY <= len(analysis.loss("validation")) < MIN_POINTS:
            return self._by_value(analysis, analysis.loss("validation"))
        curve = analysis.needed_loss("validation", MIN_POINTS)
        turn, best = analysis.turning_point("validation"), analysis.best_by_loss
        # The smoothed valley, not the least loss: of many noisy epochs that one flatters itself.
        rows = self._rows(analysis, float(curve.steps[turn.position]))
        limit = RISE_SHARE * abs(turn.valley)
        favour = self._favour(analysis, turn)
        suffice = favour is None or favour > np.log(LIKELIHOOD_RATIO)
        agree = rows is None or _rows_agree(rows, favour)
        enough = turn.rise > limit and turn.z > RISE_Z and suffice and agree
        if not turn.told and turn.rise > limit:
            raise CheckNotApplicable(
                f"The validation loss ends {_percent(turn)} above its valley, but "
                f"its noise is so correlated (lag 1: {turn.coefficient:.2f}) that {len(curve)} "
                f"entries cannot tell this from noise."
            )
        half = 1.96 * turn.se
        change = (turn.rise - half, turn.rise + half)
        kept = self._kept(analysis, curve, turn)
        paired = "" if rows is None else f"; row by row {interval_text(rows)}"
        message = (
            f"The validation loss was best at {analysis.history.unit} {best.step:g} "
            f"[{best.low:g}, {best.high:g}] and has risen since by "
            f"{turn.rise:.3g}{analysis.in_unit} ({_percent(turn)}, "
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
        if favour is not None:
            n_rows = analysis.n_validation
            evidence |= {"n_rows": n_rows, "log_likelihood_ratio": favour}
            evidence["rows_suffice"] = bool(suffice)
            if turn.rise > limit and not suffice:
                message = message.removesuffix(".")
                message += f"; {n_rows:,} rows are too few to prove such a rise."
        if rows is not None:
            evidence |= {"rows_change": rows.value, "rows_low": rows.low, "rows_high": rows.high}
            evidence["rows_agree"] = bool(agree)
        at_stake = change[0]
        if kept is not None:
            message = f"{message.removesuffix('.')}{kept['words']}."
            evidence["kept_step"] = kept["step"]
            enough, at_stake = enough and not kept["is_good"], kept["rise"] - half
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
            nats_at_stake=max(0.0, at_stake) if enough and analysis.unit else None,
            evidence=evidence,
            checks=(self.name,),
        )

    def _by_value(self, analysis, curve):
        """A tip where a few entries have a valley; not applicable where they have none."""
        position = int(np.argmin(curve.values))
        least, last = float(curve.values[position]), float(curve.values[-1])
        limit = VALLEY_SHARE * abs(least)
        if last - least <= limit or analysis.kept_position(curve) == position:
            raise CheckNotApplicable(
                f"The validation loss has {len(curve)} finite entries; this needs {MIN_POINTS}. "
                f"The last is no more than {VALLEY_SHARE:.0%} above the least, or the least was "
                f"put back."
            )
        unit, step = analysis.history.unit, float(curve.steps[position])
        return Finding(
            name=self.slug,
            section="tip",
            title=self.title,
            message=f"The validation loss was least at {unit} {step:g} ({least:.3g}) and ends "
            f"{last - least:.3g}{analysis.in_unit} above it; {len(curve)} entries are too few to "
            f"tell this from noise.",
            estimate=last - least,
            unit=analysis.unit,
            limit=limit,
            evidence={
                **window_of(curve),
                "best_step": step,
                "fix": f"Keep the model of {unit} {step:g}, and record the loss more often.",
            },
            checks=(self.name,),
        )

    def _favour(self, analysis, turn):
        """Logarithm of how many times as likely the labels are under the valley as at the end.

        The sum of the log losses of rows is minus the logarithm of the likelihood of their labels.
        None where the number of rows is not known, or the loss is no log loss.
        """
        if analysis.n_validation is None or analysis.history.loss_kind != "log_loss":
            return None
        return float(analysis.n_validation * turn.rise)

    def _kept(self, analysis, curve, turn):
        """The step that was put back, and how far above the valley it is; None if none was."""
        position = analysis.kept_position(curve)
        if position is None or position == len(curve) - 1:
            return None
        rise = float(analysis.smooth_loss("validation")[position]) - turn.valley
        is_good = rise <= max(RISE_SHARE * abs(turn.valley), RISE_Z * turn.se)
        step = float(analysis.history.kept_step)
        which = f"the model of {analysis.history.unit} {step:g} was put back"
        words = f"; {which}" if is_good else f"; {which}, {rise:.3g} above the valley"
        return {"step": step, "rise": rise, "is_good": is_good, "words": words}

    def _of_metric(self, analysis, curve):
        """The same test of a metric, of which more is better, where no loss was recorded."""
        turn = turning_point(-curve.values)
        best = next(best for best in analysis.best_epochs if best.by == curve.name)
        limit = analysis.metric_limit(curve)
        if not turn.told and turn.rise > limit:
            raise CheckNotApplicable(
                f"The validation {curve.name} ends {turn.rise:.3g} below its best, but its noise "
                f"is so correlated (lag 1: {turn.coefficient:.2f}) that {len(curve)} entries "
                f"cannot tell this from noise."
            )
        # A metric of few rows jitters by more than a loss: what matters must itself be exceeded by
        # more than noise.
        enough = turn.rise - limit > RISE_Z * turn.se
        unit, name = analysis.history.unit, curve.name.replace("_", " ")
        evidence = {
            **window_of(curve),
            "first_step": float(curve.steps[turn.position]),
            "best_step": best.step,
            "best_step_low": best.low,
            "best_step_high": best.high,
            "statistic": turn.z,
            "lag_1": turn.coefficient,
        }
        if enough:
            evidence["fix"] = f"Keep the model of {unit} {best.step:g}, or regularise more."
        finding = Finding(
            name=self.slug,
            section="issue" if enough else "passed",
            title=self.title,
            message=f"The validation {name} was best at {unit} {best.step:g} [{best.low:g}, "
            f"{best.high:g}] and has fallen since by {turn.rise:.3g} (z = {turn.z:.1f}).",
            estimate=turn.rise,
            p_value=turn.p_value,
            limit=limit,
            evidence=evidence,
            checks=(self.name,),
        )
        return replace(finding, title="The validation metric has turned") if enough else finding

    def _rows(self, analysis, step):
        """Row-paired change of the loss from a step to the last; None without recorded rows."""
        recorded = analysis.recorded_rows(step)
        if recorded is None:
            return None
        return paired_estimate(recorded["losses"][1] - recorded["losses"][0])


def _rows_agree(rows, favour):
    """Whether the losses of the rows have risen, beside a likelihood ratio or, for None, alone."""
    return rows.low > 0 if favour is None else rows.value > ROW_Z * rows.se


def _percent(turn):
    """How far the end lies above the valley, in percent; with an exponent where it is absurd."""
    share = turn.generalization_loss
    return f"{share:.1f} %" if share < 1e6 else f"{share:.3g} %"
