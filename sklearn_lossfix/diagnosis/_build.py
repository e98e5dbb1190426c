"""From evidence to a report."""

from functools import partial

import numpy as np

from sklearn_lossfix._core._evidence import NestedSearch
from sklearn_lossfix._core._paired_tests import weighted_mean
from sklearn_lossfix.diagnosis._compare import compare_columns
from sklearn_lossfix.diagnosis._fix import to_be_tried
from sklearn_lossfix.diagnosis._learning_curve import curve_columns
from sklearn_lossfix.diagnosis._report import FitReport
from sklearn_lossfix.diagnosis._run_checks import run_checks
from sklearn_lossfix.diagnosis._search_tables import (
    nested_columns,
    search_facts,
    search_tables,
)
from sklearn_lossfix.diagnosis._software import versions
from sklearn_lossfix.diagnosis._treatment_tables import treatment_facts, treatment_tables
from sklearn_lossfix.diagnosis._verdict import headline, verdict
from sklearn_lossfix.diagnosis.checks import BUILTIN_CHECKS
from sklearn_lossfix.diagnosis.ledgers.reliability import reliability

# Rows named in the table of the hardest rows.
N_HARDEST = 20


def build_report(analysis, *, effort, ignore, context, fixer_of=None):
    """Judge an analysis and put everything into a report.

    Parameters
    ----------
    analysis : Analysis
        The derived numbers.
    effort : {"fast", "normal"}
        What was gathered.
    ignore : set of str
        Slugs not to judge.
    context : dict
        What the caller knows: seeds, call, notes.
    fixer_of : callable, default=None
        From the findings to what tries their remedies, or None where nothing can be refitted.

    Returns
    -------
    FitReport
    """
    findings = run_checks(analysis, BUILTIN_CHECKS, kind="model", effort=effort, ignore=ignore)
    issues = [finding for finding in findings if finding.section == "issue"]
    too_few = [
        finding.message
        for finding in findings
        if finding.name == "validation-too-small"
        and finding.section == "tip"
        and finding.estimate > abs(finding.evidence["difference_from_constant"])
    ]
    fixer = None if fixer_of is None else fixer_of(findings)
    if fixer is not None:
        context = {
            **context,
            "fix": _cost_of_fixing(
                findings, analysis.refits.evidence, analysis.refits.bench.n_splits
            ),
        }
    return FitReport(
        kind="model",
        verdict=verdict(
            analysis,
            issues,
            too_few[0] if too_few else None,
            sorted((f for f in findings if f.suspected), key=lambda f: f.p_value),
        ),
        headline=headline(analysis),
        findings=findings,
        context=_context(analysis, effort, context),
        loss_ledger=analysis.loss_ledger,
        brier_ledger=analysis.brier_ledger,
        error_ledger=analysis.error_ledger,
        flips=analysis.flips,
        bridges=analysis.bridges,
        tables=_tables(analysis),
        reliability=_reliability_of(analysis.evidence),
        fixer=fixer,
    )


def _cost_of_fixing(findings, evidence, n_splits):
    """How many remedies would be tried, and the least fits of the user's estimator they take.

    Twins were fitted already; one remedy on top of another, and choosing anew for a fold, may take
    more.
    """
    remedies = [finding.remedy for finding in to_be_tried(findings)]
    known = [twin.build for twin in evidence.twins.values()]
    new = [remedy.n_fits for remedy in remedies if remedy.build not in known]
    return {"n_remedies": len(remedies), "n_fits": sum(new) * n_splits}


def _reliability_of(evidence):
    """What works out the curve when it is first wanted; None without probabilities."""
    model = evidence.model
    if model.proba is None:
        return None
    # A partial and no closure: reports are pickled.
    return partial(
        _reliability_curve, model.proba, evidence.y, evidence.classes, evidence.sample_weight
    )


def _reliability_curve(proba, y, classes, sample_weight):
    """The curve of the second of two classes, else of the most probable class being right."""
    if len(classes) == 2:
        curve = reliability(proba[:, 1], y == 1, sample_weight)
        return {"event": f"class {classes[1].item()!r}", **curve}
    right = proba.argmax(axis=1) == y
    confidence = np.minimum(proba.max(axis=1), 1.0)
    return {
        "event": "the most probable class is right",
        **reliability(confidence, right, sample_weight),
    }


