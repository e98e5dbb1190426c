"""A loss that never got below that of always forecasting the class shares."""

from dataclasses import replace

import numpy as np

from sklearn_lossfix._core._finding import LOSS_FLOOR_SHARE, METRIC_FLOOR
from sklearn_lossfix._core._paired_tests import wilson_interval
from sklearn_lossfix.diagnosis._judging import fact
from sklearn_lossfix.diagnosis.history._curve import spoken, window_of
from sklearn_lossfix.diagnosis.history._trend import MIN_POINTS
from sklearn_lossfix.exceptions import CheckNotApplicable

_FIX = (
    "Check that labels belong to their rows and that inputs arrive scaled; try a learning rate 10 "
    "times lower and higher, and a simple model as reference."
)
_FIX_OF_SCALE = (
    "Look at the size of the forecasts: over-confidence (recalibrate), a logit or a penalty read "
    "as a loss, a sum instead of a mean."
)

# Logarithm of the most classes that are guessed from a loss.
_LARGEST_LOG_K = np.log(1e4)

# Area under the curve of a forecast that does not rank at all.
_CHANCE_AUC = 0.5


def majority_entropy(share, n_classes):
    """Entropy of classes of which one has a share and the others the rest in equal parts.

    The greatest that classes with such a largest share can have; of two classes the only one.
    """
    rest = 1.0 - share
    own = -share * np.log(share) - (rest * np.log(rest) if rest > 0 else 0.0)
    return float(own + rest * np.log(n_classes - 1))


