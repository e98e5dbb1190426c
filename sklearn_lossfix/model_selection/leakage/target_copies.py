"""Columns that tell the target alone: copies of it, and columns too good to be known before it."""

import numpy as np
from scipy import stats

from sklearn_lossfix._core._columns import named
from sklearn_lossfix.exceptions import CheckNotApplicable
from sklearn_lossfix.model_selection.leakage._binned_scores import (
    MIN_CLASS_ROWS,
    MIN_RARE_ROWS,
    class_score,
    random_folds,
    rank_score,
    score_se,
    standard_ranks,
)
from sklearn_lossfix.model_selection.leakage._exact_copies import (
    LEGITIMATE_ERROR,
    affine_copy,
    class_bijection,
    log_chance_of_order,
    log_chance_of_partition,
    monotone_copy,
)
from sklearn_lossfix.model_selection.leakage._leak import Leak
from sklearn_lossfix.model_selection.leakage._rest_of_table import (
    binned_column,
    joint_score,
    joint_scores,
)

# Score of one column alone from which it is taken for a leak: AUC .98 (targetleak's "critical";
# DataRobot's high-risk target leakage, Gini .975, is AUC .9875), the same for R2.
GOLDEN_SCORE = 0.98
# From here on a column that alone knows as much as all others together is named, though not
# judged: a legitimate column may do so, but few real tables have one. (One AI calls an AUC of .7
# suspicious and drops columns at .85.)
SUSPECT_SCORE = 0.8

# The other columns together must leave this many times the error of the suspected one, else it is
# strong because the problem is easy. Legitimate strong columns come in families: the odour of
# mushrooms has AUC .986 and the rest 1.0; the eccentricity of page blocks .991 and the rest .982,
# which is a ratio of 2.
LEAK_RATIO = 10.0
EASY_RATIO = 3.0

# A column that is weaker alone stands out if all others err at least this many times as much
# without it as with it, and no other column matters half as much: there is a leak, or one good
# measurement among poor ones. Own measurements on 25 open sets: of the columns that are known
# before the outcome, one stands out at twice the error (how hard a crash was); of those known after
# it, how long a call to a customer took has 3.1, and how badly somebody was hurt 7.7.
STANDS_OUT = 2.0
# Standard errors by which the score of a rare class may be below golden, and still be in doubt.
RARE_ERRORS = 2.0

# A table whose best column is weaker alone is not searched for one that stands out (the score from
# which on One AI calls a column suspicious).
LEAST_SUSPECT = 0.7

# More golden columns than this share of the table, and than two, are a separable problem.
WIDESPREAD_SHARE = 0.1

# A category with fewer rows a level than this numbers entities, whose labels it remembers.
ROWS_OF_ENTITY = 20

# Cells that are scored: 5 million take about two seconds. Larger tables are judged on random rows.
MAX_CELLS = 10_000_000
MIN_ROWS = 5_000

N_BEST = 10


class TargetCopies:
    """Columns that equal the target up to a bijection, or nearly tell it alone."""

    name = "target_copies"
    slug = "leaky-feature"
    title = "Features that tell the target"
    needs_y = True

    def run(self, data, earlier):
        """Look for exact copies first, then judge every other column alone against the rest."""
        if data.y is None:
            raise CheckNotApplicable("The labels are not known.")
        if len(data.y) < 2 or data.y.min() == data.y.max():
            raise CheckNotApplicable("All rows have the same label.")
        names = data.table.names
        copies, log_chance = find_copies(data.table, data.y, data.classes)
        encoded = set(earlier["target_encoding"].columns) if "target_encoding" in earlier else set()
        is_known = np.isin(np.arange(len(names)), copies)
        is_known |= np.array([name in encoded for name in names], dtype=bool)
        golden = find_golden(data, np.flatnonzero(~is_known))
        is_class = data.classes is not None
        unit = "AUC" if is_class else "R2"
        details = {
            "copies": [names[j] for j in copies],
            "score": unit,
            **_best_table(names, golden),
        }
        n_rows = len(data.y)
        certain = n_rows * np.log1p(-LEGITIMATE_ERROR) <= np.log(data.options.alpha)
        chance = log_chance + np.log(max(len(names), 1))
        sure_copies = copies if certain and chance <= np.log(data.options.alpha) else []
        leaks = [*sure_copies, *(j for j, verdict in golden.verdicts.items() if verdict is True)]
        doubts = [j for j in copies if j not in sure_copies]
        doubts += [j for j, verdict in golden.verdicts.items() if verdict is None]
        parts = _sentences(names, sure_copies, copies, golden, unit, n_rows)
        if leaks:
            p_values = [float(np.exp(chance))] if len(sure_copies) else []
            p_values += [golden.p_values[j] for j in leaks if j in golden.p_values]
            return Leak(
                self.name,
                self.slug,
                True,
                " ".join(parts),
                severity="critical" if len(sure_copies) else "high",
                rate=len(leaks) / len(names),
                expected_rate=0.0,
                p_value=min(p_values),
                columns=tuple(names[j] for j in leaks),
                fix="Remove what is known only after the outcome: "
                f"{named([names[j] for j in leaks])}.",
                details=details,
            )
        if doubts:
            return Leak(
                self.name,
                self.slug,
                None,
                "Could not tell: " + " ".join(parts),
                columns=tuple(names[j] for j in doubts),
                fix="Keep these columns only if they are known before the outcome.",
                details=details,
            )
        return Leak(
            self.name,
            self.slug,
            False,
            _clean_message(names, golden, unit),
            rate=0.0,
            expected_rate=0.0,
            details=details,
        )


