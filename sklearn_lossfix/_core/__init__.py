"""Pure functions and dataclasses that every other part builds on."""
