"""CatBoost: a fitted model, ``get_evals_result()`` or the file ``catboost_training.json``.

Formats: ``{"learn": {"Logloss": [...]}, "validation": {"Logloss": [...], "AUC": [...]}}``; and in
``catboost_info`` a JSON file with ``meta`` (names of metrics and sets) and ``iterations`` (their
values, for the iterations at which they were computed).
"""

import re
from collections.abc import Mapping

from sklearn_lossfix.diagnosis.history._build import build_history, curves_of_sets
from sklearn_lossfix.diagnosis.history._identity import class_count, is_of
from sklearn_lossfix.diagnosis.history.readers import plain

_SETS = re.compile(r"learn|validation(_\d+)?")

_SKIPPED = (
    "CatBoost does not compute AUC and other costly metrics on the training rows unless told to "
    "(hints=skip_train~false): they have no training curve."
)
_PERIOD = "Metrics were computed every {period} iterations (metric_period): between them are gaps."


def recognises(history):
    """Whether this is a model of CatBoost or the record of one."""
    if is_of(history, "catboost"):
        return True
    if not isinstance(history, Mapping):
        return False
    if _is_training_file(history):
        return True
    if not history or not all(_SETS.fullmatch(str(label)) for label in history):
        return False
    parts = list(history.values())
    if not all(isinstance(part, Mapping) for part in parts) or not plain.recognises(history):
        return False
    # Its metrics are the only ones that begin with a capital letter.
    return any(str(metric)[:1].isupper() for part in parts for metric in part)


def read(history, facts):
    """Read what CatBoost recorded.

    Parameters
    ----------
    history : CatBoost or dict
        A fitted model, ``get_evals_result()``, or the content of ``catboost_training.json``.
    facts : Facts
        What the user told.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If nothing was recorded, or curves differ in length and nothing tells their iterations.
    """
    if isinstance(history, Mapping) and _is_training_file(history):
        return _read_training_file(history, facts)
    distortions = []
    n_classes = None
    period = 1
    if not isinstance(history, Mapping):
        n_classes = class_count(history)
        period = _metric_period(history)
        best = getattr(history, "best_iteration_", None)
        if best is not None:
            distortions.append(
                f"CatBoost counts from 0: best_iteration_ = {best} is the best on the last "
                f"validation set, and the model may have been cut there; the curves go on."
            )
        history = getattr(history, "evals_result_", None)
    if not history:
        raise ValueError(
            "This CatBoost model recorded no curves. Fit with eval_set=(X_val, y_val), or pass "
            "get_evals_result()."
        )
    sets = {label: dict(part) for label, part in history.items()}
    n_entries = {len(values) for part in sets.values() for values in part.values()}
    if period > 1 and n_entries:
        distortions.append(_PERIOD.format(period=period))
    if len(n_entries) > 1:
        sets = _placed(sets, max(n_entries), period)
    return _history(
        sets,
        facts,
        distortions,
        n_classes=n_classes,
        # All curves have the same gaps: the entries are those of iterations 0, period, 2 period ...
        steps=[period * entry for entry in range(max(n_entries))] if len(n_entries) == 1 else None,
    )


def _history(sets, facts, distortions, *, n_classes=None, steps=None):
    """A history of CatBoost's record by rows and metric."""
    learn = sets.get("learn", {})
    others = {metric for label, part in sets.items() if label != "learn" for metric in part}
    if learn and not others <= set(learn):
        distortions = [*distortions, _SKIPPED]
    return build_history(
        curves_of_sets(sets),
        facts,
        source="CatBoost",
        steps=steps,
        first_step=0,
        unit="iteration",
        distortions=distortions,
        n_classes=n_classes,
    )


def _metric_period(model):
    """The period at which a model computed its metrics."""
    params = model.get_params() if hasattr(model, "get_params") else {}
    period = params.get("metric_period")
    return int(period) if period else 1


def _placed(sets, n_iterations, period):
    """Shorter curves at the iterations 0, period, 2 period, ... and the last."""
    iterations = sorted({*range(0, n_iterations, period), n_iterations - 1})
    placed = {}
    for label, part in sets.items():
        placed[label] = {}
        for metric, values in part.items():
            entries = list(values)
            if len(entries) < n_iterations:
                if len(entries) != len(iterations):
                    raise ValueError(
                        f"CatBoost's {label} {metric} has {len(entries)} entries and other curves "
                        f"{n_iterations}: metric_period left some out, and nothing tells which. "
                        f"Pass the fitted model, or catboost_info/catboost_training.json."
                    )
                gaps = dict(zip(iterations, entries, strict=True))
                entries = [gaps.get(iteration) for iteration in range(n_iterations)]
            placed[label][metric] = entries
    return placed


def _is_training_file(content):
    """Whether this is the content of ``catboost_training.json``."""
    meta, rows = content.get("meta"), content.get("iterations")
    return (
        isinstance(meta, Mapping)
        and "learn_metrics" in meta
        and isinstance(rows, list)
        and all(isinstance(row, Mapping) and "iteration" in row for row in rows)
    )


def _read_training_file(content, facts):
    """Read ``catboost_training.json``."""
    meta, rows = content["meta"], content["iterations"]
    if not rows:
        raise ValueError("catboost_training.json holds no iterations.")
    sets = {}
    for kind in ("learn", "test"):
        names = [metric["name"] for metric in meta.get(f"{kind}_metrics", ())]
        for label in meta.get(f"{kind}_sets", ()):
            entries = [row.get(label, ()) for row in rows]
            sets[label] = {
                name: [values[position] if position < len(values) else None for values in entries]
                for position, name in enumerate(names)
            }
    return _history(sets, facts, [], steps=[row["iteration"] for row in rows])