class Golden:
    """Scores of single columns, and what they mean.

    Attributes
    ----------
    scores : dict of int to ColumnScore
        Of every judged column.
    verdicts : dict of int to (True or None)
        Columns that leak, and those of which it could not be told.
    p_values : dict of int to float
        Of the columns that leak, corrected for the number of columns.
    reasons : dict of int to str
        Why it could not be told.
    rest : dict of int to ColumnScore
        What the other columns know together, for every strong column.
    together : dict of int to ColumnScore
        What all columns know, for a column that stands out without being strong.
    """

    def __init__(self):
        self.scores, self.verdicts, self.p_values = {}, {}, {}
        self.reasons, self.rest, self.together = {}, {}, {}

    @property
    def order(self):
        """Columns, the best first."""
        return sorted(self.scores, key=lambda j: (-self.scores[j].value, j))


def find_copies(table, y, classes):
    """Columns that equal the target up to a bijection.

    Of a numeric target: affine and monotone ones, and bijections where values repeat.

    Parameters
    ----------
    table : Table
        Features.
    y : ndarray of shape (n_rows,)
        Codes of classes, or numbers.
    classes : ndarray or None
        None for numbers.

    Returns
    -------
    columns : list of int
        Positions.
    log_chance : float
        Log of the greatest chance that an unrelated column is one.
    """
    if classes is not None:
        codes, n_codes = y, len(classes)
        counts = np.bincount(y)
    else:
        values, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
        n_codes = len(values)
        order = np.argsort(y, kind="stable")
        is_step = np.diff(y[order]) > 0
    counts = counts[counts > 0]
    chance = log_chance_of_partition(counts)
    # Bijections of a target without repeats are no news: every numbering of rows is one.
    has_repeats = chance < np.log(1e-6)
    copies, chances = [], [-np.inf]
    for j in range(table.n_columns):
        column = table.column(j)
        if has_repeats and class_bijection(column, codes, n_codes):
            copies.append(j)
            chances.append(chance)
        elif classes is None and table.kinds[j] == "number":
            if monotone_copy(column, order, is_step) or affine_copy(column, y):
                copies.append(j)
                chances.append(log_chance_of_order(len(y), counts))
    return copies, max(chances)


