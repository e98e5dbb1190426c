"""Checks of leakage between the parts of a split: one file each."""

__all__ = []
