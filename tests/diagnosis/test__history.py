"""diagnose_history: from a history in any form to a report."""

import numpy as np
import pytest

import sklearn_lossfix
from sklearn_lossfix import FitReport, diagnose_history

STEPS = np.arange(1, 61)


def curves(seed=0, slope=0.0):
    """A Keras-like history whose validation loss rises with a slope from step 20 on."""
    noise = np.random.default_rng(seed).normal(0, 0.003, (2, 60))
    train = 0.1 + 0.6 * np.exp(-STEPS / 8) + noise[0]
    validation = train + 0.1 + slope * np.maximum(STEPS - 20, 0) + noise[1]
    return {"loss": train.tolist(), "val_loss": validation.tolist()}


def test_it_is_public():
    """The function is exported and makes a report of its kind."""
    assert sklearn_lossfix.diagnose_history is diagnose_history
    report = diagnose_history(curves())
    assert isinstance(report, FitReport)
    assert report.kind == "history"


def test_overfitting_is_found_and_a_sound_run_is_healthy():
    """The verdict names what was planted, and says so where nothing was."""
    assert [f.name for f in diagnose_history(curves(slope=0.004)).issues] == [
        "overfit-turning-point"
    ]
    sound = diagnose_history(curves())
    assert sound.issues == []
    assert sound.verdict.startswith("Healthy by ")


def test_the_same_seed_gives_the_same_report():
    """Bootstraps are seeded; None is seed 0."""
    one, other = diagnose_history(curves()), diagnose_history(curves(), random_state=0)
    assert one.to_json() == other.to_json()


def test_containers_do_not_matter():
    """A dictionary of arrays or lists, and a data frame, give the same findings."""
    pandas = pytest.importorskip("pandas")
    data = curves(slope=0.004)
    frames = [data, {k: np.array(v) for k, v in data.items()}, pandas.DataFrame(data)]
    reports = [diagnose_history(frame) for frame in frames]
    messages = [[f.message for f in report.findings] for report in reports]
    assert messages[0] == messages[1] == messages[2]


def test_runs_are_pooled():
    """A list of histories is one report, with a table of the runs."""
    report = diagnose_history([curves(seed, 0.004) for seed in range(3)])
    assert report.context["n_runs"] == 3
    assert len(report.tables["runs"]) == 3
    assert [f.name for f in report.issues] == ["overfit-turning-point"]


@pytest.mark.parametrize("top", [1e150, 1e200, 1e300])
def test_a_divergence_is_found_however_far_it_goes(top):
    """Losses whose squares are out of range end in the verdict, and a note says what was cut."""
    loss = 0.5 + 0.3 * np.exp(-STEPS / 5) + 0.002 * top ** (np.maximum(STEPS - 20, 0) / 40)
    report = diagnose_history({"loss": loss, "val_loss": 1.1 * loss})
    assert report.issues[0].name == "learning-rate-too-high"
    assert "Values beyond 1e+100" in report.context["notes"][0]


def test_runs_without_a_common_curve_are_refused():
    """A training curve and a validation curve are no two runs, and no run without a loss."""
    data = curves()
    with pytest.raises(ValueError, match="no curve in common: 'training loss', 'validation loss'"):
        diagnose_history([{"loss": data["loss"]}, {"val_loss": data["val_loss"]}])


def test_facts_open_checks():
    """With the kind of loss and the number of classes chance is judged; without it is not."""
    data = {"loss": [0.693] * 40}
    assert diagnose_history(data)["stuck-at-chance"].section == "not_applicable"
    told = diagnose_history(data, loss="log_loss", n_classes=2)
    assert [f.name for f in told.issues] == ["stuck-at-chance"]


def test_ignore_takes_the_names_of_this_kind():
    """What is ignored is listed so; a finding of models is refused with its kind."""
    report = diagnose_history(curves(slope=0.004), ignore="overfit-turning-point")
    assert report.issues == []
    assert report["overfit-turning-point"].section == "ignored"
    with pytest.raises(ValueError, match="did you mean"):
        diagnose_history(curves(), ignore=["overfit-turning-points"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"alpha": 2}, "alpha must be a number between 0 and 1"),
        ({"scoring": "f1"}, "scoring must name a metric of the history"),
        ({"n_classes": 1}, "n_classes must be a whole number"),
        ({"random_state": -1}, "random_state must not be negative"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    """An error names the parameter and what was expected."""
    with pytest.raises(ValueError, match=message):
        diagnose_history(curves(), **arguments)


def test_alpha_is_the_level():
    """A level of next to nothing finds nothing that needs a test."""
    assert diagnose_history(curves(slope=0.004), alpha=1e-300).issues == []
