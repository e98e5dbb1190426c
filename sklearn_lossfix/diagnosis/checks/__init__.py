"""The checks, in causal order: what stands earlier explains what stands later."""

from sklearn_lossfix.diagnosis.checks.all_missing_feature import AllMissingFeature
from sklearn_lossfix.diagnosis.checks.class_imbalance import ClassImbalance
from sklearn_lossfix.diagnosis.checks.conflicting_labels import ConflictingLabels
from sklearn_lossfix.diagnosis.checks.constant_feature import ConstantFeature
from sklearn_lossfix.diagnosis.checks.failing_class import FailingClass
from sklearn_lossfix.diagnosis.checks.hard_rows_dominate_loss import HardRowsDominateLoss
from sklearn_lossfix.diagnosis.checks.loss_metric_mismatch import LossMetricMismatch
from sklearn_lossfix.diagnosis.checks.loss_unsuited_to_task import LossUnsuitedToTask
from sklearn_lossfix.diagnosis.checks.majority_collapse import MajorityCollapse
from sklearn_lossfix.diagnosis.checks.misaligned_decision_rule import MisalignedDecisionRule
from sklearn_lossfix.diagnosis.checks.misshapen_probabilities import MisshapenProbabilities
from sklearn_lossfix.diagnosis.checks.no_signal import NoSignal
from sklearn_lossfix.diagnosis.checks.nonfinite_loss import NonfiniteLoss
from sklearn_lossfix.diagnosis.checks.not_converged import NotConverged
from sklearn_lossfix.diagnosis.checks.overconfident import Overconfident
from sklearn_lossfix.diagnosis.checks.search_at_edge import SearchAtEdge
from sklearn_lossfix.diagnosis.checks.selection_optimism import SelectionOptimism
from sklearn_lossfix.diagnosis.checks.shifted_prior import ShiftedPrior
from sklearn_lossfix.diagnosis.checks.tied_feature import TiedFeature
from sklearn_lossfix.diagnosis.checks.underconfident import Underconfident
from sklearn_lossfix.diagnosis.checks.unscaled_features import UnscaledFeatures
from sklearn_lossfix.diagnosis.checks.unstratified_split import UnstratifiedSplit
from sklearn_lossfix.diagnosis.checks.validation_too_small import ValidationTooSmall
from sklearn_lossfix.diagnosis.checks.wrong_dtype_feature import WrongDtypeFeature
from sklearn_lossfix.diagnosis.checks.zero_scale_feature import ZeroScaleFeature

BUILTIN_CHECKS = (
    # validity
    UnstratifiedSplit(),
    ValidationTooSmall(),
    ConflictingLabels(),
    # task
    LossUnsuitedToTask(),
    LossMetricMismatch(),
    NonfiniteLoss(),
    NoSignal(),
    # optimisation
    NotConverged(),
    UnscaledFeatures(),
    # probabilities and decision
    Overconfident(),
    Underconfident(),
    ShiftedPrior(),
    MisshapenProbabilities(),
    MisalignedDecisionRule(),
    MajorityCollapse(),
    ClassImbalance(),
    FailingClass(),
    HardRowsDominateLoss(),
    # search
    SearchAtEdge(),
    SelectionOptimism(),
    # data
    ConstantFeature(),
    ZeroScaleFeature(),
    AllMissingFeature(),
    TiedFeature(),
    WrongDtypeFeature(),
)
