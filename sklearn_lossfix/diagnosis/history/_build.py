"""From named curves to a `History`: which is the loss, which are metrics, and what was turned."""

from dataclasses import dataclass, replace

import numpy as np

from sklearn_lossfix._core._columns import named
from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis.history._facts import with_facts
from sklearn_lossfix.diagnosis.history._names import role_of, set_name, take_apart

# Names of the share of wrong labels, which is 1 - accuracy.
_ERROR_RATES = frozenset(
    {
        "binary_error",
        "classification_error",
        "err",
        "error",
        "error_rate",
        "merror",
        "misclassification",
        "misclassification_error",
        "multi_error",
        "zero_one",
        "zero_one_loss",
    }
)
# Words of columns that tell when an entry was made.
_CLOCK = frozenset({"date", "time", "timestamp"})
# Of two curves of the same quantity and rows the one summed up over an epoch is the steadier.
_AGGREGATE_ORDER = ("epoch", "", "mean", "step")


@dataclass(frozen=True, eq=False)
class RecordedCurve:
    """A curve as it was recorded.

    Attributes
    ----------
    label : str
        Its name in the source, for messages.
    split : {"train", "validation"}
        The rows it is about.
    name : str
        What is measured, as `take_apart` gives it.
    values : sequence of shape (n_steps,)
        Entries; None where a step has none.
    rank : tuple
        Precedence among held-out sets.
    aggregate : str
        How the value was come by.
    is_guessed : bool
        Whether the rows do not stand in the name, but follow from those of other curves.
    """

    label: str
    split: str
    name: str
    values: object
    rank: tuple = (True, -1)
    aggregate: str = ""
    is_guessed: bool = False


def curves_of_columns(columns):
    """Curves of named columns; a name without rows is about the training rows.

    But for metrics where the loss is recorded for both kinds of rows by name, as fastai does: one
    without rows is then of validation rows.

    Parameters
    ----------
    columns : dict of str to sequence
        As ``{"loss": [...], "val_loss": [...]}``.

    Returns
    -------
    list of RecordedCurve
    """
    named_parts = [(label, take_apart(label)) for label in columns]
    named_parts = [(label, parts) for label, parts in named_parts if not parts.is_companion]
    splits = {}
    for _, parts in named_parts:
        splits.setdefault(parts.name, set()).add(parts.split)
    losses_are_told = any(
        {"train", "validation"} <= told and role_of(name).kind == "loss"
        for name, told in splits.items()
    )
    curves = []
    for label, parts in named_parts:
        is_metric = role_of(parts.name).kind == "metric"
        is_guessed = losses_are_told and is_metric and splits[parts.name] == {None}
        split = "validation" if is_guessed else parts.split or "train"
        curve = _curve(label, split, parts, columns[label])
        curves.append(replace(curve, is_guessed=is_guessed))
    return curves


def curves_of_sets(sets, splits=None):
    """Curves of a record that is nested by rows and then by quantity.

    Parameters
    ----------
    sets : dict of str to dict of str to sequence
        As ``{"validation_0": {"logloss": [...]}}``.
    splits : dict of str to str, default=None
        Rows of the sets whose name does not tell.

    Returns
    -------
    list of RecordedCurve
    """
    curves = []
    for position, (label, quantities) in enumerate(sets.items()):
        known = set_name(label)
        split = (splits or {}).get(label) or known.split
        rank = (True, position) if known is None else known.rank
        for quantity, values in quantities.items():
            # CatBoost writes parameters of a metric behind a colon: "AUC:type=Mu".
            parts = take_apart(str(quantity).partition(":")[0])
            if not parts.is_companion:
                curves.append(
                    RecordedCurve(
                        f"{label} {quantity}", split, parts.name, values, rank, parts.aggregate
                    )
                )
    return curves


def _curve(label, split, parts, values):
    """A curve from the parts of its name."""
    return RecordedCurve(str(label), split, parts.name, values, parts.rank, parts.aggregate)


