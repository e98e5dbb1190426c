"""A decision rule as data: from scores to labels, in plain numbers."""

import json
from dataclasses import asdict, dataclass, fields
from typing import Literal

import numpy as np

# Scores each kind of rule can take.
_SPACES = {
    "argmax": ("proba", "log_proba", "decision"),
    "threshold": ("proba", "decision"),
    "offsets": ("log_proba", "decision"),
    "cost_matrix": ("proba",),
}

# The parameters that a kind of rule must have; it must have none of the others.
_PARTS = {
    "argmax": (),
    "threshold": ("threshold", "pos_label"),
    "offsets": ("offsets",),
    "cost_matrix": ("cost_matrix",),
}

# JSON has no infinities, and a threshold may be one: "all negative" or "all positive".
_INFINITIES = {"inf": np.inf, "-inf": -np.inf}

# The logarithm of a probability of zero is taken as that of the smallest normal float64.
SMALLEST_PROBABILITY = float(np.finfo(np.float64).tiny)


def floored_log(proba):
    """Take the logarithm of probabilities, those of zero raised to `SMALLEST_PROBABILITY`."""
    return np.log(np.maximum(np.asarray(proba, dtype=np.float64), SMALLEST_PROBABILITY))


def class_scores(scores, code, space):
    """Take one class's column of the scores of two classes.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, 2) or (n_samples,)
        A single column is that of the last class, as `decision_function` gives it.

    code : {0, 1}
        Code of the class whose scores are wanted.

    space : {"proba", "log_proba", "decision"}
        What the scores are.

    Returns
    -------
    column : ndarray of shape (n_samples,)
        Scores of that class.
    """
    if scores.ndim == 2:
        return scores[:, code]
    if code == 1:
        return scores
    return -scores if space == "decision" else 1.0 - scores


