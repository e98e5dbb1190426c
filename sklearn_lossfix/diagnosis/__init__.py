"""Why loss and metric differ: diagnose(), and the report it makes."""

from sklearn_lossfix.diagnosis._diagnose import diagnose
from sklearn_lossfix.diagnosis._diagnose_predictions import diagnose_predictions
from sklearn_lossfix.diagnosis._fix import Fix
from sklearn_lossfix.diagnosis._history import diagnose_history
from sklearn_lossfix.diagnosis._report import FitReport
from sklearn_lossfix.diagnosis.ledgers.flips import flip_table

__all__ = ["FitReport", "Fix", "diagnose", "diagnose_history", "diagnose_predictions", "flip_table"]
