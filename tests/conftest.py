"""Settings every test runs under.

The environment variables are set here, at the top of the first file pytest loads, because NumPy's
linear algebra and OpenMP read them once, when they are first imported.
"""

import os

# Two pytest-xdist workers that each start one thread per core are slower than one worker.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Figures are drawn to memory: a test machine has no screen.
os.environ["MPLBACKEND"] = "Agg"

import sys

import hypothesis
import pytest

# The same examples in every run: a red build means that the code changed, not the draw. No time
# limit per example, since a loaded machine is not a defect of the code.
hypothesis.settings.register_profile("reproducible", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("reproducible")


@pytest.fixture(autouse=True)
def close_figures():
    """Close the figures a test left open, so that they cannot add up to a warning."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
