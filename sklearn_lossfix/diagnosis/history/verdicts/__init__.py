"""Verdicts on a history, in order: what stands earlier in a group explains what stands later."""

from sklearn_lossfix.diagnosis.history.verdicts.accuracy_stalls_while_loss_falls import (
    AccuracyStallsWhileLossFalls,
)
from sklearn_lossfix.diagnosis.history.verdicts.learning_rate_too_high import LearningRateTooHigh
from sklearn_lossfix.diagnosis.history.verdicts.learning_rate_too_low import LearningRateTooLow
from sklearn_lossfix.diagnosis.history.verdicts.loss_diverging import LossDiverging
from sklearn_lossfix.diagnosis.history.verdicts.loss_metric_mismatch import HistoryMismatch
from sklearn_lossfix.diagnosis.history.verdicts.loss_oscillating import LossOscillating
from sklearn_lossfix.diagnosis.history.verdicts.loss_plateau import LossPlateau
from sklearn_lossfix.diagnosis.history.verdicts.loss_recurring import LossRecurring
from sklearn_lossfix.diagnosis.history.verdicts.loss_rises_while_accuracy_holds import (
    LossRisesWhileAccuracyHolds,
)
from sklearn_lossfix.diagnosis.history.verdicts.loss_spike import LossSpike
from sklearn_lossfix.diagnosis.history.verdicts.negative_loss import NegativeLoss
from sklearn_lossfix.diagnosis.history.verdicts.nonfinite_loss import NonfiniteHistory
from sklearn_lossfix.diagnosis.history.verdicts.overfit_turning_point import OverfitTurningPoint
from sklearn_lossfix.diagnosis.history.verdicts.still_improving import StillImproving
from sklearn_lossfix.diagnosis.history.verdicts.stuck_at_chance import StuckAtChance

HISTORY_CHECKS = (
    # health of the loss
    NonfiniteHistory(),
    NegativeLoss(),
    HistoryMismatch(),
    # chance
    StuckAtChance(),
    # stability
    LearningRateTooHigh(),
    LossDiverging(),
    LossOscillating(),
    # periodicity
    LossRecurring(),
    LossSpike(),
    # end of the curve
    OverfitTurningPoint(),
    LearningRateTooLow(),
    StillImproving(),
    LossPlateau(),
    # loss and metric
    LossRisesWhileAccuracyHolds(),
    AccuracyStallsWhileLossFalls(),
)
