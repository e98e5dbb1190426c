"""Model selection for the metric that matters."""

from sklearn_lossfix.model_selection._metric_aligned_search import MetricAlignedSearchCV

__all__ = ["MetricAlignedSearchCV"]