class StuckAtChance:
    """The best smoothed loss is that of a constant forecast, or worse, and accuracy agrees.

    Always forecasting the class shares costs their entropy, ``log K`` where they are equal: 0.693
    for two classes. A best loss within the smallest change that matters of it has learnt nothing
    that shows; one above it is worse than no model, by over-confidence or by its scale. Where an
    accuracy was recorded, its interval must hold that of always answering the largest class; if it
    does not, a loss above that of a constant forecast is a tip.

    Where shares are not known and accuracy never moves, it is also compared with the entropy of
    classes whose largest share is that accuracy. Where it is not known whether the loss is a log
    loss, or of how many classes, a loss of ``log K`` beside an accuracy of ``1 / K`` is a tip.
    """

    name = "stuck_at_chance"
    slug = "stuck-at-chance"
    title = "The loss stays at that of a constant forecast"
    kinds = ("history",)
    effort = "fast"

    def run(self, analysis):
        """Compare the best loss with the entropy."""
        if analysis.chance_loss is not None:
            return self._of_log_loss(analysis)
        guess = self._guess(analysis)
        if guess is None:
            raise CheckNotApplicable(
                "What a constant forecast costs is known of a log loss with a known number of "
                "classes only: pass loss='log_loss', and n_classes or class_rates."
            )
        return guess

    def _of_log_loss(self, analysis):
        """Judge a loss of which it is known what a constant forecast costs."""
        chance, split = analysis.chance_loss, analysis.main_split
        curve = analysis.needed_loss(split, MIN_POINTS)
        best = float(analysis.smooth_loss(split).min())
        se, known = analysis.loss_se(split), analysis.history.class_rates is not None
        evidence = {**window_of(curve), "best": best, "class_shares_known": known}
        share = None if known else self._majority(analysis, split)
        of = "the class shares" if known else f"{analysis.n_classes} equally frequent classes"
        words, agrees = self._accuracy(analysis, split, evidence)
        if share is not None:
            entropy = majority_entropy(share, analysis.n_classes)
            if abs(best - entropy) <= max(LOSS_FLOOR_SHARE * entropy, se):
                chance, agrees = entropy, True
                of = f"classes of which the largest has {share:.1%}"
                words = f"; accuracy never leaves {share:.3f}, which is then that of answering it"
                evidence["constant_answer"] = share
        limit = max(LOSS_FLOOR_SHARE * chance, se)
        skill = 1.0 - best / chance if chance > 0 else 0.0
        stuck, worse = best > chance - limit, best > chance + limit
        ranks = self._ranking(analysis, split) if stuck else ""
        ask = "" if known else "; pass class_rates to compare with the true shares"
        section = ("issue" if agrees else "tip" if worse else "passed") if stuck else "passed"
        if section != "passed":
            evidence["fix"] = _FIX_OF_SCALE if worse or ranks else _FIX
        finding = fact(
            self,
            section,
            f"The best smoothed {spoken(split)} loss, {best:.3f} nats, is {abs(skill):.1%} "
            f"{'below' if skill >= 0 else 'above'} the {chance:.3f} of always forecasting {of}"
            f"{words}{ranks}{ask if section != 'passed' else ''}.",
            estimate=skill,
            unit="share",
            limit=limit / chance if chance > 0 else 0.0,
            evidence={**evidence, "constant_forecast": chance},
        )
        title = "The loss is worse than that of a constant forecast"
        return replace(finding, title=title) if stuck and worse else finding

    def _majority(self, analysis, split):
        """Accuracy that never moves, above that of guessing: the largest share, it seems."""
        curve = analysis.metric(split, analysis.accuracy_name)
        if analysis.accuracy_name is None or len(curve) == 0 or not analysis.is_frozen(curve):
            return None
        level = float(np.median(curve.values))
        return level if 1.0 / analysis.n_classes + METRIC_FLOOR < level < 1.0 else None

    def _ranking(self, analysis, split):
        """What a recorded area under the ROC curve says beside a loss without skill."""
        for name in analysis.history.metrics:
            curve = analysis.metric(split, name)
            if {"auc", "auroc"}.isdisjoint(name.split("_")) or len(curve) == 0:
                continue
            level = float(np.median(curve.tail.values))
            if level > _CHANCE_AUC + METRIC_FLOOR:
                return f"; {name} is {level:.3f}: the forecasts rank, and their size is off"
        return ""

    def _guess(self, analysis):
        """A tip where loss and accuracy are those of a constant forecast of K classes, or None."""
        split = analysis.main_split
        curve, kind = analysis.loss(split), analysis.history.loss_kind
        if kind not in ("unknown", "log_loss") or len(curve) < MIN_POINTS:
            return None
        best = float(analysis.smooth_loss(split).min())
        entropy, answer, n_classes = (
            analysis.class_entropy,
            analysis.chance_accuracy,
            analysis.n_classes,
        )
        if entropy is None:
            n_classes = round(np.exp(best)) if 0.0 < best < _LARGEST_LOG_K else 1
            if n_classes < 2:
                return None
            entropy, answer = float(np.log(n_classes)), 1.0 / n_classes
        accuracy = analysis.metric(split, analysis.accuracy_name)
        hits = float(np.median(accuracy.values)) if analysis.accuracy_name and accuracy else None
        agrees = (
            analysis.n_classes is not None
            if hits is None
            else abs(hits - answer) <= (min(METRIC_FLOOR, 0.5 * answer))
        )
        if not agrees or abs(best - entropy) > LOSS_FLOOR_SHARE * entropy:
            return None
        beside = "" if hits is None else f", and accuracy, {hits:.3f}, at the {answer:.3f} of one"
        return fact(
            self,
            "tip",
            f"If this is a log loss of {n_classes} classes, it stays at that of a constant "
            f"forecast: its best smoothed {spoken(split)} value, {best:.3f}, is within "
            f"{LOSS_FLOOR_SHARE:.0%} of the {entropy:.3f} of one{beside}.",
            estimate=1.0 - best / entropy,
            unit="share",
            limit=LOSS_FLOOR_SHARE,
            evidence={
                **window_of(curve),
                "best": best,
                "constant_forecast": entropy,
                "class_shares_known": analysis.history.class_rates is not None,
                "fix": f"Say what it is: loss='log_loss', n_classes={n_classes}. {_FIX}",
            },
        )

    def _accuracy(self, analysis, split, evidence):
        """What accuracy says, and whether it agrees."""
        name, chance = analysis.accuracy_name, analysis.chance_accuracy
        curve = analysis.metric(split, name) if name else ()
        if not len(curve) or chance is None:
            return "", True
        level = float(np.median(curve.tail.values))
        n_rows = analysis.history.n_validation if split == "validation" else None
        high = chance + LOSS_FLOOR_SHARE
        low_seen = wilson_interval(level, n_rows)[0] if n_rows else level
        evidence |= {"accuracy": level, "constant_answer": chance}
        return f"; accuracy is {level:.3f}, a constant answer's {chance:.3f}", low_seen <= high
