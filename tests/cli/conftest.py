"""Small tables on disk, and the command line as a function."""

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from sklearn.linear_model import LogisticRegression

from sklearn_lossfix.cli._commands import command_line
from sklearn_lossfix.cli._terminal import Notes

N_ROWS = 120


@pytest.fixture
def run():
    """Run the command line; what it gives has `exit_code`, `stdout` and `stderr`."""

    def run_with(*args, stdin=None):
        return CliRunner().invoke(command_line, [str(arg) for arg in args], input=stdin)

    return run_with


@pytest.fixture
def run_failing(run):
    """Run the command line where it must fail: exit code 2, one line on stderr, no report."""

    def run_with(*args, stdin=None):
        result = run(*args, stdin=stdin)
        assert result.exit_code == 2, result.output
        assert result.stdout == ""
        assert result.stderr.startswith("Error: ")
        assert result.stderr.count("\n") == 1
        assert result.stderr.endswith("\n")
        return result.stderr

    return run_with


@pytest.fixture
def notes():
    """Notes that nobody prints."""
    return Notes()


@pytest.fixture
def table():
    """A table with a learnable target and columns of several types."""
    rng = np.random.default_rng(0)
    size = rng.normal(size=N_ROWS)
    label = np.where(size + rng.normal(scale=0.7, size=N_ROWS) > 0.5, "yes", "no")
    return pd.DataFrame(
        {
            "size": size,
            "weight": rng.uniform(0.5, 2.0, N_ROWS).round(3),
            "colour": rng.choice(["red", "green", "blue"], N_ROWS),
            "person": np.arange(N_ROWS) // 3,
            "label": label,
        }
    )


@pytest.fixture
def csv(table, tmp_path):
    """The table as a CSV file."""
    path = tmp_path / "table.csv"
    table.to_csv(path, index=False)
    return path


@pytest.fixture
def forecast(table):
    """Labels and probabilities of them."""
    p_yes = 1 / (1 + np.exp(-(table["size"] - 0.5) * 2))
    return pd.DataFrame({"label": table["label"], "p_no": 1 - p_yes, "p_yes": p_yes})


@pytest.fixture
def forecast_csv(forecast, tmp_path):
    """The probabilities as a CSV file."""
    path = tmp_path / "forecast.csv"
    forecast.to_csv(path, index=False)
    return path


@pytest.fixture
def fitted(table):
    """A logistic regression that was fitted on the numbers of the table."""
    return LogisticRegression().fit(table[["size", "weight"]], table["label"])
