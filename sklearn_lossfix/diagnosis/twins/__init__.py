"""Kinds of twins, in the causal order of what they repair; one file each."""

from sklearn_lossfix.diagnosis.twins.classifier import ClassifierTwin
from sklearn_lossfix.diagnosis.twins.converged import ConvergedTwin
from sklearn_lossfix.diagnosis.twins.scaled import ScaledTwin

TWINS = (
    ClassifierTwin(),
    ScaledTwin(),
    ConvergedTwin(),
)
