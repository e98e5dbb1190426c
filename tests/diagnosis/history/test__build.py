"""From named curves to a history: which is the loss, and which way is up."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis.history._build import (
    build_history,
    curves_of_columns,
    curves_of_sets,
    numbers_of,
)
from sklearn_lossfix.diagnosis.history._facts import check_facts


def build(columns, **told):
    """A history of named columns."""
    return build_history(curves_of_columns(columns), check_facts(**told), source="a test")


def test_numbers_of():
    """Entries are numbers, NaN and infinite ones too; None is no entry."""
    numbers, missing = numbers_of([1, None, float("nan"), float("inf")], "loss")
    np.testing.assert_array_equal(numbers, [1, np.nan, np.nan, np.inf])
    assert missing.tolist() == [False, True, False, False]
    numbers, missing = numbers_of(np.ma.masked_array([1.0, 2.0], mask=[True, False]), "loss")
    np.testing.assert_array_equal(numbers, [np.nan, 2.0])
    assert missing.tolist() == [True, False]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "'loss' is empty"),
        ([0.5, "low"], "holds 'low' at position 1, which is no number"),
        ([True], "holds True at position 0"),
        (np.array([1 + 2j]), r"holds np.complex128\(1\+2j\) at position 0"),
        ([np.zeros(3)], r"holds an array of shape \(3,\) at position 0"),
        ([[1, 2]], r"holds \[1, 2\] at position 0"),
    ],
)
def test_what_is_no_number(values, message):
    """An entry that is no number is shown with its place."""
    with pytest.raises(ValueError, match=message):
        numbers_of(values, "loss")


def test_nonfinite_losses_are_kept():
    """A loss that broke down is what a verdict is about, not an entry to drop."""
    history = build({"loss": [0.5, np.nan, np.inf], "val_loss": [0.6, None, 0.5]})
    np.testing.assert_array_equal(history.loss["train"], [0.5, np.nan, np.inf])
    assert list(history.unrecorded) == ["validation"]


def test_steps_without_any_entry_are_dropped():
    """A row that holds nothing but a learning rate is no step."""
    history = build({"loss": [0.5, None, 0.4], "lr": [0.1, 0.1, 0.05]})
    assert history.steps.tolist() == [1, 3]
    assert history.learning_rate.tolist() == [0.1, 0.05]
    assert not history.unrecorded["train"].any()


def test_negative_losses_of_scikit_learn_are_turned():
    """A loss called negative is turned and said to be."""
    history = build({"train_neg_log_loss": [-0.7, -0.6]})
    assert history.loss["train"].tolist() == [0.7, 0.6]
    assert (history.loss_name, history.flipped) == ("log_loss", ("neg_log_loss",))
    assert any("sign of neg_log_loss was turned" in sentence for sentence in history.distortions)


def test_turning_a_curve_by_hand_equals_naming_it_negative():
    """A minus before a name does what neg_ in the name does."""
    by_hand = build({"objective_value": [-0.7, -0.6]}, loss="-objective_value")
    assert by_hand.loss["train"].tolist() == [0.7, 0.6]
    by_hand = build({"loss": [1, 1], "regret": [3, 2]}, metric="-regret")
    assert by_hand.metrics["regret"]["train"].tolist() == [-3, -2]


@pytest.mark.parametrize("scale", [1, 100])
@pytest.mark.parametrize("name", ["error", "merror", "binary_error", "zero_one_loss"])
def test_shares_of_errors_become_accuracy(name, scale):
    """1 - error is accuracy, in percent too."""
    history = build({"loss": [1, 1], f"val_{name}": [0.4 * scale, 0.3 * scale]})
    np.testing.assert_allclose(history.metrics["accuracy"]["validation"], [0.6, 0.7])
    assert any(f"1 - {name} is shown" in sentence for sentence in history.distortions)
    assert history.flipped == ()


def test_other_errors_are_turned():
    """Of any error less is better, so its negative is shown."""
    history = build({"loss": [1, 1], "ece": [0.2, 0.1]})
    assert history.metrics["ece"]["train"].tolist() == [-0.2, -0.1]
    assert any("sign of ece was turned" in sentence for sentence in history.distortions)


def test_accuracy_in_percent_is_a_share():
    """Percent are scaled, and that is said; shares stay as they are."""
    history = build({"loss": [1, 1], "acc": [50.0, 75.0], "val_acc": [0.9, 60.0]})
    assert history.metrics["accuracy"]["train"].tolist() == [0.5, 0.75]
    assert any("in percent" in sentence for sentence in history.distortions)
    assert build({"acc": [0.5, 1.0]}).metrics["accuracy"]["train"].tolist() == [0.5, 1.0]


def test_accuracy_beside_its_error_is_shown_once():
    """Both say the same."""
    history = build({"loss": [1], "accuracy": [0.75], "error": [0.25]})
    assert list(history.metrics) == ["accuracy"]
    assert history.flipped == ()


def test_of_several_losses_the_plain_one_or_the_log_loss_is_judged():
    """A curve called loss is the loss; else the only log loss is; the others are named."""
    history = build({"loss": [1], "aux_loss": [2], "val_loss": [3]})
    assert history.loss["train"].tolist() == [1]
    assert any("not judged: 'aux_loss'" in sentence for sentence in history.distortions)
    assert build({"rmse": [1], "logloss": [2]}).loss_name == "logloss"


def test_several_losses_without_a_choice_are_an_error():
    """The error names them, and the argument that decides; which then does."""
    columns = {"cls_loss": [1], "box_loss": [2]}
    with pytest.raises(ValueError, match=r"'cls_loss', 'box_loss'. Say which one: loss=\"cls_loss"):
        build(columns)
    assert build(columns, loss="box_loss").loss["train"].tolist() == [2]


def test_a_name_that_was_told_decides():
    """An unknown name becomes the loss or the metric by the user's word, in all its rows."""
    columns = {"train_crit": [1.0], "val_crit": [2.0], "train_fit": [0.5]}
    with pytest.raises(ValueError, match=r'tells loss or metric.*loss="train_crit"'):
        build(columns)
    history = build(columns, loss="train_crit", metric="fit")
    assert {split: values[0] for split, values in history.loss.items()} == {
        "train": 1.0,
        "validation": 2.0,
    }
    assert history.metrics["fit"]["train"].tolist() == [0.5]


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"loss": "val_los"}, "loss='val_los' is none of the curves: 'log_loss', 'accuracy'"),
        ({"loss": "hinge"}, "loss='hinge' is none of the curves"),
        ({"metric": "auc"}, "metric='auc' is none of the curves"),
        ({"loss": "log_loss", "metric": "log_loss"}, "name the same curve"),
    ],
)
def test_a_name_that_is_not_recorded_is_an_error(told, message):
    """A name that fits no curve is not passed over."""
    with pytest.raises(ValueError, match=message):
        build({"log_loss": [1], "accuracy": [0.5]}, **told)


