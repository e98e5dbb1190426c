"""The one-sentence answer of a report on folds, and the lines above it."""

import re

from sklearn_lossfix.diagnosis._columns import listing
from sklearn_lossfix.diagnosis._split_findings import (
    CLEAN,
    FOUND,
    NOT_APPLICABLE,
    UNDECIDED,
    by_weight,
)
from sklearn_lossfix.diagnosis._words import cut, interval, quantity, share_text, short_number
from sklearn_lossfix.model_selection._split_findings import ADVISORY

# Check of rows -> what its share of the test rows is said to be. Of others the first sentence of
# their message is the verdict.
_ROW_CLAUSES = {
    "exact_duplicates": "have an equal row in training",
    "near_duplicates": "have a near copy in training",
    "group_overlap": "belong to a group that is in training",
    "hidden_entities": "belong to a clump of rows that is in training",
}

# Checks that state a fact: chance has no part in it.
_FACTS = ("group_overlap",)

# Severity of a leak that may flatter scores, or may not.
_DOUBTFUL = "low"

# Units of the effect that have a way of writing numbers; others are named beside the number.
_UNITS = {"nats": "nats", "errors": "points"}
_QUANTITIES = {"nats": "log loss", "errors": "error rate"}

# Characters of a scorer's name.
_UNIT_WIDTH = 40

# Checks that the verdict names, and characters of a message that becomes part of it.
_NAMED = 3
_MESSAGE_WIDTH = 240


def counted_checks(n):
    """``1 check``, ``9 checks``."""
    return f"{n:,} check{'' if n == 1 else 's'}"


def split_headline(evidence, results):
    """Lines of label, value and context: rows, columns, leaked rows, checks, what a leak is worth.

    Parameters
    ----------
    evidence : SplitEvidence
        What was seen.
    results : list of CheckResult
        How every check ended.

    Returns
    -------
    list of dict with ``label``, ``value``, ``unit`` and ``text``
    """
    lines = [
        ("Rows", evidence.n_rows, "count", f"in {counted_folds(evidence.n_folds)}"),
        ("Columns", evidence.n_columns, "count", "without those that are ignored"),
        _leaked_line(evidence, results),
        _checks_line(results),
    ]
    if evidence.effect is not None:
        lines.append(_effect_line(evidence.effect))
    return [dict(zip(("label", "value", "unit", "text"), line, strict=True)) for line in lines]


def counted_folds(n_folds):
    """``1 fold``, ``5 folds``."""
    return f"{n_folds:,} fold{'' if n_folds == 1 else 's'}"


def _leaked_line(evidence, results):
    """Share of the test rows that leak by the worst check of rows, and the worst fold."""
    counted = [r for r in by_weight(results) if _flatters(r) and r.check in evidence.per_fold]
    n_test = evidence.per_fold["n_test"]
    if not counted or not sum(n_test):
        return "Leaked test rows", None, "share", "no check found and counted any"
    check = max(counted, key=lambda r: sum(evidence.per_fold[r.check])).check
    n_leaked = evidence.per_fold[check]
    shares = [n / m if m else 0.0 for n, m in zip(n_leaked, n_test, strict=True)]
    worst = max(range(len(shares)), key=shares.__getitem__)
    return (
        "Leaked test rows",
        sum(n_leaked) / sum(n_test),
        "share",
        f"by {check}; most in fold {evidence.per_fold['fold'][worst]} "
        f"({n_leaked[worst]:,} of {n_test[worst]:,})",
    )


def _flatters(result):
    """Whether a check found what can make scores too good."""
    return result.section == "issue"


def _checks_line(results):
    """How many checks ended how."""
    asked = [r for r in results if r.section != "ignored"]
    words = (
        (sum(r.section == "issue" for r in asked), "found a leak"),
        (sum(r.section == "tip" for r in asked), "found a matter of little weight"),
        (sum(r.found == CLEAN for r in asked), "found none"),
        (sum(r.found == UNDECIDED for r in asked), UNDECIDED),
        (sum(r.found == NOT_APPLICABLE for r in asked), "did not apply"),
    )
    return "Checks", len(asked), "count", ", ".join(f"{n} {word}" for n, word in words if n)


