"""What reports without a model show alike."""

import pytest

from sklearn_lossfix.diagnosis.display._plain_view import PlainView
from sklearn_lossfix.diagnosis.display._render import LIMITS


def test_nothing_was_searched_or_treated(binary):
    """Also where tables have the names of those of a search."""
    binary["tables"]["gap"] = binary["tables"]["treatments"] = {}
    view = PlainView(binary, LIMITS[0])
    assert view.search is None
    assert view.treatments is None


@pytest.mark.parametrize("limits", LIMITS)
def test_notes_are_capped_with_the_call_that_gives_all(folds, limits):
    """As many as fit, whole."""
    folds["context"]["notes"] = [f"Note {k}." for k in range(1_500)]
    notes = PlainView(folds, limits).notes
    assert notes[: limits.rows] == [f"Note {k}." for k in range(limits.rows)]
    assert notes[limits.rows :] == [f"And {1_500 - limits.rows:,} more: report.context['notes']."]