def build_history(
    curves,
    facts,
    *,
    source,
    steps=None,
    first_step=1,
    unit="epoch",
    distortions=(),
    loss_name=None,
    loss_kind=None,
    n_classes=None,
    batches_per_epoch=None,
    prefer="epoch",
):
    """Sort curves into loss, metrics and learning rate, and turn what is upside down.

    Parameters
    ----------
    curves : list of RecordedCurve
        What was recorded.
    facts : Facts
        What the user told.
    source : str
        Who recorded it.
    steps : array-like of shape (n_steps,), default=None
        Number of every entry, increasing; None counts from `first_step`.
    first_step : int, default=1
        Number of the first entry where `steps` is None.
    unit : {"epoch", "iteration", "step"}, default="epoch"
        What a step is.
    distortions : sequence of str, default=()
        What curves of this source do not show truly.
    loss_name, loss_kind : str, default=None
        What the loss is, where the source knows more than the name of the curve.
    n_classes : int, default=None
        Number of classes, where the source knows it.
    batches_per_epoch : int, default=None
        Steps of an epoch.
    prefer : {"epoch", "step"}, default="epoch"
        Which of two curves to use where a quantity was recorded by step and by epoch.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If there is no curve, no name tells loss or metric, several could be the loss, lengths
        differ, or an entry is no number.
    """
    notes = []
    curves = _name_the_unnamed([curve for curve in curves if _has_entries(curve)], facts)
    if not curves:
        raise ValueError(
            f"{source} holds no curve. Expected lists of numbers, such as "
            f'{{"loss": [...], "val_loss": [...]}}.'
        )
    chosen, sign = _choose_loss(curves, facts)
    metrics = _choose_metrics(curves, chosen, facts)
    if chosen is None and not metrics:
        raise ValueError(
            f"{source} has no curve whose name tells loss or metric: {_labels(curves)}. Expected "
            f"names such as 'loss', 'log_loss' or 'accuracy', with 'val_' before them for "
            f'validation rows. Say which curve is the loss: loss="{_likely_loss(curves)}".'
        )
    rates = [curve for curve in curves if role_of(curve.name).kind == "learning_rate"][:1]
    used = {}
    for curve in curves:
        if curve.name == chosen or curve.name in metrics or curve in rates:
            used.setdefault((curve.name, curve.split), []).append(curve)
    used = {key: _choose_curve(rivals, prefer, notes) for key, rivals in used.items()}
    notes += _left_out(curves, chosen, metrics, rates)
    guessed = [curve for curve in used.values() if curve.is_guessed]
    if guessed:
        notes.append(
            f"Taken to be of validation rows, since the losses say which rows they are of and the "
            f"names of these do not, as in fastai: {_labels(guessed)}."
        )
    if any(curve.aggregate == "mean" for curve in used.values()):
        notes.append("Curves are means over folds: they are smoother than those of a single fit.")
    numbers = {key: numbers_of(curve.values, curve.label) for key, curve in used.items()}
    n_steps = _common_length({used[key].label: len(values[0]) for key, values in numbers.items()})
    steps = np.arange(first_step, first_step + n_steps) if steps is None else np.asarray(steps)
    if len(steps) != n_steps:
        raise ValueError(f"{source} has {len(steps)} numbers of steps and {n_steps} entries.")

    judged = [key for key in numbers if key[0] == chosen or key[0] in metrics]
    keep = ~np.all([numbers[key][1] for key in judged], axis=0)
    loss, unrecorded = {}, {}
    for split in _splits(used, chosen):
        values, missing = numbers[chosen, split]
        loss[split] = sign * values[keep]
        if missing.any():  # also of a step that no curve has: NaN is then no way to say so
            unrecorded[split] = missing[keep]
    if sign < 0:
        notes.append(f"The sign of {chosen} was turned: less loss is better.")
    shown = {}
    for name, metric_sign in metrics.items():
        by_split = {split: numbers[name, split][0][keep] for split in _splits(used, name)}
        label, by_split, note = _turned_metric(name, by_split, metric_sign)
        if label in shown:  # accuracy beside its error rate says the same twice
            continue
        shown[label] = by_split
        notes += note
    name, kind = _loss_identity(chosen, facts, loss_name, loss_kind)
    return with_facts(
        History(
            steps=steps[keep].astype(np.float64),
            loss=loss,
            metrics=shown,
            learning_rate=numbers[rates[0].name, rates[0].split][0][keep] if rates else None,
            unit=unit,
            source=source,
            loss_name=name,
            loss_kind=kind,
            flipped=(chosen,) if sign < 0 else (),
            # What was done to these very curves says more than what is true of all of the source.
            distortions=(*notes, *distortions),
            n_classes=n_classes,
            batches_per_epoch=batches_per_epoch,
            unrecorded=unrecorded,
        ),
        facts,
    )