@dataclass(frozen=True)
class DecisionRule:
    """A rule that turns the scores of a classifier into labels.

    The rule holds plain numbers and labels only: it can be compared, hashed, pickled, written to
    JSON and read by a stranger. Labels are Python strings, integers, floats or booleans.

    Parameters
    ----------
    kind : {"argmax", "threshold", "offsets", "cost_matrix"}
        How the label is chosen:

        - "argmax": the class of the greatest score; the first of several.
        - "threshold": the positive class if and only if its score is at least `threshold`; two
          classes.
        - "offsets": the class k of the greatest ``score_k + offsets[k]``; the first of several.
        - "cost_matrix": the class j of the least expected cost
          ``sum_k p_k * cost_matrix[k][j]`` [1]_; the first of several.

    classes : tuple of str, int, float or bool
        The labels, in the order of the columns of the scores. Other sequences are converted.

    threshold : float, default=None
        The cut of kind "threshold". Infinite values mean "never" and "always" positive.

    pos_label : str, int, float or bool, default=None
        The positive class of kind "threshold"; the last of `classes` if None.

    offsets : tuple of float, default=None
        One per class, for kind "offsets".

    cost_matrix : tuple of tuples of float, default=None
        ``cost_matrix[k][j]`` is the cost of predicting class j when k is true, for kind
        "cost_matrix".

    metric : str, default=None
        Name of the metric that the rule was chosen for.

    exact : bool, default=False
        Whether no other rule of its kind does better by that metric on the rows that it was
        chosen on.

    space : {"proba", "log_proba", "decision"}, default="proba"
        What scores the rule takes. "proba": probabilities. "log_proba": probabilities too, of
        which the rule takes the logarithm, zeros being raised to the smallest normal float.
        "decision": values of `decision_function`.

    Raises
    ------
    ValueError
        If a part is missing, superfluous, of the wrong length, not finite, or does not suit the
        kind or the space.
    TypeError
        If a label is of another type.

    See Also
    --------
    DecisionRuleClassifier : A classifier that chooses such a rule, or applies a given one.

    References
    ----------
    .. [1] C. Elkan, "The foundations of cost-sensitive learning", IJCAI, 2001.

    Examples
    --------
    >>> from sklearn_lossfix.decision import DecisionRule
    >>> rule = DecisionRule("threshold", classes=("no", "yes"), threshold=0.2)
    >>> rule.predict([[0.9, 0.1], [0.7, 0.3]])
    array(['no', 'yes'], dtype='<U3')
    >>> DecisionRule.from_json(rule.to_json()) == rule
    True
    >>> rule = DecisionRule(
    ...     "cost_matrix", classes=(0, 1, 2), cost_matrix=[[0, 1, 1], [1, 0, 1], [9, 9, 0]]
    ... )
    >>> rule.predict([[0.6, 0.2, 0.2], [0.6, 0.35, 0.05]])
    array([2, 0])
    """

    kind: Literal["argmax", "threshold", "offsets", "cost_matrix"]
    classes: tuple
    threshold: float | None = None
    pos_label: str | int | float | bool | None = None
    offsets: tuple[float, ...] | None = None
    cost_matrix: tuple[tuple[float, ...], ...] | None = None
    metric: str | None = None
    exact: bool = False
    space: Literal["proba", "log_proba", "decision"] = "proba"

    def __post_init__(self):
        if self.kind not in _SPACES:
            raise ValueError(f"kind must be one of {sorted(_SPACES)}; got {self.kind!r}.")
        if self.space not in _SPACES[self.kind]:
            raise ValueError(
                f"A rule of kind {self.kind!r} takes scores of space "
                f"{' or '.join(map(repr, _SPACES[self.kind]))}; got {self.space!r}."
            )
        self._set("classes", _as_labels(self.classes))
        if self.kind == "threshold" and self.pos_label is None:
            self._set("pos_label", self.classes[-1])
        for part in ("threshold", "pos_label", "offsets", "cost_matrix"):
            wanted = part in _PARTS[self.kind]
            if wanted != (getattr(self, part) is not None):
                state = "missing" if wanted else "not part of it"
                raise ValueError(f"For a rule of kind {self.kind!r}, {part} is {state}.")
        self._check_parts()
        self._set("exact", bool(self.exact))

    def predict(self, scores):
        """Choose a label for each row of scores.

        Parameters
        ----------
        scores : array-like of shape (n_samples, n_classes) or (n_samples,)
            Scores as `space` says, one column per class. With two classes a single column, of
            the last class as `decision_function` gives it, is taken too.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Labels out of `classes`.

        Raises
        ------
        ValueError
            If the scores have another shape or hold NaN.
        """
        types = {type(label) for label in self.classes}
        dtype = object if len(types) > 1 else None
        return np.asarray(self.classes, dtype=dtype)[self.predict_codes(scores)]

    def predict_codes(self, scores):
        """Choose the position in `classes` of the label of each row of scores.

        Parameters
        ----------
        scores : array-like of shape (n_samples, n_classes) or (n_samples,)
            As for `predict`.

        Returns
        -------
        codes : ndarray of shape (n_samples,), dtype=intp
            Positions in `classes`.

        Raises
        ------
        ValueError
            If the scores have another shape or hold NaN.
        """
        # A float64 copy of float32 scores: comparing in float32 would round the threshold.
        scores = np.asarray(scores, dtype=np.float64)
        n_classes = len(self.classes)
        single = scores.ndim == 1 and n_classes == 2
        if not single and (scores.ndim != 2 or scores.shape[1] != n_classes):
            shapes = f"(n_samples, {n_classes})" + (" or (n_samples,)" if n_classes == 2 else "")
            raise ValueError(
                f"Scores for the classes {self.classes} must have shape {shapes}; got "
                f"{scores.shape}."
            )
        if np.isnan(scores).any():
            rows = np.flatnonzero(np.isnan(scores).reshape(len(scores), -1).any(axis=1))
            raise ValueError(
                f"Scores hold NaN in {len(rows)} of {len(scores)} rows (first: {rows[0]}); no "
                "label can be chosen there. Check the estimator that made them."
            )
        if self.kind == "threshold":
            pos = self.classes.index(self.pos_label)
            positive = class_scores(scores, pos, self.space) >= self.threshold
            return np.where(positive, pos, 1 - pos).astype(np.intp)
        if single:
            scores = np.column_stack([class_scores(scores, 0, self.space), scores])
        if self.kind == "cost_matrix":
            return np.argmin(scores @ np.array(self.cost_matrix), axis=1)
        if self.kind == "offsets":
            scores = floored_log(scores) if self.space == "log_proba" else scores
            scores = scores + np.array(self.offsets)
        return np.argmax(scores, axis=1)

    def to_dict(self):
        """Return the rule as a dictionary of plain values that strict JSON can hold.

        Returns
        -------
        values : dict
            One entry per parameter; infinite thresholds as "inf" and "-inf".
        """
        values = asdict(self)
        if values["threshold"] is not None and np.isinf(values["threshold"]):
            values["threshold"] = "inf" if values["threshold"] > 0 else "-inf"
        return values

    @classmethod
    def from_dict(cls, values):
        """Make a rule from what `to_dict` returned.

        Parameters
        ----------
        values : dict
            Parameters by name.

        Returns
        -------
        rule : DecisionRule
            A rule equal to the one that `to_dict` was called on.

        Raises
        ------
        ValueError
            If the dictionary has unknown or lacks necessary entries, or describes no valid rule.
        """
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(values) - set(known))
        missing = sorted({"kind", "classes"} - set(values))
        if unknown or missing:
            raise ValueError(
                f"A decision rule has the entries {known}; unknown here: {unknown}, missing: "
                f"{missing}."
            )
        threshold = values.get("threshold")
        if isinstance(threshold, str):
            if threshold not in _INFINITIES:
                raise ValueError(f"threshold must be a number, 'inf' or '-inf'; got {threshold!r}.")
            values = {**values, "threshold": _INFINITIES[threshold]}
        return cls(**values)

    def to_json(self):
        """Return the rule as strict JSON.

        Returns
        -------
        text : str
            A JSON object, as `from_json` takes it.
        """
        return json.dumps(self.to_dict(), allow_nan=False)

    @classmethod
    def from_json(cls, text):
        """Make a rule from what `to_json` returned.

        Parameters
        ----------
        text : str
            A JSON object.

        Returns
        -------
        rule : DecisionRule
            A rule equal to the one that `to_json` was called on.

        Raises
        ------
        ValueError
            If the text is not JSON or describes no valid rule.
        """
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError(f"A decision rule is a JSON object; got {type(values).__name__}.")
        return cls.from_dict(values)

    def _set(self, name, value):
        """Set a field of the frozen instance while it is being made."""
        object.__setattr__(self, name, value)

    def _check_parts(self):
        """Convert the numbers of the rule to plain tuples and check them against the classes."""
        n_classes = len(self.classes)
        if self.kind == "threshold":
            if n_classes != 2:
                raise ValueError(f"A threshold needs two classes; got {self.classes}.")
            self._set("pos_label", _as_label(self.pos_label))
            if self.pos_label not in self.classes:
                raise ValueError(
                    f"pos_label={self.pos_label!r} is not one of the classes {self.classes}."
                )
            self._set("threshold", float(self.threshold))
            if np.isnan(self.threshold):
                raise ValueError("threshold must be a number, possibly infinite; got nan.")
        elif self.kind == "offsets":
            self._set("offsets", _as_floats(self.offsets, (n_classes,), "offsets"))
        elif self.kind == "cost_matrix":
            shape = (n_classes, n_classes)
            self._set("cost_matrix", _as_floats(self.cost_matrix, shape, "cost_matrix"))


def _as_label(label):
    """Convert a NumPy scalar to the Python label it stands for; refuse other types."""
    label = label.item() if isinstance(label, np.generic) else label
    finite = not isinstance(label, float) or np.isfinite(label)
    if not isinstance(label, str | int | float | bool) or not finite:
        raise TypeError(
            "Labels of a decision rule are strings, integers, finite floats or booleans, as JSON "
            f"holds them; got {label!r} of type {type(label).__name__}."
        )
    return label


def _as_labels(classes):
    """Convert a sequence of at least two distinct labels to a tuple of Python ones."""
    labels = tuple(_as_label(label) for label in classes)
    if len(labels) < 2 or len(set(labels)) < len(labels):
        raise ValueError(f"classes must be at least two distinct labels; got {labels}.")
    return labels


def _as_floats(values, shape, name):
    """Convert finite numbers of the expected shape to (nested) tuples of floats."""
    array = np.asarray(values, dtype=np.float64)
    if array.shape != shape or not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite numbers of shape {shape}; got {values!r}.")
    if array.ndim == 1:
        return tuple(array.tolist())
    return tuple(tuple(row) for row in array.tolist())