def effect_text(effect):
    """By how much a leak flatters, with its interval and its unit."""
    value, unit = effect["inflation"], _UNITS.get(effect["unit"], "")
    named = "" if unit else f" of {_unit_words(effect)}"
    return f"{quantity(value.value, unit)} {interval((value.low, value.high), unit)}{named}"


def _unit_words(effect):
    """What was compared."""
    if effect["unit"] in _QUANTITIES:
        return _QUANTITIES[effect["unit"]]
    return cut(effect["unit"], _UNIT_WIDTH).replace("_", " ")


def _effect_line(effect):
    """What the leaked training rows are worth to the model."""
    value, unit = effect["inflation"], _UNITS.get(effect["unit"], "")
    return (
        "Worth of the leak",
        value.value,
        unit,
        f"{interval((value.low, value.high), unit)} too good on {effect['n_judged']:,} test rows: "
        f"{_unit_words(effect)} {short_number(effect['with_leak'])} with leaked rows in training, "
        f"{short_number(effect['without_leak'])} without",
    )


def split_verdict(results, effect=None):
    """One sentence: what leaks worst and what that does to scores, or that nothing was found.

    Parameters
    ----------
    results : list of CheckResult
        How every check ended.
    effect : dict or None, default=None
        What leaked training rows are worth to a model, as in `SplitEvidence`.

    Returns
    -------
    str
    """
    issues = [r for r in by_weight(results) if _flatters(r)]
    undecided = [r.check for r in results if r.found == UNDECIDED]
    if not issues:
        return _clean_verdict(results, undecided)
    lead = issues[0]
    text = f"{_clause(lead)} {_consequence(lead, effect)}"
    others = [slug for slug in dict.fromkeys(r.slug for r in issues) if slug != lead.slug]
    if others:
        text += f"; also found: {listing(others, len(others))}"
    if undecided:
        text += f"; {counted_checks(len(undecided))} could not tell"
    return f"{text}."


def _clause(result):
    """What leaks, as the start of a sentence."""
    leak = result.leak
    if result.check not in _ROW_CLAUSES or leak.rate is None:
        first = re.split(r"(?<=[.!?]) (?=[A-Z])", result.message)[0]
        text = cut(first, _MESSAGE_WIDTH).rstrip(".")
        return f"{text};" if ": " in text else f"{text}:"
    text = f"{share_text(leak.rate)} of the test rows {_ROW_CLAUSES[result.check]}"
    if leak.expected_rate is not None and result.check not in _FACTS:
        text += f" (expected by chance: {share_text(leak.expected_rate)})"
    return f"{text}:"


def _consequence(result, effect):
    """What the leak does to scores."""
    if effect is not None and effect["inflation"].low > 0:
        return f"scores of these folds are too good, by {effect_text(effect)}"
    sure = result.severity != _DOUBTFUL and result.check not in ADVISORY
    if effect is not None:
        return (
            f"scores of these folds can be too good, though not measurably for this model "
            f"({effect_text(effect)})"
        )
    return f"scores of these folds {'are' if sure else 'can be'} too good"


def _clean_verdict(results, undecided):
    """What is said where no check found what flatters scores."""
    passed = [r for r in results if r.found == CLEAN]
    tips = [r for r in by_weight(results) if r.found == FOUND]
    absent = [r.check for r in results if r.found == NOT_APPLICABLE]
    parts = []
    if tips:
        slugs = list(dict.fromkeys(r.slug for r in tips))
        parts.append(f"of little weight: {listing(slugs, len(slugs))}")
    if undecided:
        parts.append(f"{len(undecided)} could not tell ({listing(undecided, _NAMED)})")
    if absent:
        parts.append(f"{len(absent)} did not apply ({listing(absent, _NAMED)})")
    if not passed and not tips:
        return f"No check could judge these folds: {'; '.join(parts) or 'none was asked'}."
    start = f"No leakage was found by {counted_checks(len(passed))}"
    if tips:
        start = f"No leakage that flatters scores was found by {counted_checks(len(passed))}"
    return f"{'; '.join([start, *parts])}: that is no proof."
