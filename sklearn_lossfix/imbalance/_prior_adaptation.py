"""Probabilities and rule of a fitted classifier, adapted to other shares of the classes."""

import copy

import numpy as np
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_lossfix._core._prior_shift import correct_prior, em_prior
from sklearn_lossfix.decision._guarded_rule import guarded_rule
from sklearn_lossfix.decision._rule_spec import priced_spec
from sklearn_lossfix.decision._scored_rows import ScoredRows, judging_folds
from sklearn_lossfix.decision._scoring import metric_for_classes


def has_inner(method):
    """Make a check that the fitted estimator, or else the wrapped one, has a method."""

    def check(self):
        getattr(getattr(self, "estimator_", self._inner()), method)
        return True

    return check


class PriorAdaptation:
    """Mixin of `AutoBalancedClassifier`: what it does where the classes have other shares.

    It reads what `fit` left behind: the priors, the map of probabilities, the rule, `oof_`; in
    `_rule_input` the probabilities out of fold that the rule was learnt on, and in `_precedes_map`
    whether it takes them as they are before the map. `_rule_priors` are then the priors that they
    are led from and to, or None.
    """

    @available_if(has_inner("predict_proba"))
    def adapt_prior(self, X_new=None, *, prior=None):
        """Adapt probabilities and rule to data in which the classes have other shares.

        For deployment where the classes themselves look the same but are more or less frequent
        than in training. The new shares are given, or estimated from unlabelled rows by maximum
        likelihood [1]_. A tuned rule is chosen anew, on the scores out of fold, weighted to the new
        shares. Nothing tells here whether the assumption holds: if the classes look different,
        the estimate is wrong. `strategy_results_` and `cv_results_` stay as they were under the
        old shares; `honest_score_` is gone, and reports say nothing of treatments.

        Parameters
        ----------
        X_new : array-like of shape (n_samples, n_features), default=None
            Unlabelled rows, drawn as those to come.

        prior : array-like of shape (n_classes,), default=None
            Known shares of the classes, in the order of `classes_`; instead of `X_new`.

        Returns
        -------
        adapted : object
            A fitted copy; this object stays as it is.

        Raises
        ------
        ValueError
            If not exactly one of `X_new` and `prior` is given; if `prior` holds no shares; if the
            rule is tuned and no scores out of fold were kept.

        References
        ----------
        .. [1] M. Saerens, P. Latinne and C. Decaestecker, "Adjusting the outputs of a classifier
           to new a priori probabilities", Neural Computation 14, 2002, section 2.2.
        """
        check_is_fitted(self)
        if self.decision_rule_.space == "decision":
            raise ValueError(
                "adapt_prior adapts probabilities, and the rule here takes decision values, which "
                "speak under no prior. Fit with response_method='predict_proba'."
            )
        if (X_new is None) == (prior is None):
            raise ValueError(
                "adapt_prior needs unlabelled rows, X_new, or shares, prior: just one."
            )
        old = self._proba_prior()
        if prior is None:
            prior = em_prior(self.predict_proba(X_new).astype(np.float64), old)
        prior = np.asarray(prior, dtype=float)
        is_shares = prior.shape == self.class_prior_.shape and np.isfinite(prior).all()
        if not is_shares or (prior < 0).any() or prior.sum() == 0:
            raise ValueError(
                f"prior must hold {len(self.classes_)} shares, one for each of the classes "
                f"{self.classes_.tolist()}, none negative; got {prior.tolist()}."
            )
        prior = prior / prior.sum()
        adapted = copy.copy(self)
        with np.errstate(divide="ignore"):
            adapted.proba_offsets_ = self.proba_offsets_ + np.log(prior / old)
        if self._precedes_map:
            first = old if self._rule_priors is None else self._rule_priors[0]
            adapted._rule_priors = first, prior
        self._adapt_rule(adapted, prior)
        for name in ("honest_score_", "honest_score_interval_", "apparent_score_", "_treatments"):
            vars(adapted).pop(name, None)
        adapted.class_prior_ = prior
        if self.correct_proba is None:
            adapted.training_prior_ = prior
        return adapted

    def _proba_prior(self):
        """Shares of the classes that probabilities speak under."""
        return self.training_prior_ if self.correct_proba is None else self.class_prior_

    def _rule_proba(self, proba):
        """What the rule takes of the probabilities that the fitted estimator gives."""
        if not self._precedes_map:
            return self._corrected(proba)
        return proba if self._rule_priors is None else correct_prior(proba, *self._rule_priors)

    def _adapt_rule(self, adapted, prior):
        """Choose the rule of an adapted copy on the recorded scores under the new prior."""
        metric = metric_for_classes(self._scorings[self._aligned], self.classes_)
        is_label = metric.kind == "label"
        if self.decision_rule not in ("auto", "tune", "plugin") or not is_label:
            return
        if self.oof_ is None:
            raise ValueError(
                "adapt_prior chooses the decision rule anew on scores out of fold, and none were "
                "kept. Fit with store_oof=True, or with decision_rule='default'."
            )
        oof = self.oof_
        weight = (prior / self.class_prior_)[oof["y"]]
        if oof["sample_weight"] is not None:
            weight = weight * oof["sample_weight"]
        old = self._proba_prior()
        adapted._rule_input = correct_prior(self._rule_input, old, prior)
        unit = oof["row"] if oof["groups"] is None else oof["groups"]
        scored = ScoredRows(
            oof["y"],
            adapted._rule_input,
            oof["row"],
            oof["split"],
            weight,
            np.unique(unit, return_inverse=True)[1],
            oof["groups"] is not None,
            cost=oof.get("cost"),
        )
        adapted.pos_label = getattr(self, "pos_label_", None)  # chosen once, said once
        spec = adapted._plan(oof["y"])
        adapted.pos_label = self.pos_label
        if scored.cost is not None:
            spec = priced_spec(spec, oof["y"], weight, scored.cost)
        folds = judging_folds(scored, self.random_state, self.classes_)
        learnt = guarded_rule(spec, scored.priced(), folds)
        adapted._set_rule(learnt.rule, spec.pos)
        adapted._set_parameters(learnt.parameters, spec)
        adapted.gain_, adapted.gain_standard_error_ = learnt.gain, learnt.standard_error
        scores = correct_prior(oof["scores"], old, prior)
        adapted.oof_ = {**oof, "scores": scores, "sample_weight": weight, "pred": learnt.codes}
