"""What over- and under-confidence share: the temperature rung, read in one direction."""

from sklearn_lossfix._core._paired_tests import interval, upper_tail_p
from sklearn_lossfix.diagnosis._judging import interval_text, judge_effect, p_text
from sklearn_lossfix.diagnosis._remedies import recalibration_remedy
from sklearn_lossfix.diagnosis._root_scale import root_interval, root_standard_error
from sklearn_lossfix.diagnosis.ledgers.loss import likelihood_ratio, rung_gain
from sklearn_lossfix.exceptions import CheckNotApplicable


def _direction(analysis, temperature):
    """What a negative temperature means: forecasts that rank backwards, or that rank nothing."""
    if temperature > 0:
        return ""
    if analysis.ranks_backwards:
        return " (the forecasts point the wrong way)"
    return " (the forecasts hold next to no information)"


def judge_temperature(check, analysis, *, too_sharp):
    """Judge the temperature rung if its map points in this check's direction.

    Parameters
    ----------
    check : Check
        Who judges.
    analysis : Analysis
        The derived numbers.
    too_sharp : bool
        True for over-confidence (temperature above 1), False for under-confidence.

    Returns
    -------
    Finding
    """
    if analysis.ladder is None:
        raise CheckNotApplicable("The model gives no probabilities, so none can be too sharp.")
    ladder = analysis.ladder
    temperature = ladder.maps["temperature"].temperature
    gain = rung_gain(ladder, "temperature", **analysis.refitted_sampling)
    test = likelihood_ratio(ladder, "temperature", analysis.n_effective)
    # A negative temperature turns the forecasts round: too sure, and of the wrong thing.
    if (temperature > 1 or temperature < 0) != too_sharp:
        # The fault lies on the other side, if anywhere: of this one there is nothing.
        gain, test = interval(min(0.0, -gain.value), gain.se), {**test, "p_value": 1.0}
    root_se = root_standard_error(gain, analysis.n_effective, analysis.evidence.inflation)
    gain = root_interval(gain, root_se)
    word = "over" if too_sharp else "under"
    paid = analysis.bridges["promised_vs_paid"]
    message = (
        f"{gain.value:.3g} of {analysis.loss:.3g} nats ({gain.value / analysis.loss:.0%}) is "
        f"{word}-confidence: the temperature is {temperature:.2g}"
        f"{_direction(analysis, temperature)}, "
        f"the forecasts promise a loss of "
        f"{paid['loss']['promised']:.3g} and an accuracy of {paid['accuracy']['promised']:.3g} and "
        f"deliver {paid['loss']['paid']:.3g} and {paid['accuracy']['paid']:.3g} "
        f"({p_text(max(test['p_value'], upper_tail_p(max(gain.value, 0.0) ** 0.5, root_se)))})."
    )
    return judge_effect(
        check,
        analysis,
        gain,
        analysis.loss_floor,
        unit="nats",
        message=message,
        other_p=test["p_value"],
        root_se=root_se,
        evidence={
            "temperature": temperature,
            "likelihood_ratio": test["statistic"],
            "likelihood_ratio_p": test["p_value"],
            "in_sample_estimate": test["in_sample"],
            "interval": interval_text(gain),
        },
        remedy=recalibration_remedy(analysis, "temperature"),
    )