def _tables(analysis):
    """Columns of the report's tables."""
    evidence = analysis.evidence
    tables = {"classes": _listed(analysis.class_columns())}
    if analysis.ladder is not None:
        row_share, loss_share, gini = analysis.lorenz
        tables["lorenz"] = _listed({"row_share": row_share, "loss_share": loss_share})
        hardest = np.argsort(-analysis.row_losses, kind="stable")[:N_HARDEST]
        tables["hardest_rows"] = _listed(
            {
                "row": evidence.rows[hardest],
                "loss": analysis.row_losses[hardest],
                "true": [evidence.classes[k].item() for k in evidence.y[hardest]],
                "predicted": [evidence.classes[k].item() for k in evidence.model.pred[hardest]],
                "probability_of_true": np.exp(-analysis.row_losses[hardest]),
            }
        )
        tables["concentration"] = {
            "statistic": ["gini", "top 1 % of rows", "top 10 % of rows"],
            "value": [
                gini,
                *(1.0 - np.interp([0.99, 0.9], row_share, loss_share)),
            ],
        }
    if evidence.search is not None:
        tables |= search_tables(analysis)
    if evidence.treatments is not None:
        tables.pop("candidates", None)  # they are the treatments
        tables |= treatment_tables(evidence)
    tables |= _refit_tables(analysis.refits)
    if evidence.compared is not None:
        tables["compare"] = compare_columns(analysis)
    if analysis.refits is not analysis:
        tables["out_of_fold"] = _out_of_fold_columns(analysis)
    return tables


def _refit_tables(analysis):
    """Learning curve, seeds and the nested search, where they were asked for."""
    evidence, tables = analysis.evidence, {}
    if evidence.learning_curve is not None:
        tables["learning_curve"] = curve_columns(
            evidence.learning_curve, inflation=evidence.inflation, **analysis.sampling
        )
    if evidence.seeds:
        tables["seeds"] = {
            "seed": ["the model's", *(f"other {k}" for k in range(1, len(evidence.seeds)))],
            "loss": [
                weighted_mean(analysis.losses_of(scored), evidence.sample_weight)
                for scored in evidence.seeds
            ],
        }
    if isinstance(evidence.nested_search, NestedSearch):
        tables["nested_search"] = nested_columns(evidence.nested_search)
    return tables


def _out_of_fold_columns(analysis):
    """Loss and metric out of fold, beside those of the judged rows."""
    other = analysis.refits
    names, judged, folds = [], [], []
    if analysis.ladder is not None and other.evidence.model.proba is not None:
        names.append("log loss")
        judged.append(analysis.loss)
        folds.append(other.loss)
        names.append("Brier score")
        judged.append(analysis.brier_ledger.total)
        folds.append(other.brier_ledger.total)
    if analysis.metric.kind == "label":
        names.append(analysis.metric.name)
        judged.append(analysis.score(analysis.metric).value)
        folds.append(other.score(other.metric).value)
    return {"quantity": names, "judged_rows": judged, "out_of_fold": folds}


def _listed(columns):
    """Columns as lists."""
    return {k: v.tolist() if isinstance(v, np.ndarray) else list(v) for k, v in columns.items()}


def _context(analysis, effort, context):
    """Who was judged on what, and with which software."""
    evidence = analysis.evidence
    shares = " / ".join(f"{share:.1%}" for share in analysis.shares[:4])
    if evidence.n_classes > 4:
        shares += " / ..."
    n_train = evidence.facts.get("n_train")
    rows = {
        "validation": f"{len(evidence.y):,} validation rows",
        "out-of-fold": f"{len(np.unique(evidence.rows)):,} rows out of fold",
        "predictions": f"{len(evidence.y):,} rows",
    }[evidence.source]
    trained = f"{n_train:,} training and " if evidence.source == "validation" and n_train else ""
    name = evidence.facts.get("estimator", "probabilities")
    chosen = {} if evidence.search is None else {"search": search_facts(analysis)}
    if evidence.treatments is not None:
        chosen["treatments"] = treatment_facts(evidence.treatments)
    return {
        "title": f"{name}, {trained}{rows}, {evidence.n_classes} classes ({shares})",
        "estimator": name,
        "source": evidence.source,
        "n_rows": len(evidence.y),
        "n_train": n_train,
        "n_classes": evidence.n_classes,
        "classes": [label.item() for label in evidence.classes],
        "metric": analysis.metric.name,
        "pos_label": None if evidence.pos is None else evidence.classes[evidence.pos].item(),
        "effort": effort,
        "alpha": analysis.alpha,
        "notes": list(evidence.facts.get("notes", [])),
        "versions": versions(),
        "compared": evidence.facts.get("compared"),
        **chosen,
        **context,
    }
