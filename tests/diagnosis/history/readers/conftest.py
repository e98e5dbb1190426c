"""Recorded sample files, and classes that look like those of libraries that are not installed."""

import json
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.fixture
def sample():
    """Path of a recorded file."""
    return lambda name: SAMPLES / name


@pytest.fixture
def sample_json():
    """Content of a recorded JSON file."""
    return lambda name: json.loads((SAMPLES / name).read_text(encoding="utf-8"))


@pytest.fixture
def make_object():
    """Make an object of a class that a library would define, with attributes."""

    def make(module, name, **attributes):
        cls = type(name, (), {"__module__": module})
        instance = cls()
        instance.__dict__.update(attributes)
        return instance

    return make
