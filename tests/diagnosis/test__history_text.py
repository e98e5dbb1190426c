"""The printed report on a history."""

import numpy as np

from sklearn_lossfix import diagnose_history
from sklearn_lossfix.diagnosis._history_text import WIDTH, history_lines

STEPS = np.arange(80)


def finding(name, section="issue", explained_by=None, fix="Do this."):
    """A finding as in a dictionary."""
    return {
        "name": name,
        "section": section,
        "message": f"About {name}.",
        "explained_by": explained_by,
        "evidence": {"fix": fix} if fix else {},
    }


def test_notes_come_first_then_issues_with_what_to_do():
    """At most two notes, then each issue with its fix, then tips."""
    data = {
        "context": {"notes": ["One.", "Two.", "Three."]},
        "findings": [finding("a"), finding("b", explained_by="a"), finding("c", "tip", fix="")],
    }
    assert history_lines(data, 20) == [
        "Note: One.",
        "Note: Two.",
        "  and 1 more: report.context['notes']",
        "",
        "Issues",
        f"  {'a':25s} About a.",
        "      -> Do this.",
        f"    {'b':23s} explained by a",
        "Tips",
        f"  {'c':25s} About c.",
    ]


def test_little_room_drops_fixes_first():
    """Where lines are few, findings stay and what to do is left to the finding itself."""
    data = {"context": {}, "findings": [finding(str(k)) for k in range(6)]}
    lines = history_lines(data, 8)
    assert len(lines) == 7
    assert not any("->" in line for line in lines)
    assert len(history_lines(data, 5)) == 5
    assert history_lines(data, 5)[-1] == "  and more: report.frame()"


def test_a_report_with_many_findings_has_25_lines():
    """A run with faults of all kinds still fits."""
    noise = np.random.default_rng(0).normal(0, 0.02, (2, 80))
    swing = 0.2 * (-1.0) ** STEPS
    history = {
        "loss": 0.4 + 0.2 * np.exp(-STEPS / 20) + swing + noise[0],
        "val_loss": 0.5 + 0.01 * STEPS + noise[1],
        "val_accuracy": np.clip(0.8 + noise[1] / 10, 0, 1),
    }
    report = diagnose_history(history, loss="log_loss", n_classes=2)
    text = str(report)
    assert len(report.issues) >= 3
    assert len(text.splitlines()) <= 25
    assert "explained by" in text


def test_long_sentences_go_on_in_the_next_line_while_there_is_room():
    """Nothing of what was found is lost where lines are left; notes are cut before findings."""
    long = " ".join(["word"] * 60)
    data = {
        "context": {"notes": [long]},
        "findings": [{**finding("a", fix=long), "message": f"{long} end."}],
    }
    lines = history_lines(data, 25)
    assert all(len(line) <= WIDTH for line in lines)
    assert " ".join(" ".join(lines).split()).count("word") == 180
    assert lines[1].startswith("    word")
    tight = history_lines(data, len(lines) - 1)
    assert tight[0] == f"Note: {long}"
    assert any(line.endswith("end.") and len(line) <= WIDTH for line in tight)
    assert len(history_lines(data, 5)) <= 5