def numbers_of(values, label):
    """Entries of a curve as numbers.

    Parameters
    ----------
    values : sequence of shape (n_steps,)
        Numbers, also infinite ones and NaN; None where a step has no entry.
    label : str
        What to call the curve in errors.

    Returns
    -------
    numbers : ndarray of shape (n_steps,), dtype float64
        NaN where there is no entry.
    missing : ndarray of shape (n_steps,), dtype bool
        Where there is no entry.

    Raises
    ------
    ValueError
        If the curve is empty or an entry is no number.
    """
    entries = list(values)
    if not entries:
        raise ValueError(f"The curve {label!r} is empty. Expected one number for each step.")
    numbers = np.full(len(entries), np.nan)
    missing = np.zeros(len(entries), dtype=bool)
    for position, entry in enumerate(entries):
        if is_missing(entry):
            missing[position] = True
            continue
        try:
            if isinstance(entry, str | bytes | bool | np.bool_ | np.complexfloating):
                raise TypeError
            numbers[position] = float(entry)
        except (OverflowError, TypeError, ValueError):
            raise ValueError(
                f"The curve {label!r} holds {_shown(entry)} at position {position}, which is no "
                f"number. Expected numbers, and None where a step has no entry."
            ) from None
    return numbers, missing


def is_missing(entry):
    """Whether an entry stands for "not recorded": None, or what pandas or a masked array has."""
    return entry is None or type(entry).__name__ in ("NAType", "NaTType", "MaskedConstant")


def _shown(entry):
    """An entry for a message, cut short; of an array its shape."""
    shape = getattr(entry, "shape", None)
    return f"an array of shape {tuple(shape)}" if shape else f"{entry!r:.40}"


def _has_entries(curve):
    """Whether a curve that is not empty has an entry at all; an empty one is an error later on."""
    return len(curve.values) == 0 or not all(map(is_missing, curve.values))


def _name_the_unnamed(curves, facts):
    """Curves that are called by their rows alone get the name that the user told."""
    unnamed = [curve for curve in curves if not curve.name]
    if not unnamed:
        return curves
    told = facts.loss or facts.metric
    if told is None:
        raise ValueError(
            f"Nothing says what is in {_labels(unnamed)}. Say what it is by loss= or metric=, for "
            f'instance loss="log_loss" (loss="val_log_loss" for validation rows) or '
            f'metric="accuracy"; or pass a dict such as {{"loss": [...], "val_loss": [...]}}.'
        )
    parts = take_apart(told)
    return [
        curve
        if curve.name
        # A bare list has no rows in its label either: the name that was told may give them.
        else replace(curve, name=parts.name, split=_bare_split(curve, parts))
        for curve in curves
    ]


def _bare_split(curve, parts):
    """Rows of an unnamed curve: those in its own label, else those in the name that was told."""
    return curve.split if set_name(curve.label) or not parts.split else parts.split


def _labels(curves):
    """Labels of curves for a message."""
    return named(dict.fromkeys(curve.label for curve in curves))


def _likely_loss(curves):
    """Label of the first curve that does not tell the time, as TensorBoard's "Wall time" does."""
    labels = [curve.label for curve in curves if _CLOCK.isdisjoint(curve.name.split("_"))]
    return labels[0] if labels else curves[0].label


def _told_name(told, curves):
    """The quantity that the user named: by the whole label of a curve, or by the quantity alone."""
    plain = told.strip().removeprefix("-")
    by_label = [curve.name for curve in curves if curve.label == plain]
    name = by_label[0] if by_label else take_apart(plain).name
    return name if any(curve.name == name for curve in curves) else None


def _choose_loss(curves, facts):
    """Name of the loss, or None, and the sign that makes less of it better."""
    names = list(dict.fromkeys(curve.name for curve in curves))
    losses = [name for name in names if role_of(name).kind == "loss"]
    if facts.loss is not None:
        name = _told_name(facts.loss, curves)
        if name is not None:
            is_turned = facts.loss.strip().startswith("-") or role_of(name).is_turned
            return name, -1 if is_turned else 1
        told = role_of(take_apart(facts.loss).name)
        alike = [n for n in losses if role_of(n).loss_kind in ("unknown", told.loss_kind)]
        if told.kind != "loss" or not alike:
            raise ValueError(f"loss={facts.loss!r} is none of the curves: {_labels(curves)}.")
        losses = alike
    # A metric by the user's word is no loss, whatever it is called.
    metric = None if facts.metric is None else _told_name(facts.metric, curves)
    losses = [name for name in losses if name != metric]
    if not losses:
        return None, 1
    log_losses = [name for name in losses if role_of(name).loss_kind == "log_loss"]
    for candidates in (losses, [name for name in losses if name == "loss"], log_losses):
        if len(candidates) == 1:
            return candidates[0], -1 if role_of(candidates[0]).is_turned else 1
    several = [curve for curve in curves if curve.name in losses]
    raise ValueError(
        f"Several curves could be the loss: {_labels(several)}. Say which one: "
        f'loss="{several[0].name}".'
    )


