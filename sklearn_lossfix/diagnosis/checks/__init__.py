"""The checks, in causal order: what stands earlier explains what stands later."""

from sklearn_lossfix.diagnosis.checks.all_missing_feature import AllMissingFeature
from sklearn_lossfix.diagnosis.checks.class_imbalance import ClassImbalance
from sklearn_lossfix.diagnosis.checks.conflicting_labels import ConflictingLabels
from sklearn_lossfix.diagnosis.checks.constant_feature import ConstantFeature
from sklearn_lossfix.diagnosis.checks.dead_units import DeadUnits
from sklearn_lossfix.diagnosis.checks.failing_class import FailingClass
from sklearn_lossfix.diagnosis.checks.group_overlap import GroupOverlap
from sklearn_lossfix.diagnosis.checks.hard_rows_dominate_loss import HardRowsDominateLoss
from sklearn_lossfix.diagnosis.checks.informative_missingness import InformativeMissingness
from sklearn_lossfix.diagnosis.checks.label_noise import LabelNoise
from sklearn_lossfix.diagnosis.checks.leaked_rows import LeakedRows
from sklearn_lossfix.diagnosis.checks.leaky_feature import LeakyFeature
from sklearn_lossfix.diagnosis.checks.learning_rate_too_high import LearningRateTooHigh
from sklearn_lossfix.diagnosis.checks.learning_rate_too_low import LearningRateTooLow
from sklearn_lossfix.diagnosis.checks.loss_metric_mismatch import LossMetricMismatch
from sklearn_lossfix.diagnosis.checks.loss_unsuited_to_task import LossUnsuitedToTask
from sklearn_lossfix.diagnosis.checks.majority_collapse import MajorityCollapse
from sklearn_lossfix.diagnosis.checks.misaligned_decision_rule import MisalignedDecisionRule
from sklearn_lossfix.diagnosis.checks.misshapen_probabilities import MisshapenProbabilities
from sklearn_lossfix.diagnosis.checks.more_data_helps import MoreDataHelps
from sklearn_lossfix.diagnosis.checks.no_signal import NoSignal
from sklearn_lossfix.diagnosis.checks.nonfinite_loss import NonfiniteLoss
from sklearn_lossfix.diagnosis.checks.not_converged import NotConverged
from sklearn_lossfix.diagnosis.checks.outlier_features import OutlierFeatures
from sklearn_lossfix.diagnosis.checks.overconfident import Overconfident
from sklearn_lossfix.diagnosis.checks.overfitting import Overfitting
from sklearn_lossfix.diagnosis.checks.preprocessed_before_split import PreprocessedBeforeSplit
from sklearn_lossfix.diagnosis.checks.redundant_features import RedundantFeatures
from sklearn_lossfix.diagnosis.checks.search_at_edge import SearchAtEdge
from sklearn_lossfix.diagnosis.checks.seed_sensitive import SeedSensitive
from sklearn_lossfix.diagnosis.checks.selection_optimism import SelectionOptimism
from sklearn_lossfix.diagnosis.checks.shifted_prior import ShiftedPrior
from sklearn_lossfix.diagnosis.checks.tied_feature import TiedFeature
from sklearn_lossfix.diagnosis.checks.time_overlap import TimeOverlap
from sklearn_lossfix.diagnosis.checks.train_test_drift import TrainTestDrift
from sklearn_lossfix.diagnosis.checks.underconfident import Underconfident
from sklearn_lossfix.diagnosis.checks.underfitting import Underfitting
from sklearn_lossfix.diagnosis.checks.unscaled_features import UnscaledFeatures
from sklearn_lossfix.diagnosis.checks.unstratified_split import UnstratifiedSplit
from sklearn_lossfix.diagnosis.checks.useless_features import UselessFeatures
from sklearn_lossfix.diagnosis.checks.validation_too_small import ValidationTooSmall
from sklearn_lossfix.diagnosis.checks.wrong_dtype_feature import WrongDtypeFeature
from sklearn_lossfix.diagnosis.checks.zero_scale_feature import ZeroScaleFeature

BUILTIN_CHECKS = (
    # validity
    LeakedRows(),
    GroupOverlap(),
    TimeOverlap(),
    PreprocessedBeforeSplit(),
    LeakyFeature(),
    UnstratifiedSplit(),
    TrainTestDrift(),
    ValidationTooSmall(),
    ConflictingLabels(),
    LabelNoise(),
    InformativeMissingness(),
    # task
    LossUnsuitedToTask(),
    LossMetricMismatch(),
    NonfiniteLoss(),
    NoSignal(),
    # optimisation
    NotConverged(),
    LearningRateTooHigh(),
    LearningRateTooLow(),
    DeadUnits(),
    UnscaledFeatures(),
    OutlierFeatures(),
    SeedSensitive(),
    # capacity
    Underfitting(),
    Overfitting(),
    MoreDataHelps(),
    RedundantFeatures(),
    UselessFeatures(),
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
