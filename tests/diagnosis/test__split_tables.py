"""Tables of a report on folds."""

import numpy as np
import pytest

from sklearn_lossfix.diagnosis._split_findings import check_results
from sklearn_lossfix.diagnosis._split_tables import split_tables


def tables_of(evidence):
    """Tables of a report on what an audit saw."""
    return split_tables(evidence, check_results(evidence, ()))


@pytest.fixture
def tables(leaky_split):
    """Tables of folds with leaks of all sorts."""
    return tables_of(leaky_split())


def test_every_table_is_rectangular(tables, clean_split):
    """All columns of a table have one length, also where there is nothing."""
    for made in (tables, tables_of(clean_split())):
        for table in made.values():
            assert len({len(values) for values in table.values()}) == 1


def test_every_check_has_one_row_of_leaks(tables, leaky_split):
    """Answer, severity, rate, p-values, columns and advice as the check gave them."""
    table = tables["leaks"]
    assert table["check"] == list(leaky_split().titles)
    rows = {name: k for k, name in enumerate(table["check"])}
    answers = [table["found"][rows[name]] for name in ("exact_duplicates", "near_duplicates")]
    assert answers == ["yes", "could not tell"]
    assert table["found"][rows["time_overlap"]] == "not applicable"
    assert table["found"][rows["target_encoding"]] == "no"
    copies = rows["exact_duplicates"]
    assert table["rate"][copies] == 25 / 60
    assert table["p_value"][copies] == table["p_adjusted"][copies] == 1e-12
    assert table["columns"][rows["target_copies"]] == "leak <b>|`$, b"
    assert table["severity"][rows["target_encoding"]] == ""


def test_many_columns_are_counted_in_the_cell(split_evidence, leak_of):
    """Ten names, and how many more there are."""
    leak = leak_of("target_copies", columns=tuple(f"x{j}" for j in range(1_200)))
    cell = tables_of(split_evidence([leak]))["leaks"]["columns"][0]
    assert cell.startswith("x0, x1, ")
    assert cell.endswith("x9 and 1,190 more")


def test_pairs_are_those_of_the_leaks(tables):
    """Check, fold, training row and test row."""
    assert tables["pairs"] == {
        "check": ["exact_duplicates"] * 3,
        "fold": [0, 1, 0],
        "train_row": [12, 13, 0],
        "test_row": [0, 1, 25],
    }


def test_components_count_sets_of_every_size(tables):
    """Eleven pairs and one set of three; rows that are alone are no set."""
    assert tables["components"] == {"set_size": [2, 3], "n_sets": [11, 1], "n_rows": [22, 3]}


def test_links_of_several_checks_are_joined(split_evidence, leak_of):
    """Rows that either check links are one set; links of a check that found nothing are none."""
    first, second, third = np.full((3, 60), -1)
    first[[0, 1]] = 0
    second[[1, 2, 3]] = 5
    third[[8, 9]] = 1
    leaks = [
        leak_of("exact_duplicates", links=first),
        leak_of("group_overlap", links=second),
        leak_of("near_duplicates", False, links=third),
    ]
    assert tables_of(split_evidence(leaks))["components"]["set_size"] == [4]


def test_the_map_holds_every_tested_row_of_a_set(tables):
    """Every row is tested once, so the counts of a set sum to its size."""
    table = tables["component_map"]
    for number in set(table["set"]):
        rows = [k for k, s in enumerate(table["set"]) if s == number]
        assert sum(table["n_tested"][k] for k in rows) == table["set_size"][rows[0]]
    assert min(table["n_tested"]) > 0


def test_effect_is_one_row_where_it_was_measured(tables, clean_split):
    """Both losses, the difference with its interval, and what was compared."""
    table = tables["effect"]
    assert table["inflation"] == [0.2]
    assert table["low"] + table["high"] == [0.16, 0.24]
    assert (table["n_folds"], table["n_removed"]) == ([5], [25])
    assert "effect" not in tables_of(clean_split())
