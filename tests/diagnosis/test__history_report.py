"""Reports of kind "history": built from histories, and sent on like any other."""

import json
import pickle
from importlib import resources

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from sklearn.base import BaseEstimator

from sklearn_lossfix import FitReport
from sklearn_lossfix._core._finding import SECTIONS, SLUGS
from sklearn_lossfix._core._history import History
from sklearn_lossfix.diagnosis._diagnose_fitted import diagnose_fitted
from sklearn_lossfix.diagnosis._history_report import NO_DISTORTION, build_history_report
from sklearn_lossfix.diagnosis.history.verdicts import HISTORY_CHECKS

HOSTILE = ["<script>alert(1)</script>", "a|b\n| --- |\n# x", "\x1b[31mred\x07", "\ud800", "$\\f{$"]


def history(slope=0.004, n=60, rows=True, **facts):
    """An overfitted run with rows, as a history."""
    rng = np.random.default_rng(0)
    step = np.arange(1.0, n + 1)
    decay = np.exp(-step / 8)
    mean = 0.3 + 0.4 * decay + slope * np.maximum(step - 20, 0)
    losses = np.maximum(mean[:, None] + rng.normal(0, 0.05, (n, 200)), 0.01)
    right = losses < np.log(2)
    right[:, :20] = rng.random((n, 20)) < 0.5
    if rows:
        facts |= {"row_losses": losses, "row_right": right, "row_steps": step}
    return History(
        step,
        {"train": 0.1 + 0.6 * decay + rng.normal(0, 0.004, n), "validation": losses.mean(axis=1)},
        {"accuracy": {"validation": right.mean(axis=1)}},
        loss_kind="log_loss",
        n_classes=2,
        n_validation=200,
        source="a test",
        **facts,
    )


@pytest.fixture(scope="module")
def report():
    """A report on an overfitted run; no test changes it."""
    return build_history_report([history(distortions=("Curves of tests are made up.",))])


def test_every_registered_check_speaks_once(report):
    """Each in one finding, of a known slug and section, with words."""
    assert sorted(f.name for f in report.findings) == sorted(c.slug for c in HISTORY_CHECKS)
    assert {f.name for f in report.findings} <= set(SLUGS)
    assert {f.section for f in report.findings} <= set(SECTIONS)
    assert all(f.message for f in report.findings)


def test_checks_are_named_like_their_files():
    """The name of a check is that of its module, its slug the same with hyphens."""
    for check in HISTORY_CHECKS:
        assert type(check).__module__.rsplit(".", 1)[1] == check.name
        assert check.slug == check.name.replace("_", "-")
        assert check.kinds == ("history",)


def test_it_is_a_report_without_ledgers(report):
    """Ledgers and bridges belong to models; the overfit is found."""
    for name in ("loss_ledger", "brier_ledger", "error_ledger", "bridges", "reliability"):
        assert getattr(report, name) is None
    assert report.issues[0].name == "overfit-turning-point"
    assert list(report.tables) == ["curves", "best_epochs", "verdicts", "courses"]


def test_flips_go_from_the_best_step_to_the_last(report):
    """The flip table sums to the change of the recorded means, and names both steps."""
    made = history()
    best = int(np.argmin(made.loss["validation"]))
    change = made.loss["validation"][-1] - made.loss["validation"][best]
    assert report.flips.loss_total == pytest.approx(change, abs=1e-12)
    assert report.flips.states == (f"epoch {best + 1}", "epoch 60")
    assert build_history_report([history(rows=False)]).flips is None


def test_notes_begin_with_the_distortions(report):
    """What the source does not show truly stands first, also where nothing is known."""
    assert report.context["notes"] == ["Curves of tests are made up."]
    assert build_history_report([history(rows=False)]).context["notes"] == [NO_DISTORTION]


def test_windows_stand_in_the_table(report):
    """Every issue has its stretch in the table of verdicts, within the run."""
    table = report.frame("verdicts")
    assert {issue.name for issue in report.issues} <= set(table["finding"])
    assert (table["first_step"] >= 1).all()
    assert (table["last_step"] <= 60).all()


