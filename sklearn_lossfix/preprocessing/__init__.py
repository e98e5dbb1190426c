"""Robust scaling and capping of columns, exact and fast."""

from sklearn_lossfix.preprocessing._mad_scaler import MADScaler
from sklearn_lossfix.preprocessing._suggest_robust_steps import suggest_robust_steps
from sklearn_lossfix.preprocessing._winsorizer import Winsorizer

__all__ = ["MADScaler", "Winsorizer", "suggest_robust_steps"]