def _choose_metrics(curves, loss, facts):
    """Names of the metrics, each with the sign that makes more of it better."""
    if facts.metric is not None:
        name = _told_name(facts.metric, curves)
        if name is None:
            raise ValueError(f"metric={facts.metric!r} is none of the curves: {_labels(curves)}.")
        if name == loss:
            raise ValueError(f"loss and metric name the same curve, {name!r}. Name two.")
        role = role_of(name)
        # More loss is worse, whichever way it is used.
        is_turned = role.is_turned != (role.kind == "loss")
        return {name: -1 if facts.metric.strip().startswith("-") or is_turned else 1}
    metrics = {}
    for curve in curves:
        role = role_of(curve.name)
        if role.kind == "metric" and curve.name != loss:
            metrics[curve.name] = -1 if role.is_turned else 1
    return metrics


def _choose_curve(rivals, prefer, notes):
    """The one curve of a quantity and its rows."""
    best_rank = max(curve.rank for curve in rivals)
    if len({curve.rank for curve in rivals}) > 1:
        others = [curve for curve in rivals if curve.rank != best_rank]
        best = [curve for curve in rivals if curve.rank == best_rank]
        notes.append(f"Of several sets of rows {_labels(best)} is judged, {_labels(others)} not.")
        rivals = best
    order = sorted(_AGGREGATE_ORDER, key=lambda aggregate: aggregate != prefer)
    first = min(order.index(curve.aggregate) for curve in rivals)
    rivals = [curve for curve in rivals if order.index(curve.aggregate) == first]
    counts = [sum(not is_missing(value) for value in curve.values) for curve in rivals]
    fullest = [curve for curve, n in zip(rivals, counts, strict=True) if n == max(counts)]
    if len(fullest) > 1:
        raise ValueError(
            f"{_labels(fullest)} are the same quantity of the same rows. Leave one of them out."
        )
    return fullest[0]


def _left_out(curves, loss, metrics, rates):
    """A sentence about curves that are not judged, if there are any."""
    left = [c for c in curves if c.name != loss and c.name not in metrics and c not in rates]
    losses = [curve for curve in left if role_of(curve.name).kind == "loss"]
    unknown = [curve for curve in left if role_of(curve.name).kind == "unknown"]
    notes = []
    if losses:
        notes.append(f"Other losses were recorded and are not judged: {_labels(losses)}.")
    if unknown:
        notes.append(f"Not judged, since the names tell no loss or metric: {_labels(unknown)}.")
    return notes


def _common_length(lengths):
    """The one length of all curves; ValueError with the lengths where they differ."""
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{label!r} has {n}" for label, n in lengths.items())
        raise ValueError(
            f"The curves differ in length: {told}. Expected one entry for each step in every "
            f"curve, and None where a step has none."
        )
    return next(iter(lengths.values()))


def _splits(used, name):
    """Rows for which a quantity was recorded, training rows first."""
    return [split for split in ("train", "validation") if (name, split) in used]


def _turned_metric(name, by_split, sign):
    """A metric of which more is better, as a share where it is a share of rows.

    Returns
    -------
    name : str
    by_split : dict of str to ndarray
    notes : list of str
    """
    is_accuracy = name.split("_")[-1] == "accuracy" and sign > 0
    is_error = name in _ERROR_RATES and sign < 0
    if not (is_accuracy or is_error):
        notes = [] if sign > 0 else [f"The sign of {name} was turned: more is better."]
        return name, {split: sign * values for split, values in by_split.items()}, notes
    known = np.concatenate(list(by_split.values()))
    known = known[np.isfinite(known)]
    notes = []
    if known.size and 1 < known.max() <= 100 and known.min() >= 0:
        by_split = {split: values / 100 for split, values in by_split.items()}
        notes.append(f"{name} was recorded in percent and is shown as a share.")
    if is_accuracy:
        return name, by_split, notes
    notes.append(f"{name} is a share of errors: 1 - {name} is shown as accuracy.")
    return "accuracy", {split: 1 - values for split, values in by_split.items()}, notes


def _loss_identity(chosen, facts, loss_name, loss_kind):
    """Name and kind of the loss: by the curve, by what the source knows, by what was told."""
    if chosen is None:
        return "", "unknown"
    kind = role_of(chosen).loss_kind
    chosen = chosen.removeprefix("neg_")  # its sign was turned
    if kind != "unknown":
        return chosen, kind
    told = "" if facts.loss is None else take_apart(facts.loss).name
    if role_of(told).loss_kind != "unknown":
        return told, role_of(told).loss_kind
    if loss_name is not None:
        return loss_name, loss_kind or role_of(take_apart(loss_name).name).loss_kind
    return chosen, kind
