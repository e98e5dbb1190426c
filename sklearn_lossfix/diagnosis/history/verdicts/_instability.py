"""How a loss that diverges, or swings, is judged: shared by the symptom and its cause."""

from dataclasses import dataclass

from sklearn_lossfix.diagnosis.history._noise import second_difference_sigma
from sklearn_lossfix.diagnosis.history._turning_point import RISE_SHARE, RISE_Z
from sklearn_lossfix.exceptions import CheckNotApplicable

# A loss that has lost this share of what it had gained diverges.
LOST_SHARE = 0.5

# A typical step up or down of this share of the whole progress is a swing that matters.
SWING_SHARE = 0.2

# Turning points beside those of white noise, in standard deviations, from which a loss swings.
SWING_Z = 3.0


@dataclass(frozen=True)
class Divergence:
    """The end of a curve beside its best."""

    lost_share: float
    rise: float
    z: float
    p_value: float
    first_step: float
    rises: bool
    diverges: bool

    @property
    def lost(self):
        """The share in words: of a loss that ends above its start more than all was lost."""
        if self.lost_share > 1.0:
            return "all of its progress, and more"
        return f"{self.lost_share:.0%} of its progress"


def divergence(analysis, split):
    """Whether a loss has risen again, beyond noise and by what matters, and lost half its progress.

    Parameters
    ----------
    analysis : HistoryAnalysis
        With a loss of that split of eight points at least.
    split : str
        The split.

    Returns
    -------
    Divergence
    """
    curve, turn = analysis.loss(split), analysis.turning_point(split)
    progress = analysis.progress(split)
    share = turn.rise / progress if progress > 0 else float("inf") if turn.rise > 0 else 0.0
    beyond_noise = turn.rise > RISE_Z * second_difference_sigma(curve.values)
    # Without progress any rise is a large share of it.
    matters = turn.rise > RISE_SHARE * abs(turn.valley)
    rises = bool(turn.told and turn.z > RISE_Z and beyond_noise and matters)
    return Divergence(
        lost_share=float(share),
        rise=turn.rise,
        z=turn.z,
        p_value=turn.p_value,
        first_step=float(curve.steps[turn.position]),
        rises=rises,
        diverges=rises and share > LOST_SHARE,
    )


def swings(oscillation):
    """Whether a loss goes up and down faster than noise, by steps that matter."""
    matters = oscillation["swing"] > oscillation["limit"]
    return oscillation["z"] > SWING_Z and oscillation["share"] > SWING_SHARE and matters


def share_of_progress(share):
    """A share of the progress in words; a run without progress has no hundreds of percent."""
    return f"{share:.0%} of its whole progress" if share <= 1.0 else "more than its whole progress"


def training_loss(analysis, at_least):
    """The loss that the optimiser moves, or CheckNotApplicable."""
    if len(analysis.loss("train")) == 0:
        raise CheckNotApplicable(
            "No training loss was recorded; a validation loss that rises is judged as "
            "overfit-turning-point."
        )
    return analysis.needed_loss("train", at_least)
