"""What reports without a model show alike."""

from sklearn_lossfix.diagnosis.display._view import View


class PlainView(View):
    """The view of a report that is not about a model: neither searched nor treated."""

    passed_note = "passed, with what was seen"

    @property
    def search(self):
        """Nothing was searched."""
        return None

    @property
    def treatments(self):
        """Nothing was treated."""
        return None

    @property
    def notes(self):
        """What a reader must know, in sentences; a few of them."""
        notes = super().notes
        if len(notes) <= self.limits.rows:
            return notes
        left = len(notes) - self.limits.rows
        return [*notes[: self.limits.rows], f"And {left:,} more: report.context['notes']."]
