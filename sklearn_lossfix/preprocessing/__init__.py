"""Robust scaling and capping of columns, exact and fast."""

from sklearn_lossfix.preprocessing._mad_scaler import MADScaler
from sklearn_lossfix.preprocessing._winsorizer import Winsorizer

__all__ = ["MADScaler", "Winsorizer"]
