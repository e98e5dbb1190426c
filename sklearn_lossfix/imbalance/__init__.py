"""Treatments of class imbalance, chosen by evidence."""

from sklearn_lossfix.imbalance._auto_balanced import AutoBalancedClassifier

__all__ = ["AutoBalancedClassifier"]
