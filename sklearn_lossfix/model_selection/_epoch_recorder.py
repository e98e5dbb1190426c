"""Loss and metrics of a classifier after every epoch, on training and on validation rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.neural_network import MLPClassifier

from sklearn_lossfix._core._caught_warnings import caught_warnings
from sklearn_lossfix._core._columns import named
from sklearn_lossfix._core._oof import class_columns
from sklearn_lossfix._core._paired_tests import effective_rows, weighted_mean
from sklearn_lossfix._core._proper_scores import class_shares, clipped_log, log_loss_rows
from sklearn_lossfix._core._recalibration import fit_smooth_map, map_loss_rows
from sklearn_lossfix._core._recorded_scores import scorer_value, stand_in
from sklearn_lossfix._core._user_warning import warn_user
from sklearn_lossfix._core._validation import encode_target
from sklearn_lossfix.decision._metrics import metric_from_codes
from sklearn_lossfix.exceptions import LossfixWarning

#: Losses by the method whose scores they judge.
LOSS_OF_RESPONSE = {"predict_proba": "log_loss", "decision_function": "hinge_loss"}

# Classes whose `predict` is the argmax of their `predict_proba`, bit for bit. Where labels are made
# from other numbers, probabilities that saturate at 1 give other labels.
_PREDICT_ARGMAX = (
    MLPClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    ExtraTreesClassifier,
)


@dataclass(frozen=True, eq=False)
class ScoredPart:
    """Rows that are scored after every epoch.

    Attributes
    ----------
    X : array-like of shape (n_rows, n_features)
        Data, as the model takes them.

    codes : ndarray of shape (n_rows,), dtype int
        Class codes.

    weight : ndarray of shape (n_rows,) or None
        Weights.
    """

    X: Any
    codes: np.ndarray
    weight: np.ndarray | None


def hinge_loss_rows(margins, codes):
    """Hinge loss of every row.

    Parameters
    ----------
    margins : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Decision values; one column is that of the second of two classes.

    codes : ndarray of shape (n_rows,), dtype int
        Class codes.

    Returns
    -------
    ndarray of shape (n_rows,)
        ``max(0, 1 - margin)`` with the signed value for two classes; for more, the margin to the
        greatest wrong value (Crammer and Singer 2001), as `sklearn.metrics.hinge_loss`.
    """
    if margins.ndim == 1:
        return np.maximum(1.0 - np.where(codes == 1, margins, -margins), 0.0)
    wrong = margins.astype(np.float64)
    right = np.take_along_axis(wrong, codes[:, None], axis=1)[:, 0]
    np.put_along_axis(wrong, codes[:, None], -np.inf, axis=1)
    return np.maximum(1.0 - right + wrong.max(axis=1), 0.0)


def _labels_without_rows(part, classes):
    """Labels of which a part has no row that weighs anything."""
    codes = part.codes if part.weight is None else part.codes[part.weight > 0]
    return np.delete(classes, np.unique(codes)).tolist()


class EpochRecorder:
    """Scores a model after every epoch.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Labels.

    parts : dict of str to ScoredPart
        ``"train"`` and ``"validation"``.

    response : {"predict_proba", "decision_function"}
        What the model answers; it says what the loss is.

    metrics : list of Metric
        What is recorded beside the loss.

    positive : list of int or None
        Code of the positive class for each metric.

    refine : bool, default=False
        Whether to compute the refinement of the validation rows.

    store_rows : bool, default=False
        Whether to keep the loss of every validation row.

    monitored : str or None, default=None
        Name of the metric, among `metrics`, that must have a value on the validation rows. Others
        are NaN where they have none.

    Attributes
    ----------
    curves : dict of str to list of float
        What was recorded: ``"train_log_loss"`` and so on.

    row_losses, row_right : list of ndarray of shape (n_validation,)
        Of every epoch, with `store_rows`.
    """

    def __init__(
        self,
        classes,
        parts,
        response,
        metrics,
        positive,
        *,
        refine=False,
        store_rows=False,
        monitored=None,
    ):
        self._classes = classes
        self._labels = {name: classes[part.codes] for name, part in parts.items()}
        self.parts = parts
        self._response = response
        self._metrics = list(zip(metrics, positive, strict=True))
        self._refine = refine
        self._map = None
        self._store_rows = store_rows
        self._monitored = monitored
        self._absent = {name: _labels_without_rows(part, classes) for name, part in parts.items()}
        self._undefined = set()
        self.loss_name = LOSS_OF_RESPONSE[response]
        self.curves = {}
        self.row_losses, self.row_right = [], []

    def record(self, model):
        """Score a model and add an entry to each curve.

        Parameters
        ----------
        model : fitted classifier
            The model after one more epoch.

        Returns
        -------
        dict of str to float
            The new entries.
        """
        # A network that has just diverged answers with infinities, which are recorded as such.
        with np.errstate(invalid="ignore", over="ignore"):
            values = {}
            for name, part in self.parts.items():
                values |= self._score(model, name, part)
        for name, value in values.items():
            self.curves.setdefault(name, []).append(value)
        return values

    def history(self):
        """What was recorded, as arrays, with the number of every epoch.

        Returns
        -------
        dict of str to ndarray of shape (n_epochs,)
        """
        n_epochs = len(self.curves[f"validation_{self.loss_name}"])
        curves = {name: np.array(curve) for name, curve in self.curves.items()}
        return {"epoch": np.arange(1, n_epochs + 1), **curves}

    def facts(self):
        """What a reader of the curves must know of them, as plain values and arrays.

        Returns
        -------
        dict
            ``loss``: its name; ``metrics``: their names; ``class_rates``: shares of the classes
            among the validation rows; ``n_train_scored``: rows that training curves are about.
        """
        held_out = self.parts["validation"]
        return {
            "loss": self.loss_name,
            "metrics": [metric.name for metric, _ in self._metrics],
            "class_rates": class_shares(held_out.codes, len(self._classes), held_out.weight),
            "n_train_scored": len(self.parts["train"].codes),
        }

    def cut(self, n_epochs):
        """Forget all entries after so many epochs.

        Parameters
        ----------
        n_epochs : int
            Entries that every curve keeps.
        """
        for entries in (*self.curves.values(), self.row_losses, self.row_right):
            del entries[n_epochs:]

    def _score(self, model, name, part):
        """Loss and metrics on one part."""
        scores = class_columns(model, part.X, self._classes, self._response)
        if scores is None:
            raise ValueError(
                f"{type(model).__name__}.{self._response} does not give one score for each of the "
                f"{len(self._classes)} classes. Use an estimator that does."
            )
        is_proba = self._response == "predict_proba"
        rows = (log_loss_rows if is_proba else hinge_loss_rows)(scores, part.codes)
        pred = self._predicted(model, part, scores)
        values = {f"{name}_{self.loss_name}": weighted_mean(rows, part.weight)}
        if name == "validation" and self._refine:
            values["validation_refinement"] = self._refinement(scores, part)
        for metric, pos in self._metrics:
            values[f"{name}_{metric.name}"] = self._metric_value(
                metric, pos, name, part, scores, pred
            )
        if name == "validation" and self._store_rows:
            self.row_losses.append(rows.astype(np.float32))
            self.row_right.append(pred == part.codes)
        return values

    def _predicted(self, model, part, scores):
        """Codes of the labels that the model predicts."""
        if isinstance(model, _PREDICT_ARGMAX) and self._response == "predict_proba":
            return np.argmax(scores, axis=1)
        return encode_target(np.asarray(model.predict(part.X)), self._classes)[0]

    def _metric_value(self, metric, pos, name, part, scores, pred):
        """One metric; scorers that know no labels' counts judge the scores that are here."""
        if metric.kind == "label":
            n_classes = len(self._classes)
            return metric_from_codes(metric, part.codes, pred, n_classes, part.weight, pos)
        if not np.isfinite(scores).all():
            return np.nan
        space = "proba" if self._response == "predict_proba" else "decision"
        answers = stand_in(self._classes, scores, pred, space)
        labels = self._labels[name]
        if not self._absent[name]:
            return scorer_value(metric.scorer, answers, part.X, labels, part.weight)
        # Without rows of a class some metrics warn in every epoch, and others are an error.
        with caught_warnings() as caught:
            try:
                value = scorer_value(metric.scorer, answers, part.X, labels, part.weight)
            except ValueError as error:
                value, reason = np.nan, error
            else:
                reason = None
        for category, message in caught:
            if not issubclass(category, UndefinedMetricWarning):
                warn_user(message, category)
        if np.isnan(value):
            self._tell_undefined(metric.name, name, reason)
        return value

    def _tell_undefined(self, metric, name, reason):
        """Warn once that a metric has no value for want of a class; raise if it is monitored."""
        absent = named([str(label) for label in self._absent[name]])
        message = f"{metric} has no value on the {name} rows, which hold no row of {absent}"
        if name == "validation" and metric == self._monitored:
            raise ValueError(
                f"{message}, and it is monitored. Hold out rows of every class (validation, or a "
                "greater validation_fraction), or monitor what needs none, such as 'log_loss'."
            ) from reason
        if (metric, name) not in self._undefined:
            self._undefined.add((metric, name))
            warn_user(f"{message}: it is recorded as NaN.", LossfixWarning)

    def _refinement(self, proba, part):
        r"""Log loss that the best recalibration leaves (Berta, Holzmüller, Jordan and Bach 2025).

        One slope and an offset per class are fitted on the validation rows themselves. With k free
        numbers on n rows, the loss in sample is too small by :math:`k / (2 n)` on average (Wilks
        1938), which is added. It is the same in every epoch: which one is best is not changed.
        """
        if not np.isfinite(proba).all():
            return np.nan
        log_p = clipped_log(proba)
        # The map of the epoch before is a good place to start: a Newton step or two are left.
        self._map = fit_smooth_map(log_p, part.codes, "temperature", part.weight, self._map)
        loss = weighted_mean(map_loss_rows(self._map, log_p, part.codes), part.weight)
        n_free = proba.shape[1]
        return loss + n_free / (2 * effective_rows(part.weight, len(part.codes)))
