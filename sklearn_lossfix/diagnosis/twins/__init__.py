"""Kinds of twins, in the causal order of what they repair; one file each."""

from sklearn_lossfix.diagnosis.twins.classifier import ClassifierTwin
from sklearn_lossfix.diagnosis.twins.cleaned_labels import CleanedLabelsTwin
from sklearn_lossfix.diagnosis.twins.converged import ConvergedTwin
from sklearn_lossfix.diagnosis.twins.higher_capacity import HigherCapacityTwin
from sklearn_lossfix.diagnosis.twins.learning_rate import FasterTwin, SlowerTwin
from sklearn_lossfix.diagnosis.twins.missing_indicator import MissingIndicatorTwin
from sklearn_lossfix.diagnosis.twins.pruned_correlated import PrunedCorrelatedTwin
from sklearn_lossfix.diagnosis.twins.pruned_useless import PrunedUselessTwin
from sklearn_lossfix.diagnosis.twins.regularised import RegularisedTwin
from sklearn_lossfix.diagnosis.twins.revived import RevivedTwin
from sklearn_lossfix.diagnosis.twins.scaled import ScaledTwin
from sklearn_lossfix.diagnosis.twins.tamed import TamedTwin

TWINS = (
    CleanedLabelsTwin(),
    MissingIndicatorTwin(),
    ClassifierTwin(),
    ScaledTwin(),
    TamedTwin(),
    SlowerTwin(),
    FasterTwin(),
    ConvergedTwin(),
    RevivedTwin(),
    HigherCapacityTwin(),
    RegularisedTwin(),
    PrunedCorrelatedTwin(),
    PrunedUselessTwin(),
)
