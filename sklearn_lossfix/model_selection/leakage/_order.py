"""The checks of leakage in the order in which they explain: a cause before its symptoms."""

from sklearn_lossfix.model_selection.leakage.exact_duplicates import ExactDuplicates
from sklearn_lossfix.model_selection.leakage.fitted_on_all_rows import FittedOnAllRows
from sklearn_lossfix.model_selection.leakage.group_overlap import GroupOverlap
from sklearn_lossfix.model_selection.leakage.hidden_entities import HiddenEntities
from sklearn_lossfix.model_selection.leakage.near_duplicates import NearDuplicates
from sklearn_lossfix.model_selection.leakage.oversampled_rows import OversampledRows
from sklearn_lossfix.model_selection.leakage.row_order import RowOrder
from sklearn_lossfix.model_selection.leakage.selected_on_all_rows import SelectedOnAllRows
from sklearn_lossfix.model_selection.leakage.target_copies import TargetCopies
from sklearn_lossfix.model_selection.leakage.target_encoding import TargetEncoding
from sklearn_lossfix.model_selection.leakage.time_overlap import TimeOverlap

LEAKAGE_CHECKS = (
    ExactDuplicates(),
    NearDuplicates(),
    GroupOverlap(),
    HiddenEntities(),
    TimeOverlap(),
    OversampledRows(),
    TargetEncoding(),
    TargetCopies(),
    RowOrder(),
    FittedOnAllRows(),
    SelectedOnAllRows(),
)

#: Checks that run inside `split`: they read no labels, and they are quick.
SPLIT_CHECKS = ("exact_duplicates", "near_duplicates", "group_overlap", "time_overlap")

#: Checks of given groups and times: they cost next to nothing, and are asked anew for all folds.
FOLD_CHECKS = ("group_overlap", "time_overlap")
