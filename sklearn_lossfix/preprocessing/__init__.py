"""Robust scaling and capping of columns, exact and fast."""

from sklearn_lossfix.preprocessing._mad_scaler import MADScaler

__all__ = ["MADScaler"]