def test_a_known_kind_of_loss_names_a_loss_of_no_name():
    """With a curve called loss, loss= may say what it is."""
    history = build({"loss": [0.7]}, loss="log_loss")
    assert (history.loss_name, history.loss_kind) == ("log_loss", "log_loss")
    assert build({"logloss": [0.7]}, loss="log_loss").loss_name == "logloss"


def test_test_rows_stand_back_behind_validation_rows():
    """Test rows are judged only where there are no validation rows."""
    columns = {"loss": [1], "val_loss": [2], "test_loss": [3]}
    assert build(columns).loss["validation"].tolist() == [2]
    del columns["val_loss"]
    assert build(columns).loss["validation"].tolist() == [3]


def test_the_same_curve_twice_is_an_error():
    """Two curves of the same quantity and rows contradict each other."""
    with pytest.raises(ValueError, match="'val_loss', 'valid_loss' are the same quantity"):
        build({"loss": [1, 2], "val_loss": [1, 2], "valid_loss": [2, 3]})
    # An entry or two at the end are no rival of a whole curve.
    history = build({"loss": [1, 2], "train_loss": [None, 3]})
    assert history.loss["train"].tolist() == [1, 2]


def test_sets_are_told_by_their_names():
    """Nested records are taken apart by rows; parameters behind a colon are no part of a name."""
    curves = curves_of_sets(
        {"learn": {"AUC:type=Mu": [0.5]}, "a": {"Logloss": [1]}}, {"a": "train"}
    )
    assert [(curve.split, curve.name) for curve in curves] == [
        ("train", "auc"),
        ("train", "logloss"),
    ]


def test_nothing_recorded_is_an_error():
    """A history without entries is no history."""
    for columns in ({}, {"loss": [None, None]}):
        with pytest.raises(ValueError, match="holds no curve"):
            build(columns)


def test_a_metric_without_rows_belongs_to_validation_where_the_losses_tell_theirs():
    """As fastai records it; with a metric of validation rows, or a bare loss, it is of training."""
    for columns, split in (
        ({"train_loss": [2, 1], "valid_loss": [3, 2], "accuracy": [0.5, 0.6]}, "validation"),
        ({"loss": [2, 1], "val_loss": [3, 2], "accuracy": [0.5, 0.6]}, "train"),
        ({"train_loss": [2, 1], "accuracy": [0.5, 0.6]}, "train"),
    ):
        history = build_history(curves_of_columns(columns), check_facts(), source="a test")
        assert list(history.metrics["accuracy"]) == [split]
        is_told = any("as in fastai: 'accuracy'" in note for note in history.distortions)
        assert is_told == (split == "validation")
    both = {
        "train_loss": [2, 1],
        "val_loss": [3, 2],
        "accuracy": [0.5, 0.6],
        "val_accuracy": [0.4, 0.5],
    }
    history = build_history(curves_of_columns(both), check_facts(), source="a test")
    assert history.metrics["accuracy"]["train"].tolist() == [0.5, 0.6]


def test_what_was_done_to_the_curves_is_told_before_what_is_true_of_their_source():
    """Notes on these very curves come first."""
    curves = curves_of_columns({"neg_log_loss": [-2, -1]})
    history = build_history(curves, check_facts(), source="a test", distortions=["Of the source."])
    assert history.distortions[-1] == "Of the source."
    assert len(history.distortions) == 2


def test_none_tells_what_nan_is_though_its_step_is_dropped():
    """A step that no curve has is left out, and NaN beside it is a loss that was no number."""
    history = build({"loss": [0.9, None, 0.8, float("nan"), 0.7]})
    assert history.steps.tolist() == [1, 3, 4, 5]
    assert history.unrecorded["train"].tolist() == [False] * 4