def find_golden(data, columns):
    """Judge every column alone, and the strong ones against all others together.

    Parameters
    ----------
    data : SplitData
        Features and labels.
    columns : ndarray of int
        Positions of the columns to judge: neither copies nor explained by another check.

    Returns
    -------
    Golden
    """
    golden = Golden()
    rng = data.rng("target_copies")
    table, y, groups = data.table, data.y, data.groups
    limit = max(MIN_ROWS, MAX_CELLS // max(table.n_columns, 1))
    if len(y) > limit:
        rows = np.sort(rng.choice(len(y), limit, replace=False))
        table, y = table.take(rows), y[rows]
        groups = None if groups is None else np.unique(groups[rows], return_inverse=True)[1]
    is_auc = data.classes is not None
    target = y if is_auc else standard_ranks(y)
    fold = random_folds(len(y), rng, groups)
    n_levels = {}
    n_of = np.bincount(y) if is_auc else np.empty(0, dtype=np.intp)
    has_rare = ((n_of >= MIN_RARE_ROWS) & (n_of < MIN_CLASS_ROWS)).any()
    for j in columns:
        codes, n_codes = binned_column(table, j)
        if codes.min() < codes.max():
            n_levels[int(j)] = n_codes
            golden.scores[int(j)] = (
                _best_class_score(codes, n_codes, target, len(data.classes), fold, has_rare)
                if is_auc
                else rank_score(codes, n_codes, target, fold)
            )
    golden.scores = {j: s for j, s in golden.scores.items() if not np.isnan(s.value)}
    strong = [j for j in golden.order if golden.scores[j].value >= GOLDEN_SCORE]
    alpha = data.options.alpha
    suspects = strong or [j for j in golden.order[:1] if golden.scores[j].value >= SUSPECT_SCORE]
    is_widespread = len(strong) > max(2, WIDESPREAD_SHARE * len(columns))
    order = [*golden.order, *(j for j in n_levels if j not in golden.scores)]
    others = np.array([j for j in order if j not in set(suspects)], dtype=np.intp)
    joint, next_best = {}, {}
    for j in suspects:
        score = golden.scores[j]
        if score.target not in joint:
            hits = y == score.target if is_auc else None
            known = [golden.scores[k] for k in others if k in golden.scores]
            known = [other for other in known if other.target == score.target]
            if is_auc and n_of[score.target] < MIN_CLASS_ROWS:
                known = _others_alone(table, others, target, score.target, fold, is_auc)
            known.append(joint_score(table, others, target, hits, rng))
            joint[score.target] = max(known, key=lambda other: other.value)
        rest = golden.rest[j] = joint[score.target]
        is_entity = data.table.kinds[j] == "category" and n_levels[j] * ROWS_OF_ENTITY > len(y)
        verdict, p_value, reason = judge(score, rest, len(columns), is_auc, alpha)
        if verdict is False and score.value >= GOLDEN_SCORE:
            if score.target not in next_best:
                alone = _others_alone(table, others, target, score.target, fold, is_auc)
                next_best[score.target] = max((other.value for other in alone), default=0.0)
            error = max(1 - score.value, _error_se(score, is_auc))
            if 1 - next_best[score.target] >= LEAK_RATIO * error:
                verdict, reason = None, "they take many columns for it, of which none comes near"
        n_small = min(score.n_positive, score.n_negative)
        if verdict is True and is_entity:
            verdict, reason = None, "it may number entities: pass it as groups"
        elif verdict is True and is_widespread:
            verdict, reason = None, "many columns do, so the problem may be separable"
        elif verdict is True and n_small < MIN_CLASS_ROWS:
            verdict, reason = None, f"a class has {n_small} rows, too few to be sure"
        if verdict is True:
            golden.p_values[j] = p_value
        if verdict is not False:
            golden.verdicts[j] = verdict
            golden.reasons[j] = reason
    best = max((score.value for score in golden.scores.values()), default=0.0)
    if not strong and not golden.verdicts and best >= LEAST_SUSPECT:
        _add_standing_out(golden, table, target, y if is_auc else None, rng, alpha)
    return golden


def _best_class_score(codes, n_codes, y, n_classes, fold, has_rare):
    """Score for the class that a column tells best; a rare one only if that may be golden."""
    score = class_score(codes, n_codes, y, n_classes, fold)
    if not has_rare or score.value >= GOLDEN_SCORE:
        return score
    rare = class_score(codes, n_codes, y, n_classes, fold, min_rows=MIN_RARE_ROWS)
    return rare if rare.value + RARE_ERRORS * rare.se >= GOLDEN_SCORE else score


def _others_alone(table, columns, target, code, fold, is_auc):
    """Scores of other columns for one class, however rare, or for the numeric target."""
    scores = []
    for j in columns:
        codes, n_codes = binned_column(table, j)
        if is_auc:
            hits = (target == code).astype(np.int64)
            scores.append(class_score(codes, n_codes, hits, 2, fold, min_rows=MIN_RARE_ROWS))
        else:
            scores.append(rank_score(codes, n_codes, target, fold))
    return [score for score in scores if not np.isnan(score.value)]


def _add_standing_out(golden, table, target, codes, rng, alpha):
    """Name the one column without which all others know far less; see `STANDS_OUT`."""
    columns = np.array(golden.order, dtype=np.intp)
    hits = None if codes is None else codes == golden.scores[columns[0]].target
    seed = int(rng.integers(2**31 - 1))

    def score(kept, n_shuffled=0):
        # One seed: the same rows and folds with and without a column.
        return joint_scores(table, kept, target, hits, np.random.default_rng(seed), n_shuffled)

    together, shuffled = score(columns, N_BEST)
    error = max(1 - together.value, _error_se(together, hits is not None))
    lost = {j: together.value - value for j, value in shuffled.items()}
    first, *others = sorted(lost, key=lambda j: -lost[j])[:2]
    # Shuffling takes more away than leaving out does.
    if lost[first] < (STANDS_OUT - 1) * error:
        return
    rest = score(columns[columns != first])[0]
    gap = together.value - rest.value
    is_sure = gap > stats.norm.isf(alpha) * np.hypot(together.se, rest.se)
    if gap < (STANDS_OUT - 1) * error or not is_sure:
        return
    for j in others:
        if 2 * lost[j] > gap and 2 * (together.value - score(columns[columns != j])[0].value) > gap:
            return
    golden.verdicts[first] = None
    golden.reasons[first] = f"with it {together.value:.3g}, and no other matters half as much"
    golden.rest[first], golden.together[first] = rest, together


def judge(score, rest, n_columns, is_auc, alpha):
    """Whether one strong column is a leak.

    Parameters
    ----------
    score, rest : ColumnScore
        Of the column alone; of the best other column or of all others together.
    n_columns : int
        Columns among which it is the best (Bonferroni: Holm's step for the smallest p-value).
    is_auc : bool
        AUC, else R2.
    alpha : float
        Level.

    Returns
    -------
    verdict : True, False or None
        None if it could not be told.
    p_value : float
        Of "its score is at most the limit, or the others do nearly as well".
    reason : str
        Why it could not be told.
    """
    error, rest_error = 1 - score.value, 1 - rest.value
    if score.value < GOLDEN_SCORE:
        if score.value < rest.value:
            return False, 1.0, ""
        return None, 1.0, "as much as all others together"
    if rest.value >= GOLDEN_SCORE or rest_error <= EASY_RATIO * error:
        return False, 1.0, ""
    z_high = (score.value - GOLDEN_SCORE) / score_se(score, GOLDEN_SCORE, is_auc)
    spread = _error_se(score, is_auc)
    z_gap = (rest_error - LEAK_RATIO * error) / np.hypot(rest.se, LEAK_RATIO * spread)
    p_value = min(1.0, n_columns * float(stats.norm.sf(min(z_high, z_gap))))
    chance_level = 0.5 if is_auc else 0.0
    z_alpha = float(stats.norm.isf(alpha))
    if rest.value - chance_level <= z_alpha * rest.se:
        return None, p_value, "the others know nothing, so there is nothing to compare it with"
    if p_value <= alpha:
        return True, p_value, ""
    if n_columns * float(stats.norm.sf(z_high)) > alpha:
        return None, p_value, "too few rows to be sure"
    return None, p_value, "the others know much of it too"


def _error_se(score, is_auc):
    """Standard error of a score; of a perfect one as if a single row had been wrong."""
    n_small = max(2, min(score.n_positive, score.n_negative))
    return score_se(score, min(score.value, 1 - 1 / n_small), is_auc)


def _best_table(names, golden):
    """The best columns with their scores, as plain lists."""
    best = golden.order[:N_BEST]
    return {
        "columns": [names[j] for j in best],
        "scores": [float(golden.scores[j].value) for j in best],
        "standard_errors": [float(golden.scores[j].se) for j in best],
        "rest": {names[j]: float(rest.value) for j, rest in golden.rest.items()},
    }


def _sentences(names, sure_copies, copies, golden, unit, n_rows):
    """What was found, one sentence a kind."""
    parts = []
    if len(sure_copies):
        parts.append(f"{named([names[j] for j in sure_copies])} equals the target in all rows.")
    elif copies:
        parts.append(
            f"{named([names[j] for j in copies])} equals the target in all {n_rows} rows, which "
            "are too few to exclude a very good column."
        )
    for j, verdict in list(golden.verdicts.items())[:3]:
        alone = (
            f"{names[j]!r} alone reaches {unit} {golden.scores[j].value:.4g}, all others together "
            f"{golden.rest[j].value:.3g}"
        )
        reason = f" ({golden.reasons[j]})" if verdict is None else ""
        parts.append(f"{alone}{reason}: is it known before the outcome?")
    return parts


def _clean_message(names, golden, unit):
    """Name the strongest column where nothing was found."""
    if not golden.scores:
        return "No column equals the target."
    best = golden.order[0]
    message = (
        f"No column equals the target; the strongest alone, {names[best]!r}, reaches {unit} "
        f"{golden.scores[best].value:.3g}"
    )
    if best in golden.rest:
        return f"{message}, and the others together {golden.rest[best].value:.3g}."
    return f"{message}."
