"""A network whose rectified units are off on every row."""

from dataclasses import replace

from sklearn_lossfix.diagnosis._reference_twin import REFERENCE
from sklearn_lossfix.diagnosis._twin_finding import check_twin, judge_twin

_TWIN = "revived"


class DeadUnits:
    """A twin with units that cannot die is better on the same rows.

    Through a layer of which every unit is off nothing passes: the network answers a constant,
    whatever the rows are. What a reference model finds in them is then lost to the dead layer, also
    where the twin does not bring it back.
    """

    name = "dead_units"
    slug = "dead-units"
    title = "Hidden units are dead"
    kinds = ("model",)
    effort = "normal"

    def run(self, analysis):
        """Judge the twin, and the reference where a whole layer is dead."""
        finding = check_twin(self, analysis, _TWIN)
        twins = analysis.refits.evidence.twins
        is_dead = _TWIN in twins and max(twins[_TWIN].evidence["dead_share"]) == 1.0
        if not is_dead or REFERENCE not in twins or finding.p_value <= analysis.alpha:
            return finding
        cause = twins[_TWIN].cause
        other = judge_twin(self, analysis, REFERENCE, cause=cause)
        looks = 2  # Bonferroni's correction for the second of them
        evidence = {**finding.evidence, **other.evidence, "twin": REFERENCE}
        return replace(other, p_value=min(1.0, looks * other.p_value), evidence=evidence)