def test_curves_hold_what_was_recorded(report):
    """The table gives back the validation loss to the last digit."""
    table = report.frame("curves")
    mine = table[(table["quantity"] == "loss") & (table["split"] == "validation")]
    assert mine["value"].tolist() == history().loss["validation"].tolist()
    assert mine["step"].tolist() == list(range(1, 61))


def test_units_do_not_change_findings():
    """A loss in other units ends in the same sections, with the same p-values."""
    one = build_history_report([History(np.arange(60.0), history().loss)])
    scaled = {split: 50 * values for split, values in history().loss.items()}
    other = build_history_report([History(np.arange(60.0), scaled)])
    assert [(f.name, f.section) for f in one.findings] == [
        (f.name, f.section) for f in other.findings
    ]
    p_values = [np.array([f.p_value for f in made.findings], dtype=float) for made in (one, other)]
    assert p_values[0] == pytest.approx(p_values[1], rel=1e-6, nan_ok=True)


def test_json_round_trip_and_schema(report):
    """The report validates, and comes back as it was, text included."""
    text = report.to_json()
    schema = resources.files("sklearn_lossfix.diagnosis") / "schema" / "report-1.schema.json"
    Draft202012Validator(json.loads(schema.read_text(encoding="utf-8"))).validate(json.loads(text))
    back = FitReport.from_json(text)
    assert str(back) == str(report)
    assert [f.name for f in back.issues] == [f.name for f in report.issues]
    assert str(pickle.loads(pickle.dumps(report))) == str(report)


def test_no_single_rows_travel(report):
    """Losses of rows are not in the file, and no table has their number of entries."""
    data = report.to_dict()
    assert "row_losses" not in json.dumps(data)
    assert all(len(column) != 200 for t in data["tables"].values() for column in t.values())


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_harmless(name):
    """A source, a loss and a metric of any name break no rendering."""
    step = np.arange(30.0)
    values = np.exp(-step / 5)
    made = History(
        step,
        {"validation": values},
        {name: {"validation": 1 - values}},
        source=name,
        loss_name=name,
        distortions=(name,),
        unit="epoch",
    )
    report = build_history_report([made])
    html = report.to_html()
    assert "<script>alert" not in html
    assert len(html.encode("utf-8", "surrogatepass")) < 300_000
    assert "\x1b" not in str(report)
    assert "\n# x" not in report.to_markdown()
    report.to_json()


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 12, 20, 25])
def test_short_histories_end_in_words(n):
    """However few entries there are, every check passes or says why it cannot judge."""
    made = build_history_report([history(n=n, slope=0.0)])
    assert len(str(made).splitlines()) <= 25
    if n < 8:
        assert made.verdict.startswith("Too short to judge") or made.issues
    assert {f.section for f in made.findings} <= set(SECTIONS)


def test_constant_and_empty_curves():
    """A loss that never changes, and one without any finite entry, are reports too."""
    flat = build_history_report([History(np.arange(40.0), {"train": np.full(40, 0.5)})])
    assert flat["loss-plateau"].section == "tip"
    broken = build_history_report([History(np.arange(9.0), {"train": np.full(9, np.inf)})])
    assert [f.name for f in broken.issues] == ["nonfinite-loss"]
    assert broken.headline[0]["value"] is None
    assert broken.to_html()


class Recorder(BaseEstimator):
    """An estimator that hands over its history."""

    def fit(self, X=None, y=None):
        """Fit nothing."""
        self.classes_ = np.array([0, 1])
        return self

    def _history_evidence(self):
        return history()


def test_an_estimator_with_a_history_gets_its_report():
    """Without rows, what fit recorded is the history."""
    report = diagnose_fitted(Recorder().fit(), None, None)
    assert report.kind == "history"
    assert report.context["call"] == "Recorder.diagnose"
