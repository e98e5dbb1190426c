"""Why loss and metric differ: diagnose(), and the report it makes."""

from sklearn_lossfix.diagnosis._diagnose import diagnose, diagnose_predictions
from sklearn_lossfix.diagnosis._report import FitReport
from sklearn_lossfix.diagnosis.ledgers.flips import flip_table

__all__ = ["FitReport", "diagnose", "diagnose_predictions", "flip_table"]
